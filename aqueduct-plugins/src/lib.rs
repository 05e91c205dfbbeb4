//! Class name or alias to factory, for every kind of plugin.
//!
//! The binary hands its table of [`Plugin`] descriptors in once; from then on the [`Plugins`] registry answers names as
//! users write them: full class names, simple names, and simple names without the kind's suffix. Names that almost match
//! are offered in errors. Java classes that were found in `plugin.path` are remembered, so that naming one says what is
//! true: it is there, and cannot run here yet.

mod aliases;
mod catalogue;
mod closest;
pub mod java_plugins;
mod policies;
mod registry;

pub use aqueduct_api::{Factory, Plugin, PluginKind};
pub use catalogue::{Catalogue, definition};
pub use closest::closest;
pub use policies::override_policies;
pub use registry::{JavaPlugin, PluginNotFound, Plugins};
