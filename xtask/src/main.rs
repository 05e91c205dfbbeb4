//! `cargo xtask`: checks of the workspace that no compiler makes.
//!
//! `cargo xtask tidy` compares the crates' real dependencies with the layers (`layers`), reads every file of the work
//! tree (`files`) and the table of one page (`compatibility`). It prints what is wrong, one line each, and fails; long
//! files are only reported. It relies on `cargo metadata` and on `git ls-files`, and changes nothing.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool speaks to its user")]

mod compatibility;
mod files;
mod layers;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const USAGE: &str =
    "cargo xtask tidy    check layers, module docs, file names, unsafe code, forbidden texts and file sizes";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tidy"] => match tidy(&root()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => {
                eprintln!("{message}");
                ExitCode::FAILURE
            }
        },
        ["--help" | "-h" | "help"] => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// The workspace's folder: the parent of this crate's.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the workspace").to_path_buf()
}

fn tidy(root: &Path) -> Result<(), String> {
    let metadata = stdout_of(root, env!("CARGO"), &["metadata", "--format-version", "1", "--no-deps"])?;
    let mut problems = layers::check(&layers::members(&metadata)?);
    let listed = stdout_of(root, "git", &["ls-files", "--cached", "--others", "--exclude-standard", "-z"])?;
    let mut long = Vec::new();
    let mut count = 0;
    for path in listed.split('\0').filter(|path| !path.is_empty()) {
        // A file that git still lists may be gone from the work tree.
        let Ok(content) = std::fs::read(root.join(path)) else { continue };
        count += 1;
        problems.extend(files::check(path, &content));
        if path == compatibility::PAGE {
            problems.extend(compatibility::check(&String::from_utf8_lossy(&content)));
        }
        long.extend(files::long(path, &content).map(|lines| (lines, path)));
    }
    long.sort_unstable();
    for (lines, path) in long.iter().rev() {
        println!("long: {path} has {lines} lines; which half would a newcomer look for separately?");
    }
    if problems.is_empty() {
        println!("tidy: {count} files, nothing to say");
        return Ok(());
    }
    problems.sort();
    Err(format!("{}\ntidy: {} problems in {count} files", problems.join("\n"), problems.len()))
}

fn stdout_of(root: &Path, program: &str, args: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(args)
        .current_dir(root)
        .output()
        .map_err(|error| format!("running {program}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{program} {} failed:\n{}", args.join(" "), String::from_utf8_lossy(&output.stderr)));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("output of {program}: {error}"))
}
