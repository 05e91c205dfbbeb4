//! What every file of the work tree must keep to: module docs, names, unsafe code, forbidden texts, sizes.
//!
//! A path and its bytes come in, violations go out as lines of text; nothing is read or written here.

/// Folders and files that may hold unsafe code. Each says what its proof rests on.
const UNSAFE_PLACES: &[&str] = &["aqueduct-kafka/src/native/", "aqueduct-data/src/ascii.rs"];

/// Names that say nothing of what a file holds.
const EMPTY_NAMES: &[&str] = &["util", "utils", "common", "helper", "helpers", "misc"];

/// Texts that belong to one machine, or to nobody: folders of the one who wrote it, hosts of package registries.
/// Each is split, so that this file may be read too.
const FORBIDDEN: &[(&str, &str)] = &[
    ("/ro", "ot/"),
    ("/wo", "rk/"),
    ("/ho", "me/"),
    ("crates", ".io"),
    ("pypi", ".org"),
    ("pythonhosted", ".org"),
    ("repo1.maven", ".org"),
    ("maven.apache", ".org/maven2"),
    ("proxy.golang", ".org"),
    ("registry.npmjs", ".org"),
    ("deb.debian", ".org"),
];

/// Marks of work left undone, looked for in code only.
const UNDONE: &[(&str, &str)] = &[("TO", "DO"), ("FIX", "ME")];

/// Lines above which a file is reported.
const LONG: usize = 600;

/// Bytes above which a file does not belong into the repository, recordings aside.
const BIG: usize = 1 << 20;

/// Every violation of one file, one line each. `path` is relative to the workspace, with slashes.
pub(crate) fn check(path: &str, content: &[u8]) -> Vec<String> {
    let mut problems = Vec::new();
    let recorded = path.starts_with("conformance/") && !path.ends_with(".md");
    if content.len() > BIG && !recorded {
        problems.push(format!("{path}: {} KiB is too large for the repository", content.len() >> 10));
    }
    if let Some(part) = path.split('/').map(stem).find(|part| EMPTY_NAMES.contains(part)) {
        problems.push(format!("{path}: `{part}` names no idea; say what is inside"));
    }
    let Ok(text) = std::str::from_utf8(content) else { return problems };
    if recorded || path == "Cargo.lock" || path.ends_with("/Cargo.lock") {
        return problems;
    }
    let rust = is(path, "rs");
    if rust && !text.starts_with("//!") {
        problems.push(format!("{path}:1: a file begins with a module doc (//!): what it is, what goes in and out"));
    }
    let code = rust || is(path, "py") || is(path, "sh");
    for (number, line) in (1..).zip(text.lines()) {
        if rust && !UNSAFE_PLACES.iter().any(|place| path.starts_with(place)) && has_unsafe_code(line) {
            problems.push(format!("{path}:{number}: unsafe code lives in the files that xtask/src/files.rs lists"));
        }
        for (a, b) in FORBIDDEN {
            if has_text(line, &format!("{a}{b}")) {
                problems.push(format!("{path}:{number}: `{a}{b}` belongs to one machine or to a registry"));
            }
        }
        for (a, b) in UNDONE {
            if code && has_word(line, &format!("{a}{b}")) {
                problems.push(format!("{path}:{number}: {a}{b}: do it, or write down why not"));
            }
        }
    }
    problems
}

/// The number of lines of a Rust file that has too many to be one idea.
pub(crate) fn long(path: &str, content: &[u8]) -> Option<usize> {
    let lines = content.iter().filter(|&&byte| byte == b'\n').count();
    (is(path, "rs") && lines > LONG).then_some(lines)
}

fn is(path: &str, extension: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, found)| found == extension)
}

fn stem(part: &str) -> &str {
    part.split_once('.').map_or(part, |(stem, _)| stem)
}

fn has_unsafe_code(line: &str) -> bool {
    let code = line.split_once("//").map_or(line, |(code, _)| code);
    let follows =
        |rest: &str| rest.is_empty() || ["{", "fn ", "impl", "extern", "trait"].iter().any(|k| rest.starts_with(k));
    code.match_indices("unsafe").any(|(at, word)| {
        let whole = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '"');
        whole && follows(code[at + word.len()..].trim_start())
    })
}

/// Whether the word stands in the line by itself, and not as a piece of a longer one or in quotes.
fn has_word(line: &str, word: &str) -> bool {
    let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | '"' | '`'));
    line.match_indices(word)
        .any(|(at, _)| ends(line[..at].chars().next_back()) && ends(line[at + word.len()..].chars().next()))
}

/// Whether the text stands in the line, not as the tail of a longer path or name.
fn has_text(line: &str, text: &str) -> bool {
    line.match_indices(text).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '}' | ']'))
            || !text.starts_with('/')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_file(path: &str, content: &str, expect: &str) {
        let problems = check(path, content.as_bytes()).join("\n");
        assert!(
            if expect.is_empty() { problems.is_empty() } else { problems.contains(expect) },
            "{path}: expected {expect:?}, got {problems:?}"
        );
    }

    #[test]
    fn rust_files_begin_with_a_module_doc() {
        check_file("a/src/lib.rs", "//! What this is.\n", "");
        check_file("a/src/lib.rs", "use std::fmt;\n", "module doc");
        check_file("a/src/lib.rs", "", "module doc");
        check_file("a/build.sh", "#!/bin/sh\n", "");
    }

    #[test]
    fn names_say_what_is_inside() {
        check_file("a/src/util.rs", "//! x\n", "`util` names no idea");
        check_file("a/src/helpers/x.rs", "//! x\n", "`helpers` names no idea");
        check_file("a/src/common_name.rs", "//! x\n", "");
    }

    #[test]
    fn unsafe_code_stays_in_its_files() {
        for code in ["{ f() }", "{", "fn f()", "impl Send for X {}", "extern \"C\" {}"] {
            check_file("a/src/x.rs", &format!("//! x\nunsafe {code}\n"), "x.rs:2: unsafe code");
            check_file("aqueduct-kafka/src/native/x.rs", &format!("//! x\nunsafe {code}\n"), "");
        }
        check_file("a/src/x.rs", "//! x\n// unsafe is not needed here\n", "");
        check_file("a/src/x.rs", "//! x\n#![deny(unsafe_code)]\n", "");
        check_file("a/src/x.rs", "//! x\nprintln!(\"that is unsafe code\");\n", "");
    }

    #[test]
    fn one_machine_s_folders_and_registries_stay_out() {
        check_file("a.md", &format!("in {}{}me/x\n", "/ho", "me/"), "a.md:1");
        check_file("a.sh", &format!("cd {}{}main\n", "/wo", "rk/"), "a.sh:1");
        check_file("a.md", &format!("frame{}{}x\n", "/wo", "rk/"), "");
        check_file("a.md", &format!("https://index.crates{}/\n", ".io"), "a.md:1");
        check_file("Cargo.lock", &format!("crates{}-index\n", ".io"), "");
        check_file("fuzz/Cargo.lock", &format!("crates{}-index\n", ".io"), "");
        check_file("conformance/x.jsonl", &format!("{}{}x\n", "/ho", "me/"), "");
    }

    #[test]
    fn nothing_is_left_undone_in_code() {
        check_file("a.py", &format!("# {}{}: later\n", "TO", "DO"), "do it");
        check_file("a.rs", &format!("//! x\n// {}{} this\n", "FIX", "ME"), "do it");
    }

    #[test]
    fn large_files_stay_out_and_long_ones_are_reported() {
        check_file("a.bin", &"x".repeat(BIG + 1), "too large");
        check_file("conformance/a.jsonl", &"x".repeat(BIG + 1), "");
        assert_eq!(long("a.rs", &[b'\n'; LONG]), None);
        assert_eq!(long("a.rs", &[b'\n'; LONG + 1]), Some(LONG + 1));
        assert_eq!(long("a.md", &[b'\n'; LONG + 1]), None);
    }
}
