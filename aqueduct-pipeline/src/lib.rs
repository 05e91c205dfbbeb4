//! The record path: transform chain, converters, error policy. Synchronous, without I/O.
//!
//! A source task's records come in as [`aqueduct_api::SourceRecord`]s and leave as [`EncodedRecord`]s; a sink task's come
//! in as [`ConsumedRecord`]s and leave as [`aqueduct_api::SinkRecord`]s. What fails on the way goes through the
//! [`ErrorOperator`], which retries, reports and either drops the record or ends the task, as the connector's
//! `errors.*` keys say. Time and waiting come in through the [`Pause`] trait.

mod chain;
mod dead_letter;
mod encoded;
mod operator;
mod probable_cause;
mod report;
mod sink;
mod source;

pub use chain::{Link, TransformChain};
pub use dead_letter::DeadLetters;
pub use encoded::{ConsumedRecord, EncodedRecord};
pub use operator::{ErrorOperator, ErrorPolicy, Pause, Stage, Tolerance};
pub use report::{Failure, LogReporter, Original, Reporter};
pub use sink::{SinkOutcome, SinkPipeline};
pub use source::{SourceOutcome, SourcePipeline};

use aqueduct_api::{Converter, HeaderConverter};

/// A converter with the class name that errors mention.
pub struct NamedConverter {
    /// The converter.
    pub converter: Box<dyn Converter>,
    /// Its full class name.
    pub class: String,
}

/// A header converter with the class name that errors mention.
pub struct NamedHeaderConverter {
    /// The converter.
    pub converter: Box<dyn HeaderConverter>,
    /// Its full class name.
    pub class: String,
}

/// The three converters of a task.
pub struct Converters {
    /// For keys.
    pub key: NamedConverter,
    /// For values.
    pub value: NamedConverter,
    /// For headers.
    pub header: NamedHeaderConverter,
}
