//! Ranges of versions in Maven's notation: `[1.0,2.0)`, `(,1.5]`, `[1.0]`, several of them separated by commas.

use std::fmt;

use crate::parse::java_trim;
use crate::version::Version;
use crate::{ConfigError, ConfigErrorKind};

/// Which versions of a plugin will do.
///
/// ```
/// use aqueduct_config::version::Version;
/// use aqueduct_config::version_range::VersionRange;
///
/// let range = VersionRange::requirement(Some("[4,5)"))?.expect("a requirement");
/// assert!(range.contains(&Version::new("4.3.1")));
/// assert_eq!(VersionRange::requirement(Some("latest"))?, None);
/// # Ok::<(), aqueduct_config::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRange {
    restrictions: Vec<Restriction>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Restriction {
    lower: Option<Version>,
    lower_inclusive: bool,
    upper: Option<Version>,
    upper_inclusive: bool,
}

impl VersionRange {
    /// The range that a `*.plugin.version` key asks for. No text and `latest` ask for nothing; a bare version such as
    /// `1.2` means exactly that one, and a blank text a version that no plugin has.
    ///
    /// # Errors
    /// When the text is no range; the message is Maven's.
    pub fn requirement(text: Option<&str>) -> Result<Option<Self>, ConfigError> {
        let Some(text) = text.filter(|text| *text != "latest").map(java_trim) else { return Ok(None) };
        let range = Self::parse(text)?;
        if range.restrictions.is_empty() { Self::parse(&format!("[{text}]")).map(Some) } else { Ok(Some(range)) }
    }

    /// Reads ranges; a bare version restricts nothing.
    fn parse(spec: &str) -> Result<Self, ConfigError> {
        let refuse = |why: &str| refused(why, spec);
        let mut restrictions: Vec<Restriction> = Vec::new();
        let mut rest = spec;
        while rest.starts_with(['[', '(']) {
            let Some(end) = rest.find([')', ']']) else { return refuse("Unbounded range") };
            let restriction = Restriction::parse(&rest[..=end])?;
            if let Some(before) = restrictions.last().and_then(|before| before.upper.as_ref())
                && restriction.lower.as_ref().is_none_or(|lower| lower < before)
            {
                return refuse("Ranges overlap");
            }
            restrictions.push(restriction);
            rest = rest[end + 1..].trim();
            rest = rest.strip_prefix(',').map_or(rest, str::trim);
        }
        if !rest.is_empty() && !restrictions.is_empty() {
            return refuse("Only fully-qualified sets allowed in multiple set scenario");
        }
        Ok(Self { restrictions })
    }

    /// Whether a version is in the range.
    pub fn contains(&self, version: &Version) -> bool {
        self.restrictions.iter().any(|restriction| restriction.contains(version))
    }
}

impl Restriction {
    fn parse(spec: &str) -> Result<Self, ConfigError> {
        let refuse = |why: &str| refused(why, spec);
        let lower_inclusive = spec.starts_with('[');
        let upper_inclusive = spec.ends_with(']');
        let inner = spec[1..spec.len() - 1].trim();
        let Some((lower, upper)) = inner.split_once(',') else {
            if !lower_inclusive || !upper_inclusive {
                return refuse("Single version must be surrounded by []");
            }
            let version = Some(Version::new(inner));
            return Ok(Self { lower: version.clone(), lower_inclusive, upper: version, upper_inclusive });
        };
        let (lower, upper) = (lower.trim(), upper.trim());
        let bound = |text: &str| (!text.is_empty()).then(|| Version::new(text));
        let (lower, upper) = (bound(lower), bound(upper));
        if let (Some(lower), Some(upper)) = (&lower, &upper)
            && (upper < lower || upper == lower && !(lower_inclusive && upper_inclusive))
        {
            return refuse("Range defies version ordering");
        }
        Ok(Self { lower, lower_inclusive, upper, upper_inclusive })
    }

    fn contains(&self, version: &Version) -> bool {
        let above = self.lower.as_ref().is_none_or(|lower| version > lower || self.lower_inclusive && version == lower);
        let below = self.upper.as_ref().is_none_or(|upper| version < upper || self.upper_inclusive && version == upper);
        above && below
    }
}

/// The plugin loader's exception, in Maven's words.
fn refused<T>(why: &str, spec: &str) -> Result<T, ConfigError> {
    Err(ConfigError::with_kind(ConfigErrorKind::PluginVersion, format!("{why}: {spec}")))
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, restriction) in self.restrictions.iter().enumerate() {
            let Restriction { lower, lower_inclusive, upper, upper_inclusive } = restriction;
            let open = if *lower_inclusive { "[" } else { "(" };
            let close = if *upper_inclusive { "]" } else { ")" };
            let text = |bound: &Option<Version>| bound.as_ref().map(Version::to_string).unwrap_or_default();
            let separator = if index == 0 { "" } else { "," };
            write!(f, "{separator}{open}{},{}{close}", text(lower), text(upper))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(spec: &str, expect: Result<&str, &str>, inside: &[&str], outside: &[&str]) {
        let range = VersionRange::requirement(Some(spec)).map(|range| range.expect("a restriction"));
        assert_eq!(
            range.as_ref().map(ToString::to_string).map_err(ToString::to_string),
            expect.map(str::to_owned).map_err(str::to_owned)
        );
        for version in inside {
            assert!(range.as_ref().unwrap().contains(&Version::new(*version)), "{version} in {spec}");
        }
        for version in outside {
            assert!(!range.as_ref().unwrap().contains(&Version::new(*version)), "{version} not in {spec}");
        }
    }

    #[test]
    fn ranges_hold_the_versions_between_their_bounds() {
        check("1.0", Ok("[1.0,1.0]"), &["1.0", "1"], &["1.0.1", "0.9"]);
        check(" [4,5) ", Ok("[4,5)"), &["4", "4.3.1"], &["5", "3.9"]);
        check("(,1.5]", Ok("(,1.5]"), &["1.5", "0.1"], &["1.6"]);
        check("(1,)", Ok("(1,)"), &["1.1"], &["1"]);
        check("[1,2],[3,4)", Ok("[1,2],[3,4)"), &["2", "3"], &["2.5", "4"]);
        check("bad[", Ok("[bad[,bad[]"), &["bad["], &["4.3.1"]);
    }

    #[test]
    fn texts_that_are_no_ranges_are_refused_in_mavens_words() {
        check("[1.0,2.0", Err("Unbounded range: [1.0,2.0"), &[], &[]);
        check("(1.0)", Err("Single version must be surrounded by []: (1.0)"), &[], &[]);
        check("[2,1]", Err("Range defies version ordering: [2,1]"), &[], &[]);
        check("(1,1]", Err("Range defies version ordering: (1,1]"), &[], &[]);
        check("[1,3],[2,4]", Err("Ranges overlap: [1,3],[2,4]"), &[], &[]);
        check("[1,2],3", Err("Only fully-qualified sets allowed in multiple set scenario: [1,2],3"), &[], &[]);
    }

    #[test]
    fn nothing_and_latest_ask_for_nothing() {
        for text in [None, Some("latest")] {
            assert_eq!(VersionRange::requirement(text), Ok(None));
        }
    }

    #[test]
    fn a_blank_text_asks_for_what_there_is_not() {
        check(" ", Ok("[,]"), &[""], &["4.3.1"]);
    }
}
