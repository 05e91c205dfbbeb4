//! Reading the answers to admin requests.

use std::collections::BTreeMap;

use super::client::describe;
use super::ffi::*;
use super::{Event, text};
use crate::admin::{ConfigEntry, TopicDescription};
use crate::codes;
use crate::error::{ErrorKind, KafkaError};

/// Results by name.
pub(crate) type Named<T> = Vec<(String, Result<T, KafkaError>)>;

/// Reads an array of `count` pointers that belongs to an event.
///
/// # Safety
/// `array` has `count` entries (or is null and `count` 0), and lives as long as the answer is used.
unsafe fn entries<T>(array: *mut *const T, count: usize) -> Vec<*const T> {
    if array.is_null() {
        return Vec::new();
    }
    // SAFETY: as promised by the caller.
    unsafe { std::slice::from_raw_parts(array.cast_const(), count) }.to_vec()
}

fn outcome(code: i32, message: String) -> Result<(), KafkaError> {
    if code == codes::NONE {
        return Ok(());
    }
    Err(KafkaError::from_code(code, if message.is_empty() { describe(code) } else { message }))
}

/// An error object that belongs to an event; null is success.
///
/// # Safety
/// `error` is null or valid.
unsafe fn borrowed_error(error: *const rd_kafka_error_t) -> Result<(), KafkaError> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: not null, and as promised by the caller.
    unsafe { outcome(rd_kafka_error_code(error), text::owned(rd_kafka_error_string(error))) }
}

fn unexpected() -> KafkaError {
    KafkaError::new(ErrorKind::Other, "the answer belongs to another request")
}

// SAFETY of all blocks below: the event is valid and the request's kind is checked (a result of another kind is null);
// what the result holds belongs to the event and lives as long as it; texts are copied; arrays have the length that came
// with them.
impl Event {
    /// The answer to `describe_cluster`: the cluster's id, if it has one.
    pub(crate) fn cluster_id(&self) -> Result<Option<String>, KafkaError> {
        self.error()?;
        // SAFETY: see above.
        unsafe {
            let result = rd_kafka_event_DescribeCluster_result(self.raw());
            if result.is_null() {
                Err(unexpected())
            } else {
                Ok(text::optional(rd_kafka_DescribeCluster_result_cluster_id(result)))
            }
        }
    }

    /// The answer to `create_topics` or `delete_topics`.
    pub(crate) fn topic_results(&self) -> Result<Named<()>, KafkaError> {
        self.error()?;
        let mut count = 0;
        // SAFETY: see above.
        unsafe {
            let created = rd_kafka_event_CreateTopics_result(self.raw());
            let deleted = rd_kafka_event_DeleteTopics_result(self.raw());
            let array = match (created.is_null(), deleted.is_null()) {
                (false, _) => rd_kafka_CreateTopics_result_topics(created, &raw mut count),
                (_, false) => rd_kafka_DeleteTopics_result_topics(deleted, &raw mut count),
                _ => return Err(unexpected()),
            };
            let result = |topic| {
                let message = text::owned(rd_kafka_topic_result_error_string(topic));
                (text::owned(rd_kafka_topic_result_name(topic)), outcome(rd_kafka_topic_result_error(topic), message))
            };
            Ok(entries(array, count).into_iter().map(result).collect())
        }
    }

    /// The answer to `describe_topics`.
    pub(crate) fn topic_descriptions(&self) -> Result<Named<TopicDescription>, KafkaError> {
        self.error()?;
        let mut count = 0;
        // SAFETY: see above.
        unsafe {
            let result = rd_kafka_event_DescribeTopics_result(self.raw());
            if result.is_null() {
                return Err(unexpected());
            }
            let array = rd_kafka_DescribeTopics_result_topics(result, &raw mut count);
            Ok(entries(array, count).into_iter().map(|topic| topic_description(topic)).collect())
        }
    }

    /// The answer to `describe_topic_configs`.
    pub(crate) fn topic_configs(&self) -> Result<Named<BTreeMap<String, ConfigEntry>>, KafkaError> {
        self.error()?;
        let mut count = 0;
        // SAFETY: see above.
        unsafe {
            let result = rd_kafka_event_DescribeConfigs_result(self.raw());
            if result.is_null() {
                return Err(unexpected());
            }
            let array = rd_kafka_DescribeConfigs_result_resources(result, &raw mut count);
            let read = |resource| {
                let message = text::owned(rd_kafka_ConfigResource_error_string(resource));
                let result = outcome(rd_kafka_ConfigResource_error(resource), message);
                (text::owned(rd_kafka_ConfigResource_name(resource)), result.map(|()| config_entries(resource)))
            };
            Ok(entries(array, count).into_iter().map(read).collect())
        }
    }
}

/// # Safety
/// `topic` belongs to an event that lives.
unsafe fn topic_description(
    topic: *const rd_kafka_TopicDescription_t,
) -> (String, Result<TopicDescription, KafkaError>) {
    let mut count = 0;
    // SAFETY: as promised by the caller; see the note at `impl Event`.
    unsafe {
        let name = text::owned(rd_kafka_TopicDescription_name(topic));
        let description = borrowed_error(rd_kafka_TopicDescription_error(topic)).map(|()| {
            let array = rd_kafka_TopicDescription_partitions(topic, &raw mut count);
            let number = |partition| rd_kafka_TopicPartitionInfo_partition(partition);
            let mut partitions: Vec<i32> = entries(array, count).into_iter().map(number).collect();
            partitions.sort_unstable();
            TopicDescription {
                name: name.as_str().into(),
                partitions,
                internal: rd_kafka_TopicDescription_is_internal(topic) != 0,
            }
        });
        (name, description)
    }
}

/// # Safety
/// `resource` belongs to an event that lives.
unsafe fn config_entries(resource: *const rd_kafka_ConfigResource_t) -> BTreeMap<String, ConfigEntry> {
    let mut count = 0;
    // SAFETY: as promised by the caller; see the note at `impl Event`.
    unsafe {
        let array = rd_kafka_ConfigResource_configs(resource, &raw mut count);
        let read = |entry| {
            let value = text::optional(rd_kafka_ConfigEntry_value(entry));
            let is_default = rd_kafka_ConfigEntry_is_default(entry) != 0;
            (text::owned(rd_kafka_ConfigEntry_name(entry)), ConfigEntry { value, is_default })
        };
        entries(array, count).into_iter().map(read).collect()
    }
}
