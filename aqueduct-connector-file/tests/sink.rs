//! The file sink, driven as the runtime drives it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod host;

use std::fs;
use std::sync::Arc;

use aqueduct_api::{
    ConnectError, ConnectorContext, Factory, Origin, Record, SinkOffsets, SinkRecord, SinkTask, SinkTaskContext,
    TimestampType, TopicPartition,
};
use aqueduct_data::{Bytes, Schema, SchemaAndValue, SchemaBuilder, Struct, Value, ValueMap};
use host::{NoRuntime, block_on, config, plugin, sink_task};

fn record(value: impl Into<Value>) -> SinkRecord {
    let mut record = Record::new("t", SchemaAndValue::schemaless(value));
    record.origin = Origin::Sink { offset: 0 };
    SinkRecord {
        record,
        timestamp_type: TimestampType::CreateTime,
        original: TopicPartition::new("t", 0),
        original_offset: 0,
        consumed: None,
    }
}

fn start(file: &str) -> Result<Box<dyn SinkTask>, ConnectError> {
    let mut task = sink_task();
    let props = config(&[("file", file), ("topics", "t")]);
    block_on(task.start(SinkTaskContext::new(props.clone(), None), props)).map(|()| task)
}

fn put<V: Into<Value>>(task: &mut dyn SinkTask, values: impl IntoIterator<Item = V>) -> Result<(), ConnectError> {
    block_on(task.put(Arc::new(values.into_iter().map(record).collect())))
}

#[test]
fn values_are_written_as_java_prints_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.txt");
    let mut task = start(file.to_str().unwrap()).unwrap();
    let check = |task: &mut dyn SinkTask, value: Value, expect: &str| {
        fs::write(&file, "").unwrap();
        put(task, [value]).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), format!("{expect}\n"));
    };
    check(&mut *task, Value::Null, "null");
    check(&mut *task, "text ä€".into(), "text ä€");
    check(&mut *task, "".into(), "");
    check(&mut *task, 1i8.into(), "1");
    check(&mut *task, (-5i64).into(), "-5");
    check(&mut *task, true.into(), "true");
    check(&mut *task, 1.0f64.into(), "1.0");
    check(&mut *task, 1e10f64.into(), "1.0E10");
    check(&mut *task, vec![Value::from(1i32), Value::Null].into(), "[1, null]");
    check(&mut *task, ValueMap::from_iter([("line", "foo"), ("data_source", "x")]).into(), "{line=foo, data_source=x}");
    let schema = SchemaBuilder::structure().field("a", Schema::int32()).build().unwrap();
    let mut fields = Struct::new(schema).unwrap();
    fields.put("a", 1i32).unwrap();
    check(&mut *task, fields.into(), "Struct{a=1}");

    fs::write(&file, "").unwrap();
    put(&mut *task, [Bytes::from_static(b"abc")]).unwrap();
    assert!(fs::read_to_string(&file).unwrap().starts_with("[B@"));
}

#[test]
fn batches_are_appended_at_once_and_the_file_is_made_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.txt");
    let mut task = start(file.to_str().unwrap()).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "");
    put(&mut *task, ["a", "b"]).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "a\nb\n");
    put(&mut *task, [""; 0]).unwrap();
    let offsets = SinkOffsets::from([(TopicPartition::new("t", 0), 2)]);
    assert_eq!(block_on(task.pre_commit(offsets.clone())).unwrap(), offsets);
    block_on(task.stop()).unwrap();

    let mut again = start(file.to_str().unwrap()).unwrap();
    let mut beside = start(file.to_str().unwrap()).unwrap();
    put(&mut *again, ["c"]).unwrap();
    put(&mut *beside, ["d"]).unwrap();
    put(&mut *again, ["e"]).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "a\nb\nc\nd\ne\n");
}

#[test]
fn a_missing_folder_fails_the_start_with_javas_text_and_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("no/out.txt");
    let file = file.to_str().unwrap();
    let error = start(file).err().unwrap();
    assert_eq!(error.class(), "org.apache.kafka.connect.errors.ConnectException");
    assert_eq!(error.message().unwrap(), format!("Couldn't find or create file '{file}' for FileStreamSinkTask"));
    let cause = error.cause().unwrap();
    assert_eq!(cause.class(), "java.nio.file.NoSuchFileException");
    let missing = folder.path().join("no");
    assert!(cause.message().unwrap().contains(missing.to_str().unwrap()), "{cause}");
    assert!(cause.message().unwrap().contains("create it"), "{cause}");

    let error = start(folder.path().to_str().unwrap()).err().unwrap();
    assert!(error.message().unwrap().starts_with("Couldn't find or create file '"), "{error}");
}

/// `/dev/full` is a disk without room.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_fails_the_task_and_nothing_is_committed_any_more() {
    let mut task = start("/dev/full").unwrap();
    let error = put(&mut *task, ["lost"]).unwrap_err();
    assert!(!error.is_retriable());
    assert!(error.message().unwrap().contains("/dev/full"), "{error}");
    assert!(error.trace().contains("No space left on device"), "{}", error.trace());
    let offsets = SinkOffsets::from([(TopicPartition::new("t", 0), 1)]);
    assert_eq!(block_on(task.pre_commit(offsets)).unwrap_err(), error);
    assert_eq!(put(&mut *task, ["more"]).unwrap_err(), error);
    block_on(task.stop()).unwrap();
}

#[test]
fn without_a_file_standard_output_is_written_to() {
    for file in ["", " "] {
        let mut task = start(file).unwrap();
        put(&mut *task, [""; 0]).unwrap();
        block_on(task.flush(SinkOffsets::new())).unwrap();
        block_on(task.stop()).unwrap();
    }
}

#[test]
fn stopping_a_task_that_never_started_is_fine() {
    block_on(sink_task().stop()).unwrap();
}

#[test]
fn each_task_gets_all_properties_of_the_connector() {
    let Factory::Sink { connector, task_class, .. } = plugin("SinkConnector").factory else { panic!("a sink") };
    assert_eq!(task_class, "org.apache.kafka.connect.file.FileStreamSinkTask");
    let mut connector = connector();
    assert_eq!(connector.config_def().names().collect::<Vec<_>>(), ["file"]);
    let props = config(&[("name", "out"), ("topics", "t"), ("other", "x")]);
    block_on(connector.start(ConnectorContext::new(Arc::new(NoRuntime)), props.clone())).unwrap();
    assert_eq!(block_on(connector.task_configs(2)).unwrap(), [props.clone(), props.clone()]);
    assert!(block_on(connector.alter_offsets(props, vec![(TopicPartition::new("t", 0), None)])).unwrap());
    block_on(connector.stop()).unwrap();
}
