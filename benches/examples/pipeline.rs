//! Nanoseconds per record through the pipeline: text, transforms and JSON on the way to Kafka, text on the way back.
#![allow(clippy::print_stdout, reason = "a program that prints figures")]

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use aqueduct_api::{Record, TimestampType};
use aqueduct_benches::{chain, converters, operator, plugins};
use aqueduct_data::{Bytes, Schema, SchemaAndValue, Value, ValueMap};
use aqueduct_pipeline::{ConsumedRecord, SinkPipeline, SourcePipeline};

/// As in the program.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const RECORDS: u32 = 2_000_000;
const STRING: &str = "org.apache.kafka.connect.storage.StringConverter";
const JSON: &str = "org.apache.kafka.connect.json.JsonConverter";
const HOIST: (&str, &[(&str, &str)]) = ("org.apache.kafka.connect.transforms.HoistField$Value", &[("field", "line")]);
const INSERT: (&str, &[(&str, &str)]) = (
    "org.apache.kafka.connect.transforms.InsertField$Value",
    &[("static.field", "data_source"), ("static.value", "test-file-source")],
);

fn source(name: &str, mut pipeline: SourcePipeline) -> Result<(), Box<dyn Error>> {
    let line = Value::string("x".repeat(100));
    let partition: Arc<ValueMap> = Arc::new([("filename", "in.txt")].into_iter().collect());
    let offset: ValueMap = [("position", 1i64)].into_iter().collect();
    let start = Instant::now();
    for _ in 0..RECORDS {
        let record = Record::new("topic", SchemaAndValue::new(Schema::string(), line.clone()));
        std::hint::black_box(pipeline.process(&partition, &offset, record)?);
    }
    println!("{name:44} {:6.0} ns", start.elapsed().as_nanos() as f64 / f64::from(RECORDS));
    Ok(())
}

fn sink(name: &str, mut pipeline: SinkPipeline) -> Result<(), Box<dyn Error>> {
    let mut consumed = ConsumedRecord {
        topic: "topic".into(),
        partition: 0,
        offset: 0,
        timestamp: 1_700_000_000_000,
        timestamp_type: TimestampType::CreateTime,
        key: None,
        value: Some(Bytes::from("x".repeat(100))),
        headers: Vec::new(),
    };
    let mut batch = Vec::with_capacity(500);
    let start = Instant::now();
    for _ in 0..RECORDS {
        consumed.offset += 1;
        pipeline.process(consumed.clone(), &mut batch)?;
        if batch.len() == batch.capacity() {
            std::hint::black_box(&mut batch).clear();
        }
    }
    println!("{name:44} {:6.0} ns", start.elapsed().as_nanos() as f64 / f64::from(RECORDS));
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let plugins = plugins();
    let plain = || chain(&plugins, &[]);
    let example = || chain(&plugins, &[HOIST, INSERT]);
    let text = || converters(&plugins, STRING, &[]);
    let json = |schemas| converters(&plugins, JSON, &[("schemas.enable", schemas)]);
    source("source, text", SourcePipeline::new(plain()?, text()?, operator()))?;
    source("source, text to JSON", SourcePipeline::new(plain()?, json("false")?, operator()))?;
    source("source, Hoist + Insert to JSON", SourcePipeline::new(example()?, json("false")?, operator()))?;
    source("source, Hoist + Insert to JSON with schemas", SourcePipeline::new(example()?, json("true")?, operator()))?;
    sink("sink, text", SinkPipeline::new(plain()?, text()?, operator()))?;
    Ok(())
}
