//! `java_regex.jsonl`, `simple_date_format.jsonl` and `offsets_file/`: what is Java's own rather than Kafka's.

use std::path::Path;

use aqueduct_jvm::date_format::SimpleDateFormat;
use aqueduct_jvm::hashmap_file;
use aqueduct_jvm::regex::{JavaRegex, Replacement};
use aqueduct_storage::{FileOffsetStore, OffsetStore};
use aqueduct_testkit::conformance::{Case, Failure, Json, NotCompared, Recorded, Verdict, bytes};
use serde_json::json;

/// Where the recorded two-digit years begin: 1946.
const CENTURY_START: i64 = -757_382_400_000;

fn whole(case: &Case, got: &Json) -> Verdict {
    if got == case.expected() {
        return Verdict::Same;
    }
    Verdict::Different { expected: case.expected().to_string(), got: got.to_string() }
}

/// How a regular expression compares.
pub(crate) fn check_regex(case: &Case) -> Result<Verdict, NotCompared> {
    let input = case.str("input");
    let regex = match JavaRegex::new(case.str("pattern")) {
        Ok(regex) => regex,
        Err(error) => {
            return case.check::<Json>(
                "result",
                Err(Failure::new("PatternSyntaxException", error.to_string()).phase("compile")),
            );
        }
    };
    let mut got = json!({ "matches": regex.matches(input), "find": regex.is_found(input) });
    if let Some(groups) = regex.groups(input) {
        got["groups"] = json!(groups);
    }
    if let Some(replacement) = case.get("replacement").as_str() {
        match regex.replace_first(input, &Replacement::parse(replacement)) {
            Ok(text) => got["replaceFirst"] = json!(text),
            Err(error) => return Ok(replace_error(case, got, error.class(), &error.to_string())),
        }
    }
    Ok(whole(case, &got))
}

/// The class of a failed replacement counts as the class of a failure does; its message is a message.
fn replace_error(case: &Case, mut got: Json, class: &str, message: &str) -> Verdict {
    let recorded = &case.expected()["replaceError"];
    got["replaceError"] = recorded.clone();
    if recorded.is_null() || got != *case.expected() {
        got["replaceError"] = json!({ "class": class, "message": message });
        return whole(case, &got);
    }
    let text = |class: &Json, message: &Json| format!("{class}: {message}");
    let (expected, got) = (text(&recorded["class"], &recorded["message"]), text(&class.into(), &message.into()));
    if recorded["class"] != class {
        Verdict::OtherClass { expected, got }
    } else if expected != got {
        Verdict::OtherMessage { expected, got }
    } else {
        Verdict::Same
    }
}

/// How a date's text compares.
pub(crate) fn check_date_format(case: &Case) -> Result<Verdict, NotCompared> {
    let format = match SimpleDateFormat::new(case.str("pattern")) {
        Ok(format) => format.with_two_digit_year_start(CENTURY_START),
        Err(error) => {
            return case.check::<Json>("result", Err(Failure::new("IllegalArgumentException", error.to_string())));
        }
    };
    let got = match case.op() {
        "format" => json!({ "text": format.format(case.decode("epochms")?) }),
        "parse" => match format.parse_prefix(case.str("text")) {
            Ok((instant, consumed)) => json!({ "epochms": instant, "consumed": consumed }),
            Err(place) => json!({ "errorIndex": place }),
        },
        op => panic!("unknown op {op}"),
    };
    Ok(whole(case, &got))
}

/// How an offset file compares: what is loaded from it, the partitions of its connectors, and that it is written again
/// as it was.
pub(crate) fn check_offsets_file(case: &Case, directory: &Path) -> Result<Verdict, NotCompared> {
    let path = directory.join(case.str("file"));
    let file = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let entries = match hashmap_file::read(&file) {
        Ok(entries) => entries,
        Err(error) => return case.check::<Json>("entries", Err(Failure::new("ConnectException", error.to_string()))),
    };
    if case.expected_error().is_some() {
        return Ok(Verdict::Different {
            expected: case.expected().to_string(),
            got: format!("{} entries", entries.len()),
        });
    }
    let again = hashmap_file::write(entries.iter().map(|(key, value)| (key.as_deref(), value.as_deref())));
    if again != file {
        let got = format!("other bytes when it is written again, {} of them", again.len());
        return Ok(Verdict::Different { expected: format!("{} bytes", file.len()), got });
    }
    let mut recorded = Vec::new();
    for entry in case.get("entries").as_array().into_iter().flatten() {
        let part = |member: &str| bytes(&entry[member]).map(|bytes| bytes.map(|bytes| bytes.to_vec()));
        recorded.push((part("key")?, part("value")?));
    }
    let mut loaded = entries;
    recorded.sort();
    loaded.sort();
    if loaded != recorded {
        return Ok(Verdict::Different { expected: format!("{recorded:?}"), got: format!("{loaded:?}") });
    }
    partitions(case, &path)
}

fn partitions(case: &Case, path: &Path) -> Result<Verdict, NotCompared> {
    let store = FileOffsetStore::open(path).expect("the file could be read before");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for (connector, recorded) in case.get("connector_partitions").as_object().into_iter().flatten() {
        let mut got = runtime.block_on(store.partitions(connector)).expect("partitions of a file in memory");
        for partition in recorded.as_array().into_iter().flatten() {
            let partition = aqueduct_data::Value::decode(partition)?;
            let Some(at) = got.iter().position(|own| aqueduct_data::Value::from(own.clone()) == partition) else {
                return Ok(Verdict::Different {
                    expected: format!("{connector}: {partition:?}"),
                    got: format!("{got:?}"),
                });
            };
            got.remove(at);
        }
        if !got.is_empty() {
            return Ok(Verdict::Different { expected: format!("no more of {connector}"), got: format!("{got:?}") });
        }
    }
    Ok(Verdict::Same)
}
