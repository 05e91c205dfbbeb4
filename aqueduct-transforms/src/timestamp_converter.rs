//! `TimestampConverter` turns timestamps from one form into another: texts, Unix time, and the types Date, Time and
//! Timestamp.
//!
//! With `field=at`, `target.type=string` and `format=yyyy-MM-dd`, the value `{id=1, at=1700000000123}` becomes
//! `{id=1, at="2023-11-14"}`. Without `field`, the whole key or value is a timestamp. What a timestamp is comes from its
//! schema, and without one from its class.
//!
//! With `field.syntax.version=V2`, which Java does not have here, `field` is a path: `event.at` is the field `at` inside of the
//! field `event`.

use std::cell::Cell;

use aqueduct_api::{ConfigMap, ConnectError, Fate, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigError, ConfigKey, Importance, Type, Validator};
use aqueduct_data::{ByteString, Schema, SchemaAndValue, SchemaBuilder, SchemaRef, Struct, Value};
use aqueduct_jvm::date_format::SimpleDateFormat;

use crate::part::{Part, map_mut, struct_mut};
use crate::paths::Reshape;
use crate::schema_cache::SchemaCache;
use crate::structs::{REPLACE_NULL_WITH_DEFAULT, replace_null_with_default, settle_null, settle_values, with_basics};
use crate::timestamp_form::{Form, Precision, instant_of, value_of};

pub(crate) const FIELD: &str = "field";
const TARGET_TYPE: &str = "target.type";
const FORMAT: &str = "format";
const UNIX_PRECISION: &str = "unix.precision";
const PURPOSE: &str = "converting timestamp formats";

pub(crate) fn definition() -> ConfigDef {
    ConfigDef::new()
        .define(
            ConfigKey::new(FIELD, Type::String)
                .default("")
                .importance(Importance::High)
                .doc("The field with the timestamp; nothing if the whole key or value is one."),
        )
        .define(
            ConfigKey::new(TARGET_TYPE, Type::String)
                .required()
                .validator(Validator::one_of(Form::ALL.map(Form::name)))
                .importance(Importance::High)
                .doc("What timestamps become: `string`, `unix`, `Date`, `Time` or `Timestamp`."),
        )
        .define(
            ConfigKey::new(FORMAT, Type::String).default("").importance(Importance::Medium).doc(
                "The pattern by which texts are written and read, as `java.text.SimpleDateFormat` has it; in UTC.",
            ),
        )
        .define(
            ConfigKey::new(UNIX_PRECISION, Type::String)
                .default(Precision::Milliseconds.name())
                .validator(Validator::one_of(Precision::ALL.map(Precision::name)))
                .importance(Importance::Low)
                .doc("What Unix time counts: `nanoseconds`, `microseconds`, `milliseconds` or `seconds`."),
        )
        .define(replace_null_with_default())
}

pub(crate) struct TimestampConverter {
    part: Part,
    /// The field; none for the whole.
    field: Option<ByteString>,
    conversion: Conversion,
    replace_null: bool,
    schemas: SchemaCache<Plan>,
    /// The schema of a whole value, required and optional.
    whole: (SchemaRef, SchemaRef),
}

/// What is done with structs of a schema.
struct Plan {
    /// The schema of what comes out.
    schema: SchemaRef,
    /// Where the field is, and what it is before; none when there is no such field.
    from: Option<(usize, Result<Form, ConnectError>)>,
}

/// How a value is converted.
struct Conversion {
    target: Form,
    format: Option<SimpleDateFormat>,
    precision: Precision,
    /// Room for texts that are made, used again.
    text: Cell<String>,
}

impl Conversion {
    /// Converts a value; without a form its class tells it.
    fn convert(&self, from: Option<Form>, value: &Value) -> Result<Value, ConnectError> {
        if value.is_null() {
            return Ok(Value::Null);
        }
        let from = from.map_or_else(|| Form::of_value(value), Ok)?;
        let instant = instant_of(value, from, self.format.as_ref(), self.precision)?;
        let mut text = self.text.take();
        let converted = value_of(instant, self.target, self.format.as_ref(), self.precision, &mut text);
        self.text.set(text);
        converted
    }

    fn plan(&self, schema: &Schema, field: &str, replace_null: bool) -> Result<Plan, ConnectError> {
        let mut builder = with_basics(SchemaBuilder::structure(), schema);
        let mut from = None;
        for known in schema.fields() {
            let of_field = if known.name() == field {
                from = Some((known.index(), Form::of_schema(known.schema())));
                self.target.schema(known.schema().is_optional())?
            } else {
                known.schema().clone()
            };
            builder = builder.field(known.name().clone(), of_field);
        }
        if schema.is_optional() {
            builder = builder.optional();
        }
        if let Some(default) = schema.default_value().and_then(Value::as_struct) {
            // In Java the default and its schema hold each other. Here that ends after one turn.
            let without = Plan { schema: builder.clone().build()?, from: from.clone() };
            let mut values = default.values().to_vec();
            self.convert_field(default.schema(), &mut values, &without, replace_null)?;
            let inner = Struct::from_values(without.schema, values.clone());
            let with = builder.clone().default_unchecked(inner).build()?;
            builder = builder.default_unchecked(Struct::from_values(with, values));
        }
        Ok(Plan { schema: builder.build()?.lasting(), from })
    }

    /// Converts the field of a struct that is taken apart.
    fn convert_field(
        &self,
        before: &Schema,
        values: &mut [Value],
        plan: &Plan,
        replace_null: bool,
    ) -> Result<(), ConnectError> {
        settle_values(before, values, replace_null)?;
        if let Some((at, from)) = &plan.from {
            let value = &mut values[*at];
            *value = self.convert(Some(from.clone()?), value)?;
            if value.is_null() {
                settle_null(&plan.schema.fields()[*at], value, false)?;
            }
        }
        Ok(())
    }
}

impl TimestampConverter {
    pub(crate) fn configure(props: &ConfigMap, part: Part) -> Result<Self, ConnectError> {
        let config = definition().parse(props)?;
        let target = Form::of_name(config.string(TARGET_TYPE)?);
        let pattern = config.string(FORMAT)?;
        let blank = pattern.trim().is_empty();
        if target == Form::Text && blank {
            return Err(ConnectError::config(
                "TimestampConverter requires format option to be specified when using string timestamps",
            ));
        }
        let format = (!blank).then(|| SimpleDateFormat::new(pattern)).transpose().map_err(|error| {
            ConfigError::new(format!(
                "Invalid value java.lang.IllegalArgumentException: {error} for configuration TimestampConverter requires \
                 a SimpleDateFormat-compatible pattern for string timestamps: {pattern}"
            ))
        })?;
        let field = config.string(FIELD)?;
        Ok(Self {
            part,
            field: (!field.is_empty()).then(|| field.into()),
            conversion: Conversion {
                target,
                format,
                precision: Precision::of_name(config.string(UNIX_PRECISION)?),
                text: Cell::default(),
            },
            replace_null: config.boolean(REPLACE_NULL_WITH_DEFAULT)?,
            schemas: SchemaCache::default(),
            whole: (target.schema(false)?, target.schema(true)?),
        })
    }

    fn convert_schemaless(&self, value: &mut Value) -> Result<(), ConnectError> {
        match &self.field {
            Some(field) if !value.is_null() => {
                let map = map_mut(value, PURPOSE)?;
                match map.get_str_mut(field) {
                    Some(value) => *value = self.conversion.convert(None, value)?,
                    None => drop(map.insert(field.clone(), Value::Null)),
                }
            }
            _ => *value = self.conversion.convert(None, value)?,
        }
        Ok(())
    }

    fn convert_with_schema(&mut self, part: &mut SchemaAndValue, schema: &SchemaRef) -> Result<(), ConnectError> {
        let conversion = &self.conversion;
        let Some(field) = &self.field else {
            let updated = if schema.is_optional() { &self.whole.1 } else { &self.whole.0 };
            let converted = conversion.convert(Some(Form::of_schema(schema)?), &part.value)?;
            *part = SchemaAndValue::new(updated.clone(), converted);
            return Ok(());
        };
        let before = if part.value.is_null() { None } else { Some(struct_mut(&mut part.value, PURPOSE)?) };
        if schema.r#type() != aqueduct_data::Type::Struct {
            return Err(ConnectError::data("Cannot list fields on non-struct type"));
        }
        let replace_null = self.replace_null;
        let plan = self.schemas.get(schema, |schema| conversion.plan(schema, field, replace_null))?;
        if let Some(fields) = before {
            let (before, values) = fields.parts_mut();
            conversion.convert_field(before, values, plan, replace_null)?;
            fields.reshape(plan.schema.clone(), |_| Ok::<(), ConnectError>(()))?;
        }
        part.schema = Some(plan.schema.clone());
        Ok(())
    }
}

impl Transform for TimestampConverter {
    fn apply(&mut self, record: &mut Record) -> Result<Fate, ConnectError> {
        let part = self.part.of(record);
        match part.schema.take() {
            None => self.convert_schemaless(&mut part.value)?,
            Some(schema) => self.convert_with_schema(part, &schema)?,
        }
        Ok(Fate::Kept)
    }
}

impl Reshape for TimestampConverter {
    fn reshaped(&mut self, schema: &SchemaRef) -> Result<SchemaRef, ConnectError> {
        let (conversion, replace_null) = (&self.conversion, self.replace_null);
        match &self.field {
            Some(field) => {
                let plan = self.schemas.get(schema, |schema| conversion.plan(schema, field, replace_null))?;
                Ok(plan.schema.clone())
            }
            None => Ok(if schema.is_optional() { &self.whole.1 } else { &self.whole.0 }.clone()),
        }
    }
}
