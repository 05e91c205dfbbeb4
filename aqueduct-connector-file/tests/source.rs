//! The file source, driven as the runtime drives it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod host;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use aqueduct_api::{ErrorKind, Factory};
use aqueduct_data::{Schema, SchemaAndValue, Value, ValueMap};
use host::{NoRuntime, Source, block_on, config, plugin, position, positions, texts};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> String {
        self.0.path().join("in.txt").to_str().unwrap().to_owned()
    }

    fn with(content: impl AsRef<[u8]>) -> Self {
        let folder = Self::new();
        fs::write(folder.file(), content).unwrap();
        folder
    }

    fn append(&self, content: impl AsRef<[u8]>) {
        OpenOptions::new().append(true).open(self.file()).unwrap().write_all(content.as_ref()).unwrap();
    }

    fn source(&self, stored: Option<ValueMap>) -> Source {
        self.try_source(stored).unwrap()
    }

    fn try_source(&self, stored: Option<ValueMap>) -> Result<Source, aqueduct_api::ConnectError> {
        Source::start(&[("name", "src"), ("file", &self.file()), ("topic", "t")], stored)
    }
}

fn check(content: &[u8], lines: &[&str], expect_positions: &[i64]) {
    let folder = Folder::with(content);
    let records = folder.source(None).read().unwrap();
    assert_eq!(texts(&records), lines, "{content:?}");
    assert_eq!(positions(&records), expect_positions, "{content:?}");
}

#[test]
fn lines_come_with_the_positions_after_them_in_bytes() {
    check(b"", &[], &[]);
    check(b"foo\nbar\n", &["foo", "bar"], &[4, 8]);
    check(b"foo\nbar", &["foo"], &[4]);
    check(b"foo\r\nbar\r\n", &["foo", "bar"], &[5, 10]);
    check(b"foo\rbar\r", &["foo"], &[4]);
    check(b"\n\n", &["", ""], &[1, 2]);
    check("ä€𝄞\nx\n".as_bytes(), &["ä€𝄞", "x"], &[10, 12]);
    check(b"a\xffb\nc\n", &["a\u{fffd}b", "c"], &[4, 6]);
    check(b"\xed\xa0\x80\n", &["\u{fffd}"], &[4]);
    check(b"no end at all", &[], &[]);
}

#[test]
fn a_record_is_javas() {
    let folder = Folder::with("foo\nbar\n");
    let before = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    let records = folder.source(None).read().unwrap();
    let record = &records[0];
    assert_eq!(*record.source_partition, ValueMap::from_iter([("filename", folder.file())]));
    assert_eq!(record.source_offset, position(4).unwrap());
    assert_eq!(record.record.topic, "t");
    assert_eq!(record.record.partition, None);
    assert_eq!(record.record.key, SchemaAndValue::NULL);
    assert_eq!(record.record.value, SchemaAndValue::new(Schema::string(), "foo"));
    assert!(record.record.headers.is_empty());
    assert!((before..before + 60_000).contains(&record.record.timestamp.unwrap()));
    assert!(Arc::ptr_eq(&record.source_partition, &records[1].source_partition));
}

#[test]
fn long_lines_share_the_block_that_they_were_read_into() {
    let folder = Folder::with("0123456789-0123456789-0123456789\n".repeat(20_000));
    let records = folder.source(None).poll().unwrap().unwrap();
    let at = |at: usize| match &records[at].record.value.value {
        Value::String(text) => text.as_bytes().as_ptr() as usize,
        other => panic!("{other:?}"),
    };
    assert_eq!((at(1) - at(0), at(2) - at(0)), (33, 66));
}

#[test]
fn batch_size_bounds_a_poll_and_less_than_one_is_one() {
    let sizes = |batch_size: &str| {
        let folder = Folder::with("x\n".repeat(4500));
        let mut source =
            Source::start(&[("file", &folder.file()), ("topic", "t"), ("batch.size", batch_size)], None).unwrap();
        let mut sizes = Vec::new();
        while let Some(batch) = source.poll().unwrap() {
            sizes.push(batch.len());
        }
        sizes
    };
    assert_eq!(sizes("2000"), [2000, 2000, 500]);
    assert_eq!(sizes("4500"), [4500]);
    assert_eq!(sizes("2147483647"), [4500]);
    for one in ["1", "0", "-1"] {
        assert_eq!(sizes(one), vec![1; 4500], "batch.size={one}");
    }
}

#[test]
fn long_lines_end_a_batch_before_it_fills_the_memory() {
    let folder = Folder::with([vec![b'x'; 3 << 20], b"\n".to_vec()].concat().repeat(4));
    let mut source = folder.source(None);
    let sizes: Vec<usize> = std::iter::from_fn(|| source.poll().unwrap()).map(|batch| batch.len()).collect();
    assert_eq!(sizes.iter().sum::<usize>(), 4);
    assert!(sizes.len() >= 2, "{sizes:?}");
}

#[test]
fn restarting_at_any_position_gives_exactly_the_rest() {
    let content = "plain\n\r\nüml€aut\r\n\rmac\rlast ä\nunfinished".as_bytes();
    let folder = Folder::with(content);
    let all = folder.source(None).read().unwrap();
    assert_eq!(all.len(), 6);
    for (index, record) in all.iter().enumerate() {
        let rest = folder.source(Some(record.source_offset.clone())).read().unwrap();
        assert_eq!(texts(&rest), texts(&all[index + 1..]));
        assert_eq!(positions(&rest), positions(&all[index + 1..]));
    }
}

#[test]
fn a_line_of_many_mebibytes_is_one_record() {
    let long = "0123456789abcdef".repeat(600_000);
    let folder = Folder::with(format!("before\n{long}\nafter\n"));
    let records = folder.source(None).read().unwrap();
    assert_eq!(texts(&records), ["before", &long, "after"]);
    assert_eq!(positions(&records), [7, 7 + 9_600_001, 7 + 9_600_001 + 6]);
}

#[test]
fn an_idle_poll_waits_a_second_and_answers_nothing() {
    let folder = Folder::with("a\n");
    let mut source = folder.source(None);
    assert_eq!(source.poll().unwrap().unwrap().len(), 1);
    assert_eq!(source.sleeps(), 0);
    assert_eq!(source.poll().unwrap(), None);
    assert_eq!(source.poll().unwrap(), None);
    assert_eq!(source.sleeps(), 2);
}

#[test]
fn appended_lines_follow_and_unfinished_ones_wait() {
    let folder = Folder::with("a\nb");
    let mut source = folder.source(None);
    let mut step = |append: &[u8], lines: &[&str], at: &[i64]| {
        folder.append(append);
        let records = source.read().unwrap();
        assert_eq!(texts(&records), lines, "after {append:?}");
        assert_eq!(positions(&records), at, "after {append:?}");
    };
    step(b"", &["a"], &[2]);
    step(b"c", &[], &[]);
    step(b"\r", &[], &[]);
    step(b"\n", &["bc"], &[6]);
    step(b"d\r", &[], &[]);
    step(b"e", &["d"], &[8]);
    step(b"\xc3", &[], &[]);
    step(b"\xa4\n", &["eä"], &[12]);
    step(b"\n", &[""], &[13]);
}

#[test]
fn a_file_that_appears_later_is_read() {
    let folder = Folder::new();
    let mut source = folder.source(None);
    assert_eq!(source.poll().unwrap(), None);
    assert_eq!(source.poll().unwrap(), None);
    assert_eq!(source.sleeps(), 2);
    fs::write(folder.file(), "here\n").unwrap();
    assert_eq!(texts(&source.read().unwrap()), ["here"]);
}

fn check_too_short(error: &aqueduct_api::ConnectError, folder: &Folder, position: &str, size: &str) {
    let message = error.message().unwrap();
    assert_eq!(error.kind(), ErrorKind::Connect);
    for part in [&folder.file(), position, size, "DELETE /connectors/src/offsets", "PUT /connectors/src/stop"] {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
}

#[test]
fn a_file_shorter_than_its_position_fails_the_task_with_the_way_out() {
    let folder = Folder::with("short\n");
    let error = folder.try_source(position(7)).err().unwrap();
    check_too_short(&error, &folder, "position 7", "6 bytes");
    assert_eq!(texts(&folder.source(position(6)).read().unwrap()), [""; 0]);

    // Also when it appears only later.
    let folder = Folder::new();
    let mut source = folder.source(position(100));
    assert_eq!(source.poll().unwrap(), None);
    fs::write(folder.file(), "new\n").unwrap();
    check_too_short(&source.poll().unwrap_err(), &folder, "position 100", "4 bytes");
}

#[test]
fn a_file_that_shrinks_while_it_is_read_fails_the_task() {
    let folder = Folder::with("one\ntwo\nunfinished");
    let mut source = folder.source(None);
    assert_eq!(source.read().unwrap().len(), 2);
    // Taking back the unfinished line only is fine.
    OpenOptions::new().write(true).open(folder.file()).unwrap().set_len(8).unwrap();
    assert_eq!(source.read().unwrap().len(), 0);
    folder.append("three\n");
    assert_eq!(texts(&source.read().unwrap()), ["three"]);

    fs::write(folder.file(), "new\n").unwrap();
    check_too_short(&source.read().unwrap_err(), &folder, "position 14", "4 bytes");
}

#[test]
fn stored_offsets_of_another_shape() {
    let folder = Folder::with("foo\nbar\n");
    let start = |value: Value| folder.try_source(Some(ValueMap::from_iter([("position", value)])));
    for wrong in [Value::from("4"), Value::from(4i32), Value::from(4.0), Value::from(true)] {
        let error = start(wrong).err().unwrap();
        assert_eq!(error.message(), Some("Offset position is the incorrect type"));
        assert_eq!(error.class(), "org.apache.kafka.connect.errors.ConnectException");
    }
    assert_eq!(start(Value::Null).unwrap().read().unwrap().len(), 2);
    assert_eq!(start(Value::from(-3i64)).unwrap().read().unwrap().len(), 2);
    assert_eq!(folder.source(Some(ValueMap::new())).read().unwrap().len(), 2);
}

#[test]
fn what_cannot_be_opened_fails_the_task_and_is_named() {
    let folder = Folder::new();
    fs::create_dir(folder.file()).unwrap();
    let error = folder.try_source(None).err().unwrap();
    assert!(error.message().unwrap().contains(&folder.file()), "{error}");
    assert!(error.trace().contains("Caused by: java.nio.file.FileSystemException: "), "{}", error.trace());

    let folder = Folder::with("");
    let below = format!("{}/below", folder.file());
    let error = Source::start(&[("file", &below), ("topic", "t")], None).err().unwrap();
    assert!(error.message().unwrap().contains(&below), "{error}");
}

#[test]
fn lines_come_out_of_a_pipe_as_they_are_written() {
    let folder = Folder::new();
    let made = std::process::Command::new("mkfifo").arg(folder.file()).status();
    if !made.is_ok_and(|status| status.success()) {
        // Windows has no such pipes.
        assert!(!Path::new("/dev/null").exists(), "mkfifo failed");
        return;
    }
    let mut source = folder.source(position(1000));
    let path = folder.file();
    let mut pipe = OpenOptions::new().read(true).write(true).open(path).unwrap();
    pipe.write_all(b"first\nsec").unwrap();
    assert_eq!(source.read_until(1), ["first"]);
    pipe.write_all(b"ond\n").unwrap();
    assert_eq!(source.read_until(1), ["second"]);
    let writer = std::thread::spawn(move || {
        for n in 0..100_000 {
            writeln!(pipe, "line {n}").unwrap();
        }
    });
    let lines = source.read_until(100_000);
    assert!(lines.iter().enumerate().all(|(n, line)| *line == format!("line {n}")));
    writer.join().unwrap();
    source.stop();
}

#[test]
fn one_task_gets_all_properties_of_the_connector() {
    let Factory::Source { connector, task_class, .. } = plugin("SourceConnector").factory else { panic!("a source") };
    assert_eq!(task_class, "org.apache.kafka.connect.file.FileStreamSourceTask");
    let mut connector = connector();
    let props = config(&[("name", "src"), ("topic", "t"), ("file", "f"), ("other", "x")]);
    let context = aqueduct_api::ConnectorContext::new(Arc::new(NoRuntime));
    block_on(connector.start(context.clone(), props.clone())).unwrap();
    assert_eq!(block_on(connector.task_configs(4)).unwrap(), [props]);
    let error = block_on(connector.start(context, config(&[("file", "f")]))).unwrap_err();
    assert_eq!(error.message(), Some("Missing required configuration \"topic\" which has no default value."));
}
