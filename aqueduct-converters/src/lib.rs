//! The converters of `org.apache.kafka.connect.storage` and `org.apache.kafka.connect.converters`: strings, byte
//! arrays, booleans and numbers, for keys, values and headers, and `SimpleHeaderConverter`.
//!
//! Each is one small type; strings and bytes go through without a copy.

mod boolean;
mod byte_array;
mod charset;
mod config;
mod java_utf8;
mod number;
mod simple_header;
mod string;

use aqueduct_api::data::{Bytes, SchemaAndValue};
use aqueduct_api::{ConfigMap, ConnectError, Converter, ErrorKind, HeaderConverter, Plugin, RawHeaders};
use aqueduct_config::ConfigDef;

pub use boolean::BooleanConverter;
pub use byte_array::ByteArrayConverter;
pub use number::{DoubleConverter, FloatConverter, IntegerConverter, LongConverter, NumberConverter, ShortConverter};
pub use simple_header::SimpleHeaderConverter;
pub use string::StringConverter;

/// The plugins stand for Kafka's own, so they answer Kafka's version.
const VERSION: &str = "4.3.1";

/// The plugins of this crate.
pub fn plugins() -> Vec<Plugin> {
    let mut plugins = vec![SimpleHeaderConverter::plugin()];
    plugins.extend(both(
        "org.apache.kafka.connect.storage.StringConverter",
        config::string,
        StringConverter::configure,
    ));
    plugins.extend(both("org.apache.kafka.connect.converters.ByteArrayConverter", config::plain, |_props, _usage| {
        Ok(ByteArrayConverter)
    }));
    plugins.extend(both("org.apache.kafka.connect.converters.BooleanConverter", config::plain, |props, usage| {
        config::parse(&config::plain(), props, usage).map(|_| BooleanConverter)
    }));
    plugins.extend(number::plugins());
    plugins
}

/// A class as a converter of keys and values, and as one of headers.
fn both<C: Simple>(
    class: &'static str,
    define: fn() -> ConfigDef,
    configure: fn(&ConfigMap, Usage) -> Result<C, ConnectError>,
) -> [Plugin; 2] {
    let for_records = move |props: &ConfigMap, is_key: bool| {
        configure(props, if is_key { Usage::Key } else { Usage::Value }).map(Both)
    };
    let for_headers = move |props: &ConfigMap| configure(props, Usage::Header).map(Both);
    [
        Plugin::converter(class, VERSION, define, for_records),
        Plugin::header_converter(class, VERSION, define, for_headers),
    ]
}

/// What a converter is for (`converter.type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// Keys of records.
    Key,
    /// Values of records.
    Value,
    /// Values of headers.
    Header,
}

/// A converter that looks neither at topics nor at headers.
pub trait Simple: Send + 'static {
    /// The bytes of a value.
    ///
    /// # Errors
    /// `DataException` when the value cannot be expressed.
    fn write(&mut self, data: &SchemaAndValue) -> Result<Option<Bytes>, ConnectError>;

    /// The value in bytes.
    ///
    /// # Errors
    /// `DataException` when the bytes are not what the converter reads.
    fn read(&mut self, bytes: Option<Bytes>) -> Result<SchemaAndValue, ConnectError>;
}

/// A simple converter as a converter of keys, values and headers.
#[derive(Debug)]
pub struct Both<C>(pub C);

impl<C: Simple> Converter for Both<C> {
    fn from_connect_data(
        &mut self,
        _topic: &str,
        _headers: &mut RawHeaders,
        data: &SchemaAndValue,
    ) -> Result<Option<Bytes>, ConnectError> {
        self.0.write(data)
    }

    fn to_connect_data(
        &mut self,
        _topic: &str,
        _headers: &RawHeaders,
        bytes: Option<Bytes>,
    ) -> Result<SchemaAndValue, ConnectError> {
        self.0.read(bytes)
    }
}

impl<C: Simple> HeaderConverter for Both<C> {
    fn from_connect_header(
        &mut self,
        _topic: &str,
        _key: &str,
        data: &SchemaAndValue,
    ) -> Result<Option<Bytes>, ConnectError> {
        self.0.write(data)
    }

    fn to_connect_header(
        &mut self,
        _topic: &str,
        _key: &str,
        bytes: Option<Bytes>,
    ) -> Result<SchemaAndValue, ConnectError> {
        self.0.read(bytes)
    }
}

/// Kafka's `SerializationException`.
fn serialization_error(message: impl Into<String>) -> ConnectError {
    ConnectError::with_kind(ErrorKind::Data, message)
        .with_class("org.apache.kafka.common.errors.SerializationException")
}
