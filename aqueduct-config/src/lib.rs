//! Configuration definitions as data: parse, validate and describe, with Kafka's results and messages
