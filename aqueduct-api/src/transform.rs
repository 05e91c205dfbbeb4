//! Single message transforms and the predicates that choose their records.
//!
//! Both are made from a configuration in a form that is cheap to apply, and then called for each record on the task's
//! own thread; calls never overlap. They are synchronous and must not block: they have no business with I/O.

use crate::{ConnectError, Record};

/// Changes a record, or drops it (`Transformation`).
pub trait Transform: Send {
    /// The changed record; `None` drops it.
    ///
    /// # Errors
    /// Handled as `errors.tolerance` says; a retriable error is tried again as `errors.retry.timeout` says.
    fn apply(&mut self, record: Record) -> Result<Option<Record>, ConnectError>;
}

/// Decides whether a transform is applied to a record (`Predicate`, KIP-585).
pub trait Predicate: Send {
    /// Whether the record is meant.
    ///
    /// # Errors
    /// As for transforms.
    fn test(&mut self, record: &Record) -> Result<bool, ConnectError>;
}
