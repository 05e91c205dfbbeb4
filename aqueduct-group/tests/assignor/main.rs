//! Plays recorded decisions of Java's assignors: every history, case and byte image has to come out alike.
//!
//! Reads `conformance/assignor` (its README says what the files hold), or the directory that `AQUEDUCT_ASSIGNOR` names;
//! a file that is not there is skipped and told. Prints each difference and ends with a count; any difference fails.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test program that reads records and prints what differs"
)]

mod bytes;
mod rounds;
mod values;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value as Json;

/// What is different, or nothing.
type Verdict = Result<(), String>;

/// Plays one line of a file.
type Play = fn(&Json) -> Verdict;

fn main() -> ExitCode {
    let directory = std::env::var_os("AQUEDUCT_ASSIGNOR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/assignor"), PathBuf::from);
    let plays: [(&str, Play); 4] = [
        ("incremental.jsonl", rounds::history),
        ("eager.jsonl", rounds::eager_case),
        ("backoff.jsonl", rounds::backoff),
        ("protocol_bytes.jsonl", bytes::case),
    ];
    let (mut passed, mut failed, mut rounds) = (0, 0, 0);
    for (file, play) in plays {
        let Ok(text) = std::fs::read_to_string(directory.join(file)) else {
            println!("{file}: not there");
            continue;
        };
        let before = (passed, failed);
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let case: Json = serde_json::from_str(line).unwrap();
            rounds += case["rounds"].as_array().map_or(0, Vec::len);
            match play(&case) {
                Ok(()) => passed += 1,
                Err(difference) => {
                    failed += 1;
                    let id =
                        case["id"].as_str().map_or_else(|| format!("max_delay {}", case["max_delay"]), str::to_owned);
                    println!("{file} {id}: {difference}");
                }
            }
        }
        println!("{file}: {} passed, {} failed", passed - before.0, failed - before.1);
    }
    println!("{rounds} rounds of incremental histories");
    println!("{passed} passed, {failed} failed");
    if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Compares and tells both sides.
fn same(what: &str, expected: &Json, got: &Json) -> Verdict {
    if expected == got { Ok(()) } else { Err(format!("{what}: expected {expected}, got {got}")) }
}
