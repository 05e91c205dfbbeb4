//! The file source without a file: it runs in a child process of this test, which is the test itself once more.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod host;

use std::io::Write;
use std::process::{Command, Stdio};

use aqueduct_data::{Value, ValueMap};
use host::{Source, texts};

/// Set in the child, which reads.
const CHILD: &str = "AQUEDUCT_TEST_READS_STANDARD_INPUT";

#[test]
fn standard_input_is_read_and_its_rest_goes_to_the_next_task() {
    if std::env::var_os(CHILD).is_some() {
        return child();
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .arg("--exact")
        .arg("standard_input_is_read_and_its_rest_goes_to_the_next_task")
        .env(CHILD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all("one\r\ntwo ä\nthree\nfour\nunfinished".as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn child() {
    let config = [("topic", "t"), ("batch.size", "2")];
    let ignored = Some(ValueMap::from_iter([("position", Value::Null)]));
    let mut first = Source::start(&config, ignored).unwrap();
    let records = first.poll().unwrap().unwrap();
    assert_eq!(texts(&records), ["one", "two ä"]);
    assert_eq!(*records[0].source_partition, ValueMap::from_iter([("filename", Value::Null)]));
    assert_eq!(records[0].source_offset, ValueMap::from_iter([("position", Value::Null)]));
    first.stop();

    let mut second = Source::start(&config, None).unwrap();
    assert_eq!(texts(&second.read().unwrap()), ["three", "four"]);
    assert_eq!(second.poll().unwrap(), None, "an unfinished line waits");
    assert!(second.sleeps() > 0);
    second.stop();
}
