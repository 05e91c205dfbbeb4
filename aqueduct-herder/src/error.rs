//! Why a command to the herder failed.

use std::fmt;

use aqueduct_api::{ConnectError, ErrorKind};

/// What kind of failure it was; REST chooses the status by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HerderErrorKind {
    /// The request itself is wrong (400).
    BadRequest,
    /// Something it names does not exist (404).
    NotFound,
    /// It collides with what is there, or with a rebalance (409).
    Conflict,
    /// It is switched off, or was signed with the wrong key (403).
    Forbidden,
    /// Another worker has to carry it out: the leader, or the one that runs the connector or task. [`HerderError::url`] is
    /// its address, when that is known.
    Elsewhere,
    /// The worker cannot know yet whether it may do this (503).
    Unavailable,
    /// This mode has no such thing, or something broke (500).
    Internal,
}

/// A failed command: its kind and the text that a REST client sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HerderError {
    kind: HerderErrorKind,
    message: String,
    url: Option<String>,
}

impl HerderError {
    /// An error of a kind.
    pub fn new(kind: HerderErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), url: None }
    }

    /// Another worker, whose REST API is at `url`, has to carry the command out.
    pub fn elsewhere(message: impl Into<String>, url: Option<String>) -> Self {
        Self { url, ..Self::new(HerderErrorKind::Elsewhere, message) }
    }

    /// The group is about to divide the work anew, so that what this worker knows may be outdated (409).
    pub fn rebalance_expected() -> Self {
        Self::conflict(
            "Cannot complete request momentarily due to stale configuration (typically caused by a concurrent config change)",
        )
    }

    /// The request itself is wrong.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(HerderErrorKind::BadRequest, message)
    }

    /// Something that the request names does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(HerderErrorKind::NotFound, message)
    }

    /// The request collides with what is there.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(HerderErrorKind::Conflict, message)
    }

    /// Something broke, or this mode has no such thing.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(HerderErrorKind::Internal, message)
    }

    /// What kind of failure it was.
    pub fn kind(&self) -> HerderErrorKind {
        self.kind
    }

    /// The address of the worker that can carry the command out; none when it is not known, or when the kind is another.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// The text for the user.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for HerderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for HerderError {}

impl From<ConnectError> for HerderError {
    fn from(error: ConnectError) -> Self {
        let kind =
            if error.kind() == ErrorKind::NotFound { HerderErrorKind::NotFound } else { HerderErrorKind::Internal };
        Self::new(kind, error.message().unwrap_or_else(|| error.class()))
    }
}
