//! A catalogue of the plugins that Kafka comes with, and the classes that configurations may name.

use aqueduct_config::connector_config::{PluginCatalogue, PluginError, PluginKind};
use aqueduct_config::version::Version;
use aqueduct_config::version_range::VersionRange;
use aqueduct_config::{ClassResolver, ConfigDef, ConfigKey, Importance, Type, Validator};

/// What a regular expression's syntax error says is the library's own; only that something is said counts.
pub(crate) fn without_regex_words(message: &str) -> &str {
    ["Invalid regex: ", "Syntax error in regular expression: "]
        .into_iter()
        .find_map(|before| message.find(before).map(|start| &message[..start + before.len()]))
        .filter(|before| before.len() < message.len())
        .unwrap_or(message)
}

const SOURCE: &str = "org.apache.kafka.connect.file.FileStreamSourceConnector";
const SINK: &str = "org.apache.kafka.connect.file.FileStreamSinkConnector";
/// An abstract class.
const NUMBER_CONVERTER: &str = "org.apache.kafka.connect.converters.NumberConverter";
const VERSION: &str = "4.3.1";

/// Knows the plugins that Kafka comes with, and the definitions of some.
#[derive(Debug)]
pub(crate) struct Catalogue;

const CONVERTERS: [&str; 9] = [
    "org.apache.kafka.connect.converters.BooleanConverter",
    "org.apache.kafka.connect.converters.ByteArrayConverter",
    "org.apache.kafka.connect.converters.DoubleConverter",
    "org.apache.kafka.connect.converters.FloatConverter",
    "org.apache.kafka.connect.converters.IntegerConverter",
    "org.apache.kafka.connect.converters.LongConverter",
    "org.apache.kafka.connect.converters.ShortConverter",
    "org.apache.kafka.connect.json.JsonConverter",
    "org.apache.kafka.connect.storage.StringConverter",
];

const TRANSFORMS: [&str; 26] = [
    "Cast$Key",
    "Cast$Value",
    "DropHeaders",
    "ExtractField$Key",
    "ExtractField$Value",
    "Filter",
    "Flatten$Key",
    "Flatten$Value",
    "HeaderFrom$Key",
    "HeaderFrom$Value",
    "HoistField$Key",
    "HoistField$Value",
    "InsertField$Key",
    "InsertField$Value",
    "InsertHeader",
    "MaskField$Key",
    "MaskField$Value",
    "RegexRouter",
    "ReplaceField$Key",
    "ReplaceField$Value",
    "SetSchemaMetadata$Key",
    "SetSchemaMetadata$Value",
    "TimestampConverter$Key",
    "TimestampConverter$Value",
    "TimestampRouter",
    "ValueToKey",
];

const PREDICATES: [&str; 3] = ["HasHeaderKey", "RecordIsTombstone", "TopicNameMatches"];

impl Catalogue {
    /// The full name of a class that exists, by name or alias.
    fn resolve(&self, kind: PluginKind, name: &str) -> Option<String> {
        let nested = name.contains('$');
        self.classes(kind).into_iter().find(|class| {
            let simple_name = class.rsplit('.').next().unwrap_or_default();
            class == name || !nested && simple_name == name
        })
    }

    /// The definition of a transform or predicate.
    pub(crate) fn find(&self, name: &str) -> Option<ConfigDef> {
        use Importance::{High, Medium};
        let key = |name: &'static str, importance| ConfigKey::new(name, Type::String).importance(importance);
        Some(match name.rsplit('.').next()? {
            "Filter" | "RecordIsTombstone" => ConfigDef::new(),
            "TopicNameMatches" => ConfigDef::new().define(key("pattern", Medium).validator(Validator::Regex)),
            "HasHeaderKey" => ConfigDef::new().define(key("name", Medium).validator(Validator::NonEmptyString)),
            "HoistField$Value" => ConfigDef::new().define(key("field", Medium)),
            "RegexRouter" => {
                ConfigDef::new().define(key("regex", High).validator(Validator::Regex)).define(key("replacement", High))
            }
            "ExtractField$Key" | "ExtractField$Value" => ConfigDef::new()
                .define(key("field", Medium))
                .define(key("field.syntax.version", High).default("V1"))
                .define(ConfigKey::new("replace.null.with.default", Type::Boolean).default(true)),
            _ => return None,
        })
    }
}

impl PluginCatalogue for Catalogue {
    fn classes(&self, kind: PluginKind) -> Vec<String> {
        let package = "org.apache.kafka.connect.transforms";
        match kind {
            PluginKind::Connector => vec![SINK.to_owned(), SOURCE.to_owned()],
            PluginKind::Converter => CONVERTERS.map(str::to_owned).to_vec(),
            PluginKind::HeaderConverter => {
                let mut classes = self.classes(PluginKind::Converter);
                classes.insert(8, "org.apache.kafka.connect.storage.SimpleHeaderConverter".to_owned());
                classes
            }
            PluginKind::Transformation => TRANSFORMS.iter().map(|name| format!("{package}.{name}")).collect(),
            PluginKind::Predicate => PREDICATES.iter().map(|name| format!("{package}.predicates.{name}")).collect(),
        }
    }

    fn versions(&self, kind: PluginKind, class_or_alias: &str) -> Vec<String> {
        self.latest_version(kind, class_or_alias).into_iter().collect()
    }

    fn latest_version(&self, kind: PluginKind, class_or_alias: &str) -> Option<String> {
        let known = self.resolve(kind, class_or_alias).is_some()
            || kind == PluginKind::Connector && class_or_alias.starts_with("FileStreamSink");
        known.then(|| VERSION.to_owned())
    }

    fn definition(
        &self,
        kind: PluginKind,
        class_or_alias: &str,
        version: Option<&str>,
    ) -> Result<ConfigDef, PluginError> {
        let Some(class) = self.resolve(kind, class_or_alias) else {
            return Err(match Classes.resolve(class_or_alias) {
                None => PluginError::NotFound,
                Some(class) if class.ends_with(".Cast") || class.ends_with(".ExtractField") => {
                    PluginError::Abstract { alternatives: vec![format!("{class}$Key"), format!("{class}$Value")] }
                }
                Some(class) => PluginError::WrongKind { class },
            });
        };
        let range = VersionRange::requirement(version).map_err(|error| PluginError::BadVersion(error.to_string()))?;
        if let Some(range) = range.filter(|range| !range.contains(&Version::new(VERSION))) {
            return Err(PluginError::NoSuchVersion { class, range, available: vec![VERSION.to_owned()] });
        }
        self.find(&class).ok_or_else(|| PluginError::Failed("not known here".to_owned()))
    }
}

/// Finds the plugins' classes by name or alias, and some others.
pub(crate) struct Classes;

impl ClassResolver for Classes {
    fn resolve(&self, name: &str) -> Option<String> {
        let kinds =
            [PluginKind::Converter, PluginKind::HeaderConverter, PluginKind::Transformation, PluginKind::Predicate];
        let other = matches!(
            name,
            "java.lang.String"
                | "org.apache.kafka.connect.transforms.Cast"
                | "org.apache.kafka.connect.transforms.ExtractField"
                | NUMBER_CONVERTER
        );
        kinds.into_iter().find_map(|kind| Catalogue.resolve(kind, name)).or_else(|| other.then(|| name.to_owned()))
    }

    fn abstract_class_alternatives(&self, class: &str, _supertype: &str) -> Option<Vec<String>> {
        (class == NUMBER_CONVERTER).then(Vec::new)
    }

    fn is_subtype(&self, class: &str, supertype: &str) -> bool {
        let kind = match supertype.rsplit('.').next() {
            Some("Converter") => PluginKind::Converter,
            Some("HeaderConverter") => PluginKind::HeaderConverter,
            _ => return false,
        };
        class == NUMBER_CONVERTER || Catalogue.classes(kind).iter().any(|known| known == class)
    }
}
