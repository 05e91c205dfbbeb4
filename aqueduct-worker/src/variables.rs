//! Variables in configurations, `${provider:path:key}` and `${provider:key}`, and what they stand for (KIP-297).
//!
//! A connector's configuration is stored and shown as it was written; what runs gets the values. They are looked up anew
//! each time, with one call for each provider and path, and they are never logged.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_api::{ConfigMap, ConfigProvider, ConnectError, Factory, PluginKind};
use aqueduct_plugins::Plugins;

/// The key that lists providers.
const CONFIG_PROVIDERS: &str = "config.providers";

/// Puts values in the place of variables.
#[derive(Default)]
pub struct ConfigTransformer {
    providers: BTreeMap<String, Box<dyn ConfigProvider>>,
}

/// A variable in a text: where it stands and what it names.
#[derive(Debug, PartialEq, Eq)]
struct Variable<'a> {
    start: usize,
    end: usize,
    provider: &'a str,
    path: &'a str,
    key: &'a str,
}

/// The variables in a text. Nothing in it can be escaped.
fn variables(text: &str) -> impl Iterator<Item = Variable<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + text[from..].find("${")?;
            let inside = start + 2;
            let end = inside + text[inside..].find('}')?;
            // Without a colon it is no variable, but another may begin inside.
            let Some((provider, rest)) = text[inside..end].split_once(':') else {
                from = inside;
                continue;
            };
            let (path, key) = rest.split_once(':').unwrap_or(("", rest));
            from = end + 1;
            return Some(Variable { start, end: from, provider, path, key });
        }
    })
}

impl ConfigTransformer {
    /// The providers that a worker's properties list.
    ///
    /// # Errors
    /// `ConfigException` when one of them has no class, an unknown one, or refuses its parameters.
    pub fn of_worker(plugins: &Plugins, props: &ConfigMap) -> Result<Self, ConnectError> {
        let listed = props.get(CONFIG_PROVIDERS).map(String::as_str).unwrap_or_default();
        let mut providers = BTreeMap::new();
        for name in listed.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let key = format!("{CONFIG_PROVIDERS}.{name}.class");
            let class = props.get(&key).ok_or_else(|| aqueduct_config::ConfigError::missing(&key))?.trim();
            let plugin = plugins.find(PluginKind::ConfigProvider, class).map_err(|missing| {
                ConnectError::config(format!(
                    "Invalid value {class} for configuration {key}: Class {class} could not be found ({missing}). Write the \
                     values themselves in place of ${{{name}:…}}, or have them in a file, a directory or the environment"
                ))
            })?;
            let Factory::ConfigProvider { configure } = &plugin.factory else {
                return Err(ConnectError::config(format!(
                    "Invalid value {class} for configuration {key}: no provider"
                )));
            };
            let provider = configure(&crate::settings::behind(props, &format!("{CONFIG_PROVIDERS}.{name}.param.")))?;
            providers.insert(name.to_owned(), provider);
        }
        Ok(Self { providers })
    }

    /// The configuration with the values of its variables. Those of unknown providers and missing keys stay as they are;
    /// values are taken as they are, also where they look like variables.
    ///
    /// # Errors
    /// What a provider answers.
    pub fn resolve(&self, config: &ConfigMap) -> Result<ConfigMap, ConnectError> {
        let mut wanted: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        for variable in config.values().flat_map(|text| variables(text)) {
            if self.providers.contains_key(variable.provider) {
                wanted.entry((variable.provider, variable.path)).or_default().insert(variable.key);
            }
        }
        if wanted.is_empty() {
            return Ok(config.clone());
        }
        let mut found = BTreeMap::new();
        for ((provider, path), keys) in wanted {
            let keys: Vec<String> = keys.into_iter().map(str::to_owned).collect();
            found.insert((provider, path), self.providers[provider].get(path, Some(&keys))?.data);
        }
        let resolved = config.iter().map(|(key, text)| {
            let (mut out, mut from) = (String::with_capacity(text.len()), 0);
            for variable in variables(text) {
                let values = found.get(&(variable.provider, variable.path));
                if let Some(value) = values.and_then(|values| values.get(variable.key)) {
                    out.push_str(&text[from..variable.start]);
                    out.push_str(value);
                    from = variable.end;
                }
            }
            out.push_str(&text[from..]);
            (key.clone(), out)
        });
        Ok(resolved.collect())
    }

    /// Takes the values back out of a task's configuration: keys that the connector has with a variable get that text.
    pub fn unresolve(&self, connector: &ConfigMap, task: &mut ConfigMap) {
        for (key, value) in task {
            if let Some(raw) = connector.get(key).filter(|raw| variables(raw).next().is_some()) {
                value.clone_from(raw);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_api::{ConfigData, Plugin};

    use super::*;

    /// Answers `PATH/KEY` for each key but `missing`.
    struct Echo;

    impl ConfigProvider for Echo {
        fn get(&self, path: &str, keys: Option<&[String]>) -> Result<ConfigData, ConnectError> {
            if path == "broken" {
                return Err(ConnectError::config("it is broken"));
            }
            let keys = keys.unwrap_or_default().iter().filter(|key| *key != "missing");
            Ok(ConfigData { data: keys.map(|key| (key.clone(), format!("<{path}/{key}>"))).collect(), ttl: None })
        }
    }

    fn config(pairs: &[(&str, &str)]) -> ConfigMap {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn transformer(props: &[(&str, &str)]) -> Result<ConfigTransformer, ConnectError> {
        let plugins = Plugins::new(vec![Plugin::config_provider("o.Echo", "1", |_| Ok(Echo))]);
        ConfigTransformer::of_worker(&plugins, &config(props))
    }

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let transformer = transformer(&[("config.providers", "e"), ("config.providers.e.class", "o.Echo")]).unwrap();
        assert_eq!(transformer.resolve(&config(&[("k", text)])).unwrap()["k"], expect);
    }

    #[test]
    fn variables_get_their_values() {
        check("plain", "plain");
        check("${e:key}", "</key>");
        check("a${e:/path:key}b", "a</path/key>b");
        check("${e:p:a}${e:p:b}", "<p/a><p/b>");
        check("${e:C:/a:k}", "<C//a:k>");
        check("${e:p:missing} ${x:p:key} ${e}", "${e:p:missing} ${x:p:key} ${e}");
        check("${no ${e:p:k}", "${no ${e:p:k}");
        check("${plain} ${e:p:k}", "${plain} <p/k>");
        check("${e:p:k", "${e:p:k");
        check("ä${e:ö:ü}", "ä<ö/ü>");
    }

    #[test]
    fn an_error_of_a_provider_is_one_of_the_configuration() {
        let transformer = transformer(&[("config.providers", "e"), ("config.providers.e.class", "o.Echo")]).unwrap();
        let error = transformer.resolve(&config(&[("k", "${e:broken:x}")])).unwrap_err();
        assert_eq!(error.message(), Some("it is broken"));
    }

    #[test]
    fn task_configurations_get_the_variables_back() {
        let transformer = ConfigTransformer::default();
        let connector = config(&[("password", "${e:p:k}"), ("user", "me")]);
        let mut task = config(&[("password", "secret"), ("user", "me"), ("part", "1")]);
        transformer.unresolve(&connector, &mut task);
        assert_eq!(task, config(&[("password", "${e:p:k}"), ("user", "me"), ("part", "1")]));
    }

    #[test]
    fn unknown_classes_are_named_with_the_way_out() {
        let missing = transformer(&[("config.providers", "v")]).err().unwrap();
        assert!(missing.to_string().contains("config.providers.v.class"), "{missing}");
        let unknown =
            transformer(&[("config.providers", "v"), ("config.providers.v.class", "com.x.Vault")]).err().unwrap();
        for part in ["com.x.Vault", "config.providers.v.class", "${v:"] {
            assert!(unknown.to_string().contains(part), "{unknown}");
        }
    }
}
