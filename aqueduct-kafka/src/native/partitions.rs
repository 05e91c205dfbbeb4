//! Lists of partitions with offsets, in librdkafka's form and in ours.

use std::ptr::NonNull;

use aqueduct_data::ByteString;

use super::ffi::*;
use super::text::{self, c_text};
use crate::error::KafkaError;
use crate::record::TopicPartition;

/// librdkafka's "no offset".
pub(crate) const OFFSET_INVALID: i64 = -1001;
/// Start at the first record that is there.
pub(crate) const OFFSET_BEGINNING: i64 = -2;
/// Start after the last record.
pub(crate) const OFFSET_END: i64 = -1;
/// Start where the group has committed.
pub(crate) const OFFSET_STORED: i64 = -1000;

/// One entry of a list, in our form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartitionOffset {
    pub(crate) partition: TopicPartition,
    /// An offset or one of the constants above.
    pub(crate) offset: i64,
    pub(crate) metadata: String,
    /// What went wrong with this partition, 0 for nothing.
    pub(crate) code: i32,
}

/// A list that belongs to us.
pub(crate) struct PartitionList(NonNull<rd_kafka_topic_partition_list_t>);

// SAFETY: rule 2: the list is a plain allocation with one owner.
unsafe impl Send for PartitionList {}
// SAFETY: through a shared reference the list is only read; whoever changes it borrows it mutably.
unsafe impl Sync for PartitionList {}

impl PartitionList {
    pub(crate) fn with_capacity(capacity: usize) -> PartitionList {
        // SAFETY: any capacity is fine; the answer is never null (librdkafka aborts without memory).
        let list = unsafe { rd_kafka_topic_partition_list_new(c_int::try_from(capacity).unwrap_or(c_int::MAX)) };
        PartitionList(NonNull::new(list).expect("rd_kafka_topic_partition_list_new never answers null"))
    }

    /// Partitions with offsets.
    pub(crate) fn of<'a>(
        partitions: impl ExactSizeIterator<Item = (&'a TopicPartition, i64)>,
    ) -> Result<PartitionList, KafkaError> {
        let mut list = PartitionList::with_capacity(partitions.len());
        for (partition, offset) in partitions {
            list.push(&partition.topic, partition.partition, offset, "")?;
        }
        Ok(list)
    }

    /// Topics without partitions, for subscriptions.
    pub(crate) fn of_topics<'a>(topics: impl ExactSizeIterator<Item = &'a str>) -> Result<PartitionList, KafkaError> {
        let mut list = PartitionList::with_capacity(topics.len());
        for topic in topics {
            list.push(topic, -1, OFFSET_INVALID, "")?;
        }
        Ok(list)
    }

    /// Adds an entry.
    pub(crate) fn push(&mut self, topic: &str, partition: i32, offset: i64, metadata: &str) -> Result<(), KafkaError> {
        let topic = c_text(topic)?;
        // SAFETY: the list is ours and borrowed mutably; the name is copied. The entry that is answered is valid until
        // the next change of the list. Its metadata has to come from librdkafka's allocator, which frees it.
        unsafe {
            let entry = rd_kafka_topic_partition_list_add(self.raw(), topic.as_ptr(), partition);
            (*entry).offset = offset;
            if !metadata.is_empty() {
                let bytes = rd_kafka_mem_malloc(std::ptr::null_mut(), metadata.len());
                bytes.cast::<u8>().copy_from_nonoverlapping(metadata.as_ptr(), metadata.len());
                (*entry).metadata = bytes;
                (*entry).metadata_size = metadata.len();
            }
        }
        Ok(())
    }

    /// The entries in our form.
    pub(crate) fn entries(&self) -> Vec<PartitionOffset> {
        // SAFETY: the list is ours.
        unsafe { PartitionList::read(self.raw()) }
    }

    pub(super) fn raw(&self) -> *mut rd_kafka_topic_partition_list_t {
        self.0.as_ptr()
    }

    /// Reads a list that belongs to librdkafka; null has no entries.
    ///
    /// # Safety
    /// `list` is null or a list that nobody changes during the call.
    pub(super) unsafe fn read(list: *const rd_kafka_topic_partition_list_t) -> Vec<PartitionOffset> {
        if list.is_null() {
            return Vec::new();
        }
        // SAFETY: not null; `elems` has `cnt` entries.
        let (entries, count) = unsafe { ((*list).elems, usize::try_from((*list).cnt).unwrap_or(0)) };
        // SAFETY: each index is below the count.
        (0..count).map(|at| unsafe { read_entry(entries.add(at)) }).collect()
    }
}

/// Reads one entry.
///
/// # Safety
/// `entry` is a valid entry that nobody changes during the call.
pub(super) unsafe fn read_entry(entry: *const rd_kafka_topic_partition_t) -> PartitionOffset {
    // SAFETY: the entry is valid; its name is a text, its metadata `metadata_size` bytes or null. The code is read as a
    // plain integer (rule 4).
    unsafe {
        let metadata = if (*entry).metadata.is_null() {
            String::new()
        } else {
            let bytes = std::slice::from_raw_parts((*entry).metadata.cast::<u8>(), (*entry).metadata_size);
            String::from_utf8_lossy(bytes).into_owned()
        };
        PartitionOffset {
            partition: TopicPartition {
                topic: ByteString::from(text::owned((*entry).topic)),
                partition: (*entry).partition,
            },
            offset: (*entry).offset,
            metadata,
            code: (&raw const (*entry).err).cast::<c_int>().read(),
        }
    }
}

impl Drop for PartitionList {
    fn drop(&mut self) {
        // SAFETY: the list is ours and not used any more.
        unsafe { rd_kafka_topic_partition_list_destroy(self.raw()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_partitions_offsets_and_metadata() {
        let mut list = PartitionList::with_capacity(0);
        list.push("orders", 3, 42, "").unwrap();
        list.push("payments", 0, OFFSET_BEGINNING, "a note").unwrap();
        let entries = list.entries();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].partition, TopicPartition::new("orders", 3));
        assert_eq!((entries[0].offset, entries[0].metadata.as_str(), entries[0].code), (42, "", 0));
        assert_eq!((entries[1].offset, entries[1].metadata.as_str()), (OFFSET_BEGINNING, "a note"));
    }

    #[test]
    fn names_with_a_zero_character_are_refused() {
        assert!(PartitionList::of_topics(["a\0b"].into_iter()).is_err());
    }
}
