//! Runs a corpus file through a closure, counts, and fails with a readable list.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use super::{Case, NotCompared, Verdict};

/// So many differences are printed; the rest is only counted.
const SHOWN: usize = 30;

/// A run of one corpus file.
#[derive(Debug)]
pub struct Runner {
    path: PathBuf,
    /// Whether the file is the project's own, whose numbers are known.
    own: bool,
    not_compared: BTreeMap<String, usize>,
    other_messages: usize,
}

/// What a run has seen so far.
#[derive(Debug, Default)]
struct Tally {
    same: usize,
    different: Vec<String>,
    other_messages: Vec<String>,
    not_compared: BTreeMap<String, usize>,
}

impl Runner {
    /// A run of a file of the corpus, such as `values.jsonl`.
    pub fn of(file: &str) -> Self {
        let own = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../conformance")).join(file);
        match std::env::var_os("AQUEDUCT_CONFORMANCE") {
            Some(directory) => Self { own: false, ..Self::at(Path::new(&directory).join(file)) },
            None => Self::at(own),
        }
    }

    /// A run of the file at this path.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), own: true, not_compared: BTreeMap::new(), other_messages: 0 }
    }

    /// Announces that exactly so many cases are not compared for this reason.
    #[must_use]
    pub fn not_compared(mut self, reason: &str, count: usize) -> Self {
        self.not_compared.insert(reason.to_owned(), count);
        self
    }

    /// Announces that exactly so many failures have another message than Java's; say why beside the call.
    #[must_use]
    pub fn other_messages(mut self, count: usize) -> Self {
        self.other_messages = count;
        self
    }

    /// Runs every case.
    ///
    /// # Panics
    /// When an outcome differs, or the counts are not those that were announced, or the file cannot be read.
    pub fn run(self, check: impl Fn(&Case) -> Result<Verdict, NotCompared>) {
        let text = std::fs::read_to_string(&self.path)
            .unwrap_or_else(|error| panic!("reading {}: {error}", self.path.display()));
        let only = std::env::var("AQUEDUCT_CONFORMANCE_ID").ok();
        let mut tally = Tally::default();
        for (number, line) in text.lines().enumerate() {
            match serde_json::from_str(line).map(Case) {
                Ok(case) if only.as_deref().is_some_and(|only| !case.id().contains(only)) => {}
                Ok(case) => tally.add(&case, &check),
                Err(error) => tally.different.push(format!("line {}: {error}\n", number + 1)),
            }
        }
        let exact = self.own && only.is_none();
        let (report, passed) = tally.report(&self, exact);
        assert!(passed, "{report}");
        #[expect(clippy::print_stdout, reason = "tests print what they counted")]
        {
            println!("{report}");
        }
    }
}

impl Tally {
    fn add(&mut self, case: &Case, check: impl Fn(&Case) -> Result<Verdict, NotCompared>) {
        let id = case.id();
        match catch_unwind(AssertUnwindSafe(|| check(case))) {
            Ok(Ok(Verdict::Same)) => self.same += 1,
            Ok(Ok(Verdict::OtherMessage { expected, got })) => {
                self.other_messages.push(format!("{id}\n  expected {expected}\n  got      {got}\n"));
            }
            Ok(Ok(Verdict::Different { expected, got } | Verdict::OtherClass { expected, got })) => {
                self.different.push(format!("{id}\n  expected {expected}\n  got      {got}\n"));
            }
            Ok(Err(NotCompared::Unrepresentable(reason) | NotCompared::Elsewhere(reason))) => {
                *self.not_compared.entry(reason).or_default() += 1;
            }
            Ok(Err(NotCompared::Malformed(what))) => self.different.push(format!("{id}\n  malformed {what}\n")),
            Err(_) => self.different.push(format!("{id}\n  expected {}\n  got      a panic\n", case.expected())),
        }
    }

    fn report(&self, runner: &Runner, exact: bool) -> (String, bool) {
        let file = runner.path.file_name().unwrap_or_default().to_string_lossy();
        let mut report = format!(
            "{file}: {} the same, {} different, {} with another message",
            self.same + self.other_messages.len(),
            self.different.len(),
            self.other_messages.len()
        );
        for (reason, count) in &self.not_compared {
            let _ = write!(report, ", {count} not compared ({reason})");
        }
        report.push('\n');
        let messages_as_announced = self.other_messages.len() == runner.other_messages;
        let reasons_as_announced = self.not_compared == runner.not_compared;
        list(&mut report, &self.different);
        if exact && !messages_as_announced {
            let _ = writeln!(report, "{} other messages were announced, these came:", runner.other_messages);
            list(&mut report, &self.other_messages);
        }
        if exact && !reasons_as_announced {
            let _ = writeln!(report, "announced as not compared: {:?}", runner.not_compared);
        }
        let passed = self.different.is_empty() && (!exact || (messages_as_announced && reasons_as_announced));
        (report, passed)
    }
}

fn list(report: &mut String, differences: &[String]) {
    for difference in differences.iter().take(SHOWN) {
        report.push_str(difference);
    }
    if differences.len() > SHOWN {
        let _ = writeln!(report, "… and {} more", differences.len() - SHOWN);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tally_of(verdicts: &[Result<Verdict, NotCompared>]) -> Tally {
        let mut tally = Tally::default();
        for verdict in verdicts {
            tally.add(&Case(json!({"id": "the-id"})), |_| verdict.clone());
        }
        tally
    }

    fn other_message() -> Result<Verdict, NotCompared> {
        Ok(Verdict::OtherMessage { expected: "a".into(), got: "b".into() })
    }

    #[test]
    fn a_difference_fails_the_run_and_is_named() {
        let different = Ok(Verdict::Different { expected: "1".into(), got: "2".into() });
        let (report, passed) = tally_of(&[Ok(Verdict::Same), different]).report(&Runner::at("f"), true);
        assert!(!passed);
        assert!(report.contains("the-id\n  expected 1\n  got      2\n"), "{report}");
    }

    #[test]
    fn a_panic_fails_the_run() {
        let mut tally = Tally::default();
        tally.add(&Case(json!({"id": "x"})), |_| panic!("in the code under test"));
        assert!(!tally.report(&Runner::at("f"), false).1);
    }

    #[test]
    fn other_messages_and_reasons_must_be_announced_exactly() {
        let bigint = || Err(NotCompared::Unrepresentable("bigint".into()));
        let tally = tally_of(&[other_message(), bigint(), bigint(), Ok(Verdict::Same)]);
        let passes = |runner: Runner| tally.report(&runner, true).1;
        assert!(passes(Runner::at("f").other_messages(1).not_compared("bigint", 2)));
        assert!(!passes(Runner::at("f").not_compared("bigint", 2)));
        assert!(!passes(Runner::at("f").other_messages(1).not_compared("bigint", 3)));
        assert!(!passes(Runner::at("f").other_messages(1)));
        assert!(tally.report(&Runner::at("f"), false).1, "other recordings have other counts");
    }
}
