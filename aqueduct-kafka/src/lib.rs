//! The only crate that knows a Kafka client library
