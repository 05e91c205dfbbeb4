//! The keys of sources.

use super::shared_keys::{Shown, common_def_with, key, unique_aliases};
use super::*;
use crate::Importance::{Low, Medium};
use crate::{AnyClass, ConfigDef, Type, Validator, Width};

const EXACTLY_ONCE_GROUP: &str = "Exactly Once Support";

/// The definition of a source connector's shared keys.
pub fn source_def() -> ConfigDef {
    source_def_with(&ConnectorDefaults::default())
}

/// As [`source_def`], with what is really used where the connector says nothing.
pub fn source_def_with(defaults: &ConnectorDefaults) -> ConfigDef {
    common_def_with(defaults)
        .define(
            key(
                TOPIC_CREATION_GROUPS,
                Type::List,
                Low,
                "Names of groups of topics, each with settings of its own for topics that do not exist yet.",
            )
            .default([""; 0])
            .validator(unique_aliases("unique topic creation groups"))
            .shown("Topic Creation", 1, Width::Long, "Topic Creation Groups"),
        )
        .define(
            key(
                EXACTLY_ONCE_SUPPORT,
                Type::String,
                Medium,
                "`required` refuses the connector unless it can be exactly-once on this cluster; `requested` runs it \
                 as well as it can.",
            )
            .default("requested")
            .validator(Validator::one_of_ignoring_case(["requested", "required"]))
            .shown(EXACTLY_ONCE_GROUP, 2, Width::Short, "Exactly once support"),
        )
        .define(
            key(
                TRANSACTION_BOUNDARY,
                Type::String,
                Medium,
                "When an exactly-once task commits: after each batch (`poll`), at an `interval`, or when the \
                 `connector` says so.",
            )
            .default("poll")
            .validator(Validator::one_of_ignoring_case(["poll", "interval", "connector"]))
            .shown(EXACTLY_ONCE_GROUP, 3, Width::Short, "Transaction Boundary"),
        )
        .define(
            key(
                TRANSACTION_BOUNDARY_INTERVAL_MS,
                Type::Long,
                Low,
                "The interval between commits, in milliseconds; unset means the worker's `offset.flush.interval.ms`.",
            )
            .default_null()
            .validator(Validator::lambda(
                |name, value| {
                    if value.is_null() { Ok(()) } else { Validator::at_least(0).ensure_valid(name, value, &AnyClass) }
                },
                "[0,...]",
            ))
            .shown(EXACTLY_ONCE_GROUP, 4, Width::Short, "Transaction boundary interval"),
        )
        .define(
            key(
                OFFSETS_STORAGE_TOPIC,
                Type::String,
                Low,
                "A topic of the connector's own for its offsets, on the cluster that it writes to. Distributed mode \
                 only.",
            )
            .default_null()
            .validator(Validator::NonEmptyString)
            .shown("offsets.topic", 1, Width::Long, "Offsets topic"),
        )
}
