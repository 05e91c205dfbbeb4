//! Topics, where librdkafka shows or changes less than a mirror needs: more partitions, and configurations with where each
//! value comes from.

use std::collections::BTreeMap;

use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig};
use kafka_protocol::messages::{
    CreatePartitionsRequest, DescribeConfigsRequest, IncrementalAlterConfigsRequest, TopicName,
};
use kafka_protocol::protocol::StrBytes;

use super::RawClient;
use super::cluster::{NOT_CONTROLLER, refused};
use crate::error::KafkaError;

/// The number of topics among the kinds of resources.
const TOPIC: i8 = 2;

/// Where a configuration value comes from (`ConfigEntry.ConfigSource`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigSource {
    /// Set on this very topic.
    Topic,
    /// Set on one broker while it runs.
    DynamicBroker,
    /// Set on all brokers while they run.
    DynamicDefaultBroker,
    /// From a broker's properties.
    StaticBroker,
    /// Kafka's own default.
    Default,
    /// Another, which this client does not know.
    Unknown,
}

impl ConfigSource {
    fn of(number: i8) -> Self {
        match number {
            1 => Self::Topic,
            2 => Self::DynamicBroker,
            3 => Self::DynamicDefaultBroker,
            4 => Self::StaticBroker,
            5 => Self::Default,
            _ => Self::Unknown,
        }
    }
}

/// One configuration of a topic, with all that brokers tell of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicConfig {
    /// Its key, such as `cleanup.policy`.
    pub name: String,
    /// Its value; `None` when it is null, or sensitive and therefore not told.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: ConfigSource,
    /// Whether it cannot be changed.
    pub read_only: bool,
    /// Whether it is a secret.
    pub sensitive: bool,
}

/// A change to one configuration of a topic (KIP-339).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigChange {
    /// Gives it this value.
    Set(Option<String>),
    /// Goes back to the default.
    Delete,
}

/// A result for each topic.
type PerTopic<T> = BTreeMap<String, Result<T, KafkaError>>;

impl RawClient {
    /// Raises the numbers of partitions of topics to these totals, each with its own result. A total that is not higher than
    /// the present one is refused by the broker.
    pub async fn create_partitions(&self, totals: &BTreeMap<String, i32>) -> Result<PerTopic<()>, KafkaError> {
        if totals.is_empty() {
            return Ok(PerTopic::new());
        }
        let timeout = i32::try_from(self.settings().request_timeout.as_millis()).unwrap_or(i32::MAX);
        let topics = totals.iter().map(|(topic, total)| {
            CreatePartitionsTopic::default().with_name(TopicName(text(topic))).with_count(*total).with_assignments(None)
        });
        let request = CreatePartitionsRequest::default().with_topics(topics.collect()).with_timeout_ms(timeout);
        self.persist("creating partitions", || async {
            let answer = self.ask_controller(|_| Ok(request.clone())).await?;
            if answer.results.iter().any(|result| result.error_code == NOT_CONTROLLER) {
                refused(NOT_CONTROLLER, None, || "This is not the correct controller for this cluster.".to_owned())?;
            }
            Ok(answer
                .results
                .into_iter()
                .map(|result| {
                    let topic = result.name.as_str().to_owned();
                    let refusal = refused(result.error_code, result.error_message.as_deref(), || topic.clone());
                    (topic, refusal)
                })
                .collect())
        })
        .await
    }

    /// All configurations of topics, each topic with its own result.
    pub async fn describe_topic_configs<T: AsRef<str>>(
        &self,
        topics: &[T],
    ) -> Result<PerTopic<Vec<TopicConfig>>, KafkaError> {
        if topics.is_empty() {
            return Ok(PerTopic::new());
        }
        let resource = |topic: &T| {
            DescribeConfigsResource::default()
                .with_resource_type(TOPIC)
                .with_resource_name(text(topic.as_ref()))
                .with_configuration_keys(None)
        };
        let request = DescribeConfigsRequest::default().with_resources(topics.iter().map(resource).collect());
        self.persist("describing topic configurations", || async {
            let answer = self.ask_any(|_| Ok(request.clone())).await?;
            Ok(answer
                .results
                .into_iter()
                .map(|result| {
                    let topic = result.resource_name.as_str().to_owned();
                    let refusal = refused(result.error_code, result.error_message.as_deref(), || topic.clone());
                    let configs = result.configs.into_iter().map(|config| TopicConfig {
                        name: config.name.as_str().to_owned(),
                        value: config.value.map(|value| value.as_str().to_owned()),
                        source: ConfigSource::of(config.config_source),
                        read_only: config.read_only,
                        sensitive: config.is_sensitive,
                    });
                    (topic, refusal.map(|()| configs.collect()))
                })
                .collect())
        })
        .await
    }

    /// Changes configurations of topics and leaves the others as they are, each topic with its own result.
    pub async fn alter_topic_configs(
        &self,
        changes: &BTreeMap<String, Vec<(String, ConfigChange)>>,
    ) -> Result<PerTopic<()>, KafkaError> {
        if changes.is_empty() {
            return Ok(PerTopic::new());
        }
        let alterable = |(name, change): &(String, ConfigChange)| {
            let config = AlterableConfig::default().with_name(text(name));
            match change {
                ConfigChange::Set(value) => config.with_config_operation(0).with_value(value.as_deref().map(text)),
                ConfigChange::Delete => config.with_config_operation(1).with_value(None),
            }
        };
        let resources = changes.iter().map(|(topic, changes)| {
            AlterConfigsResource::default()
                .with_resource_type(TOPIC)
                .with_resource_name(text(topic))
                .with_configs(changes.iter().map(alterable).collect())
        });
        let request = IncrementalAlterConfigsRequest::default().with_resources(resources.collect());
        self.persist("altering topic configurations", || async {
            let answer = self.ask_controller(|_| Ok(request.clone())).await?;
            Ok(answer
                .responses
                .into_iter()
                .map(|result| {
                    let topic = result.resource_name.as_str().to_owned();
                    let refusal = refused(result.error_code, result.error_message.as_deref(), || topic.clone());
                    (topic, refusal)
                })
                .collect())
        })
        .await
    }
}

pub(super) fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}
