//! How long `JsonConverter` takes for one record, in nanoseconds: `cargo run --release -p aqueduct-json --example
//! encode_bench`. Each figure is the best of several rounds, which is what the code costs when nothing disturbs it.

use std::hint::black_box;
use std::time::Instant;

use aqueduct_api::{ConfigMap, ConnectError, Converter};
use aqueduct_data::{Bytes, Schema, SchemaAndValue, SchemaBuilder, Struct, ValueMap};
use aqueduct_json::JsonConverter;

const ROUNDS: usize = 20;
const RECORDS: u32 = 100_000;

fn main() -> Result<(), ConnectError> {
    let line = "x".repeat(100);
    let free = SchemaAndValue::schemaless(ValueMap::from_iter([("line", &*line), ("data_source", "test-file-source")]));
    let schema = SchemaBuilder::structure()
        .field("line", Schema::optional_string())
        .field("data_source", Schema::optional_string())
        .build()?;
    let mut fields = Struct::new(schema.clone())?;
    fields.put("line", &*line)?.put("data_source", "test-file-source")?;
    let typed = SchemaAndValue::new(schema, fields);

    let payload = r#"{"id":1234567,"text":"a text of some length, as records have it","score":98.625}"#;
    let enveloped = format!(
        r#"{{"schema":{{"type":"struct","fields":[{{"type":"int64","optional":false,"field":"id"}},{{"type":"string","optional":true,"field":"text"}},{{"type":"double","optional":true,"field":"score"}}],"optional":false}},"payload":{payload}}}"#
    );

    encode("encode without schema", false, &free)?;
    encode("encode struct without envelope", false, &typed)?;
    encode("encode with schema", true, &typed)?;
    decode("decode without schema", false, payload)?;
    decode("decode with schema", true, &enveloped)?;
    Ok(())
}

fn converter(schemas_enable: bool) -> Result<JsonConverter, ConnectError> {
    let props = ConfigMap::from([("schemas.enable".to_owned(), schemas_enable.to_string())]);
    JsonConverter::configure(&props, false)
}

fn encode(what: &str, schemas_enable: bool, data: &SchemaAndValue) -> Result<(), ConnectError> {
    let mut converter = converter(schemas_enable)?;
    let mut headers = Vec::new();
    measure(what, || converter.from_connect_data("topic", &mut headers, black_box(data)).map(drop))
}

fn decode(what: &str, schemas_enable: bool, json: &str) -> Result<(), ConnectError> {
    let mut converter = converter(schemas_enable)?;
    let headers = Vec::new();
    let bytes = Bytes::from(json.as_bytes().to_vec());
    measure(what, || converter.to_connect_data("topic", &headers, black_box(Some(bytes.clone()))).map(drop))
}

#[expect(clippy::print_stdout, reason = "printing figures is what this program is for")]
fn measure(what: &str, mut record: impl FnMut() -> Result<(), ConnectError>) -> Result<(), ConnectError> {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..RECORDS {
            record()?;
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{what}: {:.0} ns", best * 1e9 / f64::from(RECORDS));
    Ok(())
}
