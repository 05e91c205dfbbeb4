//! `config.jsonl`: what `ConfigDef` makes of definitions, values and properties.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_config::{
    ClassResolver, ConfigDef, ConfigError, ConfigKey, ConfigValueData, Importance, NoClasses, OtherValue, Recommender,
    Type, Validator, Values, Width, convert_to_string, parse_type,
};
use aqueduct_testkit::conformance::{Case, Failure, NotCompared, Verdict};
use serde_json::{Value, json};

/// How a case compares.
pub(crate) fn check(case: &Case, classes: &RecordedClasses) -> Result<Verdict, NotCompared> {
    let got = run(case, classes).map_err(|error| Failure::new(error.java_class(), error.message()));
    case.check("result", got)
}

fn run(case: &Case, classes: &dyn ClassResolver) -> Result<Value, ConfigError> {
    let name = case.str("name");
    match case.op() {
        "parseType" => {
            parse_type(name, &decode(case.get("value")), type_of(case.get("type")), classes).map(|value| encode(&value))
        }
        "convertToString" => {
            convert_to_string(&decode(case.get("value")), Some(type_of(case.get("type")))).map(|text| json!(text))
        }
        "validator" => validator(case.get("validator"))
            .ensure_valid(name, &decode(case.get("value")), classes)
            .map(|()| json!("ok")),
        "parse" => {
            let values = definition(case.get("def"))?.parse_values(&properties(case.get("props")), classes)?;
            Ok(values.iter().map(|(key, value)| (key.clone(), encode(value))).collect())
        }
        "validate" => {
            let props: BTreeMap<String, Option<String>> = case
                .get("props")
                .as_object()
                .expect("props")
                .iter()
                .map(|(key, value)| (key.clone(), value.as_str().map(str::to_owned)))
                .collect();
            let mut verdicts = definition(case.get("def"))?.validate_with(&props, classes);
            verdicts.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(verdicts
                .iter()
                .map(|verdict| {
                    json!({
                        "name": verdict.name,
                        "value": encode(&verdict.value),
                        "recommendedValues": verdict.recommended_values.iter().map(encode).collect::<Vec<_>>(),
                        "errors": verdict.error_messages,
                        "visible": verdict.visible,
                    })
                })
                .collect())
        }
        op => panic!("unknown op {op}"),
    }
}

/// The properties of a `parse` case: texts, nulls, or typed values.
fn properties(props: &Value) -> Values {
    props
        .as_object()
        .expect("props")
        .iter()
        .map(|(key, value)| {
            let value = match value {
                Value::String(text) => text.as_str().into(),
                typed => decode(typed),
            };
            (key.clone(), value)
        })
        .collect()
}

fn definition(keys: &Value) -> Result<ConfigDef, ConfigError> {
    keys.as_array().expect("def").iter().try_fold(ConfigDef::new(), |def, key| def.try_define(config_key(key)))
}

fn config_key(recorded: &Value) -> ConfigKey {
    let text = |member: &str| recorded[member].as_str().map(str::to_owned);
    let mut key = ConfigKey::new(text("name").expect("name"), type_of(&recorded["type"]))
        .importance(importance(&recorded["importance"]))
        .width(width(&recorded["width"]))
        .order(recorded["order"].as_i64().expect("order").try_into().expect("an int"))
        .display_name(text("displayName").expect("displayName"))
        .dependents(
            recorded["dependents"]
                .as_array()
                .expect("dependents")
                .iter()
                .map(|name| name.as_str().expect("a name").to_owned()),
        );
    if let Some(group) = text("group") {
        key = key.group(group);
    }
    if let Some(default) = recorded.get("default") {
        key = key.default(decode(default));
    }
    if let Some(recorded) = recorded.get("validator") {
        key = key.validator(validator(recorded));
    }
    if let Some(recorded) = recorded.get("recommender") {
        key = key.recommender(RecordedRecommender {
            valid_values: recorded["validValues"].as_array().expect("validValues").iter().map(decode).collect(),
            visible_when: recorded["visibleWhenKey"]
                .as_str()
                .map(|key| (key.to_owned(), recorded["visibleWhenEquals"].as_str().expect("a text").to_owned())),
        });
    }
    key
}

fn validator(recorded: &Value) -> Validator {
    let args = recorded["args"].as_array().expect("args");
    let texts =
        |args: &[Value]| -> Vec<String> { args.iter().map(|arg| arg.as_str().expect("a text").to_owned()).collect() };
    let number = |arg: &Value| match arg.as_i64() {
        Some(integer) => integer.into(),
        None => aqueduct_config::Number::from(arg.as_f64().expect("a number")),
    };
    match recorded["kind"].as_str().expect("kind") {
        "atLeast" => Validator::at_least(number(&args[0])),
        "between" => Validator::between(number(&args[0]), number(&args[1])),
        "validString" => Validator::one_of(texts(args)),
        "caseInsensitiveValidString" => Validator::one_of_ignoring_case(texts(args)),
        "nonEmptyString" => Validator::NonEmptyString,
        "nonEmptyStringWithoutControlChars" => Validator::NonEmptyStringWithoutControlChars,
        "nonNull" => Validator::NonNull,
        "listSizeAtMost" => Validator::ListSize(usize::try_from(args[0].as_u64().expect("a size")).expect("a size")),
        "validList" => Validator::list_of(true, texts(args)),
        "validListEmptyAllowed" => Validator::list_of(args[0].as_bool().expect("a flag"), texts(&args[1..])),
        "anyNonDuplicateValues" => {
            Validator::any_non_duplicate_values(args[0].as_bool().expect("a flag"), args[1].as_bool().expect("a flag"))
        }
        "composite" => Validator::all_of(args.iter().map(validator)),
        kind => panic!("unknown validator {kind}"),
    }
}

#[derive(Debug)]
struct RecordedRecommender {
    valid_values: Vec<ConfigValueData>,
    visible_when: Option<(String, String)>,
}

impl Recommender for RecordedRecommender {
    fn valid_values(&self, _name: &str, _parsed: &Values) -> Result<Vec<ConfigValueData>, ConfigError> {
        Ok(self.valid_values.clone())
    }

    fn visible(&self, _name: &str, parsed: &Values) -> Result<bool, ConfigError> {
        Ok(self
            .visible_when
            .as_ref()
            .is_none_or(|(key, text)| parsed.get(key).and_then(ConfigValueData::as_str) == Some(text)))
    }
}

/// The class path of the recording: every class that a recorded result or value has.
#[derive(Default)]
pub(crate) struct RecordedClasses(BTreeSet<String>);

impl RecordedClasses {
    /// Reads them off the lines of a file.
    pub(crate) fn of(text: &str) -> Self {
        let mut classes = Self::default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).for_each(|case| classes.collect(&case));
        classes
    }

    fn collect(&mut self, value: &Value) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, member)| match (name.as_str(), member) {
                ("class", Value::String(class)) if class.contains('.') => {
                    self.0.insert(class.clone());
                }
                _ => self.collect(member),
            }),
            Value::Array(items) => items.iter().for_each(|item| self.collect(item)),
            _ => {}
        }
    }
}

impl ClassResolver for RecordedClasses {
    fn resolve(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    fn is_subtype(&self, class: &str, supertype: &str) -> bool {
        NoClasses.is_subtype(class, supertype)
    }
}

fn type_of(recorded: &Value) -> Type {
    let name = recorded.as_str().expect("type");
    [
        Type::Boolean,
        Type::String,
        Type::Int,
        Type::Short,
        Type::Long,
        Type::Double,
        Type::List,
        Type::Class,
        Type::Password,
    ]
    .into_iter()
    .find(|candidate| candidate.name() == name)
    .expect("a known type")
}

fn importance(recorded: &Value) -> Importance {
    [Importance::High, Importance::Medium, Importance::Low]
        .into_iter()
        .find(|candidate| recorded == candidate.name())
        .expect("a known importance")
}

fn width(recorded: &Value) -> Width {
    [Width::None, Width::Short, Width::Medium, Width::Long]
        .into_iter()
        .find(|candidate| recorded == candidate.name())
        .expect("a known width")
}

/// Reads a recorded value.
fn decode(recorded: &Value) -> ConfigValueData {
    let Some((member, content)) = recorded.as_object().and_then(|members| members.iter().next()) else {
        return ConfigValueData::Null;
    };
    let integer = || content.as_i64().expect("an integer");
    let text = || content.as_str().expect("a text");
    let other = |java_class: &str, text: String, number: Option<f64>| {
        ConfigValueData::Other(Box::new(OtherValue { java_class: java_class.to_owned(), text, number }))
    };
    match member.as_str() {
        "boolean" => content.as_bool().expect("a flag").into(),
        "string" => text().into(),
        "int32" => i32::try_from(integer()).expect("an int").into(),
        "int16" => i16::try_from(integer()).expect("a short").into(),
        "int64" => integer().into(),
        "float64" => text().parse::<f64>().expect("a double").into(),
        "class" => ConfigValueData::class(text()),
        "password" => ConfigValueData::password(text()),
        "array" => {
            let items: Option<Vec<String>> = content
                .as_array()
                .expect("a list")
                .iter()
                .map(|item| decode(item).as_str().map(str::to_owned))
                .collect();
            // A list with something else than texts in it, such as a null.
            items.map_or_else(|| other("java.util.ArrayList", print(recorded), None), Into::into)
        }
        "int8" => other("java.lang.Byte", integer().to_string(), i8::try_from(integer()).ok().map(f64::from)),
        "float32" => other("java.lang.Float", text().to_owned(), text().parse::<f32>().ok().map(f64::from)),
        "map" => other("java.util.LinkedHashMap", print(recorded), None),
        member => panic!("unknown kind of value {member}"),
    }
}

/// How Java prints a recorded list or map.
fn print(recorded: &Value) -> String {
    if let Some(items) = recorded["array"].as_array() {
        return format!("[{}]", items.iter().map(print).collect::<Vec<_>>().join(", "));
    }
    if let Some(pairs) = recorded["map"].as_array() {
        let pairs: Vec<String> = pairs.iter().map(|pair| format!("{}={}", print(&pair[0]), print(&pair[1]))).collect();
        return format!("{{{}}}", pairs.join(", "));
    }
    decode(recorded).to_string()
}

/// Writes a value as recorded.
fn encode(value: &ConfigValueData) -> Value {
    match value {
        ConfigValueData::Null => Value::Null,
        ConfigValueData::Boolean(value) => json!({ "boolean": value }),
        ConfigValueData::String(text) => json!({ "string": text }),
        ConfigValueData::Int(value) => json!({ "int32": value }),
        ConfigValueData::Short(value) => json!({ "int16": value }),
        ConfigValueData::Long(value) => json!({ "int64": value }),
        ConfigValueData::Double(_) => json!({ "float64": value.to_string() }),
        ConfigValueData::List(items) => {
            json!({ "array": items.iter().map(|item| json!({ "string": item })).collect::<Vec<_>>() })
        }
        ConfigValueData::Class(name) => json!({ "class": name }),
        ConfigValueData::Password(password) => json!({ "password": password.reveal() }),
        ConfigValueData::Other(other) => panic!("no parsed value is a {}", other.java_class),
    }
}
