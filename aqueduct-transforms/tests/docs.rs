//! `docs/transforms.md` is what the code says: module documentation, configuration definitions, and records before and
//! after, which are really transformed. `AQUEDUCT_WRITE_DOCS=1 cargo test -p aqueduct-transforms --test docs` writes it.
#![cfg(test)]

use std::fmt::Write;

use aqueduct_api::{ConfigMap, Factory, Fate, Origin, Plugin, Record};
use aqueduct_config::{ConfigDef, convert_to_string};
use aqueduct_data::{Header, Schema, SchemaAndValue, SchemaBuilder, Struct, Value, ValueMap};
use aqueduct_transforms::plugins;

const PACKAGE: &str = "org.apache.kafka.connect.transforms.";
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/transforms.md");

/// A transform's page: its name, its module, whether it has a `$Key` and a `$Value`, and examples.
struct Page {
    name: &'static str,
    module: &'static str,
    nested: bool,
    examples: &'static [Example],
}

/// A configuration and what to show it with.
struct Example {
    config: &'static [(&'static str, &'static str)],
    record: fn() -> Record,
}

macro_rules! page {
    ($name:literal, $file:literal, $nested:literal, $([$($key:literal = $value:literal),*] on $record:expr),*) => {
        Page {
            name: $name,
            module: include_str!(concat!("../src/", $file)),
            nested: $nested,
            examples: &[$(Example { config: &[$(($key, $value)),*], record: $record }),*],
        }
    };
}

fn pages() -> Vec<Page> {
    vec![
        page!("Cast", "cast.rs", true, ["spec" = "id:string,price:float64"] on order,
            ["spec" = "address.geo.lat:string", "field.syntax.version" = "V2"] on customer),
        page!("DropHeaders", "drop_headers.rs", false, ["headers" = "trace"] on with_headers),
        page!("ExtractField", "extract_field.rs", true, ["field" = "id"] on order,
            ["field" = "address.city", "field.syntax.version" = "V2"] on customer),
        page!("Filter", "filter.rs", false, [] on order),
        page!("Flatten", "flatten.rs", true, [] on customer, ["delimiter" = "_"] on customer),
        page!("HeaderFrom", "header_from.rs", true,
            ["fields" = "id", "headers" = "order-id", "operation" = "move"] on order,
            ["fields" = "address.city", "headers" = "city", "operation" = "move", "field.syntax.version" = "V2"] on customer),
        page!("HoistField", "hoist_field.rs", true, ["field" = "line"] on text, ["field" = "order"] on typed,
            ["field" = "name", "hoisted" = "address.city", "field.syntax.version" = "V2"] on customer),
        page!("InsertField", "insert_field.rs", true, ["static.field" = "source", "static.value" = "shop"] on order,
            ["topic.field" = "topic!", "timestamp.field" = "at"] on typed,
            ["topic.field" = "meta.topic", "timestamp.field" = "meta.at", "field.syntax.version" = "V2"] on customer),
        page!("InsertHeader", "insert_header.rs", false, ["header" = "version", "value.literal" = "3"] on text),
        page!("MaskField", "mask_field.rs", true, ["fields" = "price,name"] on order,
            ["fields" = "name", "replacement" = "***"] on order,
            ["fields" = "address.city", "field.syntax.version" = "V2"] on customer),
        page!("RegexRouter", "regex_router.rs", false, ["regex" = "(.*)-raw", "replacement" = "$1"] on text),
        page!("ReplaceField", "replace_field.rs", true, ["exclude" = "price", "renames" = "id:key"] on order,
            ["include" = "id"] on typed,
            ["exclude" = "address.geo", "renames" = "address.city:town", "field.syntax.version" = "V2"] on customer),
        page!("SetSchemaMetadata", "set_schema_metadata.rs", true,
            ["schema.name" = "shop.Order", "schema.version" = "2"] on typed),
        page!("TimestampConverter", "timestamp_converter.rs", true,
            ["field" = "at", "target.type" = "string", "format" = "yyyy-MM-dd HH:mm"] on event,
            ["field" = "event.at", "target.type" = "Date", "field.syntax.version" = "V2"] on wrapped_event),
        page!("TimestampRouter", "timestamp_router.rs", false,
            ["topic.format" = "${topic}-${timestamp}", "timestamp.format" = "yyyyMM"] on text),
        page!("ValueToKey", "value_to_key.rs", false, ["fields" = "id"] on order,
            ["fields" = "id,address.city", "field.syntax.version" = "V2"] on customer),
    ]
}

fn map(pairs: &[(&str, Value)]) -> Value {
    pairs.iter().map(|(key, value)| (*key, value.clone())).collect::<ValueMap>().into()
}

fn record(value: SchemaAndValue) -> Record {
    let mut record = Record::new("orders-raw", value);
    record.partition = Some(0);
    record.timestamp = Some(1_700_000_000_123);
    record.origin = Origin::Source;
    record
}

fn text() -> Record {
    record(SchemaAndValue::new(Schema::string(), "foo"))
}

fn order() -> Record {
    let pairs = [("id", Value::Int32(1)), ("price", Value::string("9.75")), ("name", Value::string("Ann"))];
    record(SchemaAndValue::schemaless(map(&pairs)))
}

fn typed() -> Record {
    let schema = SchemaBuilder::structure()
        .name("Record")
        .version(1)
        .field("id", Schema::int32())
        .field("name", Schema::optional_string())
        .build()
        .unwrap();
    let values = vec![Value::Int32(1), Value::string("Ann")];
    record(SchemaAndValue::new(schema.clone(), Struct::from_values(schema, values)))
}

fn event() -> Record {
    record(SchemaAndValue::schemaless(map(&[("id", Value::Int32(1)), ("at", Value::Int64(1_700_000_000_123))])))
}

fn wrapped_event() -> Record {
    let mut record = event();
    record.value.value = map(&[("event", record.value.value.clone())]);
    record
}

fn customer() -> Record {
    let address = map(&[("city", Value::string("Ulm")), ("geo", map(&[("lat", Value::Float64(48.4))]))]);
    record(SchemaAndValue::schemaless(map(&[("id", Value::Int32(1)), ("address", address)])))
}

fn with_headers() -> Record {
    let mut record = text();
    for key in ["id", "trace", "trace"] {
        record.headers.push(Header { key: key.into(), content: SchemaAndValue::new(Schema::string(), "x") });
    }
    record
}

/// A value as the source of a program would write it: texts in quotes, so that they are not taken for numbers.
fn written(value: &Value) -> String {
    let fields = |pairs: Vec<(String, &Value)>| {
        let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", written(value))).collect();
        format!("{{{}}}", pairs.join(", "))
    };
    match value {
        Value::String(text) => format!("\"{text}\""),
        Value::Map(map) => fields(map.iter().map(|(key, value)| (key.to_string(), value)).collect()),
        Value::Struct(of) => fields(of.iter().map(|(field, value)| (field.name().to_string(), value)).collect()),
        other => other.to_string(),
    }
}

/// A record's parts that have something to say.
fn shown(record: &Record) -> String {
    let mut parts = vec![format!("topic {}", record.topic)];
    let content = |part: &SchemaAndValue| {
        let schema = part.schema.as_ref().map_or_else(String::new, |schema| {
            let version = schema.version().map_or_else(String::new, |version| format!(" version {version}"));
            let name = schema.name().map_or_else(String::new, |name| format!(" {name}{version}"));
            format!(" ({}{name})", schema.r#type().name())
        });
        format!("{}{schema}", written(&part.value))
    };
    if !record.key.value.is_null() {
        parts.push(format!("key {}", content(&record.key)));
    }
    parts.push(format!("value {}", content(&record.value)));
    for header in &record.headers {
        parts.push(format!("header {}={}", header.key, content(&header.content)));
    }
    parts.join(", ")
}

fn definition(plugin: &Plugin) -> ConfigDef {
    match &plugin.factory {
        Factory::Transformation { define, .. } | Factory::Predicate { define, .. } => define(),
        _ => panic!("{} is neither a transform nor a predicate", plugin.class),
    }
}

/// The documentation of a module, without the tests' view of it.
fn module_doc(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    lines.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect()
}

fn keys(def: &ConfigDef, out: &mut String) {
    if def.config_keys().next().is_none() {
        return;
    }
    out.push_str("\n| key | type | default | importance | |\n|---|---|---|---|---|\n");
    for key in def.config_keys() {
        let default = match &key.default_value {
            None => "required".to_owned(),
            Some(value) => match convert_to_string(value, Some(key.value_type)).unwrap() {
                Some(text) if !text.is_empty() => format!("`{text}`"),
                _ => "none".to_owned(),
            },
        };
        let (kind, importance) = (key.value_type.name().to_lowercase(), key.importance.name().to_lowercase());
        let doc = key.documentation.replace('|', "\\|");
        writeln!(out, "| `{}` | {kind} | {default} | {importance} | {doc} |", key.name).unwrap();
    }
}

fn example(plugin: &Plugin, nested: bool, example: &Example, out: &mut String) {
    let Factory::Transformation { configure, .. } = &plugin.factory else { panic!("{} is no transform", plugin.class) };
    let config: ConfigMap =
        example.config.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let mut record = (example.record)();
    let before = shown(&record);
    let after = match configure(&config).unwrap().apply(&mut record).unwrap() {
        Fate::Kept => shown(&record),
        Fate::Dropped => "dropped".to_owned(),
    };
    let class = if nested { plugin.class.replace("$Key", "$Value") } else { plugin.class.to_string() };
    out.push_str("\n```text\n");
    writeln!(out, "type={class}").unwrap();
    for (key, value) in example.config {
        writeln!(out, "{key}={value}").unwrap();
    }
    writeln!(out, "\nbefore: {before}").unwrap();
    writeln!(out, "after:  {after}\n```").unwrap();
}

fn page() -> String {
    let plugins = plugins();
    let find = |class: &str| plugins.iter().find(|plugin| plugin.class == class).expect(class);
    let mut out = "# Transforms and predicates\n\nWritten by the code: `AQUEDUCT_WRITE_DOCS=1 cargo test -p aqueduct-transforms --test docs`. \
                   Behind a key or value stands the type of its schema, if it has one.\n"
        .to_owned();
    for Page { name, module, nested, examples } in pages() {
        let classes = if nested {
            format!("`{PACKAGE}{name}$Key`, `{PACKAGE}{name}$Value`")
        } else {
            format!("`{PACKAGE}{name}`")
        };
        write!(out, "\n## {name}\n\n{classes}\n\n{}", module_doc(module)).unwrap();
        let plugin = find(&if nested { format!("{PACKAGE}{name}$Value") } else { format!("{PACKAGE}{name}") });
        keys(&definition(plugin), &mut out);
        examples.iter().for_each(|each| example(plugin, nested, each, &mut out));
    }
    write!(out, "\n## Predicates\n\n{}", module_doc(include_str!("../src/predicates.rs"))).unwrap();
    for name in ["TopicNameMatches", "HasHeaderKey", "RecordIsTombstone"] {
        let class = format!("{PACKAGE}predicates.{name}");
        write!(out, "\n### {name}\n\n`{class}`\n").unwrap();
        keys(&definition(find(&class)), &mut out);
    }
    out
}

#[test]
fn the_page_says_what_the_code_does() {
    let page = page();
    if std::env::var_os("AQUEDUCT_WRITE_DOCS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    assert!(
        std::fs::read_to_string(PAGE).unwrap_or_default() == page,
        "docs/transforms.md is not what the code says; see the top of this file"
    );
}

#[test]
fn every_transform_has_a_page() {
    let pages = pages();
    for plugin in plugins() {
        let name = plugin.class.strip_prefix(PACKAGE).unwrap().split('$').next().unwrap();
        let is_predicate = name.starts_with("predicates.");
        assert!(is_predicate || pages.iter().any(|page| page.name == name), "{} has no page", plugin.class);
    }
}
