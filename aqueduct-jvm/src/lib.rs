//! Java behaviours that need a home of their own: regular expressions, dates, properties files, the serialized offset file.
//!
//! Each is one module with its own cases, used from everywhere above; nothing here knows Kafka.

pub mod date_format;
pub mod hash_order;
pub mod hashmap_file;
pub mod number;
pub mod properties;
pub mod regex;
pub mod utf8;
