//! How the process ends when something is wrong: a message for people and Java's exit codes.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

/// Why the process ends.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// The worker could not start.
    pub(crate) fn start(message: impl Display) -> Self {
        Self { code: 2, message: message.to_string() }
    }

    /// A connector of the command line could not be created.
    pub(crate) fn connector(message: impl Display) -> Self {
        Self { code: 3, message: message.to_string() }
    }

    /// The worker ran and could not go on.
    pub(crate) fn ended(message: impl Display) -> Self {
        Self { code: 1, message: message.to_string() }
    }

    /// What was asked about is not right.
    pub(crate) fn answer(message: impl Display) -> Self {
        Self { code: 1, message: message.to_string() }
    }

    /// Says why, where it is seen even when nothing is logged.
    pub(crate) fn tell(&self) {
        if !self.message.is_empty() {
            // There is nobody left to tell when standard error is closed.
            let _ = writeln!(std::io::stderr(), "aqueduct: {}", self.message);
        }
    }

    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}
