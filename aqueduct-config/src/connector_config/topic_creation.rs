//! Settings of topics that source tasks create (KIP-158): `topic.creation.GROUP.…`.
//!
//! A connector that sets any of them has a group `default`, which must be complete; the groups that
//! `topic.creation.groups` lists fall back to it.

use std::borrow::Cow;

use aqueduct_jvm::regex::JavaRegex;

use super::*;
use crate::Importance::Low;
use crate::parse::split_list;
use crate::validator::distinct;
use crate::{
    ClassResolver, ConfigDef, ConfigError, ConfigErrorKind, ConfigKey, ConfigValueData, Properties, Type, Validator,
    Width,
};

const INCLUDE: &str = "include";
const EXCLUDE: &str = "exclude";
const REPLICATION_FACTOR: &str = "replication.factor";
const PARTITIONS: &str = "partitions";

/// Whether a connector sets anything about the creation of topics.
pub fn uses_topic_creation<P: Properties + ?Sized>(props: &P) -> bool {
    let mut uses = false;
    props.for_each_property(&mut |key, _| uses |= key.starts_with(TOPIC_CREATION_PREFIX));
    uses
}

/// The groups that a connector lists, each once. The group `default` is always there and not among them.
pub fn topic_creation_groups<P: Properties + ?Sized>(props: &P) -> Vec<String> {
    let mut groups = split_list(props.property(TOPIC_CREATION_GROUPS).flatten().unwrap_or_default());
    let listed = groups.len();
    groups.retain(|group| group != DEFAULT_TOPIC_CREATION_GROUP);
    if groups.len() < listed {
        tracing::warn!(
            "'{DEFAULT_TOPIC_CREATION_GROUP}' topic creation group always exists and does not need to be listed \
             explicitly"
        );
    }
    distinct(&groups).unwrap_or(groups)
}

/// A source connector's definition with the keys of its topic creation groups.
///
/// When the result parses a configuration, `include` and `exclude` of the group `default` have to be left out of it: the
/// group takes every topic that no other group takes.
///
/// # Errors
/// When the group `default` is not complete, or any of the connector's shared keys is not valid.
pub fn topic_creation_def<P: Properties + ?Sized>(
    base: &ConfigDef,
    props: &P,
    classes: &dyn ClassResolver,
) -> Result<ConfigDef, ConfigError> {
    let prefix = |group: &str| format!("{TOPIC_CREATION_PREFIX}{group}.");
    let default_prefix = prefix(DEFAULT_TOPIC_CREATION_GROUP);
    let mut def = base.clone().embed(&default_prefix, DEFAULT_TOPIC_CREATION_GROUP, 0, &default_group_def());
    let default_group = def.parse_with(props, classes)?;
    let replication_factor = default_group.short(&format!("{default_prefix}{REPLICATION_FACTOR}"))?;
    let partitions = default_group.int(&format!("{default_prefix}{PARTITIONS}"))?;
    for group in topic_creation_groups(props) {
        let label = format!("Topic Creation: {group}");
        let child = group_def(&label, replication_factor, partitions);
        def = def.embed(&prefix(&group), &label, 0, &child);
    }
    Ok(def)
}

/// The keys of the group `default`.
pub fn default_group_def() -> ConfigDef {
    let rows = Rows { label: Cow::Borrowed(DEFAULT_TOPIC_CREATION_GROUP) };
    ConfigDef::new()
        .define(rows.include().default(".*").validator(Validator::NonNull))
        .define(rows.exclude().default([""; 0]).validator(Validator::NonNull))
        .define(rows.replication_factor())
        .define(rows.partitions())
}

/// The keys of another group, which falls back to what the group `default` says. Its label is
/// `Topic Creation: NAME`.
pub fn group_def(label: &str, default_replication_factor: i16, default_partitions: i32) -> ConfigDef {
    let rows = Rows { label: Cow::Owned(label.to_owned()) };
    ConfigDef::new()
        .define(rows.include().default([""; 0]).validator(patterns_validator()))
        .define(rows.exclude().default([""; 0]).validator(patterns_validator()))
        .define(rows.replication_factor().default(default_replication_factor))
        .define(rows.partitions().default(default_partitions))
}

/// The keys of a group, as they are shown.
struct Rows {
    label: Cow<'static, str>,
}

impl Rows {
    fn key(&self, name: &'static str, value_type: Type, order: i32, display: &str, doc: &'static str) -> ConfigKey {
        ConfigKey::new(name, value_type)
            .importance(Low)
            .doc(doc)
            .group(self.label.clone())
            .order(order)
            .width(Width::Long)
            .display_name(format!("{display} {}", self.label))
    }

    fn include(&self) -> ConfigKey {
        let doc = "Regular expressions; topics that match one as a whole belong to the group.";
        self.key(INCLUDE, Type::List, 1, "Inclusion Topic Pattern for", doc)
    }

    fn exclude(&self) -> ConfigKey {
        let doc = "Regular expressions; topics that match one as a whole do not belong to the group.";
        self.key(EXCLUDE, Type::List, 2, "Exclusion Topic Pattern for", doc)
    }

    fn replication_factor(&self) -> ConfigKey {
        let doc = "The replication factor of new topics; -1 means the brokers' default.";
        self.key(REPLICATION_FACTOR, Type::Short, 3, "Replication Factor for Topics in", doc)
            .validator(replication_factor_validator())
    }

    fn partitions(&self) -> ConfigKey {
        let doc = "The number of partitions of new topics; -1 means the brokers' default.";
        self.key(PARTITIONS, Type::Int, 4, "Partition Count for Topics in", doc).validator(partitions_validator())
    }
}

/// A number of partitions: positive, or -1.
pub fn partitions_validator() -> Validator {
    Validator::lambda(
        |name, value| {
            ensure_positive_or_default(
                name,
                value,
                "Number of partitions must be positive, or -1 to use the broker's default",
            )
        },
        "Positive number, or -1 to use the broker's default",
    )
}

/// A replication factor: positive, or -1.
pub fn replication_factor_validator() -> Validator {
    Validator::lambda(
        |name, value| {
            ensure_positive_or_default(
                name,
                value,
                "Replication factor must be positive and not larger than the number of brokers in the Kafka cluster, \
                 or -1 to use the broker's default",
            )
        },
        "Positive number not larger than the number of brokers in the Kafka cluster, or -1 to use the broker's default",
    )
}

fn ensure_positive_or_default(name: &str, value: &ConfigValueData, why: &str) -> Result<(), ConfigError> {
    match value.as_number() {
        Some(number) if number == -1.0 || number >= 1.0 => Ok(()),
        Some(_) => Err(ConfigError::invalid(name, value, why)),
        None => Err(ConfigError::with_kind(ConfigErrorKind::NullPointer, format!("{name} is null"))),
    }
}

fn patterns_validator() -> Validator {
    Validator::lambda(
        |name, value| {
            let patterns = value.as_list().unwrap_or_default();
            match patterns.iter().find_map(|pattern| JavaRegex::new(pattern).err()) {
                Some(error) => {
                    Err(ConfigError::invalid(name, value, format_args!("Syntax error in regular expression: {error}")))
                }
                None => Ok(()),
            }
        },
        "Positive number, or -1 to use the broker's default",
    )
}
