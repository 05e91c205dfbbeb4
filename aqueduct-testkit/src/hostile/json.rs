//! JSON as `JsonConverter` reads it: plain, in an envelope, and with a schema of its own.

use aqueduct_api::{ConfigMap, Converter};
use aqueduct_data::{Bytes, Payload, SchemaAndValue};
use aqueduct_json::JsonConverter;

/// How converters are configured: `schemas.enable`, and what `schema.content` is.
const CONFIGURATIONS: [(&str, Option<&str>); 3] = [
    ("false", None),
    ("true", None),
    (
        "true",
        Some(
            r#"{"type":"struct","fields":[{"field":"a","type":"int32"},{"field":"b","type":"array","items":{"type":"string"},"optional":true},
            {"field":"c","type":"map","keys":{"type":"string"},"values":{"type":"double"},"optional":true},
            {"field":"d","type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"},"optional":true},
            {"field":"e","type":"int64","name":"org.apache.kafka.connect.data.Timestamp","default":7}]}"#,
        ),
    ),
];

fn converter(enable: &str, content: Option<&str>) -> JsonConverter {
    let mut props = ConfigMap::new();
    props.insert("schemas.enable".to_owned(), enable.to_owned());
    if let Some(content) = content {
        props.insert("schema.content".to_owned(), content.to_owned());
    }
    JsonConverter::configure(&props, false).unwrap_or_else(|error| panic!("the configuration is valid: {error}"))
}

/// Reads several times, so that caches answer, writes what was read, and reads that.
pub(super) fn read(bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    for (enable, content) in CONFIGURATIONS {
        let mut converter = converter(enable, content);
        let mut read = |bytes: Bytes| converter.to_connect_data("t", &Vec::new(), Some(bytes));
        let first = read(bytes.clone());
        // What came before is expected to come again.
        for _ in 0..3 {
            assert_eq!(first, read(bytes.clone()), "read again it is something else");
        }
        let Ok(data) = first else { continue };
        let Ok(Some(written)) = converter.from_connect_data("t", &mut Vec::new(), &data) else { continue };
        let again = converter.to_connect_data("t", &Vec::new(), Some(written.clone().into()));
        if data.schema.is_none() {
            is_the_same(&written, again, &mut converter);
        }
    }
}

/// What was read without a schema can be written, and is then the same for good.
fn is_the_same(
    written: &Payload,
    again: Result<SchemaAndValue, aqueduct_api::ConnectError>,
    converter: &mut JsonConverter,
) {
    let again = again.unwrap_or_else(|error| panic!("what was written is not read: {error}: {written:?}"));
    let second = converter.from_connect_data("t", &mut Vec::new(), &again);
    assert_eq!(second.as_ref().ok().and_then(Option::as_ref), Some(written), "written again it is something else");
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    [
        r#"{"a":1,"b":["x","\u00e9\n"],"c":{"k":1.5e3},"d":"AMg=","e":null}"#,
        r#"{"schema":{"type":"struct","optional":true,"name":"n","version":3,"doc":"d","fields":[{"field":"f","type":"int8","optional":false},
            {"field":"g","type":"array","items":{"type":"float"},"optional":true},{"field":"h","type":"boolean","default":true}]},
            "payload":{"f":-1,"g":[1.0,0.1],"h":false}}"#,
        r#"{"schema":{"type":"map","keys":{"type":"int32"},"values":{"type":"string","optional":true},"optional":false},"payload":[[1,"a"],[2,null]]}"#,
        r#"{"schema":{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{"scale":"3"}},"payload":"AeJA"}"#,
        r#"{"schema":{"type":"int32","name":"org.apache.kafka.connect.data.Date","version":1},"payload":19000}"#,
        r#"{"schema":{"type":"int64","name":"org.apache.kafka.connect.data.Timestamp"},"payload":1700000000123}"#,
        r#"{"schema":null,"payload":[1,-0.0,1e400,123456789012345678901234567890,"NaN",true,null,{}]}"#,
        r#"[[[[[[[[[[[[1]]]]]]]]]]]]"#,
        "\u{feff}\"text\"",
        "// no \n 'x'",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into_iter()
    .chain(["{\"a\":1}".encode_utf16().flat_map(u16::to_be_bytes).collect()])
    .chain([b"{\"\xf6\xb1\xb6\x9fx\":1,\"\xf6\xb1\x96\x9fx\":2,\"\xc1\xa1\":3,\"a\":4}".to_vec()])
    .collect()
}
