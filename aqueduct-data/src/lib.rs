//! The runtime data model of Kafka Connect: schemas, values, structs and headers.
//!
//! Data enters through converters and connectors and leaves through them; in between, transforms reshape it. The
//! model is independent of any serialization format. Everything here is plain, shareable data: a [`Schema`] is
//! immutable behind a [`SchemaRef`], long strings and bytes live in shared buffers, lists, maps and structs are
//! [`Shared`], so that cloning a value never copies much.

mod ascii;
mod builder;
mod byte_string;
mod calendar;
mod decimal;
mod decimal_text;
mod error;
mod headers;
mod java_object;
mod lasting;
pub mod logical;
mod map;
mod payload;
mod projector;
mod schema;
mod schema_ref;
mod shared;
mod structs;
mod text;
mod typed;
mod validate;
mod value;
pub mod values;

pub use builder::SchemaBuilder;
pub use byte_string::ByteString;
pub use bytes::Bytes;
pub use decimal::Decimal;
pub use error::{DataError, DataErrorKind};
pub use headers::{Header, Headers};
pub use java_object::{JavaObject, parse_big_integer};
pub use logical::LogicalType;
pub use map::ValueMap;
pub use payload::Payload;
pub use projector::project;
pub use schema::{Field, Schema, Type};
pub use schema_ref::SchemaRef;
pub use shared::Shared;
pub use structs::Struct;
pub use value::{SchemaAndValue, Value};
