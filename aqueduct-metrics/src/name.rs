//! The name of an MBean: a group and the tags that tell its members apart.

use std::fmt;

/// The domain of what is Kafka Connect's own.
const DOMAIN: &str = "kafka.connect";

/// `DOMAIN:type=GROUP,TAG=VALUE,…`
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BeanName {
    /// The domain, such as `kafka.connect`.
    pub domain: &'static str,
    /// The group, such as `connector-task-metrics`.
    pub group: &'static str,
    /// Names and values, in order.
    pub tags: Vec<(&'static str, String)>,
}

impl BeanName {
    /// A name of Kafka Connect's own, without tags.
    pub fn new(group: &'static str) -> Self {
        Self::of(DOMAIN, group)
    }

    /// A name in another domain, without tags.
    pub fn of(domain: &'static str, group: &'static str) -> Self {
        Self { domain, group, tags: Vec::new() }
    }

    /// A name with one more tag.
    #[must_use]
    pub fn tag(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.tags.push((name, value.into()));
        self
    }
}

/// As JMX writes it: values with characters that have a meaning there are quoted.
impl fmt::Display for BeanName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:type={}", self.domain, self.group)?;
        for (name, value) in &self.tags {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '%' | '.' | ' ' | '\t');
            if value.chars().all(plain) {
                write!(f, ",{name}={value}")?;
                continue;
            }
            write!(f, ",{name}=\"")?;
            for c in value.chars() {
                match c {
                    '\\' | '"' | '*' | '?' => write!(f, "\\{c}")?,
                    '\n' => f.write_str("\\n")?,
                    c => write!(f, "{c}")?,
                }
            }
            f.write_str("\"")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_jmx_does() {
        let check = |connector: &str, expect: &str| {
            let name = BeanName::new("connector-task-metrics").tag("connector", connector).tag("task", "0");
            assert_eq!(
                name.to_string(),
                format!("kafka.connect:type=connector-task-metrics,connector={expect},task=0")
            );
        };
        check("local-file", "local-file");
        check("a:b", "\"a:b\"");
        check("what?", "\"what\\?\"");
    }
}
