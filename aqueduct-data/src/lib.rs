//! Schemas, values and structs: the runtime data model of Kafka Connect
