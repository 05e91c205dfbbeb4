//! What is in a topic, read by a client that nobody here wrote (confluent-kafka).

use std::process::Command;

use crate::setting;

/// Keys and values of all records of a topic, partition by partition, in order; a null is `None`.
///
/// # Panics
/// When the topic cannot be read.
pub fn topic_records(bootstrap: &str, topic: &str) -> Vec<(Option<String>, Option<String>)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/dump_topic.py");
    let output =
        Command::new(setting("AQUEDUCT_PYTHON")).args([script, bootstrap, topic]).output().expect("python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("the script prints UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a pair of texts or nulls")).collect()
}

/// The values of all records of a topic, as [`topic_records`].
///
/// # Panics
/// When the topic cannot be read.
pub fn topic_values(bootstrap: &str, topic: &str) -> Vec<Option<String>> {
    topic_records(bootstrap, topic).into_iter().map(|(_, value)| value).collect()
}

/// A committed record of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedRecord {
    /// Its partition.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// Its value; none for a null.
    pub value: Option<String>,
}

/// The committed records of a topic, transactional or not, partition by partition, in order.
///
/// # Panics
/// When the topic cannot be read.
pub fn committed_records(bootstrap: &str, topic: &str) -> Vec<CommittedRecord> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/read_committed.py");
    let output =
        Command::new(setting("AQUEDUCT_PYTHON")).args([script, bootstrap, topic]).output().expect("python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("the script prints UTF-8");
    let record = |line: &str| {
        let (partition, offset, value) = serde_json::from_str(line).expect("a place and a value");
        CommittedRecord { partition, offset, value }
    };
    text.lines().map(record).collect()
}
