//! The runtime data model of Kafka Connect: schemas, values, structs and headers.
//!
//! Data enters through converters and connectors and leaves through them; in between, transforms reshape it. The
//! model is independent of any serialization format. Everything here is plain, shareable data: a [`Schema`] is
//! immutable behind an [`std::sync::Arc`], strings and bytes live in shared buffers, so that cloning a value never
//! copies its content.

mod builder;
mod calendar;
mod decimal;
mod decimal_text;
mod error;
mod headers;
mod java_object;
pub mod logical;
mod map;
mod projector;
mod schema;
mod structs;
mod text;
mod typed;
mod validate;
mod value;
pub mod values;

pub use builder::SchemaBuilder;
pub use bytes::Bytes;
pub use bytestring::ByteString;
pub use decimal::Decimal;
pub use error::{DataError, DataErrorKind};
pub use headers::{Header, Headers};
pub use java_object::{JavaObject, parse_big_integer};
pub use logical::LogicalType;
pub use map::ValueMap;
pub use projector::project;
pub use schema::{Field, Schema, SchemaRef, Type};
pub use structs::Struct;
pub use value::{SchemaAndValue, Value};
