//! `JsonConverter`, and the JSON form of source offsets.
//!
//! [`JsonConverter`] turns values into JSON and back, with or without an envelope that holds the schema. It is on the
//! path of every record: values are written straight into a buffer, and JSON is parsed onto a flat tape whose strings
//! become values without a copy. What it accepts, answers and complains about is what Java's converter and the
//! Jackson library below it do.
//!
//! [`offsets`] is the form in which source partitions and offsets are stored, in topics and in the offset file.

mod base64_text;
mod charset;
mod config;
mod converter;
mod fault;
mod hash_order;
mod label;
mod number;
pub mod offsets;
mod parser;
mod read;
mod scan;
mod tape;
mod text;
mod type_name;
mod write;

use aqueduct_api::Plugin;

pub use config::definition;
pub use converter::JsonConverter;

const CLASS: &str = "org.apache.kafka.connect.json.JsonConverter";
/// The plugin stands for Kafka's own, so it answers Kafka's version.
const VERSION: &str = "4.3.1";

/// The plugins of this crate: `JsonConverter` as a converter and as a header converter.
pub fn plugins() -> Vec<Plugin> {
    vec![
        Plugin::converter(CLASS, VERSION, definition, JsonConverter::configure),
        Plugin::header_converter(CLASS, VERSION, definition, JsonConverter::configure_for_headers),
    ]
}
