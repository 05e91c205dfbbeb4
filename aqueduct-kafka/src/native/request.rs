//! Admin requests. The answer to each comes to a queue of the caller's choice as one event; `reply` reads it.

use super::ffi::rd_kafka_admin_op_t::*;
use super::ffi::*;
use super::text::{ErrorText, c_text};
use super::{Client, Queue};
use crate::admin::NewTopic;
use crate::codes;
use crate::error::{ErrorKind, KafkaError};

/// Where and when the answer to a request is wanted.
#[derive(Clone, Copy)]
pub(crate) struct Reply<'a> {
    pub(crate) queue: &'a Queue,
    /// How long to wait for a broker and its answer.
    pub(crate) timeout_ms: i32,
}

/// An object made for one request; librdkafka copies it, so it is destroyed after the call.
struct Owned<T> {
    pointer: *mut T,
    destroy: unsafe extern "C" fn(*mut T),
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: the pointer came from the constructor that belongs to `destroy` and is not used any more.
        unsafe { (self.destroy)(self.pointer) };
    }
}

fn pointers<T>(objects: &[Owned<T>]) -> Vec<*mut T> {
    objects.iter().map(|object| object.pointer).collect()
}

impl Client {
    /// Asks who the cluster is. Waits for a broker to be there.
    pub(crate) fn describe_cluster(&self, reply: Reply<'_>) {
        let options = self.options(RD_KAFKA_ADMIN_OP_DESCRIBECLUSTER, reply);
        // SAFETY: all handles are valid; the options are copied.
        unsafe { rd_kafka_DescribeCluster(self.raw(), options.pointer, reply.queue.raw()) };
    }

    pub(crate) fn create_topics(&self, topics: &[NewTopic], reply: Reply<'_>) -> Result<(), KafkaError> {
        let objects = topics.iter().map(new_topic).collect::<Result<Vec<_>, _>>()?;
        let options = self.options(RD_KAFKA_ADMIN_OP_CREATETOPICS, reply);
        let mut list = pointers(&objects);
        // SAFETY: all handles are valid; the array has as many entries as we say; everything is copied.
        unsafe {
            rd_kafka_CreateTopics(self.raw(), list.as_mut_ptr(), list.len(), options.pointer, reply.queue.raw());
        }
        Ok(())
    }

    pub(crate) fn delete_topics(&self, topics: &[&str], reply: Reply<'_>) -> Result<(), KafkaError> {
        let objects = each(topics, |topic| {
            let topic = c_text(topic)?;
            // SAFETY: the name is copied.
            let pointer = unsafe { rd_kafka_DeleteTopic_new(topic.as_ptr()) };
            Ok(Owned { pointer, destroy: rd_kafka_DeleteTopic_destroy })
        })?;
        let options = self.options(RD_KAFKA_ADMIN_OP_DELETETOPICS, reply);
        let mut list = pointers(&objects);
        // SAFETY: as for `create_topics`.
        unsafe {
            rd_kafka_DeleteTopics(self.raw(), list.as_mut_ptr(), list.len(), options.pointer, reply.queue.raw());
        }
        Ok(())
    }

    pub(crate) fn describe_topics(&self, topics: &[&str], reply: Reply<'_>) -> Result<(), KafkaError> {
        let names = topics.iter().map(|topic| c_text(topic)).collect::<Result<Vec<_>, _>>()?;
        let mut list: Vec<*const c_char> = names.iter().map(|name| name.as_ptr()).collect();
        // SAFETY: the array has as many names as we say; they are copied.
        let pointer = unsafe { rd_kafka_TopicCollection_of_topic_names(list.as_mut_ptr(), list.len()) };
        let collection = Owned { pointer, destroy: rd_kafka_TopicCollection_destroy };
        let options = self.options(RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, reply);
        // SAFETY: all handles are valid; everything is copied.
        unsafe { rd_kafka_DescribeTopics(self.raw(), collection.pointer, options.pointer, reply.queue.raw()) };
        Ok(())
    }

    pub(crate) fn describe_topic_configs(&self, topics: &[&str], reply: Reply<'_>) -> Result<(), KafkaError> {
        let objects = each(topics, |topic| {
            let topic = c_text(topic)?;
            // SAFETY: the name is copied.
            let pointer = unsafe {
                rd_kafka_ConfigResource_new(rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC, topic.as_ptr())
            };
            Ok(Owned { pointer, destroy: rd_kafka_ConfigResource_destroy })
        })?;
        let options = self.options(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, reply);
        let mut list = pointers(&objects);
        // SAFETY: as for `create_topics`.
        unsafe {
            rd_kafka_DescribeConfigs(self.raw(), list.as_mut_ptr(), list.len(), options.pointer, reply.queue.raw());
        }
        Ok(())
    }

    fn options(&self, operation: rd_kafka_admin_op_t, reply: Reply<'_>) -> Owned<rd_kafka_AdminOptions_t> {
        let mut text = ErrorText::new();
        // librdkafka takes at most an hour.
        let timeout_ms = reply.timeout_ms.clamp(1, 3_600_000);
        // SAFETY: the handle is valid; the options are ours; the buffer is as large as we say. The timeout is in range.
        // Waiting for the broker's own work only exists for some operations; for the others it is refused, which is fine.
        let options = unsafe {
            let options = rd_kafka_AdminOptions_new(self.raw(), operation);
            rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, text.pointer(), text.capacity());
            rd_kafka_AdminOptions_set_operation_timeout(options, timeout_ms, text.pointer(), text.capacity());
            options
        };
        Owned { pointer: options, destroy: rd_kafka_AdminOptions_destroy }
    }
}

fn each<T>(names: &[&str], make: impl Fn(&str) -> Result<Owned<T>, KafkaError>) -> Result<Vec<Owned<T>>, KafkaError> {
    names.iter().map(|name| make(name)).collect()
}

fn new_topic(topic: &NewTopic) -> Result<Owned<rd_kafka_NewTopic_t>, KafkaError> {
    let name = c_text(&topic.name)?;
    let mut text = ErrorText::new();
    let (partitions, replication) =
        (topic.partitions.unwrap_or(-1), c_int::from(topic.replication_factor.unwrap_or(-1)));
    // SAFETY: the name is copied; the buffer is as large as we say; null (for values out of range) is dealt with.
    let pointer =
        unsafe { rd_kafka_NewTopic_new(name.as_ptr(), partitions, replication, text.pointer(), text.capacity()) };
    if pointer.is_null() {
        return Err(KafkaError::new(ErrorKind::Other, text.into_string()));
    }
    let object = Owned { pointer, destroy: rd_kafka_NewTopic_destroy };
    for (key, value) in &topic.configs {
        let (key, value) = (c_text(key)?, c_text(value)?);
        // SAFETY: the object is ours; both texts are copied.
        unsafe { rd_kafka_NewTopic_set_config(object.pointer, key.as_ptr(), value.as_ptr()) };
    }
    Ok(object)
}

/// How the answer to a request says that it did not come in time.
pub(crate) fn is_timeout(code: i32) -> bool {
    code == codes::TIMED_OUT || code == codes::TIMED_OUT_QUEUE
}
