//! Errors of the Kafka clients, as tasks fail with them.

pub use aqueduct_storage::connect_error;
