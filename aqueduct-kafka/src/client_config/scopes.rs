//! Which properties of a worker and a connector come together for each of Connect's Kafka clients.
//!
//! A worker's properties and a connector's configuration enter (variables resolved); the settings of one client leave:
//! what Connect sets by itself as the base, what people wrote above it, later scopes over earlier ones. Nothing is
//! looked up and nothing is checked: whether a connector may override a key is the override policy's business.
//!
//! Scopes do not inherit. A worker with `sasl.*` keys without a prefix secures its own topics and its group; its tasks
//! connect with what stands under `producer.` and `consumer.`, and with nothing else.

use std::collections::BTreeMap;

use super::keys;
use crate::ClientSettings;

type Properties = BTreeMap<String, String>;

/// Prefix of a worker's keys for producers.
pub const PRODUCER: &str = "producer.";
/// Prefix of a worker's keys for consumers.
pub const CONSUMER: &str = "consumer.";
/// Prefix of a worker's keys for admin clients.
pub const ADMIN: &str = "admin.";
/// Prefix of a connector's keys for producers.
pub const PRODUCER_OVERRIDE: &str = "producer.override.";
/// Prefix of a connector's keys for consumers.
pub const CONSUMER_OVERRIDE: &str = "consumer.override.";
/// Prefix of a connector's keys for admin clients.
pub const ADMIN_OVERRIDE: &str = "admin.override.";

/// Settings in which some values were forced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForcedSettings {
    /// The settings.
    pub settings: ClientSettings,
    /// A warning for each value that a person had set otherwise, in Java's words.
    pub warnings: Vec<String>,
}

/// A worker, as the source of properties for clients.
#[derive(Debug, Clone, Copy)]
pub struct WorkerScopes<'a> {
    worker: &'a Properties,
}

/// The worker's own topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InternalTopic {
    /// Configurations of connectors and tasks.
    Configs,
    /// Offsets of source connectors.
    Offsets,
    /// Statuses of connectors and tasks.
    Statuses,
}

impl InternalTopic {
    fn client_suffix(self) -> &'static str {
        match self {
            Self::Configs => "configs",
            Self::Offsets => "offsets",
            Self::Statuses => "statuses",
        }
    }
}

// === impl WorkerScopes ===

impl<'a> WorkerScopes<'a> {
    /// Takes a worker's properties, variables resolved.
    pub fn new(worker: &'a Properties) -> Self {
        Self { worker }
    }

    /// The producer of a source task, of an offset change (`connector-offset-producer-<connector>`), or of a dead letter
    /// queue; they differ in their client id only.
    pub fn producer(&self, connector: &Properties, client_id: &str) -> ClientSettings {
        self.task_client(PRODUCER_BASE, client_id, PRODUCER, connector, PRODUCER_OVERRIDE)
    }

    /// The producer of a source task with exactly-once support. Idempotence and the transactional id are forced.
    pub fn transactional_producer(
        &self,
        connector: &Properties,
        client_id: &str,
        transactional_id: &str,
    ) -> ForcedSettings {
        let settings = self.task_client(TRANSACTIONAL_BASE, client_id, PRODUCER, connector, PRODUCER_OVERRIDE);
        let why = "for connectors when exactly-once source support is enabled";
        let mut forced = ForcedSettings { settings, warnings: Vec::new() };
        forced.force(keys::ENABLE_IDEMPOTENCE, "true", why);
        forced.force(keys::TRANSACTIONAL_ID, transactional_id, why);
        forced
    }

    /// The consumer of a sink task, or of the offsets topic of a source connector.
    pub fn consumer(&self, connector: &Properties, connector_name: &str, client_id: &str) -> ClientSettings {
        let mut settings = self.task_client(CONSUMER_BASE, client_id, CONSUMER, connector, CONSUMER_OVERRIDE);
        settings.set_base(keys::GROUP_ID, format!("connect-{connector_name}"));
        settings
    }

    /// The consumer of the offsets topic of a source connector. It reads committed records: by default, or by force
    /// where the worker has exactly-once support.
    pub fn offsets_consumer(
        &self,
        connector: &Properties,
        connector_name: &str,
        client_id: &str,
        exactly_once: bool,
    ) -> ForcedSettings {
        let mut settings = self.consumer(connector, connector_name, client_id);
        settings.set_base(keys::ISOLATION_LEVEL, READ_COMMITTED);
        let mut forced = ForcedSettings { settings, warnings: Vec::new() };
        if exactly_once {
            let why = "for source connectors' offset consumers when exactly-once source support is enabled";
            forced.force(keys::ISOLATION_LEVEL, READ_COMMITTED, why);
        }
        forced
    }

    /// An admin client for a connector: all keys of the worker that are not for another client, then those under
    /// `admin.`, then the connector's. So a worker's own `client.id` replaces the one given here.
    pub fn admin(&self, connector: &Properties, client_id: &str) -> ClientSettings {
        let prefixes = [PRODUCER, CONSUMER, ADMIN];
        let unprefixed = |key: &str| !prefixes.iter().any(|prefix| key.starts_with(prefix));
        let own =
            self.worker.iter().filter(|(key, _)| unprefixed(key)).map(|(key, value)| (key.clone(), value.clone()));
        let mut user: Properties = own.collect();
        user.extend(with_prefix(self.worker, ADMIN));
        user.extend(with_prefix(connector, ADMIN_OVERRIDE));
        ClientSettings::new(Properties::from([(keys::CLIENT_ID.to_owned(), client_id.to_owned())]), user)
    }

    /// The producer of one of the worker's own topics.
    pub fn internal_producer(&self, topic: InternalTopic) -> ClientSettings {
        let mut settings = self.internal(topic.client_suffix());
        for (key, value) in [
            (keys::ACKS, "all"),
            (keys::MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, "1"),
            (keys::ENABLE_IDEMPOTENCE, "false"),
        ] {
            settings.set_user(key, value);
        }
        match topic {
            // The status store decides itself whether a status is still worth a second try.
            InternalTopic::Statuses => settings.set_user(keys::RETRIES, "0"),
            InternalTopic::Configs | InternalTopic::Offsets => settings.set_user(keys::DELIVERY_TIMEOUT_MS, FOR_EVER),
        };
        settings
    }

    /// The producer with which the leader of a cluster with exactly-once support writes to the config topic.
    pub fn leader_producer(&self) -> ForcedSettings {
        let mut settings = self.internal("configs-leader");
        settings.set_user(keys::ACKS, "all");
        settings.set_user(keys::DELIVERY_TIMEOUT_MS, FOR_EVER);
        settings.set_user(keys::MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, "1");
        let why = "for the worker's config topic producer when exactly-once source support is enabled or in \
                   preparation to be enabled";
        let transactional_id = format!("connect-cluster-{}", self.group_id());
        let mut forced = ForcedSettings { settings, warnings: Vec::new() };
        forced.force(keys::ENABLE_IDEMPOTENCE, "true", why);
        forced.force(keys::TRANSACTIONAL_ID, &transactional_id, why);
        forced
    }

    /// The consumer of one of the worker's own topics. `exactly_once` is whether the worker has exactly-once support
    /// enabled, where configurations and offsets are written in transactions.
    pub fn internal_consumer(&self, topic: InternalTopic, exactly_once: bool) -> ForcedSettings {
        let mut settings = self.internal(topic.client_suffix());
        settings.set_user(keys::AUTO_OFFSET_RESET, "earliest");
        settings.set_user(keys::ENABLE_AUTO_COMMIT, "false");
        let mut forced = ForcedSettings { settings, warnings: Vec::new() };
        if exactly_once && topic != InternalTopic::Statuses {
            let why = "for the worker's internal topic consumers when exactly-once source support is enabled";
            forced.force(keys::ISOLATION_LEVEL, READ_COMMITTED, why);
        }
        forced
    }

    /// The admin client that the worker's own topics share.
    pub fn internal_admin(&self) -> ClientSettings {
        self.internal("shared-admin")
    }

    /// The worker's membership in its group. `worker_id` stands in the client id where the worker has none of its own.
    pub fn group_member(&self, worker_id: &str) -> ClientSettings {
        let mut settings = ClientSettings::from_user(self.worker.clone());
        if settings.client_id().is_empty() {
            settings.set_user(keys::CLIENT_ID, format!("connect-{worker_id}"));
        }
        settings
    }

    fn internal(&self, suffix: &str) -> ClientSettings {
        let own = self.worker.get(keys::CLIENT_ID).filter(|id| !id.is_empty());
        let own = own.map(|id| format!("{id}-")).unwrap_or_default();
        let mut settings = ClientSettings::from_user(self.worker.clone());
        settings.set_user(keys::CLIENT_ID, format!("{}-{own}{suffix}", self.group_id()));
        settings
    }

    fn group_id(&self) -> &str {
        self.worker.get(keys::GROUP_ID).map_or("connect", String::as_str)
    }

    fn task_client(
        &self,
        base: &[(&str, &str)],
        client_id: &str,
        worker_prefix: &str,
        connector: &Properties,
        connector_prefix: &str,
    ) -> ClientSettings {
        let mut user: Properties = with_prefix(self.worker, worker_prefix).collect();
        user.extend(with_prefix(connector, connector_prefix));
        let mut settings = ClientSettings::new(Properties::new(), user);
        for (key, value) in base {
            settings.set_base(*key, *value);
        }
        settings.set_base(keys::CLIENT_ID, client_id);
        if let Some(servers) = self.worker.get(keys::BOOTSTRAP_SERVERS) {
            settings.set_base(keys::BOOTSTRAP_SERVERS, servers);
        }
        settings
    }
}

impl ForcedSettings {
    fn force(&mut self, key: &str, value: &str, why: &str) {
        let same =
            |given: &str| given == value || (key == keys::ENABLE_IDEMPOTENCE && given.eq_ignore_ascii_case(value));
        if let Some(given) = self.settings.get(key)
            && self.settings.is_user_set(key)
            && !same(given)
        {
            self.warnings.push(format!(
                "The value '{given}' for the '{key}' property will be ignored as it cannot be overridden {why}. The \
                 value '{value}' will be used instead."
            ));
        }
        self.settings.set_user(key, value);
    }
}

const FOR_EVER: &str = "2147483647";
const READ_COMMITTED: &str = "read_committed";

const PRODUCER_BASE: &[(&str, &str)] = &[
    (keys::MAX_BLOCK_MS, "9223372036854775807"),
    (keys::ENABLE_IDEMPOTENCE, "false"),
    (keys::ACKS, "all"),
    (keys::MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, "1"),
    (keys::DELIVERY_TIMEOUT_MS, FOR_EVER),
];

/// Connect's own base keeps order with one request at a time; transactions keep it with as many as there may be.
const TRANSACTIONAL_BASE: &[(&str, &str)] =
    &[(keys::MAX_BLOCK_MS, "9223372036854775807"), (keys::ACKS, "all"), (keys::DELIVERY_TIMEOUT_MS, FOR_EVER)];

const CONSUMER_BASE: &[(&str, &str)] = &[(keys::ENABLE_AUTO_COMMIT, "false"), (keys::AUTO_OFFSET_RESET, "earliest")];

fn with_prefix<'p>(properties: &'p Properties, prefix: &'p str) -> impl Iterator<Item = (String, String)> + 'p {
    properties
        .range(prefix.to_owned()..)
        .take_while(move |(key, _)| key.starts_with(prefix))
        .map(move |(key, value)| (key[prefix.len()..].to_owned(), value.clone()))
        .filter(|(key, _)| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(given: &[(&str, &str)]) -> Properties {
        given.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn worker() -> Properties {
        properties(&[
            ("bootstrap.servers", "b:1"),
            ("group.id", "cluster"),
            ("linger.ms", "1"),
            ("security.protocol", "SSL"),
            ("producer.linger.ms", "2"),
            ("producer.client.rack", "r"),
            ("consumer.max.poll.records", "2"),
            ("admin.retries", "2"),
            ("producer.", "nothing"),
        ])
    }

    fn connector() -> Properties {
        properties(&[
            ("name", "c"),
            ("producer.override.linger.ms", "3"),
            ("consumer.override.group.id", "mine"),
            ("admin.override.retries", "3"),
        ])
    }

    #[track_caller]
    fn check(settings: &ClientSettings, expected: &[(&str, &str)]) {
        for (key, value) in expected {
            assert_eq!(settings.get(key).unwrap_or("-"), *value, "{key}");
        }
    }

    #[test]
    fn a_source_producer_has_base_worker_and_connector_keys() {
        let (worker, connector) = (worker(), connector());
        let settings = WorkerScopes::new(&worker).producer(&connector, "connector-producer-c-0");
        check(
            &settings,
            &[
                ("bootstrap.servers", "b:1"),
                ("client.id", "connector-producer-c-0"),
                ("acks", "all"),
                ("enable.idempotence", "false"),
                ("max.in.flight.requests.per.connection", "1"),
                ("max.block.ms", "9223372036854775807"),
                ("delivery.timeout.ms", "2147483647"),
                ("linger.ms", "3"),
                ("client.rack", "r"),
                // Security is not inherited.
                ("security.protocol", "-"),
                ("name", "-"),
                ("", "-"),
            ],
        );
        assert!(settings.is_user_set("linger.ms") && !settings.is_user_set("acks"));
    }

    #[test]
    fn a_transactional_producer_is_forced_and_says_so() {
        let worker = properties(&[("producer.enable.idempotence", "false"), ("producer.acks", "all")]);
        let connector = properties(&[("producer.override.transactional.id", "mine")]);
        let forced = WorkerScopes::new(&worker).transactional_producer(&connector, "id", "cluster-c-0");
        check(
            &forced.settings,
            &[
                ("enable.idempotence", "true"),
                ("transactional.id", "cluster-c-0"),
                ("max.in.flight.requests.per.connection", "-"),
            ],
        );
        let why = "for connectors when exactly-once source support is enabled";
        assert_eq!(
            forced.warnings,
            [
                format!(
                    "The value 'false' for the 'enable.idempotence' property will be ignored as it cannot be overridden \
                 {why}. The value 'true' will be used instead."
                ),
                format!(
                    "The value 'mine' for the 'transactional.id' property will be ignored as it cannot be overridden {why}. \
                 The value 'cluster-c-0' will be used instead."
                ),
            ]
        );
        let worker = properties(&[("producer.enable.idempotence", "TRUE")]);
        let forced = WorkerScopes::new(&worker).transactional_producer(&Properties::new(), "id", "t");
        assert!(forced.warnings.is_empty());
    }

    #[test]
    fn a_sink_consumer_has_its_connectors_group() {
        let (worker, none) = (worker(), Properties::new());
        let scopes = WorkerScopes::new(&worker);
        check(
            &scopes.consumer(&none, "c", "connector-consumer-c-0"),
            &[
                ("group.id", "connect-c"),
                ("client.id", "connector-consumer-c-0"),
                ("enable.auto.commit", "false"),
                ("auto.offset.reset", "earliest"),
                ("max.poll.records", "2"),
                ("security.protocol", "-"),
            ],
        );
        check(&scopes.consumer(&connector(), "c", "id"), &[("group.id", "mine")]);
    }

    #[test]
    fn offsets_are_read_committed_by_default_or_by_force() {
        let worker = properties(&[("consumer.isolation.level", "read_uncommitted")]);
        let scopes = WorkerScopes::new(&worker);
        let none = Properties::new();
        let at_will = scopes.offsets_consumer(&none, "c", "id", false);
        check(&at_will.settings, &[("isolation.level", "read_uncommitted")]);
        let forced = scopes.offsets_consumer(&none, "c", "id", true);
        check(&forced.settings, &[("isolation.level", "read_committed")]);
        assert_eq!((at_will.warnings.len(), forced.warnings.len()), (0, 1));
        let plain = WorkerScopes::new(&none).offsets_consumer(&none, "c", "id", false);
        check(&plain.settings, &[("isolation.level", "read_committed")]);
    }

    #[test]
    fn an_admin_client_has_all_keys_that_are_for_nobody_else() {
        let (mut worker, connector) = (worker(), connector());
        check(
            &WorkerScopes::new(&worker).admin(&connector, "connector-adminclient-c-0"),
            &[
                ("client.id", "connector-adminclient-c-0"),
                ("bootstrap.servers", "b:1"),
                ("security.protocol", "SSL"),
                ("linger.ms", "1"),
                ("retries", "3"),
                ("producer.linger.ms", "-"),
            ],
        );
        worker.insert("client.id".to_owned(), "worker".to_owned());
        check(&WorkerScopes::new(&worker).admin(&connector, "id"), &[("client.id", "worker")]);
    }

    #[test]
    fn the_workers_own_clients_have_its_keys_and_names_of_their_own() {
        let mut worker = worker();
        let scopes = WorkerScopes::new(&worker);
        check(
            &scopes.internal_producer(InternalTopic::Configs),
            &[
                ("client.id", "cluster-configs"),
                ("security.protocol", "SSL"),
                ("acks", "all"),
                ("enable.idempotence", "false"),
                ("max.in.flight.requests.per.connection", "1"),
                ("delivery.timeout.ms", "2147483647"),
                ("retries", "-"),
            ],
        );
        check(
            &scopes.internal_producer(InternalTopic::Statuses),
            &[("client.id", "cluster-statuses"), ("delivery.timeout.ms", "-"), ("retries", "0")],
        );
        check(
            &scopes.internal_consumer(InternalTopic::Offsets, true).settings,
            &[
                ("client.id", "cluster-offsets"),
                ("auto.offset.reset", "earliest"),
                ("enable.auto.commit", "false"),
                ("isolation.level", "read_committed"),
            ],
        );
        check(&scopes.internal_consumer(InternalTopic::Statuses, true).settings, &[("isolation.level", "-")]);
        check(
            &scopes.leader_producer().settings,
            &[
                ("client.id", "cluster-configs-leader"),
                ("transactional.id", "connect-cluster-cluster"),
                ("enable.idempotence", "true"),
            ],
        );
        check(&scopes.internal_admin(), &[("client.id", "cluster-shared-admin")]);
        check(&scopes.group_member("host:8083"), &[("client.id", "connect-host:8083"), ("group.id", "cluster")]);

        worker.insert("client.id".to_owned(), "me".to_owned());
        let scopes = WorkerScopes::new(&worker);
        check(&scopes.internal_producer(InternalTopic::Configs), &[("client.id", "cluster-me-configs")]);
        check(&scopes.group_member("host:8083"), &[("client.id", "me")]);
        check(&WorkerScopes::new(&Properties::new()).internal_admin(), &[("client.id", "connect-shared-admin")]);
    }
}
