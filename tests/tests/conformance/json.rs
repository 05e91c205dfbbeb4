//! `json_converter_from.jsonl` and `json_converter_to.jsonl`: `JsonConverter`, causes of errors included.

use aqueduct_api::{ConnectError, Converter};
use aqueduct_data::SchemaAndValue;
use aqueduct_json::JsonConverter;
use aqueduct_testkit::conformance::{Case, Failure, NotCompared, Verdict};

fn converter(case: &Case) -> Result<Result<JsonConverter, ConnectError>, NotCompared> {
    let props = case.config()?.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    Ok(JsonConverter::configure(&props, case.get("isKey") == true))
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
    // Of causes that nobody threw on purpose the words are the virtual machine's.
    if matches!(class, "NullPointerException" | "ClassCastException") {
        return verdict;
    }
    let expected = format!("{class}: {}", recorded["message"].as_str().unwrap_or_default());
    let got = error.cause().map(ToString::to_string).unwrap_or_default();
    // Only the simple name of the class is recorded.
    let got = got
        .split_once(": ")
        .map_or(got.clone(), |(class, message)| format!("{}: {message}", class.rsplit('.').next().unwrap_or_default()));
    if expected == got { verdict } else { Verdict::OtherMessage { expected, got } }
}

/// A text without the parameters of schemas, and those. The recording lists parameters sorted and does not say in which
/// order the schema had them; by the corpus's own rule any order is the same.
fn parameters_apart(text: &str) -> (Vec<&str>, Vec<serde_json::Value>) {
    const NAME: &str = "\"parameters\":";
    let (mut rest, mut texts, mut parameters) = (text, Vec::new(), Vec::new());
    while let Some(at) = rest.find(NAME) {
        let (before, after) = rest.split_at(at + NAME.len());
        let mut values = serde_json::Deserializer::from_str(after).into_iter();
        let Some(Ok(value)) = values.next() else { break };
        parameters.push(value);
        texts.push(before);
        rest = &after[values.byte_offset()..];
    }
    texts.push(rest);
    (texts, parameters)
}

fn differs_in_order_of_parameters(case: &Case, got: Option<&[u8]>) -> bool {
    let got = got.and_then(|bytes| std::str::from_utf8(bytes).ok());
    let expected = case.expected()["bytes"]["utf8"].as_str();
    matches!((expected, got), (Some(expected), Some(got)) if parameters_apart(expected) == parameters_apart(got))
}

/// How `fromConnectData` compares.
pub(crate) fn check_from(case: &Case) -> Result<Verdict, NotCompared> {
    let data: SchemaAndValue = case.decode("input")?;
    let got = match converter(case)? {
        Ok(mut converter) => converter
            .from_connect_data(case.str("topic"), &mut Vec::new(), &data)
            .map_err(|error| (failure(&error, "convert"), error)),
        Err(error) => Err((failure(&error, "configure"), error)),
    };
    let error = got.as_ref().err().map(|(_, error)| error.clone());
    let bytes = got.as_ref().ok().cloned().flatten();
    let verdict = case.check_bytes("bytes", got.map_err(|(failure, _)| failure))?;
    if matches!(verdict, Verdict::Different { .. }) && differs_in_order_of_parameters(case, bytes.as_deref()) {
        return Ok(Verdict::Same);
    }
    Ok(with_cause(case, error.as_ref(), verdict))
}

/// How `toConnectData` compares.
pub(crate) fn check_to(case: &Case) -> Result<Verdict, NotCompared> {
    let input = case.bytes("input")?;
    let got = match converter(case)? {
        Ok(mut converter) => {
            // What came before is expected to come again, and has to be read as the same.
            let first = converter.to_connect_data(case.str("topic"), &Vec::new(), input.clone());
            for _ in 0..3 {
                let again = converter.to_connect_data(case.str("topic"), &Vec::new(), input.clone());
                assert_eq!(first, again, "{}", case.id());
            }
            first.map_err(|error| (failure(&error, "convert"), error))
        }
        Err(error) => Err((failure(&error, "configure"), error)),
    };
    let error = got.as_ref().err().map(|(_, error)| error.clone());
    let verdict = case.check("result", got.map_err(|(failure, _)| failure))?;
    Ok(with_cause(case, error.as_ref(), verdict))
}
