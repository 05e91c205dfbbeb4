//! What the corpus does not show: chains of transforms, settings of old, and what is shared instead of copied.
#![cfg(test)]

use aqueduct_api::{ConfigMap, Factory, Fate, Record, Transform};
use aqueduct_data::{Schema, SchemaAndValue, SchemaBuilder, Shared, Struct, Value, ValueMap};
use aqueduct_transforms::plugins;

fn transform(class: &str, props: &[(&str, &str)]) -> Box<dyn Transform> {
    let class = format!("org.apache.kafka.connect.transforms.{class}");
    let plugin = plugins().into_iter().find(|plugin| plugin.class == class).expect(&class);
    let Factory::Transformation { configure, .. } = &plugin.factory else { panic!("{class} is no transform") };
    let props: ConfigMap = props.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    configure(&props).unwrap()
}

fn applied(transform: &mut dyn Transform, value: SchemaAndValue) -> SchemaAndValue {
    let mut record = Record::new("orders", value);
    assert_eq!(transform.apply(&mut record).unwrap(), Fate::Kept);
    record.value
}

#[track_caller]
fn check(class: &str, props: &[(&str, &str)], value: impl Into<Value>, expect: &str) {
    let value = SchemaAndValue::schemaless(value);
    assert_eq!(applied(&mut *transform(class, props), value).value.to_string(), expect, "{class} {props:?}");
}

fn order() -> ValueMap {
    [("id", Value::Int32(1)), ("name", "Ann".into()), ("card", Value::Int64(4711))].into_iter().collect()
}

#[test]
fn transforms_do_what_their_documentation_says() {
    let address: ValueMap = [("city", "Ulm")].into_iter().collect();
    let nested: ValueMap = [("id", Value::Int32(1)), ("address", address.into())].into_iter().collect();
    check("HoistField$Value", &[("field", "line")], "foo", "{line=foo}");
    check("InsertField$Value", &[("static.field", "s"), ("static.value", "x")], ValueMap::new(), "{s=x}");
    check("ReplaceField$Value", &[("exclude", "card"), ("renames", "id:key")], order(), "{key=1, name=Ann}");
    check("MaskField$Value", &[("fields", "card,name")], order(), "{id=1, name=, card=0}");
    check("MaskField$Value", &[("fields", "name"), ("replacement", "xxx")], order(), "{id=1, name=xxx, card=4711}");
    check("Cast$Value", &[("spec", "id:float64,card:string")], order(), "{id=1.0, name=Ann, card=4711}");
    check("Cast$Value", &[("spec", "int32")], "42", "42");
    check("ExtractField$Value", &[("field", "name")], order(), "Ann");
    let path = [("field", "address.city"), ("field.syntax.version", "V2")];
    check("ExtractField$Value", &path, nested.clone(), "Ulm");
    check("Flatten$Value", &[("delimiter", "_")], nested, "{id=1, address_city=Ulm}");
    let converted = [("field", "card"), ("target.type", "string"), ("format", "ss.SSS")];
    check("TimestampConverter$Value", &converted, order(), "{id=1, name=Ann, card=04.711}");
    let header = [("fields", "card"), ("headers", "h"), ("operation", "move")];
    check("HeaderFrom$Value", &header, order(), "{id=1, name=Ann}");
}

#[test]
fn the_old_names_of_replace_field_count_unless_the_new_ones_are_given() {
    check("ReplaceField$Value", &[("blacklist", "card")], order(), "{id=1, name=Ann}");
    check("ReplaceField$Value", &[("whitelist", "card")], order(), "{card=4711}");
    check("ReplaceField$Value", &[("blacklist", "card"), ("exclude", "id")], order(), "{name=Ann, card=4711}");
}

#[test]
fn a_map_that_nobody_else_holds_is_changed_in_place() {
    let mut insert = transform("InsertField$Value", &[("static.field", "s"), ("static.value", "x")]);
    let map = Shared::new(order());
    let place = Shared::as_ptr(&map);
    let after = applied(&mut *insert, SchemaAndValue::schemaless(Value::Map(map)));
    assert!(matches!(&after.value, Value::Map(map) if Shared::as_ptr(map) == place));
}

#[test]
fn a_timestamp_in_a_map_is_converted_in_place() {
    let mut convert = transform("TimestampConverter$Value", &[("field", "card"), ("target.type", "Timestamp")]);
    let map = Shared::new(order());
    let place = Shared::as_ptr(&map);
    let after = applied(&mut *convert, SchemaAndValue::schemaless(Value::Map(map)));
    assert!(matches!(&after.value, Value::Map(map) if Shared::as_ptr(map) == place));
    assert_eq!(after.value.as_map().unwrap().get_str("card"), Some(&Value::Date(4711)));
}

#[test]
fn the_topic_gets_the_timestamp_of_each_record() {
    let mut router =
        transform("TimestampRouter", &[("topic.format", "${topic}.${timestamp}"), ("timestamp.format", "yyyy-DDD")]);
    let mut routed = |topic: &str, timestamp| {
        let mut record = Record::new(topic, SchemaAndValue::NULL);
        record.timestamp = Some(timestamp);
        assert_eq!(router.apply(&mut record).unwrap(), Fate::Kept);
        record.topic.to_string()
    };
    assert_eq!(routed("a", 0), "a.1970-001");
    assert_eq!(routed("a", 1), "a.1970-001");
    assert_eq!(routed("b", 2), "b.1970-001");
    assert_eq!(routed("b", 86_400_000), "b.1970-002");
    assert_eq!(routed("b", 0), "b.1970-001");
    assert_eq!(routed("${timestamp}", 0), "1970-001.1970-001");
}

#[test]
fn a_regular_expression_that_tries_too_long_is_an_error_with_its_text() {
    let pattern = r"(x?)(a|a)*\1c";
    let topic = format!("{}b", "a".repeat(40));
    let mut router = transform("RegexRouter", &[("regex", pattern), ("replacement", "x")]);
    let error = router.apply(&mut Record::new(topic, SchemaAndValue::NULL)).unwrap_err();
    assert!(error.message().is_some_and(|message| message.contains(pattern)), "{error:?}");
}

#[test]
fn a_map_that_others_hold_is_left_to_them() {
    let mut insert = transform("InsertField$Value", &[("static.field", "s"), ("static.value", "x")]);
    let map = Shared::new(order());
    let after = applied(&mut *insert, SchemaAndValue::schemaless(Value::Map(map.clone())));
    assert_eq!((map.len(), after.value.as_map().unwrap().len()), (3, 4));
}

#[test]
fn records_of_one_schema_share_the_changed_one() {
    let schema = SchemaBuilder::structure().field("id", Schema::int32()).build().unwrap();
    for (class, props) in [
        ("HoistField$Value", [("field", "f"), ("", "")].as_slice()),
        ("InsertField$Value", &[("static.field", "s"), ("static.value", "x")]),
        ("ReplaceField$Value", &[("renames", "id:key")]),
        ("Cast$Value", &[("spec", "id:string")]),
        ("SetSchemaMetadata$Value", &[("schema.name", "n")]),
        ("Flatten$Value", &[]),
        ("TimestampConverter$Value", &[("field", "none"), ("target.type", "unix")]),
    ] {
        let mut transform = transform(class, props);
        let mut changed = || {
            let value = Struct::from_values(schema.clone(), vec![Value::Int32(1)]);
            applied(&mut *transform, SchemaAndValue::new(schema.clone(), value)).schema.unwrap()
        };
        assert!(changed().is_same(&changed()), "{class}");
    }
}

fn person() -> (Shared<Struct>, SchemaAndValue) {
    let schema =
        SchemaBuilder::structure().field("id", Schema::int32()).field("name", Schema::string()).build().unwrap();
    let person = Shared::new(Struct::from_values(schema.clone(), vec![Value::Int32(1), "Ann".into()]));
    (person.clone(), SchemaAndValue { schema: Some(schema), value: Value::Struct(person) })
}

/// A class, its configuration, and what it makes of the person.
type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str);

const OF_STRUCTS: [Case; 8] = [
    ("InsertField$Value", &[("static.field", "s"), ("static.value", "x")], "Struct{id=1,name=Ann,s=x}"),
    ("MaskField$Value", &[("fields", "name")], "Struct{id=1,name=}"),
    ("Cast$Value", &[("spec", "id:string")], "Struct{id=1,name=Ann}"),
    ("ReplaceField$Value", &[("exclude", "id")], "Struct{name=Ann}"),
    ("ReplaceField$Value", &[("renames", "id:key")], "Struct{key=1,name=Ann}"),
    ("SetSchemaMetadata$Value", &[("schema.name", "n")], "Struct{id=1,name=Ann}"),
    ("HeaderFrom$Value", &[("fields", "id"), ("headers", "h"), ("operation", "move")], "Struct{name=Ann}"),
    ("TimestampConverter$Value", &[("field", "none"), ("target.type", "unix")], "Struct{id=1,name=Ann}"),
];

#[test]
fn a_struct_that_nobody_else_holds_is_changed_in_place() {
    for (class, props, expect) in OF_STRUCTS {
        let (person, value) = person();
        let place = Shared::as_ptr(&person);
        drop(person);
        let after = applied(&mut *transform(class, props), value);
        assert!(matches!(&after.value, Value::Struct(fields) if Shared::as_ptr(fields) == place), "{class}");
        assert_eq!(after.value.to_string(), expect, "{class}");
        assert_eq!(after.value.as_struct().unwrap().schema(), after.schema.as_ref().unwrap(), "{class}");
    }
}

#[test]
fn a_struct_that_others_hold_is_left_to_them() {
    let flatten: Case = ("Flatten$Value", &[], "Struct{id=1,name=Ann}");
    for (class, props, expect) in OF_STRUCTS.into_iter().chain([flatten]) {
        let (person, value) = person();
        let after = applied(&mut *transform(class, props), value);
        assert_eq!(after.value.to_string(), expect, "{class}");
        assert_eq!(Value::Struct(person).to_string(), "Struct{id=1,name=Ann}", "{class}");
    }
}

#[test]
fn flat_names_that_meet_keep_the_first_place_and_the_last_value() {
    let inner: ValueMap = [("b", 1)].into_iter().collect();
    let map: ValueMap = [("a.b", Value::Int32(2)), ("c", 3.into()), ("a", inner.into())].into_iter().collect();
    check("Flatten$Value", &[], map.clone(), "{a.b=1, c=3}");
    check("Flatten$Value", &[("delimiter", "")], map, "{a.b=2, c=3, ab=1}");
}

#[test]
fn fields_of_small_and_large_maps_are_replaced_alike() {
    for more in [0, 20] {
        let with = |pairs: &str| {
            let rest: String = (0..more).map(|n| format!(", m{n}={n}")).collect();
            format!("{{{pairs}{rest}}}")
        };
        let map: ValueMap =
            (order().into_iter()).chain((0..more).map(|n| (format!("m{n}").into(), Value::Int32(n)))).collect();
        for (props, expect) in [
            ([("exclude", "card,none"), ("renames", "id:key,none:x")], "key=1, name=Ann"),
            ([("exclude", ""), ("renames", "id:name")], "name=Ann, card=4711"),
            ([("exclude", ""), ("renames", "id:name,name:id")], "name=1, id=Ann, card=4711"),
            ([("exclude", "name"), ("renames", "id:name")], "name=1, card=4711"),
        ] {
            check("ReplaceField$Value", &props, map.clone(), &with(expect));
        }
    }
}
