//! The registry of plugins.

use std::collections::HashMap;
use std::fmt;

use aqueduct_api::{Plugin, PluginKind};

use crate::aliases::{aliases, old_names, simple_name};
use crate::closest;

/// A connector class that was found in a jar under `plugin.path`. It cannot run here, but it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JavaPlugin {
    /// The class name.
    pub class: String,
    /// The jar, as people would look for it.
    pub location: String,
}

/// Every plugin that this worker has.
#[derive(Debug, Default)]
pub struct Plugins {
    plugins: Vec<Plugin>,
    aliases: HashMap<String, String>,
    java: Vec<JavaPlugin>,
}

/// A class name that no plugin answers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginNotFound {
    /// The kind that was asked for.
    pub kind: PluginKind,
    /// The name as it was given.
    pub name: String,
    /// The jar that has a Java class of this name.
    pub java: Option<JavaPlugin>,
    /// Names that may have been meant.
    pub closest: Vec<String>,
}

impl fmt::Display for PluginNotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(java) = &self.java {
            return write!(f, "{} ({}) is a Java plugin, not hosted yet", java.class, java.location);
        }
        write!(f, "no {} plugin is named {}", self.kind.name(), self.name)?;
        if !self.closest.is_empty() {
            write!(f, "; did you mean {}?", self.closest.join(" or "))?;
        }
        Ok(())
    }
}

impl std::error::Error for PluginNotFound {}

impl Plugins {
    /// A registry of these plugins.
    pub fn new(mut plugins: Vec<Plugin>) -> Self {
        // The order of GET /connector-plugins: by kind, sinks first, then by class.
        plugins.sort_by(|a, b| (place(a.kind()), &a.class).cmp(&(place(b.kind()), &b.class)));
        let mut aliases = aliases(&plugins);
        aliases.extend(old_names(&plugins));
        Self { plugins, aliases, java: Vec::new() }
    }

    /// The same registry, knowing of Java classes that were found beside it.
    #[must_use]
    pub fn with_java(mut self, java: Vec<JavaPlugin>) -> Self {
        self.java = java;
        self
    }

    /// All plugins: sinks, sources, then the other kinds, each by class name.
    pub fn all(&self) -> &[Plugin] {
        &self.plugins
    }

    /// The Java classes that were found in `plugin.path`.
    pub fn java(&self) -> &[JavaPlugin] {
        &self.java
    }

    /// The full class name that a name stands for: an alias's class, or else the name itself.
    pub fn resolve<'a>(&'a self, name: &'a str) -> &'a str {
        self.aliases.get(name).map_or(name, String::as_str)
    }

    /// The plugin of a kind that answers to a name.
    ///
    /// # Errors
    /// When there is none; the error offers names that may have been meant.
    pub fn find(&self, kind: PluginKind, name: &str) -> Result<&Plugin, PluginNotFound> {
        let class = self.resolve(name);
        let found = self.plugins.iter().find(|plugin| plugin.kind() == kind && plugin.class == class);
        found.ok_or_else(|| self.not_found(kind, name))
    }

    /// The source or sink connector that answers to a name.
    ///
    /// # Errors
    /// With Java's text, when there is none.
    pub fn connector(&self, name: &str) -> Result<&Plugin, String> {
        let is_connector = |plugin: &&Plugin| matches!(plugin.kind(), PluginKind::Source | PluginKind::Sink);
        let class = self.resolve(name);
        let mut connectors = self.plugins.iter().filter(is_connector);
        if let Some(plugin) = connectors.clone().find(|plugin| plugin.class == class) {
            return Ok(plugin);
        }
        // A name that two classes share is no alias; say which ones.
        let short = format!("{name}Connector");
        let matching: Vec<&Plugin> =
            connectors.clone().filter(|plugin| [name, &short].contains(&simple_name(&plugin.class))).collect();
        match matching.as_slice() {
            [only] => Ok(only),
            [] => {
                let missing = self.not_found(PluginKind::Source, name);
                if missing.java.is_some() {
                    return Err(missing.to_string());
                }
                let known: Vec<String> = connectors.by_ref().map(describe).collect();
                Err(format!(
                    "Failed to find any class that implements Connector and which name matches {name}, available \
                     connectors are: {}{}",
                    known.join(", "),
                    suggestion(&missing.closest)
                ))
            }
            several => {
                let classes: Vec<String> = several.iter().map(|plugin| describe(plugin)).collect();
                Err(format!(
                    "More than one connector matches alias {name}. Please use full package and class name instead. \
                     Classes found: {}",
                    classes.join(", ")
                ))
            }
        }
    }

    /// The plugin of any kind that answers to a name; connectors first.
    pub fn find_any(&self, name: &str) -> Option<&Plugin> {
        let class = self.resolve(name);
        self.plugins.iter().find(|plugin| plugin.class == class)
    }

    fn not_found(&self, kind: PluginKind, name: &str) -> PluginNotFound {
        let java = self.java.iter().find(|java| {
            let simple = simple_name(&java.class);
            java.class == name || simple == name || simple.strip_suffix(kind.suffix()) == Some(name)
        });
        let connector = matches!(kind, PluginKind::Source | PluginKind::Sink);
        let names: Vec<&str> = self
            .plugins
            .iter()
            .filter(|p| p.kind() == kind || (connector && matches!(p.kind(), PluginKind::Source | PluginKind::Sink)))
            .flat_map(|p| [p.class.as_ref(), simple_name(&p.class).trim_end_matches(p.kind().suffix())])
            // `Key` and `Value` alone name nothing.
            .filter(|n| !["Key", "Value", ""].contains(n))
            .collect();
        PluginNotFound {
            kind,
            name: name.to_owned(),
            java: java.cloned(),
            closest: closest(name, names).into_iter().map(str::to_owned).collect(),
        }
    }
}

fn suggestion(closest: &[String]) -> String {
    if closest.is_empty() { String::new() } else { format!(" (did you mean {}?)", closest.join(" or ")) }
}

fn place(kind: PluginKind) -> u8 {
    match kind {
        PluginKind::Sink => 0,
        PluginKind::Source => 1,
        PluginKind::Transformation => 2,
        PluginKind::Predicate => 3,
        PluginKind::Converter => 4,
        PluginKind::HeaderConverter => 5,
        PluginKind::ConfigProvider => 6,
        PluginKind::OverridePolicy => 7,
    }
}

/// A plugin as Java's `PluginDesc` prints it.
fn describe(plugin: &Plugin) -> String {
    let (class, version, kind) = (&plugin.class, &plugin.version, plugin.kind().name());
    format!(
        "PluginDesc{{klass=class {class}, name='{class}', version='{version}', encodedVersion={version}, type={kind}, \
         typeName='{kind}', location='classpath'}}"
    )
}
