//! Validation: one verdict for every key, instead of the first error.
//!
//! Keys are visited from those that depend on no other down to their dependents, twice: first they are parsed and
//! checked, then recommenders look at what was parsed.

use indexmap::IndexMap;

use crate::{
    ClassResolver, ConfigDef, ConfigError, ConfigKey, ConfigValueData, NoClasses, Properties, Values, parse_type,
};

/// The verdict on one key.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigValue {
    /// The key.
    pub name: String,
    /// Its value; null when there is none or when it cannot be parsed.
    pub value: ConfigValueData,
    /// Values that it could take.
    pub recommended_values: Vec<ConfigValueData>,
    /// What is wrong.
    pub error_messages: Vec<String>,
    /// Whether the key matters, given the other values.
    pub visible: bool,
}

impl ConfigValue {
    /// A verdict without value, errors and recommendations, on a visible key.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: ConfigValueData::Null,
            recommended_values: Vec::new(),
            error_messages: Vec::new(),
            visible: true,
        }
    }

    /// Adds an error.
    pub fn add_error(&mut self, message: impl Into<String>) {
        self.error_messages.push(message.into());
    }
}

impl ConfigDef {
    /// The verdict on every key, in the order of the definition; no class is found. Keys that are not defined are no
    /// matter.
    pub fn validate<P: Properties + ?Sized>(&self, props: &P) -> Vec<ConfigValue> {
        self.validate_with(props, &NoClasses)
    }

    /// As [`ConfigDef::validate`], looking up classes.
    pub fn validate_with<P: Properties + ?Sized>(&self, props: &P, classes: &dyn ClassResolver) -> Vec<ConfigValue> {
        self.validate_all(props, classes).into_values().collect()
    }

    /// As [`ConfigDef::validate_with`], by key. Dependents that are no keys themselves come last, as errors.
    pub fn validate_all<P: Properties + ?Sized>(
        &self,
        props: &P,
        classes: &dyn ClassResolver,
    ) -> IndexMap<String, ConfigValue> {
        let mut verdicts: IndexMap<String, ConfigValue> =
            self.names().map(|name| (name.to_owned(), ConfigValue::new(name))).collect();
        for name in self.undefined_dependents() {
            let mut verdict = ConfigValue::new(name);
            verdict.add_error(format!("{name} is referred in the dependents, but not defined."));
            verdict.visible = false;
            verdicts.insert(name.to_owned(), verdict);
        }
        for (name, error) in &self.defects {
            verdicts.entry(name.clone()).or_insert_with(|| ConfigValue::new(name)).add_error(error.message());
        }

        let mut parsed = Values::new();
        self.visit(&mut |key| {
            let mut errors = Vec::new();
            let value = check(key, props.property(&key.name), classes, &mut errors);
            parsed.insert(key.name.to_string(), value.clone());
            if let Some(verdict) = verdicts.get_mut(key.name.as_ref()) {
                verdict.value = value;
                verdict.error_messages.extend(errors.iter().map(|error| error.message().to_owned()));
            }
        });
        self.visit(&mut |key| {
            if let Some(verdict) = verdicts.get_mut(key.name.as_ref())
                && let Err(error) = recommend(key, &parsed, verdict)
            {
                verdict.add_error(error.message());
            }
        });
        verdicts
    }

    /// Visits the keys that depend on no other, and below each its dependents. A key below two others is visited twice.
    fn visit(&self, visit: &mut dyn FnMut(&ConfigKey)) {
        let dependents: Vec<&str> = self.config_keys().flat_map(|key| &key.dependents).map(AsRef::as_ref).collect();
        for name in self.names().filter(|name| !dependents.contains(name)) {
            self.visit_below(name, &mut Vec::new(), visit);
        }
    }

    fn visit_below<'a>(&'a self, name: &'a str, path: &mut Vec<&'a str>, visit: &mut dyn FnMut(&ConfigKey)) {
        // Keys that depend on each other in a circle would never come to an end.
        let Some(key) = self.key(name).filter(|_| !path.contains(&name)) else { return };
        visit(key);
        path.push(name);
        for dependent in &key.dependents {
            self.visit_below(dependent, path, visit);
        }
        path.pop();
    }
}

/// Parses and checks one value; what is wrong goes to `errors`.
fn check(
    key: &ConfigKey,
    given: Option<Option<&str>>,
    classes: &dyn ClassResolver,
    errors: &mut Vec<ConfigError>,
) -> ConfigValueData {
    let parsed = match (given, &key.default_value) {
        (Some(text), _) => parse_type(&key.name, &text.into(), key.value_type, classes),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err(ConfigError::missing(&key.name)),
    };
    let value = parsed.unwrap_or_else(|error| {
        errors.push(error);
        ConfigValueData::Null
    });
    // The validator runs on the null that stands for a bad value too: Java reports both.
    if let Some(validator) = &key.validator
        && let Err(error) = validator.ensure_valid(&key.name, &value, classes)
    {
        errors.push(error);
    }
    value
}

fn recommend(key: &ConfigKey, parsed: &Values, verdict: &mut ConfigValue) -> Result<(), ConfigError> {
    let Some(recommender) = &key.recommender else { return Ok(()) };
    let mut recommended = recommender.valid_values(&key.name, parsed)?;
    if !verdict.recommended_values.is_empty() {
        recommended.retain(|value| verdict.recommended_values.contains(value));
    }
    verdict.recommended_values = recommended;
    verdict.visible = recommender.visible(&key.name, parsed)?;
    Ok(())
}
