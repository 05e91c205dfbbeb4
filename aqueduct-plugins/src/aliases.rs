//! The short names of plugins.
//!
//! A plugin answers to its simple class name and to that name without its kind's suffix. A short name that two classes
//! share belongs to neither, so that no one gets another class than he meant.

use std::collections::{BTreeSet, HashMap};

use aqueduct_api::{Plugin, PluginKind};

/// The last part of a class name: after the last dot, and for nested classes after the last dollar sign.
pub(crate) fn simple_name(class: &str) -> &str {
    class.rsplit(['.', '$']).next().unwrap_or(class)
}

/// A simple name without the last occurrence of its kind's suffix and what follows it, unless nothing would be left.
pub(crate) fn pruned_name(simple: &str, kind: PluginKind) -> &str {
    match simple.rfind(kind.suffix()) {
        Some(at) if at > 0 => &simple[..at],
        _ => simple,
    }
}

/// Short names that belong to exactly one class.
pub(crate) fn aliases(plugins: &[Plugin]) -> HashMap<String, String> {
    let mut owners: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for plugin in plugins {
        let simple = simple_name(&plugin.class);
        for alias in [simple, pruned_name(simple, plugin.kind())] {
            owners.entry(alias).or_default().insert(&plugin.class);
        }
    }
    owners
        .into_iter()
        .filter_map(|(alias, classes)| {
            let mut classes = classes.into_iter();
            match (classes.next(), classes.next()) {
                (Some(only), None) => Some((alias.to_owned(), only.to_owned())),
                _ => None,
            }
        })
        .collect()
}

/// The package that predicates are in, and the one that some documentation has them in.
const PREDICATES: [&str; 2] =
    ["org.apache.kafka.connect.transforms.predicates.", "org.apache.kafka.connect.predicates."];

/// Names that classes have in some documentation: they are understood and never shown.
pub(crate) fn old_names(plugins: &[Plugin]) -> impl Iterator<Item = (String, String)> {
    plugins.iter().filter_map(|plugin| {
        let name = plugin.class.strip_prefix(PREDICATES[0])?;
        Some((format!("{}{name}", PREDICATES[1]), plugin.class.to_string()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(class: &str, kind: PluginKind, simple: &str, pruned: &str) {
        assert_eq!(simple_name(class), simple);
        assert_eq!(pruned_name(simple, kind), pruned);
    }

    #[test]
    fn predicates_are_found_under_the_package_of_the_documentation_too() {
        let class = "org.apache.kafka.connect.transforms.predicates.HasHeaderKey";
        let never = |_: &aqueduct_api::ConfigMap| Err::<Never, _>(aqueduct_api::ConnectError::connect("never made"));
        let plugins = [Plugin::predicate(class, "1", aqueduct_config::ConfigDef::new, never)];
        let names: Vec<(String, String)> = old_names(&plugins).collect();
        assert_eq!(names, [("org.apache.kafka.connect.predicates.HasHeaderKey".to_owned(), class.to_owned())]);
    }

    struct Never;

    impl aqueduct_api::Predicate for Never {
        fn test(&mut self, _record: &aqueduct_api::Record) -> Result<bool, aqueduct_api::ConnectError> {
            Ok(false)
        }
    }

    #[test]
    fn names_are_pruned_as_java_prunes_them() {
        check("o.a.FileStreamSinkConnector", PluginKind::Sink, "FileStreamSinkConnector", "FileStreamSink");
        check("o.a.JsonConverter", PluginKind::Converter, "JsonConverter", "Json");
        check("o.a.RegexRouter", PluginKind::Transformation, "RegexRouter", "RegexRouter");
        check("o.a.InsertField$Value", PluginKind::Transformation, "Value", "Value");
        check("o.a.Converter", PluginKind::Converter, "Converter", "Converter");
        check("o.a.SimpleHeaderConverter", PluginKind::HeaderConverter, "SimpleHeaderConverter", "Simple");
    }
}
