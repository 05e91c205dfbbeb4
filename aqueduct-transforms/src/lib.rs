//! Single message transforms and predicates, under the class names of Kafka's own.
//!
//! A transform is one file: what it does with a record before and after, its configuration, how it is made and applied.
//! Each is made once from its configuration into a form that is cheap to apply: schemas that it changes are cached by the
//! schema that came in. Key or value is a field ([`Part`]), not a second type.

mod cast;
mod cast_value;
mod drop_headers;
mod extract_field;
mod field_path;
mod filter;
mod flatten;
mod header_from;
mod hoist_field;
mod insert_field;
mod insert_header;
mod mask_field;
mod part;
mod paths;
mod predicates;
mod regex_router;
mod replace_field;
mod schema_cache;
mod set_schema_metadata;
mod structs;
mod timestamp_converter;
mod timestamp_form;
mod timestamp_router;
mod value_to_key;

use aqueduct_api::{ConfigMap, ConnectError, Plugin, Transform};
use aqueduct_config::ConfigDef;

pub use part::Part;

const PACKAGE: &str = "org.apache.kafka.connect.transforms";
const VERSION: &str = "4.3.1";

/// The plugins of this crate.
pub fn plugins() -> Vec<Plugin> {
    let mut plugins = [Part::Key, Part::Value].map(of_part).into_iter().flatten().collect::<Vec<_>>();
    plugins.extend(of_records());
    plugins.extend(predicates::plugins());
    plugins
}

/// A transform of key or value: `…$Key` or `…$Value`.
fn nested<T: Transform + 'static>(
    part: Part,
    name: &str,
    define: fn() -> ConfigDef,
    configure: fn(&ConfigMap, Part) -> Result<T, ConnectError>,
) -> Plugin {
    let class = format!("{PACKAGE}.{name}${}", part.name());
    let plugin = Plugin::transformation(class, VERSION, define, move |props| configure(props, part));
    match paths::of_part(name) {
        Some(with_paths) => paths::with_paths(plugin, move |props| with_paths(props, part)),
        None => plugin,
    }
}

fn of_part(part: Part) -> Vec<Plugin> {
    vec![
        nested(part, "Cast", cast::definition, cast::Cast::configure),
        nested(part, "ExtractField", extract_field::definition, extract_field::ExtractField::configure),
        nested(part, "Flatten", flatten::definition, flatten::Flatten::configure),
        nested(part, "HeaderFrom", header_from::definition, header_from::HeaderFrom::configure),
        nested(part, "HoistField", hoist_field::definition, hoist_field::HoistField::configure),
        nested(part, "InsertField", insert_field::definition, insert_field::InsertField::configure),
        nested(part, "MaskField", mask_field::definition, mask_field::MaskField::configure),
        nested(part, "ReplaceField", replace_field::definition, replace_field::ReplaceField::configure),
        nested(
            part,
            "SetSchemaMetadata",
            set_schema_metadata::definition,
            set_schema_metadata::SetSchemaMetadata::configure,
        ),
        nested(
            part,
            "TimestampConverter",
            timestamp_converter::definition,
            timestamp_converter::TimestampConverter::configure,
        ),
    ]
}

/// A transform of whole records.
fn whole<T: Transform + 'static>(
    name: &str,
    define: fn() -> ConfigDef,
    configure: fn(&ConfigMap) -> Result<T, ConnectError>,
) -> Plugin {
    Plugin::transformation(format!("{PACKAGE}.{name}"), VERSION, define, configure)
}

fn of_records() -> Vec<Plugin> {
    vec![
        whole("DropHeaders", drop_headers::definition, drop_headers::DropHeaders::configure),
        whole("Filter", filter::definition, |_| Ok(filter::Filter)),
        whole("InsertHeader", insert_header::definition, insert_header::InsertHeader::configure),
        whole("RegexRouter", regex_router::definition, regex_router::RegexRouter::configure),
        whole("TimestampRouter", timestamp_router::definition, timestamp_router::TimestampRouter::configure),
        paths::with_paths(
            whole("ValueToKey", value_to_key::definition, value_to_key::ValueToKey::configure),
            paths::value_to_key,
        ),
    ]
}
