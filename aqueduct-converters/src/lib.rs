//! The converters of `org.apache.kafka.connect.storage` and `org.apache.kafka.connect.converters`: strings, byte
//! arrays, booleans and numbers, for keys, values and headers, and `SimpleHeaderConverter`.
//!
//! Each is one small type; strings and bytes go through without a copy.

mod boolean;
mod byte_array;
mod charset;
mod config;
mod number;
mod plain;
mod simple_header;
mod string;

use aqueduct_api::{ConnectError, ErrorKind, Plugin};

pub use simple_header::SimpleHeaderConverter;

/// The plugins stand for Kafka's own, so they answer Kafka's version.
const VERSION: &str = "4.3.1";

/// The plugins of this crate.
pub fn plugins() -> Vec<Plugin> {
    let mut plugins = vec![SimpleHeaderConverter::plugin()];
    plugins.extend(string::plugins());
    plugins.extend(byte_array::plugins());
    plugins.extend(boolean::plugins());
    plugins.extend(number::plugins());
    plugins
}

/// Kafka's `SerializationException`.
fn serialization_error(message: impl Into<String>) -> ConnectError {
    ConnectError::with_kind(ErrorKind::Data, message)
        .with_class("org.apache.kafka.common.errors.SerializationException")
}
