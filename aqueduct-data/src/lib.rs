//! The runtime data model of Kafka Connect: schemas, values, structs and headers.
//!
//! Data enters through converters and connectors and leaves through them; in between, transforms reshape it. The
//! model is independent of any serialization format. Everything here is plain, shareable data: a [`Schema`] is
//! immutable behind an [`std::sync::Arc`], strings and bytes live in shared buffers, so that cloning a value never
//! copies its content.

mod builder;
mod error;
mod headers;
mod map;
mod schema;
mod structs;
mod value;

pub use builder::SchemaBuilder;
pub use bytes::Bytes;
pub use bytestring::ByteString;
pub use error::{DataError, DataErrorKind};
pub use headers::{Header, Headers};
pub use map::ValueMap;
pub use schema::{Field, Schema, SchemaRef, Type};
pub use structs::Struct;
pub use value::{Decimal, SchemaAndValue, Value};
