//! Converters: between data and the bytes of Kafka's keys, values and headers.
//!
//! A converter is made from a configuration and belongs to one task; calls never overlap, so it may keep caches. It is
//! synchronous. Bytes go in and out as shared buffers: a string that was read from a file can leave as bytes without a
//! copy. Only a few bytes on their way out, such as those of a number, are held in place ([`Payload`]).

use aqueduct_data::{ByteString, Bytes, Payload, SchemaAndValue};

use crate::ConnectError;

/// The headers of a record as Kafka has them: keys and bytes, in order.
pub type RawHeaders = Vec<(ByteString, Option<Bytes>)>;

/// Converts keys or values (`Converter`).
pub trait Converter: Send {
    /// The bytes of a key or value; `None` is Kafka's null. The headers are already bytes, and a converter may add to
    /// them (KIP-440).
    ///
    /// # Errors
    /// Usually a `DataException`: the data cannot be expressed.
    fn from_connect_data(
        &mut self,
        topic: &str,
        headers: &mut RawHeaders,
        data: &SchemaAndValue,
    ) -> Result<Option<Payload>, ConnectError>;

    /// As [`Converter::from_connect_data`], for data that nobody needs afterwards: strings and bytes can be taken out of it
    /// and handed on instead of shared. What it answers is the same, and what it leaves means nothing.
    ///
    /// # Errors
    /// As [`Converter::from_connect_data`].
    fn from_owned_connect_data(
        &mut self,
        topic: &str,
        headers: &mut RawHeaders,
        data: &mut SchemaAndValue,
    ) -> Result<Option<Payload>, ConnectError> {
        self.from_connect_data(topic, headers, data)
    }

    /// The data in the bytes of a key or value.
    ///
    /// # Errors
    /// Usually a `DataException`: the bytes are not what the converter reads.
    fn to_connect_data(
        &mut self,
        topic: &str,
        headers: &RawHeaders,
        bytes: Option<Bytes>,
    ) -> Result<SchemaAndValue, ConnectError>;
}

/// Converts header values (`HeaderConverter`).
pub trait HeaderConverter: Send {
    /// The bytes of a header's value.
    ///
    /// # Errors
    /// As [`Converter::from_connect_data`].
    fn from_connect_header(
        &mut self,
        topic: &str,
        key: &str,
        data: &SchemaAndValue,
    ) -> Result<Option<Bytes>, ConnectError>;

    /// The data in the bytes of a header's value.
    ///
    /// # Errors
    /// As [`Converter::to_connect_data`].
    fn to_connect_header(
        &mut self,
        topic: &str,
        key: &str,
        bytes: Option<Bytes>,
    ) -> Result<SchemaAndValue, ConnectError>;
}
