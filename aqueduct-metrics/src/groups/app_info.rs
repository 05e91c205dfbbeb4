//! `app-info`: which program this is.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::{Bean, BeanName, Registration, Registry};

/// `kafka.connect:type=app-info,client-id=…`
pub struct AppInfo;

impl AppInfo {
    /// Shows version and commit of the worker of this id, which started now.
    pub fn register(registry: &Registry, worker: &str, version: &str, commit: &str) -> Registration {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_millis() as f64);
        let bean = Bean::new(BeanName::new("app-info").tag("client-id", worker))
            .constant("version", "The version of the worker.", version)
            .constant("commit-id", "The commit that the worker was built from.", commit)
            .gauge("start-time-ms", "When the worker started, in milliseconds since 1970.", move |_| started);
        registry.register(bean)
    }
}
