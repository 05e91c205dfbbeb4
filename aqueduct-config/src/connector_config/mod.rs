//! The configuration keys that all connectors share, whatever they connect.
//!
//! A connector's configuration is checked against [`source_def`] or [`sink_def`], enriched with the keys of the
//! transforms and predicates that it names ([`enrich`]); its own keys, those of its converters and client overrides come
//! on top, elsewhere. Rules between keys are functions beside the definitions: [`check_topics`] for sinks,
//! [`topic_creation_def`] for sources.

mod enrich;
mod keys;
mod plugins;
mod restart;
mod shared_keys;
mod sink;
mod source;
mod topic_creation;

pub use enrich::enrich;
pub use keys::*;
pub(crate) use plugins::abstract_class;
pub use plugins::{PluginCatalogue, PluginError, PluginKind};
pub use restart::{restart_def, restart_keys_in};
pub use shared_keys::{ConnectorDefaults, PluginDefault, common_def_with};
pub use sink::{check_topics, ensure_valid_topics, sink_def, sink_def_with, topics_list};
pub use source::{source_def, source_def_with};
pub use topic_creation::{
    default_group_def, group_def, partitions_validator, replication_factor_validator, topic_creation_def,
    topic_creation_groups, uses_topic_creation,
};
