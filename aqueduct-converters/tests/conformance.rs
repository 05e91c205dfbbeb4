//! What Java's converters did in recorded cases, causes of errors included.

use aqueduct_api::{ConnectError, Converter, Factory, HeaderConverter, Plugin, PluginKind};
use aqueduct_converters::{SimpleHeaderConverter, plugins};
use aqueduct_data::{SchemaAndValue, Value};
use aqueduct_testkit::conformance::{Case, Failure, NotCompared, Runner, Verdict};

fn converter(plugins: &[Plugin], case: &Case) -> Result<Result<Box<dyn Converter>, ConnectError>, NotCompared> {
    let props = case.config()?.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    let plugin = plugins.iter().find(|plugin| plugin.class == case.class() && plugin.kind() == PluginKind::Converter);
    match plugin.map(|plugin| &plugin.factory) {
        Some(Factory::Converter { configure, .. }) => Ok(configure(&props, case.get("isKey") == true)),
        _ => panic!("there is no converter {}", case.class()),
    }
}

fn failure(error: &ConnectError, phase: &'static str) -> Failure {
    Failure::new(error.class(), error.message().unwrap_or_default()).phase(phase)
}

/// The verdict, or another message when the recorded cause is another one.
fn with_cause(case: &Case, error: Option<&ConnectError>, verdict: Verdict) -> Verdict {
    let recorded = &case.expected()["error"]["cause"];
    let (Verdict::Same, Some(error), Some(class)) = (&verdict, error, recorded["class"].as_str()) else {
        return verdict;
    };
    let expected = (class, recorded["message"].as_str());
    let got = error.cause().map_or((error.class(), None), |cause| (cause.class(), cause.message()));
    if got.0.ends_with(class) && got.1 == expected.1 {
        return verdict;
    }
    Verdict::OtherMessage { expected: format!("{expected:?}"), got: format!("{got:?}") }
}

#[test]
fn simple_converters() {
    let plugins = plugins();
    Runner::of("simple_converters.jsonl")
        // There is one kind of bytes here, so the class of Java's other kind cannot be named.
        .other_messages(5)
        .run(|case| {
            let mut converter = match converter(&plugins, case)? {
                Ok(converter) => converter,
                Err(error) => {
                    let verdict = case.check_bytes::<Vec<u8>>("bytes", Err(failure(&error, "configure")))?;
                    return Ok(with_cause(case, Some(&error), verdict));
                }
            };
            if case.op() == "from" {
                let data: SchemaAndValue = case.decode("input")?;
                let got = converter.from_connect_data(case.str("topic"), &mut Vec::new(), &data);
                let error = got.as_ref().err().cloned();
                let verdict = case.check_bytes("bytes", got.map_err(|error| failure(&error, "convert")))?;
                return Ok(with_cause(case, error.as_ref(), verdict));
            }
            let got = converter.to_connect_data(case.str("topic"), &Vec::new(), case.bytes("input")?);
            let error = got.as_ref().err().cloned();
            let verdict = case.check("result", got.map_err(|error| failure(&error, "convert")))?;
            Ok(with_cause(case, error.as_ref(), verdict))
        });
}

#[test]
fn simple_header_converter() {
    Runner::of("values.jsonl").not_compared("Values", 1395).not_compared("bigint", 1).run(|case| {
        let mut converter = SimpleHeaderConverter;
        match case.op() {
            "simpleHeaderConverter.toConnectHeader" => {
                let got = converter.to_connect_header("t", "h", case.bytes("input")?);
                case.check("result", got.map_err(|error| failure(&error, "convert")))
            }
            "simpleHeaderConverter.fromConnectHeader" => {
                let data: SchemaAndValue = case.decode("input")?;
                let got = converter.from_connect_header("t", "h", &data);
                case.check_bytes("result", got.map_err(|error| failure(&error, "convert")))
            }
            _ => Err(NotCompared::Elsewhere("Values".to_owned())),
        }
    });
}

#[test]
fn strings_and_bytes_are_not_copied() {
    let plugins = plugins();
    for class in
        ["org.apache.kafka.connect.storage.StringConverter", "org.apache.kafka.connect.converters.ByteArrayConverter"]
    {
        let plugin =
            plugins.iter().find(|plugin| plugin.class == class && plugin.kind() == PluginKind::Converter).unwrap();
        let Factory::Converter { configure, .. } = &plugin.factory else { panic!("{plugin:?}") };
        let mut converter = configure(&Default::default(), false).unwrap();
        let bytes = aqueduct_data::Bytes::from(b"a line of some length".to_vec());
        let read = converter.to_connect_data("t", &Vec::new(), Some(bytes.clone())).unwrap();
        let written = converter.from_connect_data("t", &mut Vec::new(), &read).unwrap().unwrap();
        assert_eq!(written.as_ptr(), bytes.as_ptr(), "{class}");
        assert!(matches!(read.value, Value::String(_) | Value::Bytes(_)));
    }
}
