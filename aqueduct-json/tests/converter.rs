//! What the recorded cases do not show: caches, shared buffers, limits, and what is said of malformed JSON.

#![allow(clippy::unwrap_used, reason = "a test fails when there is nothing to unwrap")]

use aqueduct_api::{ConfigMap, Converter, HeaderConverter, Plugin, PluginKind};
use aqueduct_data::{Bytes, Schema, SchemaAndValue, SchemaBuilder, SchemaRef, Value, ValueMap};
use aqueduct_json::{JsonConverter, plugins};

fn converter(props: &[(&str, &str)]) -> JsonConverter {
    let props: ConfigMap = props.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    JsonConverter::configure(&props, false).unwrap()
}

fn plain() -> JsonConverter {
    converter(&[("schemas.enable", "false")])
}

fn read(converter: &mut JsonConverter, json: &str) -> Result<SchemaAndValue, String> {
    let bytes = Bytes::copy_from_slice(json.as_bytes());
    converter.to_connect_data("t", &Vec::new(), Some(bytes)).map_err(|error| {
        let cause = error.cause().and_then(|cause| cause.cause()).unwrap_or(&error);
        cause.message().unwrap_or_default().to_owned()
    })
}

fn write(converter: &mut JsonConverter, data: &SchemaAndValue) -> Result<String, String> {
    match converter.from_connect_data("t", &mut Vec::new(), data) {
        Ok(bytes) => Ok(String::from_utf8(bytes.unwrap().to_vec()).unwrap()),
        Err(error) => Err(error.message().unwrap_or_default().to_owned()),
    }
}

#[test]
fn the_plugin_is_a_converter_and_a_header_converter() {
    let plugins = plugins();
    assert!(plugins.iter().map(Plugin::kind).eq([PluginKind::Converter, PluginKind::HeaderConverter]));
    assert!(plugins.iter().all(|plugin| plugin.class == "org.apache.kafka.connect.json.JsonConverter"));
    assert!(plugins.iter().all(|plugin| plugin.version == "4.3.1"));
}

#[test]
fn headers_are_converted_like_values() {
    let mut converter = JsonConverter::configure_for_headers(&ConfigMap::new()).unwrap();
    let five = SchemaAndValue::new(Schema::int32(), 5);
    let bytes = converter.from_connect_header("t", "h", &five).unwrap();
    assert_eq!(bytes.as_deref(), Some(&br#"{"schema":{"type":"int32","optional":false},"payload":5}"#[..]));
    assert_eq!(converter.to_connect_header("t", "h", bytes).unwrap(), five);
}

#[test]
fn long_strings_without_escapes_share_the_buffer() {
    let bytes = Bytes::from(
        br#"{"text":"one two three four five six","other":"a\nb two three four five six","short":"one two"}"#.to_vec(),
    );
    let buffer = bytes.as_ptr_range();
    let read = plain().to_connect_data("t", &Vec::new(), Some(bytes.clone())).unwrap();
    let map = read.value.as_map().unwrap();
    let is_shared = |key: &str| buffer.contains(&map.get_str(key).unwrap().as_str().unwrap().as_ptr());
    assert!(is_shared("text"));
    assert!(!is_shared("other"));
    assert!(!is_shared("short"));
}

#[test]
fn names_that_say_the_same_in_other_bytes_are_one_member() {
    for json in [
        // Beyond U+10FFFF, which no text here can hold.
        &b"{\"\xf6\xb1\xb6\x9fx\":1,\"\xf6\xb1\x96\x9fx\":2}"[..],
        // An overlong form.
        b"{\"a\":1,\"\xc1\xa1\":2}",
        br#"{"a":1,"\u0061":2}"#,
    ] {
        let read = plain().to_connect_data("t", &Vec::new(), Some(Bytes::from_static(json))).unwrap();
        let values: Vec<&Value> = read.value.as_map().unwrap().iter().map(|(_, value)| value).collect();
        assert_eq!(values, [&Value::Int64(2)], "{}", json.escape_ascii());
    }
    let envelope = b"{\"schema\":{\"type\":\"int8\"},\"p\xc1\xa1yload\":5}";
    let read = converter(&[]).to_connect_data("t", &Vec::new(), Some(Bytes::from_static(envelope))).unwrap();
    assert_eq!(read.value, Value::Int8(5));
}

#[test]
fn maps_come_in_the_order_of_javas_hash_map() {
    for (json, expect) in [
        (r#"{"z":1,"y":2,"x":3,"aa":4}"#, "{aa=4, x=3, y=2, z=1}"),
        (r#"{"line":"foo","data_source":"f"}"#, "{line=foo, data_source=f}"),
        (r#"{"BB":1,"Aa":2}"#, "{BB=1, Aa=2}"),
        (r#"{"b":1,"a":2,"b":3}"#, "{a=2, b=3}"),
        (
            r#"{"k1":0,"k2":0,"k3":0,"k4":0,"k5":0,"k6":0,"k7":0,"k8":0,"k9":0,"k10":0,"k11":0,"k12":0,"k13":0}"#,
            "{k1=0, k2=0, k3=0, k4=0, k5=0, k11=0, k6=0, k10=0, k7=0, k13=0, k8=0, k12=0, k9=0}",
        ),
    ] {
        assert_eq!(read(&mut plain(), json).unwrap().value.to_string(), expect);
    }
}

fn two_schemas() -> [SchemaRef; 2] {
    let of = |name: &str| SchemaBuilder::new(aqueduct_data::Type::Int32).name(name).build().unwrap();
    [of("one"), of("two")]
}

#[test]
fn the_size_of_the_cache_changes_no_answer() {
    for size in ["-1", "0", "1", "2", "1000"] {
        let mut converter = converter(&[("schemas.cache.size", size)]);
        for round in 0..4 {
            for schema in two_schemas() {
                let data = SchemaAndValue::new(schema.clone(), round);
                let name = schema.name().unwrap();
                let json =
                    format!(r#"{{"schema":{{"type":"int32","optional":false,"name":"{name}"}},"payload":{round}}}"#);
                assert_eq!(write(&mut converter, &data).unwrap(), json);
                assert_eq!(read(&mut converter, &json).unwrap(), data);
            }
        }
    }
}

#[test]
fn what_follows_a_known_envelope_counts() {
    let schema = r#"{"schema":{"type":"int32"},"payload":"#;
    let mut converter = converter(&[]);
    for _ in 0..2 {
        assert_eq!(read(&mut converter, &format!("{schema}1}}")).unwrap().value, Value::Int32(1));
        assert_eq!(read(&mut converter, &format!("{schema} 2 }} x")).unwrap().value, Value::Int32(2));
        assert_eq!(read(&mut converter, &format!("{schema}1,\"payload\":3}}")).unwrap().value, Value::Int32(3));
        let refused = read(&mut converter, &format!("{schema}1,\"more\":3}}")).unwrap_err();
        assert!(refused.starts_with("JsonConverter with schemas.enable requires"), "{refused}");
        let null = read(&mut converter, &format!("{schema}1,\"schema\":null}}")).unwrap();
        assert_eq!(null, SchemaAndValue::schemaless(1i64));
        assert!(read(&mut converter, &format!("{schema}1")).unwrap_err().starts_with("Unexpected end-of-input"));
    }
}

#[test]
fn equal_schemas_need_not_be_the_same() {
    let mut converter = converter(&[]);
    for _ in 0..3 {
        let [schema, _] = two_schemas();
        let json = r#"{"schema":{"type":"int32","optional":false,"name":"one"},"payload":5}"#;
        assert_eq!(write(&mut converter, &SchemaAndValue::new(schema, 5)).unwrap(), json);
    }
}

#[test]
fn a_value_that_fails_leaves_nothing_behind() {
    let mut converter = plain();
    let array = SchemaBuilder::array(Schema::int32()).build().unwrap();
    let bad = SchemaAndValue::new(array.clone(), Value::array([Value::Int32(1), Value::from("x")]));
    let good = SchemaAndValue::new(array, Value::array([Value::Int32(1)]));
    for _ in 0..2 {
        assert_eq!(write(&mut converter, &bad).unwrap_err(), "Invalid type for INT32: class java.lang.String");
        assert_eq!(write(&mut converter, &good).unwrap(), "[1]");
        assert!(read(&mut converter, "[1,").is_err());
        assert_eq!(read(&mut converter, "[1]").unwrap().value, Value::array([Value::Int64(1)]));
    }
}

#[test]
fn texts_are_escaped_as_jackson_does() {
    for (text, json) in [
        ("", r#""""#),
        ("plain", r#""plain""#),
        ("a\"b\\c/d", r#""a\"b\\c/d""#),
        ("\u{8}\u{c}\n\r\t", r#""\b\f\n\r\t""#),
        ("\0\u{1}\u{1f}\u{7f}", "\"\\u0000\\u0001\\u001F\u{7f}\""),
        ("é日本\u{2028}", "\"é日本\u{2028}\""),
        ("a long text before 😀 and after it", r#""a long text before \uD83D\uDE00 and after it""#),
    ] {
        assert_eq!(write(&mut plain(), &SchemaAndValue::schemaless(text)).unwrap(), json);
        assert_eq!(read(&mut plain(), json).unwrap().value, Value::from(text));
    }
}

#[test]
fn buffers_grow_with_the_values() {
    let mut converter = plain();
    for length in [0, 10, 1000, 40_000, 1_000_000, 5] {
        let text = "x".repeat(length);
        assert_eq!(write(&mut converter, &SchemaAndValue::schemaless(&*text)).unwrap(), format!("\"{text}\""));
    }
}

#[test]
fn keys_that_are_no_strings_make_pairs() {
    let map = ValueMap::from_iter([(Value::from("a"), Value::Int32(1)), (Value::Null, Value::Int32(2))]);
    assert_eq!(write(&mut plain(), &SchemaAndValue::schemaless(map.clone())).unwrap(), r#"[["a",1],[null,2]]"#);
    let schema = SchemaBuilder::map(Schema::optional_string(), Schema::int32()).build().unwrap();
    assert_eq!(write(&mut plain(), &SchemaAndValue::new(schema.clone(), map)).unwrap(), r#"{"a":1,"null":2}"#);
    let same = ValueMap::from_iter([(Value::Null, Value::Int32(1)), (Value::from("null"), Value::Int32(2))]);
    assert_eq!(write(&mut plain(), &SchemaAndValue::new(schema, same)).unwrap(), r#"{"null":2}"#);
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(Value::Null, |inner, _| Value::array([inner]))
}

#[test]
fn nesting_has_jacksons_limit() {
    let json = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(&mut plain(), &json(1000)).is_ok());
    assert_eq!(
        read(&mut plain(), &json(1001)).unwrap_err(),
        "Document nesting depth (1001) exceeds the maximum allowed (1000, from `StreamReadConstraints.getMaxNestingDepth()`)"
    );
    assert!(write(&mut plain(), &SchemaAndValue::schemaless(nested(1000))).is_ok());
    assert_eq!(
        write(&mut plain(), &SchemaAndValue::schemaless(nested(1001))).unwrap_err(),
        "Converting Kafka Connect data to byte[] failed due to serialization error: "
    );
    // The envelope is one level, for known envelopes as well.
    let mut enveloped = converter(&[]);
    for _ in 0..2 {
        assert!(read(&mut enveloped, &format!(r#"{{"schema":null,"payload":{}}}"#, json(999))).is_ok());
        assert!(read(&mut enveloped, &format!(r#"{{"schema":null,"payload":{}}}"#, json(1000))).is_err());
    }
}

#[test]
fn malformed_json_is_described_as_jackson_does() {
    const VALUES: &str = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
    for (json, message, line, column) in [
        ("[1,", "Unexpected end-of-input within/between Array entries".to_owned(), 1, 4),
        ("{\"a\"", "Unexpected end-of-input within/between Object entries".to_owned(), 1, 5),
        ("{\"a", "Unexpected end-of-input in field name".to_owned(), 1, 4),
        ("\"\\u12", "Unexpected end-of-input in character escape sequence".to_owned(), 1, 6),
        ("[1e", "Unexpected end-of-input in START_ARRAY".to_owned(), 1, 4),
        ("[true,-", "Unexpected end-of-input in VALUE_TRUE".to_owned(), 1, 8),
        ("{\"a\":1.5e", "Unexpected end-of-input in FIELD_NAME".to_owned(), 1, 10),
        ("[\n 1,\r\n 2 x]", "Unexpected character ('x' (code 120)): was expecting comma to separate Array entries".to_owned(), 3, 4),
        ("{a:1}", "Unexpected character ('a' (code 97)): was expecting double-quote to start field name".to_owned(), 1, 2),
        ("{\"a\" 1}", "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value".to_owned(), 1, 6),
        ("[,1]", "Unexpected character (',' (code 44)): expected a value".to_owned(), 1, 2),
        ("{\"a\":]", format!("Unexpected character (']' (code 93)): expected a valid value {VALUES}"), 1, 6),
        ("]", "Unexpected close marker ']': no open Array to close".to_owned(), 1, 1),
        ("nope", format!("Unrecognized token 'nope': was expecting {VALUES}"), 1, 1),
        ("[truex]", format!("Unrecognized token 'truex': was expecting {VALUES}"), 1, 2),
        ("1x", "Unexpected character ('x' (code 120)): Expected space separating root-level values".to_owned(), 1, 2),
        ("1.x", "Unexpected character ('x' (code 120)) in numeric value: Decimal point not followed by a digit".to_owned(), 1, 3),
        ("\"\t\"", "Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in string value".to_owned(), 1, 2),
        ("[\u{1}]", "Illegal character ((CTRL-CHAR, code 1)): only regular white space (\\r, \\n, \\t) is allowed between tokens".to_owned(), 1, 3),
        ("\"\\q\"", "Unrecognized character escape 'q' (code 113)".to_owned(), 1, 3),
        ("{\"\\ude00\":1}", "Unexpected low surrogate in field name: 0xde00".to_owned(), 1, 9),
        ("{\"\\ud83dx\":1}", "Broken surrogate pair in field name: expected '\\' to start low surrogate, got 0x78".to_owned(), 1, 9),
        ("{\"\\ud83d\\n\":1}", "Broken surrogate pair in field name: expected low surrogate, got 0x000A".to_owned(), 1, 11),
        ("[-Infinity]", "Non-standard token '-Infinity': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow".to_owned(), 1, 11),
    ] {
        let place = format!(
            "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {line}, column: {column}]"
        );
        assert_eq!(read(&mut plain(), json).unwrap_err(), message + &place, "{json}");
    }
}

#[test]
fn mismatched_brackets_name_both_places() {
    let place = |column| {
        format!(
            "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: {column}]"
        )
    };
    assert_eq!(
        read(&mut plain(), "[1}").unwrap_err(),
        format!("Unexpected close marker '}}': expected ']' (for Array starting at {})\n at {}", place(1), place(3))
    );
    assert_eq!(
        read(&mut plain(), " {").unwrap_err(),
        format!(
            "Unexpected end-of-input: expected close marker for Object (start marker at {})\n at {}",
            place(2),
            place(3)
        )
    );
}

#[test]
fn objects_that_look_alike_are_read_as_the_first_one_was() {
    let wide = |value: i32| (0..30).map(|n| format!(r#""k{n}":{}"#, n * value)).collect::<Vec<_>>().join(",");
    let mut converter = plain();
    for round in 0..5 {
        for json in [
            r#"{"b":1,"a":{"b":2,"a":"x"}}"#.to_owned(),
            format!(r#"{{"b":{round},"a":[{{"b":4,"a":null}},{{"a":5,"b":6}}]}}"#),
            r#"{"a":1,"b":2}"#.to_owned(),
            r#"{"b":1,"a":2,"b":3}"#.to_owned(),
            r#"{"\u0062":1,"a":2}"#.to_owned(),
            r#"{"é":1,"😀":2}"#.to_owned(),
            r#"{"":{}}"#.to_owned(),
            format!("{{{}}}", wide(round)),
            format!(r#"{{{},"k3":"again"}}"#, wide(round)),
        ] {
            let again = read(&mut converter, &json).unwrap().value.to_string();
            assert_eq!(again, read(&mut plain(), &json).unwrap().value.to_string(), "{json}");
        }
    }
}
