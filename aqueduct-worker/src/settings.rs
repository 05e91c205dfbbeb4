//! The settings that the worker acts on, parsed once at the edge.

use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::{ConfigMap, ConnectError, ErrorKind, OverridePolicy, PluginKind};
use aqueduct_config::connector_config::{self, sink_def, source_def};
use aqueduct_config::{AnyClass, ParsedConfig};
use aqueduct_metrics::Window;
use aqueduct_pipeline::{ErrorPolicy, Tolerance};

use crate::variables::ConfigTransformer;

/// A converter's class and its own configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConverterSettings {
    /// The class or alias, as it was given.
    pub class: String,
    /// The keys behind the converter's prefix.
    pub props: ConfigMap,
}

/// What the worker was started with.
#[derive(Clone)]
pub struct WorkerSettings {
    /// `host:port` of this worker's REST listener.
    pub worker_id: String,
    /// The id of the Kafka cluster.
    pub cluster_id: String,
    /// The worker's properties, variables resolved.
    pub originals: ConfigMap,
    /// `key.converter`
    pub key_converter: ConverterSettings,
    /// `value.converter`
    pub value_converter: ConverterSettings,
    /// `header.converter`
    pub header_converter: ConverterSettings,
    /// `task.shutdown.graceful.timeout.ms`
    pub graceful_timeout: Duration,
    /// `offset.flush.interval.ms`
    pub flush_interval: Duration,
    /// `offset.flush.timeout.ms`
    pub flush_timeout: Duration,
    /// `topic.creation.enable`
    pub topic_creation: bool,
    /// `topic.tracking.enable`
    pub topic_tracking: bool,
    /// `connector.client.config.override.policy`
    pub override_policy: Arc<dyn OverridePolicy>,
    /// `metrics.num.samples` and `metrics.sample.window.ms`
    pub metrics_window: Window,
    /// What variables in connectors' configurations stand for (`config.providers`).
    pub variables: Arc<ConfigTransformer>,
}

/// What a connector's configuration says about running it; its own keys are its own business.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectorSettings {
    /// `tasks.max`
    pub tasks_max: u32,
    /// `tasks.max.enforce`
    pub enforce_tasks_max: bool,
    /// `errors.tolerance` and its company.
    pub errors: ErrorPolicy,
    /// `errors.log.enable`
    pub log_errors: bool,
    /// `errors.log.include.messages`
    pub log_messages: bool,
    /// Where a sink's bad records go.
    pub dead_letters: Option<DeadLetterSettings>,
}

/// Where the transactions of a source task end (`transaction.boundary`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionBoundary {
    /// After each batch.
    Poll,
    /// After the batch with which an interval has passed.
    Interval,
    /// Where the task says.
    Connector,
}

/// What only the configuration of a source connector says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSettings {
    /// `transaction.boundary`
    pub boundary: TransactionBoundary,
    /// `transaction.boundary.interval.ms`; none means the worker's `offset.flush.interval.ms`.
    pub interval: Option<Duration>,
    /// `offsets.storage.topic`
    pub offsets_topic: Option<String>,
}

impl SourceSettings {
    /// Reads what concerns the worker.
    ///
    /// # Errors
    /// `ConfigException` for the first key that is wrong.
    pub fn parse(config: &ConfigMap) -> Result<Self, ConnectError> {
        let parsed = source_def().parse_with(config, &AnyClass)?;
        let boundary = match parsed.string(connector_config::TRANSACTION_BOUNDARY)?.to_ascii_lowercase().as_str() {
            "interval" => TransactionBoundary::Interval,
            "connector" => TransactionBoundary::Connector,
            _ => TransactionBoundary::Poll,
        };
        Ok(Self {
            boundary,
            interval: parsed.optional_long(connector_config::TRANSACTION_BOUNDARY_INTERVAL_MS)?.map(millis),
            offsets_topic: parsed.optional_string(connector_config::OFFSETS_STORAGE_TOPIC)?.map(str::to_owned),
        })
    }
}

/// The dead letter queue of a sink connector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterSettings {
    /// `errors.deadletterqueue.topic.name`, without white space around it.
    pub topic: String,
    /// `errors.deadletterqueue.topic.replication.factor`
    pub replication_factor: i16,
    /// `errors.deadletterqueue.context.headers.enable`
    pub context_headers: bool,
}

/// Keys of a map behind a prefix, without it.
pub(crate) fn behind(config: &ConfigMap, prefix: &str) -> ConfigMap {
    config.iter().filter_map(|(key, value)| Some((key.strip_prefix(prefix)?.to_owned(), value.clone()))).collect()
}

impl ConverterSettings {
    /// A connector's own converter, or else the worker's. The two never mix: keys of the one say nothing about the other.
    pub(crate) fn choose(connector: &ConfigMap, key: &str, worker: &Self) -> Self {
        match connector.get(key) {
            Some(class) => Self { class: class.trim().to_owned(), props: behind(connector, &format!("{key}.")) },
            None => worker.clone(),
        }
    }
}

impl ConnectorSettings {
    /// Reads what concerns the worker.
    ///
    /// # Errors
    /// `ConfigException` for the first key that is wrong.
    pub fn parse(kind: PluginKind, config: &ConfigMap) -> Result<Self, ConnectError> {
        let def = if kind == PluginKind::Sink { sink_def() } else { source_def() };
        let parsed = def.parse_with(config, &AnyClass)?;
        if kind == PluginKind::Sink {
            connector_config::ensure_valid_topics(config)?;
        }
        let mut settings = Self::from_parsed(&parsed)?;
        if kind == PluginKind::Sink {
            settings.dead_letters = DeadLetterSettings::from_parsed(&parsed)?;
        }
        Ok(settings)
    }

    /// Checks how many tasks a connector has made against how many it may have.
    ///
    /// # Errors
    /// When there are too many and `tasks.max.enforce` is set.
    pub(crate) fn check_tasks(&self, name: &str, tasks: usize) -> Result<(), ConnectError> {
        let max = self.tasks_max;
        if tasks <= max as usize {
            return Ok(());
        }
        let problem = format!(
            "The connector {name} has generated {tasks} tasks, which is greater than {max}, the maximum number of tasks it is \
             configured to create. "
        );
        if self.enforce_tasks_max {
            return Err(ConnectError::with_kind(
                ErrorKind::Connect,
                format!(
                    "{problem}This behaviour should be considered a bug and is disallowed. If necessary, it can be permitted by \
                     reconfiguring the connector with 'tasks.max.enforce' set to false; however, this option will be removed in \
                     a future release of Kafka Connect."
                ),
            )
            .with_class("org.apache.kafka.connect.runtime.TooManyTasksException"));
        }
        tracing::warn!(
            "{problem}This behaviour should be considered a bug and will be disallowed in future releases of Kafka Connect."
        );
        Ok(())
    }

    fn from_parsed(parsed: &ParsedConfig) -> Result<Self, aqueduct_config::ConfigError> {
        let all = parsed.string(connector_config::ERRORS_TOLERANCE)? == "all";
        Ok(Self {
            tasks_max: parsed.int(connector_config::TASKS_MAX)?.unsigned_abs(),
            enforce_tasks_max: parsed.boolean(connector_config::TASKS_MAX_ENFORCE)?,
            errors: ErrorPolicy {
                tolerance: if all { Tolerance::All } else { Tolerance::None },
                retry_timeout: u64::try_from(parsed.long(connector_config::ERRORS_RETRY_TIMEOUT)?)
                    .ok()
                    .map(Duration::from_millis),
                retry_delay_max: millis(parsed.long(connector_config::ERRORS_RETRY_DELAY_MAX_MS)?),
            },
            log_errors: parsed.boolean(connector_config::ERRORS_LOG_ENABLE)?,
            log_messages: parsed.boolean(connector_config::ERRORS_LOG_INCLUDE_MESSAGES)?,
            dead_letters: None,
        })
    }
}

impl DeadLetterSettings {
    fn from_parsed(parsed: &ParsedConfig) -> Result<Option<Self>, aqueduct_config::ConfigError> {
        let topic = parsed.string(connector_config::DLQ_TOPIC_NAME)?.trim();
        if topic.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            topic: topic.to_owned(),
            replication_factor: parsed.short(connector_config::DLQ_TOPIC_REPLICATION_FACTOR)?,
            context_headers: parsed.boolean(connector_config::DLQ_CONTEXT_HEADERS_ENABLE)?,
        }))
    }
}

/// A number of milliseconds; negative ones count as none.
pub(crate) fn millis(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sink(pairs: &[(&str, &str)]) -> Result<ConnectorSettings, ConnectError> {
        let common = [("name", "s"), ("connector.class", "X"), ("topics", "t")];
        let config = common.iter().chain(pairs).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        ConnectorSettings::parse(PluginKind::Sink, &config)
    }

    #[test]
    fn a_dead_letter_queue_is_read() {
        let settings = sink(&[
            ("errors.deadletterqueue.topic.name", " bad "),
            ("errors.deadletterqueue.topic.replication.factor", "1"),
            ("errors.deadletterqueue.context.headers.enable", "true"),
        ]);
        let expect = DeadLetterSettings { topic: "bad".into(), replication_factor: 1, context_headers: true };
        assert_eq!(settings.unwrap().dead_letters, Some(expect));
        assert_eq!(sink(&[("errors.deadletterqueue.topic.name", " ")]).unwrap().dead_letters, None);
    }

    #[test]
    fn the_transactions_of_a_source_are_read() {
        let source = |pairs: &[(&str, &str)]| {
            let common = [("name", "s"), ("connector.class", "X")];
            let config = common.iter().chain(pairs).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            SourceSettings::parse(&config).unwrap()
        };
        let usual = SourceSettings { boundary: TransactionBoundary::Poll, interval: None, offsets_topic: None };
        assert_eq!(source(&[]), usual);
        let set = source(&[
            ("transaction.boundary", "INTERVAL"),
            ("transaction.boundary.interval.ms", "5"),
            ("offsets.storage.topic", "t"),
        ]);
        let expect = SourceSettings {
            boundary: TransactionBoundary::Interval,
            interval: Some(Duration::from_millis(5)),
            offsets_topic: Some("t".into()),
        };
        assert_eq!(set, expect);
    }

    #[test]
    fn the_error_policy_is_read() {
        let settings = sink(&[("errors.tolerance", "all"), ("errors.retry.timeout", "-1")]).unwrap();
        assert_eq!(settings.errors.tolerance, Tolerance::All);
        assert_eq!(settings.errors.retry_timeout, None);
        assert_eq!(settings.tasks_max, 1);
    }
}
