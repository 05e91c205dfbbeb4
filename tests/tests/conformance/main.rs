//! Every recorded fact of the conformance corpus, case by case: `cargo test --release --workspace --test conformance`.
//!
//! Reads `conformance/`, or the directory that the environment variable `AQUEDUCT_CONFORMANCE` names; prints what became
//! of each file and ends with `N passed, N failed`. Arguments choose cases by a part of their id. With
//! `AQUEDUCT_CONFORMANCE_MESSAGES=1` messages that differ are printed, too. Cases in the directory's
//! `known-differences.txt` may differ, and fail when they do not.

// What is printed is what this program is for, and a case that panics is a failed case.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

mod config_def;
mod connector_config;
mod json;
mod jvm;
mod schema;
mod simple_converters;
mod transforms;
mod values;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aqueduct_testkit::conformance::{Case, FileTally, KnownDifferences, NotCompared, Verdict};
use serde_json::{Value, json};

/// So many differences of a file are printed; the rest is only counted.
const SHOWN: usize = 40;

/// What is in a corpus directory, in the order in which it is played.
const ENTRIES: [&str; 12] = [
    "config.jsonl",
    "connector_config.jsonl",
    "java_regex.jsonl",
    "json_converter_from.jsonl",
    "json_converter_to.jsonl",
    "offsets_file",
    "predicates.jsonl",
    "schema.jsonl",
    "simple_converters.jsonl",
    "simple_date_format.jsonl",
    "transforms.jsonl",
    "values.jsonl",
];

/// Of the project's own corpus: how many messages of a file differ, and how many of its cases cannot be expressed here.
/// Files that are not listed have none of either. A better figure is to be written here, too.
const SHORTCOMINGS: [(&str, usize, usize); 2] = [("predicates.jsonl", 0, 1), ("transforms.jsonl", 1, 8)];

/// What else may be there: other programs read it.
const OTHER_ENTRIES: [&str; 4] = ["README.md", "assignor", "known-differences.txt", "rest"];

const KNOWN_DIFFERENCES: &str = "known-differences.txt";

type Check<'a> = Box<dyn Fn(&Case) -> Result<Verdict, NotCompared> + 'a>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let chosen: Vec<String> = arguments.into_iter().filter(|argument| !argument.starts_with('-')).collect();
    let (directory, is_ours) = directory();
    // Panics are told with their case.
    std::panic::set_hook(Box::new(|_| {}));
    match run(&directory, is_ours, &chosen) {
        Ok((passed, failed)) => {
            println!("{passed} passed, {failed} failed");
            if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(problem) => {
            println!("{problem}\n0 passed, 1 failed");
            ExitCode::FAILURE
        }
    }
}

/// The corpus to play, and whether it is the project's own.
fn directory() -> (PathBuf, bool) {
    // Cargo runs tests in their package's folder; a relative path is meant from where cargo was called, or from the workspace.
    let workspace = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    match std::env::var_os("AQUEDUCT_CONFORMANCE").map(PathBuf::from) {
        None => (workspace.join("conformance"), true),
        Some(given) if given.is_absolute() => (given, false),
        Some(given) => {
            let caller = std::env::var_os("PWD").map_or_else(|| workspace.to_owned(), PathBuf::from);
            let known = [caller.join(&given), workspace.join(&given)].into_iter().find(|path| path.is_dir());
            (known.unwrap_or(given), false)
        }
    }
}

/// Plays a directory; answers how many cases passed and failed.
fn run(directory: &Path, is_ours: bool, chosen: &[String]) -> Result<(usize, usize), String> {
    let mut known = KnownDifferences::read(&directory.join(KNOWN_DIFFERENCES))?;
    let listed = std::fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let mut unknown: Vec<String> =
        listed.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    unknown.retain(|name| !ENTRIES.contains(&name.as_str()) && !OTHER_ENTRIES.contains(&name.as_str()));
    unknown.sort();

    println!("{}", directory.display());
    let (mut passed, mut failed, mut seen) = (0, 0, 0);
    for name in ENTRIES {
        let path = directory.join(name);
        if !path.exists() {
            println!("{name}: not there");
            continue;
        }
        let tally = if path.is_dir() {
            play(&offset_files(&path)?, &mut known, chosen, Box::new(|case| jvm::check_offsets_file(case, &path)))
        } else {
            let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let check = driver(name, &text);
            play(&text, &mut known, chosen, check)
        };
        print(name, &tally);
        if is_ours && chosen.is_empty() && !as_short_as_ever(name, &tally) {
            failed += 1;
        }
        passed += tally.passed + tally.known;
        failed += tally.failed();
        seen += tally.cases;
    }
    for name in unknown {
        println!("{name}: not known, nothing was done with it");
    }
    if chosen.is_empty() {
        for id in known.unused() {
            println!("{KNOWN_DIFFERENCES}: there is no case {id}");
            failed += 1;
        }
        if seen == 0 {
            return Err("there is no case at all".to_owned());
        }
    }
    Ok((passed, failed))
}

/// Whether a file of the project's own corpus falls as short as is written down, and says so if not.
fn as_short_as_ever(name: &str, tally: &FileTally) -> bool {
    let written = SHORTCOMINGS.iter().find(|(listed, ..)| *listed == name).map_or((0, 0), |&(_, m, n)| (m, n));
    let (compared, equal) = tally.messages;
    let found = (compared - equal, tally.not_compared.values().sum());
    if found != written {
        println!(
            "{name}: {} messages differ and {} cases are not representable; written down are {} and {}",
            found.0, found.1, written.0, written.1
        );
    }
    found == written
}

fn driver<'a>(name: &str, text: &str) -> Check<'a> {
    match name {
        "config.jsonl" => {
            let classes = config_def::RecordedClasses::of(text);
            Box::new(move |case| config_def::check(case, &classes))
        }
        "connector_config.jsonl" => {
            let checker = connector_config::Checker::new();
            Box::new(move |case| checker.check(case))
        }
        "java_regex.jsonl" => Box::new(jvm::check_regex),
        "json_converter_from.jsonl" => Box::new(json::check_from),
        "json_converter_to.jsonl" => Box::new(json::check_to),
        "predicates.jsonl" => Box::new(transforms::check_predicate),
        "schema.jsonl" => Box::new(schema::check),
        "simple_converters.jsonl" => Box::new(simple_converters::check),
        "simple_date_format.jsonl" => Box::new(jvm::check_date_format),
        "transforms.jsonl" => Box::new(transforms::check_transform),
        "values.jsonl" => Box::new(values::check),
        other => panic!("no driver for {other}"),
    }
}

fn play(text: &str, known: &mut KnownDifferences, chosen: &[String], check: Check<'_>) -> FileTally {
    let mut tally = FileTally::default();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if chosen.is_empty() || chosen.iter().any(|part| id_of(line).contains(part.as_str())) {
            tally.add_line(line, known, &check);
        }
    }
    tally
}

fn id_of(line: &str) -> String {
    let case: Option<Value> = serde_json::from_str(line).ok();
    case.and_then(|case| case["id"].as_str().map(str::to_owned)).unwrap_or_default()
}

/// The recordings of offset files as lines, each a case.
fn offset_files(directory: &Path) -> Result<String, String> {
    let failed = |path: &Path, problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
    let listed = std::fs::read_dir(directory).map_err(|error| failed(directory, &error))?;
    let mut paths: Vec<PathBuf> = listed.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let mut lines = String::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
        let mut case: Value = serde_json::from_str(&text).map_err(|error| failed(&path, &error))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        case["id"] = json!(format!("offsets_file/{name}"));
        case["file"] = json!(format!("{name}.dat"));
        case["expected"] = case.get("error").map_or_else(|| json!({ "ok": true }), |error| json!({ "error": error }));
        lines.push_str(&format!("{case}\n"));
    }
    Ok(lines)
}

fn print(name: &str, tally: &FileTally) {
    println!("{name}: {tally}");
    show(&tally.differences);
    if std::env::var_os("AQUEDUCT_CONFORMANCE_MESSAGES").is_some() {
        show(&tally.other_messages);
    }
}

fn show(differences: &[String]) {
    for difference in differences.iter().take(SHOWN) {
        println!("  {}", difference.replace('\n', "\n  "));
    }
    if differences.len() > SHOWN {
        println!("  … and {} more", differences.len() - SHOWN);
    }
}
