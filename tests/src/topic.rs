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
