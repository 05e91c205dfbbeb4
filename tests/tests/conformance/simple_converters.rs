//! `simple_converters.jsonl`: the converters of strings, bytes, numbers and booleans, causes of errors included.

use aqueduct_api::{ConnectError, Converter, Factory, Plugin, PluginKind};
use aqueduct_converters::plugins;
use aqueduct_data::SchemaAndValue;
use aqueduct_testkit::conformance::{Case, Failure, NotCompared, Verdict};

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

/// How a case compares.
pub(crate) fn check(case: &Case) -> Result<Verdict, NotCompared> {
    let mut converter = match converter(&plugins(), case)? {
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
}
