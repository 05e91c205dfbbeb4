//! What each Kafka client of a mirror is configured with: the cluster's security and addresses, what the connector says for
//! all clients of a kind, what it says for those of one cluster; and a client id that says whose it is.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aqueduct_api::ConfigMap;
use aqueduct_config::client_security;
use aqueduct_kafka::ClientSettings;

use super::{Settings, keys};

const CLIENT_ID: &str = "client.id";

/// The keys that `source.cluster.` and `target.cluster.` hand on; all others behind these prefixes are the connector's.
static CLUSTER_KEYS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let security = client_security::ssl_keys().into_iter().chain(client_security::sasl_keys());
    let names = security.map(|key| key.name.into_owned());
    names.chain(["bootstrap.servers", "security.protocol", "config.providers"].map(str::to_owned)).collect()
});

/// One of the two clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cluster {
    Source,
    Target,
}

impl Cluster {
    fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }
}

impl Settings {
    /// The settings of an admin client. `role` tells it from the connector's others.
    pub(crate) fn admin(&self, cluster: Cluster, role: &str) -> ClientSettings {
        self.client(cluster, "admin.", role)
    }

    /// The settings of a consumer. It never commits, and reads from the beginning unless it is told otherwise.
    pub(crate) fn consumer(&self, cluster: Cluster, role: &str) -> ClientSettings {
        let mut settings = self.client(cluster, "consumer.", role);
        settings.set_user("enable.auto.commit", "false").set_base("auto.offset.reset", "earliest");
        settings
    }

    /// The settings of a producer.
    pub(crate) fn producer(&self, cluster: Cluster, role: &str) -> ClientSettings {
        self.client(cluster, "producer.", role)
    }

    fn client(&self, cluster: Cluster, kind: &str, role: &str) -> ClientSettings {
        let mut props = client_props(self.props(), cluster, kind);
        let who = format!("{}|{role}", self.label());
        let id = match props.get(CLIENT_ID) {
            Some(given) => format!("{given}|{who}"),
            None => who,
        };
        props.insert(CLIENT_ID.to_owned(), id);
        ClientSettings::from_user(props)
    }

    /// Whose clients and threads these are: `A->B|connector`, for a task with its number.
    pub(crate) fn label(&self) -> String {
        let Self { source_alias, target_alias, connector, .. } = self;
        let task = match self.props().get(keys::TASK_INDEX) {
            Some(index) => format!("-{index}"),
            None => String::new(),
        };
        format!("{source_alias}->{target_alias}|{connector}{task}")
    }
}

/// What a client of a kind is told, but for its id.
fn client_props(props: &ConfigMap, cluster: Cluster, kind: &str) -> ConfigMap {
    let name = cluster.name();
    let mut client = behind(props, &format!("{name}.cluster."));
    client.retain(|key, _| CLUSTER_KEYS.contains(key));
    client.extend(behind(props, kind));
    client.extend(behind(props, &format!("{name}.{kind}")));
    client
}

/// Whether the consumer that reads the source sees only what was committed; the check runs before the connector is made.
pub(crate) fn reads_committed(props: &ConfigMap) -> bool {
    let consumer = client_props(props, Cluster::Source, "consumer.");
    consumer.get("isolation.level").is_some_and(|level| level == "read_committed")
}

fn behind(props: &ConfigMap, prefix: &str) -> ConfigMap {
    // Two of the connector's own keys look like a client's.
    let theirs = props.iter().filter(|(key, _)| !matches!(key.as_str(), keys::ADMIN_TIMEOUT | keys::POLL_TIMEOUT));
    let stripped = theirs.filter_map(|(key, value)| Some((key.strip_prefix(prefix)?, value)));
    stripped.filter(|(key, _)| !key.is_empty()).map(|(key, value)| (key.to_owned(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(task: bool, more: &[(&str, &str)]) -> Settings {
        let base = [
            ("name", "m"),
            ("connector.class", "MirrorSource"),
            ("source.cluster.alias", "A"),
            ("target.cluster.alias", "B"),
            ("source.cluster.bootstrap.servers", "a:1"),
            ("target.cluster.bootstrap.servers", "b:1"),
        ];
        let props = base.iter().chain(more).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Settings::parse(if task { &keys::SOURCE_TASK } else { &keys::SOURCE }, props).unwrap()
    }

    #[test]
    fn the_nearer_prefix_wins() {
        let settings = settings(
            false,
            &[
                ("source.cluster.security.protocol", "SSL"),
                ("source.cluster.retries", "7"),
                ("consumer.fetch.min.bytes", "1"),
                ("consumer.max.poll.records", "1"),
                ("source.consumer.max.poll.records", "2"),
                ("target.consumer.max.poll.records", "3"),
            ],
        );
        let consumer = settings.consumer(Cluster::Source, "replication-consumer");
        assert_eq!(consumer.get("bootstrap.servers"), Some("a:1"));
        assert_eq!(consumer.get("security.protocol"), Some("SSL"));
        assert_eq!(consumer.get("retries"), None);
        assert_eq!(consumer.get("fetch.min.bytes"), Some("1"));
        assert_eq!(consumer.get("max.poll.records"), Some("2"));
        let target = settings.consumer(Cluster::Target, "x");
        assert_eq!((target.get("bootstrap.servers"), target.get("max.poll.records")), (Some("b:1"), Some("3")));
        assert_eq!(target.get("alias"), None);
        let own = self::settings(false, &[("admin.timeout.ms", "5"), ("consumer.poll.timeout.ms", "5")]);
        assert_eq!(own.admin(Cluster::Source, "x").get("timeout.ms"), None);
        assert_eq!(own.consumer(Cluster::Source, "x").get("poll.timeout.ms"), None);
    }

    #[test]
    fn consumers_never_commit_and_begin_at_the_beginning() {
        let settings = settings(false, &[("consumer.enable.auto.commit", "true")]);
        let consumer = settings.consumer(Cluster::Source, "x");
        assert_eq!(consumer.get("enable.auto.commit"), Some("false"));
        assert_eq!(consumer.get("auto.offset.reset"), Some("earliest"));
        let settings = self::settings(false, &[("source.consumer.auto.offset.reset", "latest")]);
        assert_eq!(settings.consumer(Cluster::Source, "x").get("auto.offset.reset"), Some("latest"));
    }

    #[test]
    fn client_ids_say_whose_they_are() {
        let id =
            |settings: Settings| settings.admin(Cluster::Target, "replication-target-admin").client_id().to_owned();
        assert_eq!(id(settings(false, &[])), "A->B|m|replication-target-admin");
        assert_eq!(id(settings(true, &[("task.index", "3")])), "A->B|m-3|replication-target-admin");
        assert_eq!(id(settings(false, &[("admin.client.id", "me")])), "me|A->B|m|replication-target-admin");
    }

    #[test]
    fn reading_committed_is_seen_behind_either_prefix() {
        let props = |key: &str| ConfigMap::from([(key.to_owned(), "read_committed".to_owned())]);
        assert!(reads_committed(&props("consumer.isolation.level")));
        assert!(reads_committed(&props("source.consumer.isolation.level")));
        assert!(!reads_committed(&props("target.consumer.isolation.level")));
        assert!(!reads_committed(&ConfigMap::new()));
    }
}
