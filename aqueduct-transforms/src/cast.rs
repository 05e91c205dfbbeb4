//! `Cast` changes the type of the key or value, or of fields of it.
//!
//! With `spec=id:string,price:float64`, the value `{id=1, price="9.75"}` becomes `{id="1", price=9.75}`. With
//! `spec=int32`, the value `"42"` becomes `42`. Numbers lose what does not fit, as in Java; a text that is no number is
//! an error. Texts of bytes are in base64.
//!
//! With `field.syntax.version=V2`, which Java does not have here, fields are paths: `spec=address.zip:int32` casts the field
//! `zip` inside of the field `address`.

use aqueduct_api::{ConfigMap, ConnectError, Fate, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigError, ConfigKey, ConfigValueData, Importance, Type, Validator};
use aqueduct_data::{ByteString, Schema, SchemaAndValue, SchemaBuilder, SchemaRef, Type as SchemaType, Value};

use crate::cast_value::{cast, cast_in_place, check_castable, check_target};
use crate::part::{Part, map_mut, struct_mut};
use crate::paths::Reshape;
use crate::replace_field::RENAMES;
use crate::schema_cache::SchemaCache;
use crate::structs::{REPLACE_NULL_WITH_DEFAULT, replace_null_with_default, settle, settle_null, with_basics};

pub(crate) const SPEC: &str = "spec";
const PURPOSE: &str = "cast types";

pub(crate) fn definition() -> ConfigDef {
    let casts = Validator::lambda(
        |_, value| {
            let mappings = value.as_list().unwrap_or_default();
            if mappings.is_empty() {
                return Err(ConfigError::new("Must specify at least one field to cast."));
            }
            Casts::parse(mappings).map(drop)
        },
        "list of colon-delimited pairs, e.g. foo:bar,abc:xyz",
    );
    ConfigDef::new()
        .define(
            ConfigKey::new(SPEC, Type::List).validator(casts).importance(Importance::High).doc(
                "The fields and the types they get, each as `field:type`, or one type for the whole key or value.",
            ),
        )
        .define(replace_null_with_default())
}

/// What is done with records of a schema.
struct Plan {
    /// The schema of what comes out.
    schema: SchemaRef,
    /// The positions of the fields that are cast.
    fields: Vec<(usize, SchemaType)>,
}

/// What is cast to what.
#[derive(Debug, Clone)]
enum Casts {
    Whole(SchemaType),
    Fields(Vec<(ByteString, SchemaType)>),
}

impl Casts {
    fn parse(mappings: &[String]) -> Result<Self, ConfigError> {
        let mut whole = None;
        let mut fields: Vec<(ByteString, SchemaType)> = Vec::new();
        for mapping in mappings {
            // Empty parts at the end do not count.
            let parts: Vec<&str> = mapping.trim_end_matches(':').split(':').collect();
            match parts[..] {
                [r#type] => whole = Some(parse_type(r#type)?),
                [field, r#type] => {
                    let (field, r#type) = (field.trim(), parse_type(r#type)?);
                    fields.retain(|(known, _)| known != field);
                    fields.push((field.into(), r#type));
                }
                _ => {
                    let why = format_args!("Invalid rename mapping: {mapping}");
                    return Err(ConfigError::invalid(RENAMES, ConfigValueData::List(mappings.to_vec()), why));
                }
            }
        }
        match whole {
            Some(_) if mappings.len() > 1 => Err(ConfigError::new(
                "Cast transformations that specify a type to cast the entire value to may only specify a single cast \
                 in their spec",
            )),
            Some(whole) => Ok(Self::Whole(whole)),
            None => Ok(Self::Fields(fields)),
        }
    }

    fn of_field(&self, name: &str) -> Option<SchemaType> {
        match self {
            Self::Whole(_) => None,
            Self::Fields(fields) => fields.iter().find(|(field, _)| field == name).map(|(_, target)| *target),
        }
    }

    fn plan(&self, schema: &Schema) -> Result<Plan, ConnectError> {
        let fields = schema.fields().iter().filter_map(|field| Some((field.index(), self.of_field(field.name())?)));
        Ok(Plan {
            schema: self.schema(schema)?,
            fields: if schema.r#type() == SchemaType::Struct { fields.collect() } else { Vec::new() },
        })
    }

    /// The schema of what comes out.
    fn schema(&self, schema: &Schema) -> Result<SchemaRef, ConnectError> {
        let mut builder = match self {
            Self::Whole(target) => with_basics(SchemaBuilder::new(*target), schema),
            Self::Fields(_) => with_basics(SchemaBuilder::structure(), schema),
        };
        if let Self::Fields(_) = self {
            if schema.r#type() != SchemaType::Struct {
                return Err(ConnectError::data("Cannot list fields on non-struct type"));
            }
            for field in schema.fields() {
                let cast = match self.of_field(field.name()) {
                    Some(target) => cast_schema(SchemaBuilder::new(target), field.schema(), target)?.build()?.lasting(),
                    None => field.schema().clone(),
                };
                builder = builder.field(field.name().clone(), cast);
            }
        }
        match self {
            Self::Whole(target) => builder = cast_schema(builder, schema, *target)?,
            Self::Fields(_) => {
                if let Some(default) = schema.default_value() {
                    // Java casts this one, too, to no type at all: it is refused.
                    check_castable(Some(schema), default)?;
                }
                if schema.is_optional() {
                    builder = builder.optional();
                }
            }
        }
        Ok(builder.build()?.lasting())
    }
}

/// Makes a schema optional if another one is, and gives it that one's default, cast.
fn cast_schema(mut builder: SchemaBuilder, from: &Schema, target: SchemaType) -> Result<SchemaBuilder, ConnectError> {
    if from.is_optional() {
        builder = builder.optional();
    }
    if let Some(default) = from.default_value() {
        builder = builder.default_value(cast(Some(from), default, target)?);
    }
    Ok(builder)
}

fn parse_type(text: &str) -> Result<SchemaType, ConfigError> {
    const ALL: [SchemaType; 12] = [
        SchemaType::Int8,
        SchemaType::Int16,
        SchemaType::Int32,
        SchemaType::Int64,
        SchemaType::Float32,
        SchemaType::Float64,
        SchemaType::Boolean,
        SchemaType::String,
        SchemaType::Bytes,
        SchemaType::Array,
        SchemaType::Map,
        SchemaType::Struct,
    ];
    let text = text.trim();
    let upper = text.to_uppercase();
    let Some(found) = ALL.into_iter().find(|r#type| r#type.name() == upper) else {
        return Err(ConfigError::new(format!(
            "Invalid value java.lang.IllegalArgumentException: No enum constant \
             org.apache.kafka.connect.data.Schema.Type.{upper} for configuration Invalid type found in casting spec: \
             {text}"
        )));
    };
    check_target(found)?;
    Ok(found)
}

pub(crate) struct Cast {
    part: Part,
    casts: Casts,
    replace_null: bool,
    schemas: SchemaCache<Plan>,
}

impl Cast {
    pub(crate) fn configure(props: &ConfigMap, part: Part) -> Result<Self, ConnectError> {
        let config = definition().parse(props)?;
        Ok(Self {
            part,
            casts: Casts::parse(config.list(SPEC)?)?,
            replace_null: config.boolean(REPLACE_NULL_WITH_DEFAULT)?,
            schemas: SchemaCache::default(),
        })
    }

    fn cast_schemaless(&self, value: &mut Value) -> Result<(), ConnectError> {
        match &self.casts {
            Casts::Whole(target) => cast_in_place(None, value, *target)?,
            Casts::Fields(fields) => {
                let map = map_mut(value, PURPOSE)?;
                for (field, target) in fields {
                    match map.get_str_mut(field) {
                        Some(value) => cast_in_place(None, value, *target)?,
                        None => drop(map.insert(field.clone(), Value::Null)),
                    }
                }
            }
        }
        Ok(())
    }

    fn cast_with_schema(&mut self, part: &mut SchemaAndValue, schema: &SchemaRef) -> Result<(), ConnectError> {
        let casts = &self.casts;
        let plan = self.schemas.get(schema, |schema| casts.plan(schema))?;
        if let Casts::Whole(target) = casts {
            cast_in_place(Some(schema), &mut part.value, *target)?;
            part.schema = Some(plan.schema.clone());
            return Ok(());
        }
        let fields = struct_mut(&mut part.value, PURPOSE)?;
        settle(fields, self.replace_null)?;
        let (before, values) = fields.parts_mut();
        for &(at, target) in &plan.fields {
            let after = &plan.schema.fields()[at];
            cast_in_place(Some(before.fields()[at].schema()), &mut values[at], target)?;
            if values[at].is_null() {
                settle_null(after, &mut values[at], false)?;
            }
        }
        fields.reshape(plan.schema.clone(), |_| Ok::<(), ConnectError>(()))?;
        part.schema = Some(plan.schema.clone());
        Ok(())
    }
}

impl Transform for Cast {
    fn apply(&mut self, record: &mut Record) -> Result<Fate, ConnectError> {
        let part = self.part.of(record);
        if !part.value.is_null() {
            match part.schema.take() {
                None => self.cast_schemaless(&mut part.value)?,
                Some(schema) => self.cast_with_schema(part, &schema)?,
            }
        }
        Ok(Fate::Kept)
    }
}

impl Reshape for Cast {
    fn reshaped(&mut self, schema: &SchemaRef) -> Result<SchemaRef, ConnectError> {
        let casts = &self.casts;
        Ok(self.schemas.get(schema, |schema| casts.plan(schema))?.schema.clone())
    }
}
