//! A Java standalone worker and ours take turns on the same properties and the same offset file.
#![cfg(test)]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use aqueduct_tests::{Worker, WorkerFiles, bootstrap, eventually, file_source, topic_values, unique};

fn append(file: &Path, from: usize, to: usize, text: &str) {
    let lines: String = (from..to).map(|n| format!("{n} {text}\n")).collect();
    OpenOptions::new().create(true).append(true).open(file).unwrap().write_all(lines.as_bytes()).unwrap();
}

/// Waits until a line is the last one in the topic; on failure says what is there and who was at work.
fn wait_for(topic: &str, last: &str, who: &str) {
    let mut seen = Seen { who: who.to_owned(), values: Vec::new() };
    eventually("the last line arrives", || {
        seen.values = topic_values(&bootstrap(), topic);
        (seen.values.last()?.as_deref() == Some(last)).then_some(())
    });
}

struct Seen {
    who: String,
    values: Vec<Option<String>>,
}

impl Drop for Seen {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{} at work; {} values, the last {:?}", self.who, self.values.len(), self.values.last());
        }
    }
}

/// Waits until a commit has had its turn: the stored position no longer changes while two intervals pass.
fn offset_is_stored(worker: &Worker, values: usize) {
    let mut last = None;
    let mut since = Instant::now();
    eventually(&format!("the offset behind {values} values is stored"), || {
        let (_, offsets) = worker.request("GET", "/connectors/source/offsets", None);
        let position = offsets["offsets"][0]["offset"]["position"].as_i64();
        if position != last {
            (last, since) = (position, Instant::now());
        }
        (position.is_some() && since.elapsed() > Duration::from_millis(1_500)).then_some(())
    });
}

/// Runs the workers one after another, each with lines of its own; answers the values in the topic.
fn take_turns(order: &[&str], text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.txt");
    let topic = unique("turns");
    fs::write(&input, "").unwrap();
    let files = WorkerFiles::new(folder.path(), &bootstrap()).connector(file_source("source", &input, &topic, &[]));
    for (turn, who) in order.iter().enumerate() {
        append(&input, turn * 50, turn * 50 + 25, text);
        let worker = if *who == "java" { files.start_java() } else { files.start() };
        append(&input, turn * 50 + 25, (turn + 1) * 50, text);
        wait_for(&topic, &format!("{} {text}", (turn + 1) * 50 - 1), &format!("turn {turn}, {who}"));
        offset_is_stored(&worker, topic_values(&bootstrap(), &topic).len());
        if *who == "java" {
            worker.stop_or_kill();
        } else {
            assert!(worker.stop().success());
        }
    }
    topic_values(&bootstrap(), &topic).into_iter().flatten().collect()
}

fn all(turns: usize, text: &str) -> Vec<String> {
    (0..turns * 50).map(|n| format!("{n} {text}")).collect()
}

#[test]
fn ascii_lines_are_neither_lost_nor_repeated_when_java_and_we_take_turns() {
    assert_eq!(take_turns(&["java", "ours", "java"], "plain text"), all(3, "plain text"));
    assert_eq!(take_turns(&["ours", "java", "ours"], "plain text"), all(3, "plain text"));
}

#[test]
fn other_text_is_not_lost_and_not_repeated_after_our_position() {
    let text = "grüße 😀";
    let values = take_turns(&["ours", "java"], text);
    assert_eq!(values, all(2, text), "after our position, which counts bytes, nothing comes again");
    let values = take_turns(&["java", "ours"], text);
    for line in all(2, text) {
        assert!(values.contains(&line), "{line} was lost");
    }
}
