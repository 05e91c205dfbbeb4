//! Suites and decoders for tests.
//!
//! [`conformance`] reads the recorded facts about Kafka Connect in `conformance/*.jsonl`, gives them to a test as
//! values of `aqueduct-data`, compares what the test answers, and says readably what differs. It serves as a
//! dev-dependency of the crates whose behaviour is recorded there. [`hostile`] holds what is fuzzed.

pub mod conformance;
pub mod hostile;
