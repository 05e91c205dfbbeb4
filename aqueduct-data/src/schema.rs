//! Schemas: immutable descriptions of values, shared behind [`SchemaRef`].
//!
//! A schema is made by [`SchemaBuilder`](crate::SchemaBuilder) or taken from the constants of this module, and never
//! changes afterwards. Comparing two of them looks at the pointers first, then at a hash that is computed once, and
//! at the members only when both leave the question open.

use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{LazyLock, OnceLock};

use foldhash::fast::FixedState;
use indexmap::IndexMap;

use crate::{ByteString, LogicalType, SchemaRef, Value};

/// The types of the data model (`Schema.Type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say all that there is to say")]
pub enum Type {
    Int8,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    Boolean,
    String,
    Bytes,
    Array,
    Map,
    Struct,
}

impl Type {
    /// The name of Java's enum constant, such as `INT8`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int8 => "INT8",
            Self::Int16 => "INT16",
            Self::Int32 => "INT32",
            Self::Int64 => "INT64",
            Self::Float32 => "FLOAT32",
            Self::Float64 => "FLOAT64",
            Self::Boolean => "BOOLEAN",
            Self::String => "STRING",
            Self::Bytes => "BYTES",
            Self::Array => "ARRAY",
            Self::Map => "MAP",
            Self::Struct => "STRUCT",
        }
    }

    /// Whether values of this type have no parts: everything but arrays, maps and structs.
    #[inline]
    pub fn is_primitive(self) -> bool {
        !matches!(self, Self::Array | Self::Map | Self::Struct)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One field of a struct schema.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Field {
    name: ByteString,
    index: usize,
    schema: SchemaRef,
}

impl Field {
    /// A field at a position of its struct.
    pub fn new(name: impl Into<ByteString>, index: usize, schema: SchemaRef) -> Self {
        Self { name: name.into(), index, schema }
    }

    /// The field's name.
    #[inline]
    pub fn name(&self) -> &ByteString {
        &self.name
    }

    /// The field's position in its struct, from 0.
    #[inline]
    pub fn index(&self) -> usize {
        self.index
    }

    /// The schema of the field's values.
    #[inline]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

/// The parts from which a [`Schema`] is made; [`crate::SchemaBuilder`] checks them.
#[derive(Debug, Clone, Default)]
pub(crate) struct SchemaParts {
    pub(crate) optional: bool,
    pub(crate) name: Option<ByteString>,
    pub(crate) version: Option<i32>,
    pub(crate) doc: Option<String>,
    pub(crate) parameters: Option<IndexMap<String, String>>,
    pub(crate) default: Option<Value>,
    pub(crate) fields: Vec<Field>,
    /// Positions of the fields by their names.
    pub(crate) positions: HashMap<ByteString, usize, FixedState>,
    pub(crate) key_schema: Option<SchemaRef>,
    pub(crate) value_schema: Option<SchemaRef>,
}

/// An immutable description of values: their type, whether they may be null, their logical name and their parts.
#[derive(Clone)]
pub struct Schema {
    r#type: Type,
    parts: SchemaParts,
    logical: Option<LogicalType>,
    hash: OnceLock<u64>,
}

macro_rules! primitives {
    ($($(#[$doc:meta])* $name:ident, $optional_name:ident: $type:ident;)*) => {
        impl Schema {
            $(
                $(#[$doc])*
                #[inline]
                pub fn $name() -> SchemaRef {
                    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::primitive(Type::$type, false));
                    SchemaRef::for_ever(&SCHEMA)
                }

                $(#[$doc])*
                ///
                /// This one is optional.
                #[inline]
                pub fn $optional_name() -> SchemaRef {
                    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::primitive(Type::$type, true));
                    SchemaRef::for_ever(&SCHEMA)
                }
            )*
        }
    };
}

primitives! {
    /// The shared schema of 8-bit integers.
    int8, optional_int8: Int8;
    /// The shared schema of 16-bit integers.
    int16, optional_int16: Int16;
    /// The shared schema of 32-bit integers.
    int32, optional_int32: Int32;
    /// The shared schema of 64-bit integers.
    int64, optional_int64: Int64;
    /// The shared schema of 32-bit floating-point numbers.
    float32, optional_float32: Float32;
    /// The shared schema of 64-bit floating-point numbers.
    float64, optional_float64: Float64;
    /// The shared schema of booleans.
    boolean, optional_boolean: Boolean;
    /// The shared schema of strings.
    string, optional_string: String;
    /// The shared schema of byte arrays.
    bytes, optional_bytes: Bytes;
}

impl SchemaParts {
    /// Whether there is nothing to say but whether values may be null.
    pub(crate) fn are_plain(&self) -> bool {
        let Self {
            optional: _,
            name,
            version,
            doc,
            parameters,
            default,
            fields,
            positions: _,
            key_schema,
            value_schema,
        } = self;
        let named = name.is_some() || version.is_some() || doc.is_some() || parameters.is_some() || default.is_some();
        !named && fields.is_empty() && key_schema.is_none() && value_schema.is_none()
    }
}

impl Schema {
    /// The shared schema of a type without parts.
    pub(crate) fn of_plain(r#type: Type, optional: bool) -> Option<SchemaRef> {
        let of = |required: fn() -> SchemaRef, with_null: fn() -> SchemaRef| {
            Some(if optional { with_null() } else { required() })
        };
        match r#type {
            Type::Int8 => of(Self::int8, Self::optional_int8),
            Type::Int16 => of(Self::int16, Self::optional_int16),
            Type::Int32 => of(Self::int32, Self::optional_int32),
            Type::Int64 => of(Self::int64, Self::optional_int64),
            Type::Float32 => of(Self::float32, Self::optional_float32),
            Type::Float64 => of(Self::float64, Self::optional_float64),
            Type::Boolean => of(Self::boolean, Self::optional_boolean),
            Type::String => of(Self::string, Self::optional_string),
            Type::Bytes => of(Self::bytes, Self::optional_bytes),
            Type::Array | Type::Map | Type::Struct => None,
        }
    }

    fn primitive(r#type: Type, optional: bool) -> Self {
        Self::from_parts(r#type, SchemaParts { optional, ..SchemaParts::default() })
    }

    pub(crate) fn from_parts(r#type: Type, parts: SchemaParts) -> Self {
        let logical = parts.name.as_deref().and_then(LogicalType::of_name);
        Self { r#type, parts, logical, hash: OnceLock::new() }
    }

    /// The type of the values.
    #[inline]
    pub fn r#type(&self) -> Type {
        self.r#type
    }

    /// Whether values may be null.
    #[inline]
    pub fn is_optional(&self) -> bool {
        self.parts.optional
    }

    /// The value that stands in for a missing one.
    #[inline]
    pub fn default_value(&self) -> Option<&Value> {
        self.parts.default.as_ref()
    }

    /// The schema's name; for logical types, the name of the type.
    #[inline]
    pub fn name(&self) -> Option<&ByteString> {
        self.parts.name.as_ref()
    }

    /// The logical type that the schema's name stands for.
    #[inline]
    pub fn logical_type(&self) -> Option<LogicalType> {
        self.logical
    }

    /// The schema's version, set by whoever made it.
    pub fn version(&self) -> Option<i32> {
        self.parts.version
    }

    /// Documentation for people.
    pub fn doc(&self) -> Option<&str> {
        self.parts.doc.as_deref()
    }

    /// Parameters of the schema, in the order in which they were set; absent and empty are different.
    pub fn parameters(&self) -> Option<&IndexMap<String, String>> {
        self.parts.parameters.as_ref()
    }

    /// The fields of a struct schema in order; empty for every other type.
    #[inline]
    pub fn fields(&self) -> &[Field] {
        &self.parts.fields
    }

    /// The field of this name.
    #[inline]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.parts.positions.get(name).map(|&at| &self.parts.fields[at])
    }

    /// The schema of a map's keys.
    #[inline]
    pub fn key_schema(&self) -> Option<&SchemaRef> {
        self.parts.key_schema.as_ref()
    }

    /// The schema of a map's values or an array's elements.
    #[inline]
    pub fn value_schema(&self) -> Option<&SchemaRef> {
        self.parts.value_schema.as_ref()
    }

    fn structural_hash(&self) -> u64 {
        *self.hash.get_or_init(|| {
            let mut hasher = std::hash::BuildHasher::build_hasher(&FixedState::default());
            let parts = &self.parts;
            (self.r#type, parts.optional, &parts.name, parts.version, &parts.doc, &parts.default).hash(&mut hasher);
            (&parts.fields, &parts.key_schema, &parts.value_schema).hash(&mut hasher);
            // Parameters are equal in any order, so only their number may count here.
            parts.parameters.as_ref().map(IndexMap::len).hash(&mut hasher);
            hasher.finish()
        })
    }
}

impl Schema {
    /// Whether both say the same, which is known to be so when they are in one place.
    fn equals(&self, other: &Self) -> bool {
        let (a, b) = (&self.parts, &other.parts);
        self.structural_hash() == other.structural_hash()
            && self.r#type == other.r#type
            && a.optional == b.optional
            && a.name == b.name
            && a.version == b.version
            && a.doc == b.doc
            && a.parameters == b.parameters
            && a.default == b.default
            && a.fields == b.fields
            && a.key_schema == b.key_schema
            && a.value_schema == b.value_schema
    }
}

impl PartialEq for Schema {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || self.equals(other)
    }
}

impl Eq for Schema {}

impl Hash for Schema {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.structural_hash());
    }
}

/// As Java prints a schema: `Schema{name:TYPE}`, or `Schema{TYPE}` without a name.
impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "Schema{{{name}:{}}}", self.r#type),
            None => write!(f, "Schema{{{}}}", self.r#type),
        }
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema").field("type", &self.r#type).field("parts", &self.parts).finish()
    }
}
