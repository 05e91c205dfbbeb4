//! The conformance corpus: recorded inputs and what Apache Kafka Connect did with them.
//!
//! A test opens a corpus file with a [`Runner`] and answers each [`Case`]; the runner counts, and panics at the end
//! with a readable list when any outcome differs. The encoding of the files is told by `conformance/README.md`.
//!
//! ```no_run
//! use aqueduct_data::SchemaAndValue;
//! use aqueduct_testkit::conformance::{Failure, Runner};
//!
//! # fn convert(_: &SchemaAndValue) -> Result<Option<Vec<u8>>, aqueduct_data::DataError> { Ok(None) }
//! Runner::of("json_converter_from.jsonl")
//!     .not_compared("string_utf16", 1) // explicit and counted: these cases have no form here
//!     .run(|case| {
//!         let input: SchemaAndValue = case.decode("input")?;
//!         let got = convert(&input).map_err(|error| Failure::from(error).phase("convert"));
//!         case.check_bytes("bytes", got)
//!     });
//! ```
//!
//! What a decoder cannot represent ([`NotCompared::Unrepresentable`]) travels out of the closure with `?` and is
//! counted by reason; the runner fails unless exactly that many were announced with [`Runner::not_compared`].
//! Differences that are only in the message of an error are counted apart ([`Runner::other_messages`]).
//!
//! The files are looked up in the workspace's `conformance/`, or in the directory that the environment variable
//! `AQUEDUCT_CONFORMANCE` names, so that other recordings of the same format can be run through the same tests (the
//! announced counts are not enforced then). `AQUEDUCT_CONFORMANCE_ID=text` runs only the cases whose id contains the
//! text.

mod case;
mod decode;
mod encode;
mod record;
mod recorded;
mod runner;
mod tally;

pub use case::{Case, ExpectedError, Failure, NotCompared, Verdict};
pub use decode::{Config, bytes, config, schema, schema_type, value};
pub use encode::{bytes_text, schema_text, value_text};
pub use record::{ConformanceRecord, RecordKind};
pub use recorded::Recorded;
pub use runner::Runner;
pub use tally::{FileTally, KnownDifferences};

/// A JSON value of a corpus file.
pub type Json = serde_json::Value;
