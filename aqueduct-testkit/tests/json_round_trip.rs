//! Every value that comes back from `JsonConverter` as it went in with Java does so here, with its schema; and what
//! Java loses on the way is lost here, too.

#![allow(clippy::unwrap_used, reason = "a test fails when there is nothing to unwrap")]

use aqueduct_api::{ConfigMap, Converter};
use aqueduct_data::{Bytes, Decimal, LogicalType, Payload, Schema, SchemaAndValue, SchemaBuilder, SchemaRef, Struct};
use aqueduct_data::{Type, Value, ValueMap};
use aqueduct_json::JsonConverter;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

const MILLIS_PER_DAY: i64 = 86_400_000;

/// How the converter is configured: `decimal.format` and `replace.null.with.default`.
#[derive(Debug, Clone, Copy)]
struct Settings {
    numeric: bool,
    replace_null: bool,
}

fn converter(settings: Settings) -> JsonConverter {
    let decimals = if settings.numeric { "NUMERIC" } else { "BASE64" };
    let props = ConfigMap::from_iter([
        ("schemas.enable".to_owned(), "true".to_owned()),
        ("decimal.format".to_owned(), decimals.to_owned()),
        ("replace.null.with.default".to_owned(), settings.replace_null.to_string()),
    ]);
    JsonConverter::configure(&props, false).unwrap()
}

/// What comes back.
fn there_and_back(settings: Settings, data: &SchemaAndValue) -> Result<SchemaAndValue, String> {
    let mut converter = converter(settings);
    let written = converter.from_connect_data("t", &mut Vec::new(), data).map_err(|error| error.to_string())?;
    // The second time caches answer.
    let again = converter.from_connect_data("t", &mut Vec::new(), data).map_err(|error| error.to_string())?;
    assert_eq!(written, again);
    let written = written.map(Payload::into_bytes);
    let read = converter.to_connect_data("t", &Vec::new(), written.clone()).map_err(|error| error.to_string())?;
    for _ in 0..3 {
        assert_eq!(Ok(&read), converter.to_connect_data("t", &Vec::new(), written.clone()).as_ref());
    }
    Ok(read)
}

// === Schemas ===

/// What any schema may have besides its type.
#[derive(Debug, Clone)]
struct Decoration {
    optional: bool,
    name: Option<String>,
    version: Option<i32>,
    doc: Option<String>,
    parameters: Vec<(String, String)>,
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,12}",
        "[a-z\"\\\\/\u{0}-\u{1f}\u{7f}-\u{9f}\u{2028}\u{ffff}\u{10000}-\u{10ffff}]{0,8}",
        "[a-z]{1,6}"
    ]
}

fn decoration() -> impl Strategy<Value = Decoration> {
    let parameters = btree_map(text(), text(), 0..3).prop_map(|all| all.into_iter().collect());
    let option = |all: BoxedStrategy<String>| proptest::option::weighted(0.2, all);
    (
        any::<bool>(),
        option(text().boxed()),
        proptest::option::weighted(0.2, any::<i32>()),
        option(text().boxed()),
        parameters,
    )
        .prop_map(|(optional, name, version, doc, parameters)| Decoration {
            optional,
            name,
            version,
            doc,
            parameters,
        })
}

/// A builder with its decoration; logical types keep their own name, version and parameters.
fn decorated(mut builder: SchemaBuilder, with: Decoration, logical: bool) -> SchemaBuilder {
    if with.optional {
        builder = builder.optional();
    }
    if let Some(doc) = with.doc {
        builder = builder.doc(doc);
    }
    if logical {
        return builder;
    }
    if let Some(name) = with.name {
        builder = builder.name(name);
    }
    if let Some(version) = with.version {
        builder = builder.version(version);
    }
    if with.parameters.is_empty() { builder } else { builder.parameters(with.parameters) }
}

const PRIMITIVES: [Type; 9] = [
    Type::Int8,
    Type::Int16,
    Type::Int32,
    Type::Int64,
    Type::Float32,
    Type::Float64,
    Type::Boolean,
    Type::String,
    Type::Bytes,
];

/// A schema without parts, of a logical type or none, with a default or none.
fn leaf() -> impl Strategy<Value = SchemaRef> {
    let builder = prop_oneof![
        4 => proptest::sample::select(&PRIMITIVES[..]).prop_map(|kind| (SchemaBuilder::new(kind), false)),
        1 => (0..30).prop_map(|scale| (SchemaBuilder::decimal(scale), true)),
        1 => proptest::sample::select(vec![LogicalType::Date, LogicalType::Time, LogicalType::Timestamp]).prop_map(|logical| {
            let builder = match logical {
                LogicalType::Date => SchemaBuilder::date(),
                LogicalType::Time => SchemaBuilder::time(),
                _ => SchemaBuilder::timestamp(),
            };
            (builder, true)
        }),
    ];
    let plain = (builder, decoration()).prop_map(|((builder, logical), with)| decorated(builder, with, logical));
    plain.prop_flat_map(|builder| {
        let schema = builder.clone().build().unwrap();
        proptest::option::weighted(0.3, present(&schema)).prop_map(move |default| match default {
            Some(default) => builder.clone().default_value(default).build().unwrap(),
            None => builder.clone().build().unwrap(),
        })
    })
}

fn schema() -> impl Strategy<Value = SchemaRef> {
    leaf().prop_recursive(3, 24, 4, |inner| {
        let fields = (btree_set("[a-z\"\u{e9}\\\\]{1,6}", 0..4), vec(inner.clone(), 4));
        prop_oneof![
            (inner.clone(), decoration())
                .prop_map(|(of, with)| decorated(SchemaBuilder::array(of), with, false).build().unwrap()),
            (inner.clone(), inner.clone(), decoration()).prop_map(|(keys, values, with)| {
                decorated(SchemaBuilder::map(keys, values), with, false).build().unwrap()
            }),
            (fields, decoration()).prop_map(|((names, schemas), with)| {
                let builder = names
                    .into_iter()
                    .zip(schemas)
                    .fold(SchemaBuilder::structure(), |builder, (name, schema)| builder.field(name, schema));
                decorated(builder, with, false).build().unwrap()
            }),
        ]
    })
}

// === Values ===

/// A float that JSON can hold: there is no negative zero in it.
fn float32() -> impl Strategy<Value = f32> {
    any::<f32>().prop_filter("JSON has it", |n| n.is_finite() && n.to_bits() != (-0.0_f32).to_bits())
}

fn float64() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("JSON has it", |n| n.is_finite() && n.to_bits() != (-0.0_f64).to_bits())
}

/// A value of a schema, not null.
fn present(schema: &SchemaRef) -> BoxedStrategy<Value> {
    if let Some(logical) = schema.logical_type() {
        return match logical {
            LogicalType::Decimal => {
                let scale = aqueduct_data::logical::decimal_scale(schema).unwrap();
                any::<i128>().prop_map(move |unscaled| Decimal::new(unscaled.into(), scale).into()).boxed()
            }
            LogicalType::Date => any::<i32>().prop_map(|day| Value::Date(i64::from(day) * MILLIS_PER_DAY)).boxed(),
            LogicalType::Time => (0..=MILLIS_PER_DAY).prop_map(Value::Date).boxed(),
            LogicalType::Timestamp => any::<i64>().prop_map(Value::Date).boxed(),
        };
    }
    match schema.r#type() {
        Type::Int8 => any::<i8>().prop_map(Value::from).boxed(),
        Type::Int16 => any::<i16>().prop_map(Value::from).boxed(),
        Type::Int32 => any::<i32>().prop_map(Value::from).boxed(),
        Type::Int64 => any::<i64>().prop_map(Value::from).boxed(),
        Type::Float32 => float32().prop_map(Value::from).boxed(),
        Type::Float64 => float64().prop_map(Value::from).boxed(),
        Type::Boolean => any::<bool>().prop_map(Value::from).boxed(),
        Type::String => text().prop_map(Value::from).boxed(),
        Type::Bytes => vec(any::<u8>(), 0..20).prop_map(|bytes| Value::from(Bytes::from(bytes))).boxed(),
        Type::Array => vec(value(schema.value_schema().unwrap()), 0..4).prop_map(Value::from).boxed(),
        Type::Map => {
            // A null key of a text map has no form in JSON.
            let (keys, values) = (present(schema.key_schema().unwrap()), value(schema.value_schema().unwrap()));
            vec((keys, values), 0..4).prop_map(|pairs| Value::from(pairs.into_iter().collect::<ValueMap>())).boxed()
        }
        Type::Struct => {
            let schema = schema.clone();
            let fields: Vec<_> = schema.fields().iter().map(|field| value(field.schema())).collect();
            fields.prop_map(move |values| Value::from(Struct::from_values(schema.clone(), values))).boxed()
        }
    }
}

/// A value of a schema; null where the schema allows it and it does not stand for the default.
fn value(schema: &SchemaRef) -> BoxedStrategy<Value> {
    let present = present(schema);
    if schema.is_optional() && schema.default_value().is_none() {
        return prop_oneof![1 => Just(Value::Null), 4 => present].boxed();
    }
    present
}

fn data() -> impl Strategy<Value = SchemaAndValue> {
    schema().prop_flat_map(|schema| value(&schema).prop_map(move |value| SchemaAndValue::new(schema.clone(), value)))
}

#[test]
fn what_comes_back_from_java_comes_back() {
    let settings =
        (any::<bool>(), any::<bool>()).prop_map(|(numeric, replace_null)| Settings { numeric, replace_null });
    let config = Config { failure_persistence: None, cases: 20_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&(settings, data()), |(settings, data)| {
        prop_assert_eq!(there_and_back(settings, &data), Ok(data));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

// === What is lost ===

const USUAL: Settings = Settings { numeric: false, replace_null: true };

#[track_caller]
fn lost(schema: SchemaRef, value: impl Into<Value>, expect: impl Into<Value>) {
    let data = SchemaAndValue::new(schema, value);
    let expect = SchemaAndValue::new(data.schema.clone(), expect);
    assert_ne!(data, expect);
    assert_eq!(there_and_back(USUAL, &data), Ok(expect));
}

#[test]
fn floats_that_json_does_not_have_become_zero() {
    // They are written as texts, in which Jackson sees no number.
    for n in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0] {
        lost(Schema::float64(), n, 0.0_f64);
        #[expect(clippy::cast_possible_truncation, reason = "these are the same in both widths")]
        lost(Schema::float32(), n as f32, 0.0_f32);
    }
}

#[test]
fn a_null_with_a_default_is_lost_unless_nulls_are_kept() {
    let schema = SchemaBuilder::new(Type::Int32).optional().default_value(7).build().unwrap();
    lost(schema.clone(), Value::Null, 7);
    let null = SchemaAndValue::new(schema, Value::Null);
    assert_eq!(there_and_back(Settings { replace_null: false, ..USUAL }, &null), Ok(null));
}

#[test]
fn a_null_key_of_a_map_of_texts_becomes_a_text() {
    let map = |key: Value| ValueMap::from_iter([(key, Value::from(1))]);
    let schema = SchemaBuilder::map(Schema::optional_string(), Schema::int32()).build().unwrap();
    lost(schema, map(Value::Null), map("null".into()));
}

#[test]
fn half_a_surrogate_pair_is_lost() {
    let mut converter = converter(USUAL);
    let json = br#"{"schema":{"type":"string","optional":false},"payload":"a\ud800b"}"#;
    let Ok(read) = converter.to_connect_data("t", &Vec::new(), Some(Bytes::from_static(json))) else { return };
    let written = converter.from_connect_data("t", &mut Vec::new(), &read).unwrap().unwrap();
    assert_ne!(&written[..], &json[..]);
}
