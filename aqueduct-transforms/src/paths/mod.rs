//! Transforms of fields inside of fields: `field.syntax.version=V2` for all that Java has it not for (KIP-821).
//!
//! Java 4.3 reads paths in `ExtractField` only; everywhere else it ignores the key. Here, with `V2`, the fields of `Cast`,
//! `HeaderFrom`, `InsertField`, `MaskField`, `ReplaceField`, `TimestampConverter` and `ValueToKey` are paths, and `HoistField`
//! wraps what the path `hoisted` leads to. Without the key nothing of this module runs.
//!
//! A path is divided into the way to a struct or map and the name of a field in it. For each such place the transform
//! itself does the work, on that struct or map alone ([`Place`]); the schemas around it are made anew. Where the way leads
//! nowhere, or to null, nothing happens there, but `InsertField` makes what is missing of the way.

mod fields;
mod header_from;
mod place;
mod value_to_key;

use std::sync::Arc;

use aqueduct_api::{ConfigMap, ConnectError, Factory, Fate, Plugin, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigError};
use aqueduct_data::SchemaRef;

use crate::field_path::{FIELD_SYNTAX_VERSION, field_syntax_version};
use crate::part::Part;
pub(crate) use place::Place;

/// What `HoistField` wraps, in `V2`.
const HOISTED: &str = "hoisted";

/// A transform that can tell what becomes of a schema before it sees a value.
pub(crate) trait Reshape: Transform {
    /// The schema of what comes out where this one goes in.
    fn reshaped(&mut self, schema: &SchemaRef) -> Result<SchemaRef, ConnectError>;
}

/// The plugin, with paths where its configuration asks for them.
pub(crate) fn with_paths(
    mut plugin: Plugin,
    paths: impl Fn(&ConfigMap) -> Result<Box<dyn Transform>, ConnectError> + Send + Sync + 'static,
) -> Plugin {
    if let Factory::Transformation { define, configure } = plugin.factory {
        plugin.factory = Factory::Transformation {
            define,
            configure: Arc::new(move |props| if asks_for_paths(props)? { paths(props) } else { configure(props) }),
        };
    }
    plugin
}

fn asks_for_paths(props: &ConfigMap) -> Result<bool, ConfigError> {
    if !props.contains_key(FIELD_SYNTAX_VERSION) {
        return Ok(false);
    }
    let config = ConfigDef::new().define(field_syntax_version()).parse(props)?;
    Ok(config.string(FIELD_SYNTAX_VERSION)?.eq_ignore_ascii_case("V2"))
}

/// How a transform of the key or value is made of a configuration with paths.
type Configure = fn(&ConfigMap, Part) -> Result<Box<dyn Transform>, ConnectError>;

/// That of the transform of this name; none for those whose fields are no paths.
pub(crate) fn of_part(name: &str) -> Option<Configure> {
    Some(match name {
        "Cast" => |props, part| boxed(fields::cast(props, part)),
        "HeaderFrom" => |props, part| boxed(header_from::HeaderFromPaths::configure(props, part)),
        "HoistField" => |props, part| boxed(fields::hoist_field(props, part)),
        "InsertField" => |props, part| boxed(fields::insert_field(props, part)),
        "MaskField" => |props, part| boxed(fields::mask_field(props, part)),
        "ReplaceField" => |props, part| boxed(fields::replace_field(props, part)),
        "TimestampConverter" => |props, part| boxed(fields::timestamp_converter(props, part)),
        _ => return None,
    })
}

/// `ValueToKey` by paths.
pub(crate) fn value_to_key(props: &ConfigMap) -> Result<Box<dyn Transform>, ConnectError> {
    boxed(value_to_key::ValueToKeyPaths::configure(props))
}

fn boxed<T: Transform + 'static>(made: Result<T, ConnectError>) -> Result<Box<dyn Transform>, ConnectError> {
    Ok(Box::new(made?))
}

/// A transform at several places, one after another.
pub(crate) struct Places(Vec<Place>);

impl Transform for Places {
    fn apply(&mut self, record: &mut Record) -> Result<Fate, ConnectError> {
        for place in &mut self.0 {
            if place.apply(record)? == Fate::Dropped {
                return Ok(Fate::Dropped);
            }
        }
        Ok(Fate::Kept)
    }
}
