//! Makes sure that the topic of a log is there and can be relied on (`TopicAdmin`).

use std::time::Duration;

use aqueduct_api::ConnectError;
use aqueduct_kafka::{Admin, ErrorKind, KafkaError, NewTopic};
use tokio::time::{Instant, sleep};

use crate::kafka_error::connect_error;
use crate::store_settings::TopicSettings;

/// How long a topic may take to become known to the broker that we ask.
const TOPIC_PATIENCE: Duration = Duration::from_secs(30);
/// The first and the longest pause between two looks.
const LOOK_AGAIN: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// Creates the topic if it is missing, checks it otherwise; answers its partitions.
pub(super) async fn ensure_topic(admin: &Admin, settings: &TopicSettings) -> Result<Vec<i32>, ConnectError> {
    if !create(admin, settings).await? {
        check_cleanup_policy(admin, settings).await?;
    }
    let partitions = partitions(admin, settings).await?;
    if settings.single_partition && partitions.len() > 1 {
        return Err(ConnectError::config(format!(
            "Topic '{}' supplied via the '{}' property is required to have a single partition in order to guarantee \
             consistency of connector configurations, but found {} partitions.",
            settings.topic,
            settings.key,
            partitions.len()
        )));
    }
    Ok(partitions)
}

/// Answers whether the topic was created just now, by us. A broker that does not let us create topics may have it all the
/// same.
async fn create(admin: &Admin, settings: &TopicSettings) -> Result<bool, ConnectError> {
    let topic = NewTopic {
        name: settings.topic.clone(),
        partitions: settings.partitions,
        replication_factor: settings.replication_factor,
        configs: settings.configs.clone(),
    };
    let deadline = Instant::now() + settings.api_timeout;
    loop {
        let result = match admin.create_topics(std::slice::from_ref(&topic)).await {
            Ok(results) => results.into_iter().next().map_or(Ok(()), |(_, result)| result),
            Err(error) => Err(error),
        };
        let Err(error) = result else {
            tracing::info!("Created topic {} ({})", settings.topic, settings.purpose);
            return Ok(true);
        };
        match error.kind() {
            ErrorKind::TopicExists => return Ok(false),
            ErrorKind::Unsupported | ErrorKind::Authorization => {
                tracing::debug!("creating topic {}: {error}; assuming that it exists", settings.topic);
                return Ok(false);
            }
            _ => {}
        }
        let remaining = deadline.saturating_duration_since(Instant::now());
        let failure = creation_failure(&settings.topic, &error);
        if !matches!(error.kind(), ErrorKind::Timeout | ErrorKind::InvalidReplicationFactor) || remaining.is_zero() {
            return Err(failure);
        }
        tracing::info!(
            "'{}' topic creation failed due to '{error}', retrying, {}ms remaining",
            settings.topic,
            remaining.as_millis()
        );
        sleep(settings.retry_backoff.max(Duration::from_millis(1))).await;
    }
}

fn creation_failure(topic: &str, error: &KafkaError) -> ConnectError {
    let message = match error.kind() {
        ErrorKind::Timeout => format!(
            "Timed out while checking for or creating topic(s) '{topic}'. This could indicate a connectivity issue, \
             unavailable topic partitions, or if this is your first use of the topic it may have taken too long to create."
        ),
        ErrorKind::InvalidConfig => format!("Unable to create topic(s) '{topic}': {error}"),
        _ => format!("Error while attempting to create/find topic(s) '{topic}'"),
    };
    ConnectError::connect(message).caused_by(connect_error(error))
}

/// Refuses a topic that would lose its records.
async fn check_cleanup_policy(admin: &Admin, settings: &TopicSettings) -> Result<(), ConnectError> {
    let topic = &settings.topic;
    let described = match admin.describe_topic_configs(&[topic]).await {
        Ok(results) => results.into_iter().next().map_or(Ok(Default::default()), |(_, result)| result),
        Err(error) => Err(error),
    };
    let configs = match described {
        Ok(configs) => configs,
        Err(error)
            if matches!(error.kind(), ErrorKind::UnknownTopic | ErrorKind::Authorization | ErrorKind::Unsupported) =>
        {
            Default::default()
        }
        Err(error) => {
            let message = format!("Error while attempting to describe topic config for topic '{topic}'");
            return Err(ConnectError::connect(message).caused_by(connect_error(&error)));
        }
    };
    match configs.get("cleanup.policy").and_then(|entry| entry.value.as_deref()) {
        Some(policy) => refuse_other_policy(settings, policy),
        None => {
            tracing::info!(
                "Cannot verify that the cleanup policy of topic '{topic}' is 'compact': either the broker is too old, or \
                 the principal of this worker may not describe the configurations of topics"
            );
            Ok(())
        }
    }
}

fn refuse_other_policy(settings: &TopicSettings, policy: &str) -> Result<(), ConnectError> {
    let mut policies: Vec<String> = Vec::new();
    for name in policy.split(',').map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty()) {
        if !policies.contains(&name) {
            policies.push(name);
        }
    }
    if policies == ["compact"] {
        return Ok(());
    }
    let (topic, key, purpose) = (&settings.topic, settings.key, settings.purpose);
    Err(ConnectError::config(format!(
        "Topic '{topic}' supplied via the '{key}' property is required to have 'cleanup.policy=compact' to guarantee \
         consistency and durability of {purpose}, but found the topic currently has 'cleanup.policy={}'. Continuing \
         would likely result in eventually losing {purpose} and problems restarting this Connect cluster in the future. \
         Change the '{key}' property in the Connect worker configurations to use a topic with 'cleanup.policy=compact'.",
        policies.join(",")
    )))
}

/// The partitions of the topic, once it is known.
async fn partitions(admin: &Admin, settings: &TopicSettings) -> Result<Vec<i32>, ConnectError> {
    let topic = &settings.topic;
    let deadline = Instant::now() + TOPIC_PATIENCE;
    let (mut pause, longest) = LOOK_AGAIN;
    loop {
        let described = match admin.describe_topics(&[topic]).await {
            Ok(results) => results.into_iter().next().map(|(_, result)| result).transpose(),
            Err(error) => Err(error),
        };
        let cause = match described {
            Ok(Some(description)) if !description.partitions.is_empty() => return Ok(description.partitions),
            Ok(_) => None,
            Err(error) if error.is_retriable() => Some(error),
            Err(error) => {
                let message = format!("Error while attempting to describe topics '{topic}'");
                return Err(ConnectError::connect(message).caused_by(connect_error(&error)));
            }
        };
        if Instant::now() >= deadline {
            let failure = ConnectError::connect(format!(
                "Could not look up partition metadata for topic '{topic}' in the allotted period. This could indicate a \
                 connectivity issue, unavailable topic partitions, or if this is your first use of the topic it may have \
                 taken too long to create."
            ));
            return Err(match cause {
                Some(cause) => failure.caused_by(connect_error(&cause)),
                None => failure,
            });
        }
        sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_compaction_alone_will_do() {
        let check = |policy: &str, refused: Option<&str>| {
            let settings = TopicSettings::for_tests("t", "offset.storage.topic", "source connector offsets");
            let message = refuse_other_policy(&settings, policy).err().map(|error| error.message().unwrap().to_owned());
            let expect = refused.map(|found| {
                format!(
                    "Topic 't' supplied via the 'offset.storage.topic' property is required to have \
                     'cleanup.policy=compact' to guarantee consistency and durability of source connector offsets, but \
                     found the topic currently has 'cleanup.policy={found}'. Continuing would likely result in eventually \
                     losing source connector offsets and problems restarting this Connect cluster in the future. Change \
                     the 'offset.storage.topic' property in the Connect worker configurations to use a topic with \
                     'cleanup.policy=compact'."
                )
            });
            assert_eq!(message, expect, "{policy}");
        };
        check("compact", None);
        check(" COMPACT, compact", None);
        check("delete", Some("delete"));
        check("compact,delete", Some("compact,delete"));
    }

    #[test]
    fn a_topic_that_cannot_be_created_is_named() {
        let check = |kind, expect: &str| {
            let failure = creation_failure("t", &KafkaError::new(kind, "why"));
            assert_eq!(failure.message(), Some(expect));
            assert_eq!(failure.cause().unwrap().message(), Some("why"));
        };
        check(ErrorKind::Other, "Error while attempting to create/find topic(s) 't'");
        check(
            ErrorKind::Timeout,
            "Timed out while checking for or creating topic(s) 't'. This could indicate a connectivity issue, \
             unavailable topic partitions, or if this is your first use of the topic it may have taken too long to create.",
        );
    }
}
