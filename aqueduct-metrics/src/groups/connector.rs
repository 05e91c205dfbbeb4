//! `connector-metrics`: a connector instance.

use std::sync::Arc;

use super::PluginClass;
use crate::{Bean, BeanName, Registration, Registry, StateTime};

/// `kafka.connect:type=connector-metrics,connector=…`
#[derive(Default)]
pub struct ConnectorMetrics {
    /// The state of the instance.
    pub state: StateTime,
}

impl ConnectorMetrics {
    /// Shows a connector; `kind` is `source` or `sink`.
    pub fn register(
        registry: &Registry,
        connector: &str,
        kind: &str,
        class: &PluginClass,
    ) -> (Arc<Self>, Registration) {
        let metrics = Arc::new(Self::default());
        let m = Arc::clone(&metrics);
        let bean = Bean::new(BeanName::new("connector-metrics").tag("connector", connector))
            .constant("connector-type", "Whether the connector is a source or a sink.", kind)
            .constant("connector-class", "The class of the connector.", class.class.as_str())
            .constant("connector-version", "The version of the connector's class.", class.version.as_str())
            .text("status", "The state of the connector.", move || m.state.state().to_owned());
        (metrics, registry.register(bean))
    }
}
