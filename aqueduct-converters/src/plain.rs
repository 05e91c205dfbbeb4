//! One converter for keys, values and headers alike.
//!
//! The converters of this crate look neither at topics nor at headers, so each is a [`PlainConverter`]; [`Plain`] makes
//! it the two kinds of converters that the runtime knows.

use aqueduct_api::data::{Bytes, Payload, SchemaAndValue};
use aqueduct_api::{ConfigMap, ConnectError, Converter, HeaderConverter, Plugin, RawHeaders};
use aqueduct_config::ConfigDef;

use crate::VERSION;

/// A class as a converter of keys and values, and as one of headers.
pub(crate) fn plugins<C: PlainConverter>(
    class: &'static str,
    define: fn() -> ConfigDef,
    configure: fn(&ConfigMap, Usage) -> Result<C, ConnectError>,
) -> [Plugin; 2] {
    let for_records = move |props: &ConfigMap, is_key: bool| {
        configure(props, if is_key { Usage::Key } else { Usage::Value }).map(Plain)
    };
    let for_headers = move |props: &ConfigMap| configure(props, Usage::Header).map(Plain);
    [
        Plugin::converter(class, VERSION, define, for_records),
        Plugin::header_converter(class, VERSION, define, for_headers),
    ]
}

/// What a converter is for (`converter.type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Usage {
    /// Keys of records.
    Key,
    /// Values of records.
    Value,
    /// Values of headers.
    Header,
}

/// A converter that looks neither at topics nor at headers.
pub(crate) trait PlainConverter: Send + 'static {
    /// The bytes of a value.
    ///
    /// # Errors
    /// `DataException` when the value cannot be expressed.
    fn write(&mut self, data: &SchemaAndValue) -> Result<Option<Payload>, ConnectError>;

    /// As [`PlainConverter::write`], for a value that nobody needs afterwards: it may be taken.
    ///
    /// # Errors
    /// As [`PlainConverter::write`].
    fn write_owned(&mut self, data: &mut SchemaAndValue) -> Result<Option<Payload>, ConnectError> {
        self.write(data)
    }

    /// The value in bytes.
    ///
    /// # Errors
    /// `DataException` when the bytes are not what the converter reads.
    fn read(&mut self, bytes: Option<Bytes>) -> Result<SchemaAndValue, ConnectError>;
}

/// A plain converter as a converter of keys, values and headers.
#[derive(Debug)]
pub(crate) struct Plain<C>(C);

impl<C: PlainConverter> Converter for Plain<C> {
    fn from_connect_data(
        &mut self,
        _topic: &str,
        _headers: &mut RawHeaders,
        data: &SchemaAndValue,
    ) -> Result<Option<Payload>, ConnectError> {
        self.0.write(data)
    }

    fn from_owned_connect_data(
        &mut self,
        _topic: &str,
        _headers: &mut RawHeaders,
        data: &mut SchemaAndValue,
    ) -> Result<Option<Payload>, ConnectError> {
        self.0.write_owned(data)
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

impl<C: PlainConverter> HeaderConverter for Plain<C> {
    fn from_connect_header(
        &mut self,
        _topic: &str,
        _key: &str,
        data: &SchemaAndValue,
    ) -> Result<Option<Bytes>, ConnectError> {
        Ok(self.0.write(data)?.map(Payload::into_bytes))
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
