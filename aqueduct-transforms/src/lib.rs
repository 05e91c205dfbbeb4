//! Single message transforms and predicates, under the class names of Kafka's own.
//!
//! A transform is one file: what it does with a record before and after, its configuration, how it is made and applied.
//! Each is made once from its configuration into a form that is cheap to apply: schemas that it changes are cached by the
//! schema that came in. Key or value is a field ([`Part`]), not a second type.

mod filter;
mod hoist_field;
mod insert_field;
mod part;
mod predicates;
mod regex_router;
mod schema_cache;

use aqueduct_api::Plugin;

pub use part::Part;

const PACKAGE: &str = "org.apache.kafka.connect.transforms";
const VERSION: &str = "4.3.1";

/// The plugins of this crate.
pub fn plugins() -> Vec<Plugin> {
    let mut plugins = Vec::new();
    for part in [Part::Key, Part::Value] {
        let class = |name: &str| format!("{PACKAGE}.{name}${}", part.name());
        plugins.push(Plugin::transformation(class("HoistField"), VERSION, hoist_field::definition, move |props| {
            hoist_field::HoistField::configure(props, part)
        }));
        plugins.push(Plugin::transformation(class("InsertField"), VERSION, insert_field::definition, move |props| {
            insert_field::InsertField::configure(props, part)
        }));
    }
    let class = |name: &str| format!("{PACKAGE}.{name}");
    plugins.push(Plugin::transformation(
        class("RegexRouter"),
        VERSION,
        regex_router::definition,
        regex_router::RegexRouter::configure,
    ));
    plugins.push(Plugin::transformation(class("Filter"), VERSION, filter::definition, |_| Ok(filter::Filter)));
    plugins.extend(predicates::plugins());
    plugins
}
