//! Every recorded value, schema, record and byte string of the corpus is understood, and can be written back.

use aqueduct_data::SchemaAndValue;
use aqueduct_testkit::conformance::{Case, ConformanceRecord, NotCompared, Recorded, Runner, Verdict, bytes};

/// Decodes, encodes, decodes again: what is shown to people says everything that is compared.
fn survives<T: Recorded>(json: &serde_json::Value) -> Result<bool, NotCompared> {
    let first = T::decode(json)?;
    Ok(T::decode(&first.encode())? == first)
}

fn verdict(same: bool, case: &Case) -> Verdict {
    if same {
        return Verdict::Same;
    }
    Verdict::Different { expected: case.get("input").to_string(), got: "something else".into() }
}

#[test]
fn records_are_understood() {
    Runner::of("transforms.jsonl").run(|case| {
        let mut same = survives::<ConformanceRecord>(case.get("input"))?;
        if let Some(record) = case.expected().get("record") {
            same &= survives::<ConformanceRecord>(record)?;
        }
        Ok(verdict(same, case))
    });
    Runner::of("predicates.jsonl").run(|case| Ok(verdict(survives::<ConformanceRecord>(case.get("input"))?, case)));
}

#[test]
fn converter_inputs_and_outcomes_are_understood() {
    let from = |case: &Case| {
        bytes(&case.expected()["bytes"])?;
        survives::<SchemaAndValue>(case.get("input")).map(|same| verdict(same, case))
    };
    let to = |case: &Case| {
        case.bytes("input")?;
        survives::<SchemaAndValue>(&case.expected()["result"]).map(|same| verdict(same, case))
    };
    Runner::of("json_converter_from.jsonl").run(from);
    Runner::of("json_converter_to.jsonl").run(to);
    Runner::of("simple_converters.jsonl").run(|case| if case.op() == "from" { from(case) } else { to(case) });
}
