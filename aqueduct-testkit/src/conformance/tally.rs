//! Counts what became of the cases of one corpus file, and holds them against the list of known differences.
//!
//! Unlike a [`Runner`](super::Runner), which is for a test that fails as a whole, a tally goes through every case and
//! answers numbers: how many cases have the recorded outcome, the recorded class of exception, and the recorded message.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::{Case, NotCompared, Verdict};

/// Cases that differ and may: id and reason, a line each.
#[derive(Debug, Default)]
pub struct KnownDifferences {
    reasons: BTreeMap<String, String>,
    /// Of the listed ids, those that a case was seen of.
    seen: std::collections::BTreeSet<String>,
}

impl KnownDifferences {
    /// The most lines that a list may have.
    pub const MOST: usize = 20;

    /// Reads a list: lines of an id, white space and a reason; `#` begins a comment line.
    ///
    /// # Errors
    /// When a line has no reason, or there are more than [`MOST`](Self::MOST).
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut reasons = BTreeMap::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (id, reason) = line
                .split_once(char::is_whitespace)
                .ok_or_else(|| format!("a known difference without a reason: {line}"))?;
            reasons.insert(id.to_owned(), reason.trim().to_owned());
        }
        if reasons.len() > Self::MOST {
            return Err(format!("{} known differences; there may be {}", reasons.len(), Self::MOST));
        }
        Ok(Self { reasons, seen: Default::default() })
    }

    /// Reads the list at a path; without a file there are no known differences.
    ///
    /// # Errors
    /// When it cannot be read, or is no such list.
    pub fn read(path: &Path) -> Result<Self, String> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(format!("{}: {error}", path.display())),
        }
    }

    /// The ids that no case had.
    pub fn unused(&self) -> Vec<&str> {
        self.reasons.keys().map(String::as_str).filter(|id| !self.seen.contains(*id)).collect()
    }

    fn reason(&mut self, id: &str) -> Option<&str> {
        let reason = self.reasons.get(id)?;
        self.seen.insert(id.to_owned());
        Some(reason)
    }
}

/// What became of the cases of one file.
#[derive(Debug, Default)]
pub struct FileTally {
    /// Cases in all.
    pub cases: usize,
    /// Cases with the recorded outcome; of failures the class and the phase, too.
    pub passed: usize,
    /// Cases with another outcome, and those that panicked.
    pub wrong_outcome: usize,
    /// Cases that fail as recorded, but with another class or in another phase.
    pub wrong_class: usize,
    /// Cases that differ and are listed.
    pub known: usize,
    /// Cases that were not compared, by reason.
    pub not_compared: BTreeMap<String, usize>,
    /// Failures of the recorded class whose messages were compared, and how many were equal.
    pub messages: (usize, usize),
    /// What differs, readably; other messages are not in it.
    pub differences: Vec<String>,
    /// Messages that differ, readably.
    pub other_messages: Vec<String>,
}

impl FileTally {
    /// Cases that failed.
    pub fn failed(&self) -> usize {
        self.differences.len()
    }

    /// Equal messages in per cent; 100 where none was compared.
    pub fn message_equality(&self) -> f64 {
        match self.messages {
            (0, _) => 100.0,
            (compared, equal) => equal as f64 * 100.0 / compared as f64,
        }
    }

    /// Adds a line of a corpus file. The check answers how the case compares; that it panics is a failure of the case.
    pub fn add_line(
        &mut self,
        line: &str,
        known: &mut KnownDifferences,
        check: impl Fn(&Case) -> Result<Verdict, NotCompared>,
    ) {
        match serde_json::from_str(line).map(Case) {
            Ok(case) => self.add(&case, known, check),
            Err(error) => {
                self.cases += 1;
                self.wrong_outcome += 1;
                self.differences.push(format!("no case: {error}: {line}"));
            }
        }
    }

    /// Adds a case.
    pub fn add(
        &mut self,
        case: &Case,
        known: &mut KnownDifferences,
        check: impl Fn(&Case) -> Result<Verdict, NotCompared>,
    ) {
        self.cases += 1;
        let verdict = match catch_unwind(AssertUnwindSafe(|| check(case))) {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(NotCompared::Unrepresentable(reason) | NotCompared::Elsewhere(reason))) => {
                *self.not_compared.entry(reason).or_default() += 1;
                return;
            }
            Ok(Err(NotCompared::Malformed(what))) => {
                Verdict::Different { expected: case.expected().to_string(), got: format!("a malformed case: {what}") }
            }
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
                Verdict::Different { expected: case.expected().to_string(), got: format!("a panic: {text}") }
            }
        };
        self.count(case, known.reason(case.id()), verdict);
    }

    fn count(&mut self, case: &Case, known: Option<&str>, verdict: Verdict) {
        let fails = matches!(verdict, Verdict::Different { .. } | Verdict::OtherClass { .. });
        match (known, fails) {
            (Some(_), true) => {
                self.known += 1;
                return;
            }
            (Some(reason), false) => {
                self.wrong_outcome += 1;
                self.differences.push(format!("{}\n  passes, but is listed as different: {reason}", case.id()));
                return;
            }
            (None, _) => {}
        }
        let text = |expected: &str, got: &str| format!("{}\n  expected {expected}\n  got      {got}", case.id());
        match &verdict {
            Verdict::Same => {
                self.passed += 1;
                if case.expected_error().is_some_and(|error| !error.is_accidental()) {
                    self.messages.0 += 1;
                    self.messages.1 += 1;
                }
            }
            Verdict::OtherMessage { expected, got } => {
                self.passed += 1;
                self.messages.0 += 1;
                self.other_messages.push(text(expected, got));
            }
            Verdict::OtherClass { expected, got } => {
                self.wrong_class += 1;
                self.differences.push(text(expected, got));
            }
            Verdict::Different { expected, got } => {
                self.wrong_outcome += 1;
                self.differences.push(text(expected, got));
            }
        }
    }
}

impl fmt::Display for FileTally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} cases, {} passed, {} wrong outcome, {} wrong class, messages {:.1} % equal ({} of {})",
            self.cases,
            self.passed,
            self.wrong_outcome,
            self.wrong_class,
            self.message_equality(),
            self.messages.1,
            self.messages.0
        )?;
        if self.known > 0 {
            write!(f, ", {} known to differ", self.known)?;
        }
        for (reason, count) in &self.not_compared {
            write!(f, ", {count} not representable ({reason})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILURE: &str = r#"{"id":"a/b","expected":{"error":{"class":"X","message":"m"}}}"#;

    fn tally(known: &str, verdict: Verdict) -> FileTally {
        let mut tally = FileTally::default();
        tally.add_line(FAILURE, &mut KnownDifferences::parse(known).unwrap(), |_| Ok(verdict.clone()));
        tally
    }

    fn different() -> Verdict {
        Verdict::Different { expected: "1".into(), got: "2".into() }
    }

    #[test]
    fn a_panic_is_one_failed_case() {
        let mut tally = FileTally::default();
        tally.add_line(FAILURE, &mut KnownDifferences::default(), |_| panic!("in the code under test"));
        tally.add_line(FAILURE, &mut KnownDifferences::default(), |_| Ok(Verdict::Same));
        assert_eq!((tally.failed(), tally.passed), (1, 1));
        assert!(tally.differences[0].contains("in the code under test"), "{:?}", tally.differences);
    }

    #[test]
    fn other_messages_pass_and_are_counted() {
        let tally = tally("", Verdict::OtherMessage { expected: "m".into(), got: "n".into() });
        assert_eq!((tally.passed, tally.failed(), tally.message_equality()), (1, 0, 0.0));
    }

    #[test]
    fn a_listed_case_may_differ_and_must_not_pass() {
        assert_eq!(tally("a/b the JVM's own words", different()).failed(), 0);
        assert_eq!(tally("a/b the JVM's own words", Verdict::Same).failed(), 1);
        assert_eq!(tally("a/c the JVM's own words", different()).failed(), 1);
    }

    #[test]
    fn lists_have_reasons_and_an_end() {
        assert!(KnownDifferences::parse("# nothing\n\n").is_ok());
        assert!(KnownDifferences::parse("a/b").is_err());
        let many: String = (0..21).map(|n| format!("case/{n} why\n")).collect();
        assert!(KnownDifferences::parse(&many).is_err());
        assert_eq!(KnownDifferences::parse("a/b why").unwrap().unused(), ["a/b"]);
    }
}
