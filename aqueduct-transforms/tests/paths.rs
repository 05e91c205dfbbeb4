//! `field.syntax.version=V2`: transforms of fields inside of fields.

#![allow(clippy::unwrap_used, reason = "a test fails when there is nothing to unwrap")]

use aqueduct_api::{ConfigMap, ConnectError, Factory, Fate, Record, Transform};
use aqueduct_data::{Schema, SchemaAndValue, SchemaBuilder, SchemaRef, Struct, Type, Value, ValueMap};
use aqueduct_transforms::plugins;
use serde_json::{Value as Json, json};

fn transform(class: &str, props: &[(&str, &str)]) -> Result<Box<dyn Transform>, ConnectError> {
    let class = format!("org.apache.kafka.connect.transforms.{class}");
    let plugin = plugins().into_iter().find(|plugin| plugin.class == class).unwrap();
    let Factory::Transformation { configure, .. } = plugin.factory else { panic!("{class} is no transform") };
    let props: ConfigMap = props.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    configure(&props)
}

/// A value without a schema.
fn plain(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(b) => (*b).into(),
        Json::Number(n) => n.as_i64().unwrap().into(),
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => Value::array(items.iter().map(plain)),
        Json::Object(members) => {
            members.iter().map(|(name, member)| (name.as_str(), plain(member))).collect::<ValueMap>().into()
        }
    }
}

/// A value with a schema, in which everything inside may be null. A null is one of a struct with the field `city`.
fn typed(json: &Json, optional: bool) -> (SchemaRef, Value) {
    let leaf =
        |kind, value| (if optional { SchemaBuilder::new(kind).optional() } else { SchemaBuilder::new(kind) }, value);
    let (builder, value) = match json {
        Json::Number(n) => leaf(Type::Int64, n.as_i64().unwrap().into()),
        Json::String(text) => leaf(Type::String, text.as_str().into()),
        Json::Object(members) => {
            let fields: Vec<_> = members.iter().map(|(name, member)| (name.clone(), typed(member, true))).collect();
            let builder = fields.iter().fold(SchemaBuilder::structure(), |builder, (name, (schema, _))| {
                builder.field(name.clone(), schema.clone())
            });
            let builder = if optional { builder.optional() } else { builder };
            let values = fields.into_iter().map(|(_, (_, value))| value).collect();
            let schema = builder.build().unwrap();
            return (schema.clone(), Struct::from_values(schema, values).into());
        }
        _ => (SchemaBuilder::structure().field("city", Schema::optional_string()).optional(), Value::Null),
    };
    (builder.build().unwrap(), value)
}

/// A schema in short: `{id:INT64?,address:{city:STRING?}?}`.
fn short(schema: &Schema) -> String {
    let fields: Vec<String> =
        schema.fields().iter().map(|field| format!("{}:{}", field.name(), short(field.schema()))).collect();
    let what = match (schema.r#type(), schema.name()) {
        (Type::Struct, _) => format!("{{{}}}", fields.join(",")),
        (_, Some(name)) => name.rsplit('.').next().unwrap_or_default().to_owned(),
        (other, None) => other.name().to_owned(),
    };
    if schema.is_optional() { format!("{what}?") } else { what }
}

fn told(record: &Record) -> String {
    let part = |of: &SchemaAndValue| match &of.schema {
        Some(schema) => format!("{} {}", of.value, short(schema)),
        None => of.value.to_string(),
    };
    let headers: String =
        record.headers.iter().map(|header| format!(" | {}={}", header.key, part(&header.content))).collect();
    let key = if record.key.value.is_null() { String::new() } else { format!("{} <- ", part(&record.key)) };
    format!("{key}{}{headers}", part(&record.value))
}

fn outcome(class: &str, props: &[(&str, &str)], value: SchemaAndValue) -> String {
    let props = [props, &[("field.syntax.version", "V2")]].concat();
    let mut record = Record::new("orders", value);
    record.partition = Some(3);
    let applied = transform(class, &props).and_then(|mut transform| {
        let mut first = record.clone();
        assert_eq!(transform.apply(&mut first)?, Fate::Kept);
        // Schemas are made once: the second record meets those of the first.
        assert_eq!(transform.apply(&mut record)?, Fate::Kept);
        assert_eq!(record, first);
        Ok(first)
    });
    match applied {
        Ok(record) => told(&record),
        Err(error) => format!("{}: {}", error.class().rsplit('.').next().unwrap(), error.message().unwrap_or_default()),
    }
}

/// Applies to the value without a schema, and with one.
#[track_caller]
fn check(class: &str, props: &[(&str, &str)], value: &Json, expect: &str, expect_typed: &str) {
    assert_eq!(outcome(class, props, SchemaAndValue::schemaless(plain(value))), expect);
    let (schema, value) = typed(value, false);
    assert_eq!(outcome(class, props, SchemaAndValue::new(schema, value)), expect_typed);
}

fn customer() -> Json {
    json!({"address": {"city": "Ulm", "zip": "89073"}, "id": 1})
}

fn homeless() -> Json {
    json!({"address": null, "id": 1})
}

#[test]
fn cast_reaches_inside() {
    let spec = [("spec", "id:string,address.zip:int32")];
    check(
        "Cast$Value",
        &spec,
        &customer(),
        "{address={city=Ulm, zip=89073}, id=1}",
        "Struct{address=Struct{city=Ulm,zip=89073},id=1} {address:{city:STRING?,zip:INT32?}?,id:STRING?}",
    );
    check(
        "Cast$Value",
        &[("spec", "a.b.c:int8")],
        &json!({"a": {"b": {"c": "7"}}}),
        "{a={b={c=7}}}",
        "Struct{a=Struct{b=Struct{c=7}}} {a:{b:{c:INT8?}?}?}",
    );
    check("Cast$Value", &[("spec", "`a.b`:int8")], &json!({"a.b": "7"}), "{a.b=7}", "Struct{a.b=7} {a.b:INT8?}");
    check(
        "Cast$Value",
        &[("spec", "address.city:int8")],
        &homeless(),
        "{address=null, id=1}",
        "Struct{id=1} {address:{city:INT8?}?,id:INT64?}",
    );
    check(
        "Cast$Value",
        &[("spec", "id.x:int8")],
        &customer(),
        "DataException: Only Map objects supported in absence of schema for [cast types], found: java.lang.Long",
        "DataException: Cannot look up fields on non-struct type",
    );
    check("Cast$Value", &[("spec", "int8")], &json!(7), "7", "7 INT8");
}

#[test]
fn mask_reaches_inside() {
    check(
        "MaskField$Value",
        &[("fields", "address.zip,id")],
        &customer(),
        "{address={city=Ulm, zip=}, id=0}",
        "Struct{address=Struct{city=Ulm,zip=},id=0} {address:{city:STRING?,zip:STRING?}?,id:INT64?}",
    );
    check(
        "MaskField$Value",
        &[("fields", "address.zip"), ("replacement", "*")],
        &customer(),
        "{address={city=Ulm, zip=*}, id=1}",
        "Struct{address=Struct{city=Ulm,zip=*},id=1} {address:{city:STRING?,zip:STRING?}?,id:INT64?}",
    );
    check(
        "MaskField$Value",
        &[("fields", "nowhere.zip")],
        &customer(),
        "{address={city=Ulm, zip=89073}, id=1}",
        "Struct{address=Struct{city=Ulm,zip=89073},id=1} {address:{city:STRING?,zip:STRING?}?,id:INT64?}",
    );
}

#[test]
fn replace_reaches_inside() {
    check(
        "ReplaceField$Value",
        &[("exclude", "address.zip")],
        &customer(),
        "{address={city=Ulm}, id=1}",
        "Struct{address=Struct{city=Ulm},id=1} {address:{city:STRING?}?,id:INT64?}",
    );
    check(
        "ReplaceField$Value",
        &[("include", "address.city")],
        &customer(),
        "{address={city=Ulm}}",
        "Struct{address=Struct{city=Ulm}} {address:{city:STRING?}?}",
    );
    check(
        "ReplaceField$Value",
        &[("include", "address,address.city")],
        &customer(),
        "{address={city=Ulm, zip=89073}}",
        "Struct{address=Struct{city=Ulm,zip=89073}} {address:{city:STRING?,zip:STRING?}?}",
    );
    check(
        "ReplaceField$Value",
        &[("renames", "address:home,address.zip:code")],
        &customer(),
        "{home={city=Ulm, code=89073}, id=1}",
        "Struct{home=Struct{city=Ulm,code=89073},id=1} {home:{city:STRING?,code:STRING?}?,id:INT64?}",
    );
    check(
        "ReplaceField$Value",
        &[("blacklist", "address.zip")],
        &customer(),
        "{address={city=Ulm}, id=1}",
        "Struct{address=Struct{city=Ulm},id=1} {address:{city:STRING?}?,id:INT64?}",
    );
    check(
        "ReplaceField$Value",
        &[("exclude", "address.city")],
        &homeless(),
        "{address=null, id=1}",
        "Struct{id=1} {address:{}?,id:INT64?}",
    );
}

#[test]
fn insert_makes_what_is_missing_of_the_way() {
    let fields = [("topic.field", "meta.from.topic!"), ("partition.field", "meta.from.at")];
    check(
        "InsertField$Value",
        &fields,
        &json!({"id": 1}),
        "{id=1, meta={from={topic=orders, at=3}}}",
        "Struct{id=1,meta=Struct{from=Struct{topic=orders,at=3}}} {id:INT64?,meta:{from:{topic:STRING,at:INT32?}}}",
    );
    let fixed = [("static.field", "address.country"), ("static.value", "DE")];
    check(
        "InsertField$Value",
        &fixed,
        &json!({"address": {"city": "Ulm"}}),
        "{address={city=Ulm, country=DE}}",
        "Struct{address=Struct{city=Ulm,country=DE}} {address:{city:STRING?,country:STRING?}?}",
    );
    check(
        "InsertField$Value",
        &fixed,
        &homeless(),
        "{address={country=DE}, id=1}",
        "Struct{id=1} {address:{city:STRING?,country:STRING?}?,id:INT64?}",
    );
}

#[test]
fn timestamps_are_converted_inside() {
    let props = [("field", "event.at"), ("target.type", "Timestamp")];
    check(
        "TimestampConverter$Value",
        &props,
        &json!({"event": {"at": 0}}),
        "{event={at=Thu Jan 01 00:00:00 UTC 1970}}",
        "Struct{event=Struct{at=Thu Jan 01 00:00:00 UTC 1970}} {event:{at:Timestamp?}?}",
    );
}

#[test]
fn hoist_wraps_what_a_path_leads_to() {
    check(
        "HoistField$Value",
        &[("field", "line"), ("hoisted", "address.zip")],
        &customer(),
        "{address={city=Ulm, zip={line=89073}}, id=1}",
        "Struct{address=Struct{city=Ulm,zip=Struct{line=89073}},id=1} {address:{city:STRING?,zip:{line:STRING?}}?,id:INT64?}",
    );
    check(
        "HoistField$Value",
        &[("field", "line"), ("hoisted", "address")],
        &homeless(),
        "{address={line=null}, id=1}",
        "Struct{address=Struct{},id=1} {address:{line:{city:STRING?}?},id:INT64?}",
    );
    check("HoistField$Value", &[("field", "line")], &json!("foo"), "{line=foo}", "Struct{line=foo} {line:STRING}");
}

#[test]
fn header_from_reads_paths_and_takes_away_what_is_moved() {
    let of = |operation| [("fields", "address.zip,id"), ("headers", "zip,id"), ("operation", operation)];
    check(
        "HeaderFrom$Value",
        &of("move"),
        &customer(),
        "{address={city=Ulm}} | zip=89073 | id=1",
        "Struct{address=Struct{city=Ulm}} {address:{city:STRING?}?} | zip=89073 STRING? | id=1 INT64?",
    );
    check(
        "HeaderFrom$Value",
        &of("copy"),
        &customer(),
        "{address={city=Ulm, zip=89073}, id=1} | zip=89073 | id=1",
        "Struct{address=Struct{city=Ulm,zip=89073},id=1} {address:{city:STRING?,zip:STRING?}?,id:INT64?} | zip=89073 STRING? | id=1 INT64?",
    );
    check(
        "HeaderFrom$Value",
        &of("copy"),
        &homeless(),
        "{address=null, id=1} | zip=null | id=1",
        "DataException: Field does not exist: address.zip",
    );
}

#[test]
fn the_key_has_the_last_names_of_its_paths() {
    check(
        "ValueToKey",
        &[("fields", "address.zip,id")],
        &customer(),
        "{zip=89073, id=1} <- {address={city=Ulm, zip=89073}, id=1}",
        "Struct{zip=89073,id=1} {zip:STRING?,id:INT64?} <- Struct{address=Struct{city=Ulm,zip=89073},id=1} {address:{city:STRING?,zip:STRING?}?,id:INT64?}",
    );
    check(
        "ValueToKey",
        &[("fields", "address.id,id")],
        &customer(),
        "ConfigException: Two paths to fields of the key end with the name id",
        "ConfigException: Two paths to fields of the key end with the name id",
    );
    check(
        "ValueToKey",
        &[("fields", "address.city")],
        &homeless(),
        "{city=null} <- {address=null, id=1}",
        "Struct{} {city:STRING?} <- Struct{id=1} {address:{city:STRING?}?,id:INT64?}",
    );
}

#[test]
fn without_the_key_a_path_is_a_name() {
    let mut mask = transform("MaskField$Value", &[("fields", "a.b")]).unwrap();
    let value = plain(&json!({"a": {"b": 1}, "a.b": 2}));
    let mut masked = Record::new("t", SchemaAndValue::schemaless(value));
    assert_eq!(mask.apply(&mut masked), Ok(Fate::Kept));
    assert_eq!(masked.value.value.to_string(), "{a={b=1}, a.b=0}");
}

#[test]
fn a_version_that_is_none_is_refused() {
    let error = transform("MaskField$Value", &[("fields", "a"), ("field.syntax.version", "V3")]).err().unwrap();
    assert!(error.message().unwrap().contains("field.syntax.version"), "{error}");
}
