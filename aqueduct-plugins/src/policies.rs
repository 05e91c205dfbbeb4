//! The client override policies that come with Kafka Connect (KIP-458).

use std::collections::BTreeSet;

use aqueduct_api::{OverridePolicy, OverrideRequest, Plugin};

const PACKAGE: &str = "org.apache.kafka.connect.connector.policy";
const VERSION: &str = "4.3.1";
const PRINCIPAL_KEYS: [&str; 3] = ["sasl.jaas.config", "sasl.mechanism", "security.protocol"];
/// The worker key that the policy `Allowlist` reads.
const ALLOWLIST: &str = "connector.client.config.override.allowlist";

/// Allows the keys for which `allowed` says so.
struct Policy {
    name: &'static str,
    allowed: Allowed,
}

enum Allowed {
    Everything,
    These(BTreeSet<String>),
}

impl OverridePolicy for Policy {
    fn validate(&self, request: &OverrideRequest<'_>) -> Vec<(String, String)> {
        let Allowed::These(allowed) = &self.allowed else {
            return Vec::new();
        };
        let refused = request.overrides.keys().filter(|key| !allowed.contains(*key));
        refused
            .map(|key| {
                let name = self.name;
                let why = format!(
                    "The '{name}' policy does not allow '{key}' to be overridden in the connector configuration."
                );
                (key.clone(), why)
            })
            .collect()
    }
}

fn plugin(name: &'static str, allowed: impl Fn(&aqueduct_api::ConfigMap) -> Allowed + Send + Sync + 'static) -> Plugin {
    let class = format!("{PACKAGE}.{name}ConnectorClientConfigOverridePolicy");
    Plugin::override_policy(class, VERSION, move |worker| Ok(Policy { name, allowed: allowed(worker) }))
}

/// The policies `All`, `None`, `Principal` and `Allowlist`.
pub fn override_policies() -> Vec<Plugin> {
    vec![
        plugin("All", |_| Allowed::Everything),
        plugin("None", |_| Allowed::These(BTreeSet::new())),
        plugin("Principal", |_| Allowed::These(PRINCIPAL_KEYS.map(str::to_owned).into())),
        plugin("Allowlist", |worker| {
            let listed = worker.get(ALLOWLIST).map(String::as_str).unwrap_or_default();
            Allowed::These(listed.split(',').map(|key| key.trim().to_owned()).filter(|key| !key.is_empty()).collect())
        }),
    ]
}
