//! `java.util.regex`: patterns and replacements as Java users write them.
//!
//! A pattern is translated into the syntax of `fancy-regex`, which knows look-around, backreferences and possessive
//! quantifiers and hands everything simpler to the automata of the `regex` crate. The translation takes care of what the
//! same characters mean in Java: classes are ASCII, `.` and `$` know Java's line ends, `\Q…\E` quotes.

mod replacement;
mod translate;

use std::fmt;

use fancy_regex::{Captures, Regex};

pub use replacement::{Replacement, ReplacementError};

/// A pattern that is no Java regular expression (`PatternSyntaxException`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternSyntaxError {
    /// What is wrong.
    pub description: String,
    /// The pattern.
    pub pattern: String,
}

impl fmt::Display for PatternSyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} near index {}\n{}", self.description, self.pattern.len(), self.pattern)
    }
}

impl std::error::Error for PatternSyntaxError {}

/// A compiled Java regular expression.
#[derive(Debug, Clone)]
pub struct JavaRegex {
    /// Finds the pattern anywhere.
    find: Regex,
    /// Matches the whole input.
    whole: Regex,
}

impl JavaRegex {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// When Java would not take it either, or it uses what cannot be expressed here.
    pub fn new(pattern: &str) -> Result<Self, PatternSyntaxError> {
        let failed = |description: String| PatternSyntaxError { description, pattern: pattern.to_owned() };
        let translated = translate::translate(pattern).map_err(&failed)?;
        let compile = |text: &str| Regex::new(text).map_err(|error| failed(error.to_string()));
        Ok(Self { find: compile(&translated)?, whole: compile(&format!("\\A(?:{translated})\\z"))? })
    }

    /// Whether the whole input matches (`Matcher.matches`).
    pub fn matches(&self, input: &str) -> bool {
        // An error means that backtracking was given up; Java would overflow its stack.
        self.whole.is_match(input).unwrap_or(false)
    }

    /// Whether the pattern is found anywhere (`Matcher.find`).
    pub fn is_found(&self, input: &str) -> bool {
        self.find.is_match(input).unwrap_or(false)
    }

    /// The groups of a match of the whole input; the first is the whole.
    pub fn groups<'a>(&self, input: &'a str) -> Option<Vec<Option<&'a str>>> {
        let captures = self.whole.captures(input).ok().flatten()?;
        Some(captures.iter().map(|group| group.map(|group| group.as_str())).collect())
    }

    /// Replaces the first find (`Matcher.replaceFirst`).
    ///
    /// # Errors
    /// When the replacement names a group that is not there, or is malformed.
    pub fn replace_first(&self, input: &str, replacement: &Replacement) -> Result<String, ReplacementError> {
        let Some(captures) = self.find.captures(input).ok().flatten() else {
            return Ok(input.to_owned());
        };
        self.replaced(input, &captures, replacement)
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
        replacement.expand(captures, &mut out)?;
        out.push_str(&input[whole.end..]);
        Ok(out)
    }
}
