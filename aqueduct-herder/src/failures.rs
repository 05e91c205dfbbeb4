//! Failures of connectors as texts.

use aqueduct_api::ConnectError;

/// An error with its causes, in one text: over REST there is no trace.
pub(crate) fn explain(error: &ConnectError) -> String {
    let mut text = error.message().unwrap_or_else(|| error.class()).to_owned();
    let mut cause = error.cause();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(inner.message().unwrap_or_else(|| inner.class()));
        cause = inner.cause();
    }
    text
}
