//! The configuration of one Kafka client, in the words of the Java clients (`bootstrap.servers`, `acks`, …).
//!
//! Two layers: what Connect itself sets as a base, and what a person wrote on top of it. Most code only looks at the
//! merged map; a few decisions need to know whether a person chose a value (see [`ClientSettings::is_user_set`]).

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Java client properties for one producer, consumer or admin client. Values may be secrets: `Debug` prints names only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ClientSettings {
    base: BTreeMap<String, String>,
    user: BTreeMap<String, String>,
}

impl ClientSettings {
    /// `base` holds the values that Connect sets by itself, `user` those of the worker's and the connector's
    /// configuration; where both have a key, `user` wins.
    pub fn new(base: BTreeMap<String, String>, user: BTreeMap<String, String>) -> ClientSettings {
        ClientSettings { base, user }
    }

    /// Settings that were all written by a person, as for the clients of the internal topics.
    pub fn from_user(user: BTreeMap<String, String>) -> ClientSettings {
        ClientSettings { base: BTreeMap::new(), user }
    }

    /// Sets `key` in the base layer, below what a person wrote.
    pub fn set_base(&mut self, key: impl Into<String>, value: impl Into<String>) -> &mut ClientSettings {
        self.base.insert(key.into(), value.into());
        self
    }

    /// Sets `key` as if a person had written it: it wins over everything set before.
    pub fn set_user(&mut self, key: impl Into<String>, value: impl Into<String>) -> &mut ClientSettings {
        self.user.insert(key.into(), value.into());
        self
    }

    /// Forgets the keys that are not to be kept.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.base.retain(|key, _| keep(key));
        self.user.retain(|key, _| keep(key));
    }

    /// The value in force for `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.user.get(key).or_else(|| self.base.get(key)).map(String::as_str)
    }

    /// Whether a person set `key`, as opposed to Connect's base or nobody.
    pub fn is_user_set(&self, key: &str) -> bool {
        self.user.contains_key(key)
    }

    /// All values in force.
    pub fn merged(&self) -> BTreeMap<String, String> {
        let mut all = self.base.clone();
        all.extend(self.user.iter().map(|(key, value)| (key.clone(), value.clone())));
        all
    }

    /// `client.id`, empty when nobody set it (Java's default).
    pub fn client_id(&self) -> &str {
        self.get("client.id").unwrap_or_default()
    }

    /// The value of a `*.ms` key; `None` when it is absent or no whole number (which the translation of the settings
    /// reports as an error). Negative values count as zero.
    pub fn millis(&self, key: &str) -> Option<Duration> {
        let millis: i64 = self.get(key)?.trim().parse().ok()?;
        Some(Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
    }
}

impl fmt::Debug for ClientSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSettings")
            .field("base", &self.base.keys().collect::<Vec<_>>())
            .field("user", &self.user.keys().collect::<Vec<_>>())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> ClientSettings {
        let mut settings = ClientSettings::default();
        settings
            .set_base("acks", "all")
            .set_base("linger.ms", "5")
            .set_user("acks", "1")
            .set_user("sasl.jaas.config", "secret");
        settings
    }

    #[test]
    fn what_a_person_wrote_wins_over_the_base() {
        let settings = settings();
        assert_eq!(settings.get("acks"), Some("1"));
        assert_eq!(settings.get("linger.ms"), Some("5"));
        assert_eq!(settings.merged()["acks"], "1");
        assert!(settings.is_user_set("acks") && !settings.is_user_set("linger.ms"));
    }

    #[test]
    fn debug_output_holds_no_values() {
        assert!(!format!("{:?}", settings()).contains("secret"));
    }

    #[test]
    fn durations_come_from_millisecond_keys() {
        let mut settings = settings();
        settings.set_user("max.block.ms", "9223372036854775807").set_user("bad.ms", "soon");
        assert_eq!(settings.millis("linger.ms"), Some(Duration::from_millis(5)));
        assert_eq!(settings.millis("max.block.ms"), Some(Duration::from_millis(i64::MAX as u64)));
        assert_eq!(settings.millis("bad.ms"), None);
    }
}
