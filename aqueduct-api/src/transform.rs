//! Single message transforms and the predicates that choose their records.
//!
//! Both are made from a configuration in a form that is cheap to apply, and then called for each record on the task's
//! own thread; calls never overlap. They are synchronous and must not block: they have no business with I/O.

use crate::{ConnectError, Record};

/// What a transform decided about a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Fate {
    /// It goes on, as the transform left it.
    Kept,
    /// It ends here.
    Dropped,
}

/// Changes a record, or drops it (`Transformation`).
pub trait Transform: Send {
    /// Changes the record where it is, since a record is large and is seen by every transform of a chain.
    ///
    /// # Errors
    /// Handled as `errors.tolerance` says; a retriable error is tried again, on the record as it was before, as
    /// `errors.retry.timeout` says. What a failed transform leaves of the record is looked at by nobody.
    fn apply(&mut self, record: &mut Record) -> Result<Fate, ConnectError>;
}

/// Decides whether a transform is applied to a record (`Predicate`, KIP-585).
pub trait Predicate: Send {
    /// Whether the record is meant.
    ///
    /// # Errors
    /// As for transforms.
    fn test(&mut self, record: &Record) -> Result<bool, ConnectError>;
}
