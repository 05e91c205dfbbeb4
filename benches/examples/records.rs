//! What a record costs in each transform and converter: nanoseconds, the best of some rounds. The cases are in
//! `benches/records/cases.json`; Java's figures for them come from `RecordBench.java` beside it. Run both with
//! `tools/bench_records.sh`. Prints one line for each case: index, figure, name.
//!
//! Inputs are made in batches and not measured: as on the way through a worker, each record is its transform's own, and a
//! batch is small enough for a processor's first cache, where Java's single record is too. Giving back what came out is
//! measured, as Java's garbage collection is; what giving back the input as it was would cost is taken off, since a record
//! has to be given back with or without a transform, and the bytes of a message with or without a converter.
#![allow(clippy::print_stdout, reason = "a program that prints figures")]

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use aqueduct_api::{ConfigMap, Factory, PluginKind, RawHeaders, Record};
use aqueduct_benches::plugins;
use aqueduct_data::{Bytes, Payload, Schema, SchemaAndValue, SchemaBuilder, SchemaRef, Struct, Value, ValueMap};
use aqueduct_plugins::Plugins;
use serde_json::Value as Json;

/// As in the program.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const USAGE: &str = "usage: records CASES.JSON MILLIS [PART OF NAME]";

/// How many records are made at a time, at most.
const BATCH: usize = 64;
/// How many values they hold, at most: with what is around them, they fit in a processor's first cache.
const VALUES: usize = 480;

/// Takes a batch of inputs, measured.
type Step = Box<dyn FnMut() -> Duration>;

/// Makes inputs, and measures what is done with them until inputs and outputs are gone.
fn step<T: 'static, U>(
    batch: usize,
    make: impl Fn() -> T + 'static,
    mut work: impl FnMut(&mut T) -> U + 'static,
) -> Step {
    let mut inputs = Vec::with_capacity(batch);
    Box::new(move || {
        inputs.extend((0..batch).map(|_| make()));
        let begin = Instant::now();
        for input in &mut inputs {
            // Shown by reference: to hand it over would copy it.
            let output = work(black_box(input));
            black_box(&output);
        }
        black_box(&mut inputs).clear();
        begin.elapsed()
    })
}

/// A step, and what it costs to do nothing with its inputs.
fn beside_nothing<T: 'static, U>(
    batch: usize,
    make: impl Fn() -> T + Clone + 'static,
    work: impl FnMut(&mut T) -> U + 'static,
) -> [Step; 2] {
    [step(batch, make.clone(), work), step(batch, make, |_| ())]
}

fn small() -> SchemaBuilder {
    SchemaBuilder::structure()
        .name("small")
        .field("id", Schema::int64())
        .field("name", Schema::optional_string())
        .field("score", Schema::float64())
        .field("active", Schema::boolean())
        .field("ts", Schema::int64())
}

const FIELDS: [&str; 5] = ["id", "name", "score", "active", "ts"];

fn values() -> [Value; 5] {
    let name = Value::string("a name of some length");
    [Value::Int64(4711), name, Value::Float64(0.75), Value::Boolean(true), Value::Int64(1_700_000_000_123)]
}

fn map() -> ValueMap {
    FIELDS.into_iter().zip(values()).collect()
}

fn structure(schema: SchemaRef, more: impl IntoIterator<Item = Value>) -> SchemaAndValue {
    let all = values().into_iter().chain(more).collect();
    SchemaAndValue::new(schema.clone(), Struct::from_values(schema, all))
}

fn shape(name: &str) -> Result<SchemaAndValue, Box<dyn Error>> {
    let text = "x".repeat(100);
    Ok(match name {
        "string" => SchemaAndValue::new(Schema::string(), Value::string(text)),
        "bytes" => SchemaAndValue::new(Schema::bytes(), Value::Bytes(Bytes::from(text))),
        "int32" => SchemaAndValue::new(Schema::int32(), Value::Int32(4711)),
        "int64" => SchemaAndValue::new(Schema::int64(), Value::Int64(4711)),
        "float64" => SchemaAndValue::new(Schema::float64(), Value::Float64(0.75)),
        "boolean" => SchemaAndValue::new(Schema::boolean(), Value::Boolean(true)),
        "map" => SchemaAndValue::schemaless(Value::from(map())),
        "nestedmap" => {
            let mut outer = map();
            outer.insert("inner", Value::from(map()));
            SchemaAndValue::schemaless(Value::from(outer))
        }
        "small" => structure(small().build()?, []),
        "nested" => {
            let inner = structure(small().build()?, []);
            structure(small().field("inner", inner.schema).build()?, [inner.value])
        }
        "wide" => {
            let (mut builder, mut more) = (small(), Vec::new());
            for n in 0..55 {
                let (schema, value) = match n % 3 {
                    0 => (Schema::int32(), Value::Int32(n)),
                    1 => (Schema::string(), Value::string(format!("text {n}"))),
                    _ => (Schema::float64(), Value::Float64(f64::from(n) / 4.0)),
                };
                builder = builder.field(format!("f{n}"), schema);
                more.push(value);
            }
            structure(builder.build()?, more)
        }
        other => return Err(format!("no shape {other}").into()),
    })
}

/// The same value, shared with nobody.
fn own_value(value: &Value) -> Value {
    match value {
        Value::Struct(fields) => {
            let values = fields.values().iter().map(own_value).collect();
            Value::from(Struct::from_values(fields.schema().clone(), values))
        }
        Value::Map(map) => {
            Value::from(map.iter().map(|(key, value)| (key.clone(), own_value(value))).collect::<ValueMap>())
        }
        other => other.clone(),
    }
}

fn own(data: &SchemaAndValue) -> SchemaAndValue {
    SchemaAndValue { schema: data.schema.clone(), value: own_value(&data.value) }
}

fn record(data: &SchemaAndValue) -> Record {
    let mut record = Record::new("topic-a", own(data));
    record.partition = Some(0);
    record.timestamp = Some(1_700_000_000_123);
    record
}

/// The best of many short rounds: whoever else wants the processor takes some of them, and not all.
fn best(step: &mut Step, batch: usize, total: Duration) -> f64 {
    const ROUND: Duration = Duration::from_millis(2);
    let mut best = f64::MAX;
    let begin = Instant::now();
    while begin.elapsed() < total {
        let (begin, mut took, mut batches) = (Instant::now(), Duration::ZERO, 0u32);
        while begin.elapsed() < ROUND {
            took += step();
            batches += 1;
        }
        best = best.min(took.as_nanos() as f64 / f64::from(batches) / batch as f64);
    }
    best
}

fn case(plugins: &Plugins, case: &Json) -> Result<(usize, [Step; 2]), Box<dyn Error>> {
    let text = |key: &str| case[key].as_str().unwrap_or_default();
    let config: ConfigMap = case["config"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect();
    let (data, class) = (shape(text("shape"))?, text("class"));
    let batch = BATCH.min(VALUES / data.value.as_struct().map_or(1, |fields| fields.values().len()));
    let kind = if text("kind") == "transform" { PluginKind::Transformation } else { PluginKind::Converter };
    let plugin = plugins.find(kind, class).map_err(|_| format!("no class {class}"))?;
    match &plugin.factory {
        Factory::Transformation { configure, .. } => {
            let mut transform = configure(&config)?;
            let _ = transform.apply(&mut record(&data))?;
            Ok((batch, beside_nothing(batch, move || record(&data), move |record| transform.apply(record))))
        }
        Factory::Converter { configure, .. } => {
            let mut converter = configure(&config, false)?;
            let mut headers = RawHeaders::new();
            let bytes = converter.from_connect_data("topic-a", &mut headers, &data)?.map(Payload::into_bytes);
            if text("kind") == "write" {
                let write =
                    move |data: &mut SchemaAndValue| converter.from_owned_connect_data("topic-a", &mut headers, data);
                return Ok((batch, beside_nothing(batch, move || data.clone(), write)));
            }
            converter.to_connect_data("topic-a", &headers, bytes.clone())?;
            let read = move |bytes: &mut Option<Bytes>| converter.to_connect_data("topic-a", &headers, bytes.take());
            Ok((batch, beside_nothing(batch, move || bytes.clone(), read)))
        }
        _ => Err(format!("{class} is of no kind that is measured").into()),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or(USAGE)?;
    let round = Duration::from_millis(arguments.next().ok_or(USAGE)?.parse()?);
    let only = arguments.next().unwrap_or_default();
    let cases: Vec<Json> = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let plugins = plugins();
    for (index, spec) in cases.iter().enumerate() {
        let name =
            format!("{} {}", spec["name"].as_str().unwrap_or_default(), spec["shape"].as_str().unwrap_or_default());
        if !name.contains(&*only) {
            continue;
        }
        let (batch, [mut step, mut nothing]) = case(&plugins, spec).map_err(|error| format!("{spec}: {error}"))?;
        // A figure below the clock's is none.
        let cost = (best(&mut step, batch, round * 5) - best(&mut nothing, batch, round * 3)).max(0.5);
        println!("{index}\t{cost}\t{name}");
    }
    Ok(())
}
