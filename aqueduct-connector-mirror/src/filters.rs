//! Which topics, groups and topic configurations are mirrored: lists of regular expressions, of which one must match the
//! whole name (`DefaultTopicFilter`, `DefaultGroupFilter`, `DefaultConfigPropertyFilter`).

use aqueduct_api::ConnectError;
use aqueduct_jvm::regex::JavaRegex;

/// Regular expressions of which any may match. None at all match nothing.
#[derive(Clone)]
struct Patterns(Option<JavaRegex>);

impl Patterns {
    fn new(patterns: &[String]) -> Result<Self, ConnectError> {
        if patterns.is_empty() {
            return Ok(Self(None));
        }
        // One expression of them all, as Java: what is odd in one of them is odd in the same way.
        let regex = JavaRegex::new(&patterns.join("|")).map_err(|error| {
            ConnectError::with_kind(aqueduct_api::ErrorKind::Other, error.to_string())
                .with_class("java.util.regex.PatternSyntaxException")
        })?;
        Ok(Self(Some(regex)))
    }

    fn matches(&self, name: &str) -> bool {
        self.0.as_ref().is_some_and(|regex| regex.matches(name))
    }
}

/// Names that one list includes and another does not exclude: topics, or consumer groups.
#[derive(Clone)]
pub(crate) struct NameFilter {
    include: Patterns,
    exclude: Patterns,
}

impl NameFilter {
    pub(crate) fn new(include: &[String], exclude: &[String]) -> Result<Self, ConnectError> {
        Ok(Self { include: Patterns::new(include)?, exclude: Patterns::new(exclude)? })
    }

    pub(crate) fn accepts(&self, name: &str) -> bool {
        self.include.matches(name) && !self.exclude.matches(name)
    }
}

/// The configurations of topics that are copied.
#[derive(Clone)]
pub(crate) struct ConfigFilter {
    exclude: Patterns,
    /// Whether a value that is the source's default is set at the target; otherwise the target's default is left in force.
    pub(crate) source_defaults: bool,
}

impl ConfigFilter {
    pub(crate) fn new(exclude: &[String], use_defaults_from: &str) -> Result<Self, ConnectError> {
        Ok(Self { exclude: Patterns::new(exclude)?, source_defaults: use_defaults_from == "source" })
    }

    pub(crate) fn accepts(&self, property: &str) -> bool {
        !self.exclude.matches(property)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: &[&str]) -> Vec<String> {
        items.iter().map(|item| (*item).to_owned()).collect()
    }

    #[track_caller]
    fn check(include: &[&str], exclude: &[&str], accepted: &[&str], refused: &[&str]) {
        let filter = NameFilter::new(&list(include), &list(exclude)).unwrap();
        for name in accepted {
            assert!(filter.accepts(name), "{name}");
        }
        for name in refused {
            assert!(!filter.accepts(name), "{name}");
        }
    }

    #[test]
    fn whole_names_match_and_exclusion_wins() {
        check(
            &[".*"],
            &[r"mm2.*\.internal", r".*\.replica", "__.*"],
            &["orders", "a.internal", "mm2"],
            &["mm2-offset-syncs.B.internal", "x.replica", "__consumer_offsets"],
        );
        check(&["orders", "pay.*"], &[], &["orders", "payments"], &["orders2", "myorders"]);
        check(&["a|b"], &["b"], &["a"], &["b", "ab"]);
    }

    #[test]
    fn an_empty_list_matches_nothing() {
        check(&[], &[], &[], &["orders", ""]);
        check(&[".*"], &[], &["orders"], &[]);
    }

    #[test]
    fn a_pattern_that_is_none_is_an_error() {
        let error = NameFilter::new(&list(&["("]), &[]).err().unwrap();
        assert_eq!(error.class(), "java.util.regex.PatternSyntaxException");
    }

    #[test]
    fn configurations_are_copied_unless_excluded() {
        let filter = ConfigFilter::new(&list(&["min.insync.replicas", "message.timestamp.type"]), "target").unwrap();
        assert!(filter.accepts("retention.ms") && !filter.accepts("min.insync.replicas"));
        assert!(!filter.source_defaults);
        assert!(ConfigFilter::new(&[], "source").unwrap().source_defaults);
    }
}
