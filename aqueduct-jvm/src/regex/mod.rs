//! `java.util.regex`: patterns and replacements as Java users write them.
//!
//! A pattern is read as Java reads it, with Java's messages for mistakes (`parse`), and written down for `fancy-regex`
//! (`emit`), which knows look-around, back references and atomic groups and hands everything simpler to the automata of
//! the `regex` crate. Behaviour is that of Java 17.
//!
//! Not to be had: canonical equivalence. No pattern can hang its caller: what needs no look-around, back reference or
//! atomic group takes time in proportion to the input (`(a+)+$` among it, over which Java would sit for years), and the
//! others are given up after [`MAX_STEPS`], where Java would try on or run out of stack.

mod blocks;
mod char_set;
mod character_names;
mod class;
mod emit;
mod escape;
mod flags;
mod look_behind;
mod parse;
mod property;
mod quote;
mod reader;
mod replacement;
mod syntax;

use std::fmt;
use std::sync::{Arc, OnceLock};

use fancy_regex::{Captures, Regex, RegexBuilder};

use emit::Inputs;
pub use replacement::{Replacement, ReplacementError};

/// A pattern that is no Java regular expression (`PatternSyntaxException`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternSyntaxError {
    /// What is wrong.
    pub description: String,
    /// Where, in code points; none when Java does not say.
    pub index: Option<usize>,
    /// The pattern.
    pub pattern: String,
}

/// As Java prints it: with the place, the pattern, and a mark below the place.
impl fmt::Display for PatternSyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description)?;
        if let Some(index) = self.index {
            write!(f, " near index {index}")?;
        }
        write!(f, "\n{}", self.pattern)?;
        let Some(index) = self.index.filter(|&index| index < self.pattern.encode_utf16().count()) else {
            return Ok(());
        };
        f.write_str("\n")?;
        for unit in self.pattern.encode_utf16().take(index) {
            f.write_str(if unit == u16::from(b'\t') { "\t" } else { " " })?;
        }
        f.write_str("^")
    }
}

impl std::error::Error for PatternSyntaxError {}

/// So many times a search may go back and try another way. It is far more than a pattern takes on the name of a topic
/// that ends at all, and takes a fraction of a second.
pub const MAX_STEPS: usize = 1_000_000;

/// A search that was given up after [`MAX_STEPS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchLimitError {
    /// The pattern.
    pub pattern: String,
}

impl fmt::Display for MatchLimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "The regular expression {} tries too many ways to match: the search was given up after {MAX_STEPS} steps",
            self.pattern
        )
    }
}

impl std::error::Error for MatchLimitError {}

/// A compiled Java regular expression.
#[derive(Debug, Clone)]
pub struct JavaRegex(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    pattern: String,
    parsed: parse::Parsed,
    any: Programs,
    /// For lines of ASCII, which nearly all inputs are. None if the engine does not take what was written for them.
    ascii_lines: OnceLock<Option<Programs>>,
}

/// A pattern as the engine runs it.
#[derive(Debug)]
struct Programs {
    /// Finds the pattern anywhere.
    find: Regex,
    /// Matches the whole input.
    whole: Regex,
}

impl Programs {
    fn build(parsed: &parse::Parsed, inputs: Inputs) -> Result<Self, fancy_regex::Error> {
        let text = emit::emit(&parsed.node, parsed.groups, inputs);
        let build = |text: &str| RegexBuilder::new(text).backtrack_limit(MAX_STEPS).build();
        Ok(Self { find: build(&text)?, whole: build(&format!("\\A(?:{text})\\z"))? })
    }
}

impl JavaRegex {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// When Java would not take it either, or it uses what cannot be expressed here.
    pub fn new(pattern: &str) -> Result<Self, PatternSyntaxError> {
        let parsed = parse::parse(pattern)?;
        let any = Programs::build(&parsed, Inputs::Any).map_err(|error| PatternSyntaxError {
            description: error.to_string(),
            index: None,
            pattern: pattern.to_owned(),
        })?;
        let pattern = pattern.to_owned();
        Ok(Self(Arc::new(Compiled { pattern, parsed, any, ascii_lines: OnceLock::new() })))
    }

    /// The programs for an input.
    fn programs(&self, input: &str) -> &Programs {
        let compiled = &*self.0;
        let line = !input.is_empty() && input.bytes().all(|byte| byte.is_ascii() && byte != b'\n' && byte != b'\r');
        let special = if line {
            compiled.ascii_lines.get_or_init(|| Programs::build(&compiled.parsed, Inputs::AsciiLines).ok()).as_ref()
        } else {
            None
        };
        special.unwrap_or(&compiled.any)
    }

    /// What a search found, unless it was given up.
    fn ended<T>(&self, found: Result<T, fancy_regex::Error>) -> Result<T, MatchLimitError> {
        found.map_err(|_| MatchLimitError { pattern: self.0.pattern.clone() })
    }

    /// Whether the whole input matches (`Matcher.matches`). A search that is given up counts as no match; where that would
    /// go unseen, [`Self::try_matches`] tells.
    pub fn matches(&self, input: &str) -> bool {
        self.try_matches(input).unwrap_or(false)
    }

    /// Whether the whole input matches.
    ///
    /// # Errors
    /// When the search was given up after [`MAX_STEPS`].
    pub fn try_matches(&self, input: &str) -> Result<bool, MatchLimitError> {
        self.ended(self.programs(input).whole.is_match(input))
    }

    /// Whether the pattern is found anywhere (`Matcher.find`). A search that is given up counts as no find.
    pub fn is_found(&self, input: &str) -> bool {
        self.programs(input).find.is_match(input).unwrap_or(false)
    }

    /// The groups of a match of the whole input; the first is the whole.
    pub fn groups<'a>(&self, input: &'a str) -> Option<Vec<Option<&'a str>>> {
        let captures = self.programs(input).whole.captures(input).ok().flatten()?;
        Some(captures.iter().map(|group| group.map(|group| group.as_str())).collect())
    }

    /// Replaces the first find (`Matcher.replaceFirst`).
    ///
    /// # Errors
    /// When the replacement names a group that is not there, or is malformed, or the search was given up.
    pub fn replace_first(&self, input: &str, replacement: &Replacement) -> Result<String, ReplacementError> {
        match self.ended(self.programs(input).find.captures(input))? {
            Some(captures) => self.replaced(input, &captures, replacement),
            None => Ok(input.to_owned()),
        }
    }

    /// Replaces the first find if the whole input matches (`matches`, then `replaceFirst`); none if it does not.
    ///
    /// The two are not the same match: of `a|ab`, which matches `ab`, the first find is `a`.
    ///
    /// # Errors
    /// When the replacement names a group that is not there, or is malformed, or a search was given up.
    ///
    /// ```
    /// use aqueduct_jvm::regex::{JavaRegex, Replacement};
    ///
    /// let (regex, replacement) = (JavaRegex::new("(.*)-raw").unwrap(), Replacement::parse("clean.$1"));
    /// assert_eq!(regex.replace_first_if_matches("orders-raw", &replacement), Ok(Some("clean.orders".into())));
    /// assert_eq!(regex.replace_first_if_matches("orders", &replacement), Ok(None));
    /// ```
    pub fn replace_first_if_matches(
        &self,
        input: &str,
        replacement: &Replacement,
    ) -> Result<Option<String>, ReplacementError> {
        let programs = self.programs(input);
        let Some(captures) = self.ended(programs.find.captures(input))? else {
            return Ok(None);
        };
        // A first find of everything is a match already, which spares the second search.
        let everything = captures.get(0).is_some_and(|found| found.range() == (0..input.len()));
        if everything || self.ended(programs.whole.is_match(input))? {
            return self.replaced(input, &captures, replacement).map(Some);
        }
        Ok(None)
    }

    fn replaced(
        &self,
        input: &str,
        captures: &Captures<'_, str>,
        replacement: &Replacement,
    ) -> Result<String, ReplacementError> {
        let whole = captures.get(0).map_or(0..0, |whole| whole.range());
        let mut out = String::with_capacity(input.len());
        out.push_str(&input[..whole.start]);
        replacement.expand(captures, &self.0.parsed.names, &mut out)?;
        out.push_str(&input[whole.end..]);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    /// Whether a pattern matches, or was given up, in a time that does not stop a worker.
    #[track_caller]
    fn check(pattern: &str, input: &str, expect: Option<bool>) {
        let regex = JavaRegex::new(pattern).unwrap();
        let begin = Instant::now();
        let matches = regex.try_matches(input);
        assert_eq!(matches.clone().ok(), expect, "{pattern}");
        if let Err(error) = matches {
            assert!(error.to_string().contains(pattern));
            let replaced = regex.replace_first_if_matches(input, &Replacement::parse("x"));
            assert_eq!(replaced, Err(ReplacementError::GaveUp(error)));
        }
        assert!(begin.elapsed() < Duration::from_secs(10), "{pattern} took {:?}", begin.elapsed());
    }

    #[test]
    fn no_pattern_hangs() {
        let many = format!("{}b", "a".repeat(40));
        check("(a+)+$", &many, Some(false));
        check("(a|aa)+$", &many, Some(false));
        check("(.*a){20}", &many, Some(false));
        check("((a+)+)+c?", &format!("{many}\u{e9}"), Some(false));
        check(r"(a+)+\1c", &many, Some(false));
        check(r"(?=(a+)+c).*", &many, Some(false));
        check(r"(x?)(a|a)*\1c", &many, None);
        check(r"(x?)(a|aa)+\1c", &many, None);
        check(r"(?=(x?)(a|aa)+\1c).*", &many, None);
    }
}
