//! Which properties are secrets.

use aqueduct_config::Type;

use super::{ClientKind, definition};

/// Whether the value of a Java client key, or of a librdkafka property, is a secret. Prefixes such as
/// `producer.override.` do not matter.
///
/// ```
/// use aqueduct_kafka::client_config::is_sensitive;
///
/// assert!(is_sensitive("producer.override.sasl.jaas.config"));
/// assert!(is_sensitive("ssl.key.pem"));
/// assert!(!is_sensitive("ssl.truststore.location"));
/// ```
pub fn is_sensitive(key: &str) -> bool {
    let own = ["sasl.password", "ssl.key.pem"];
    let is = |name: &str| key.strip_suffix(name).is_some_and(|prefix| prefix.is_empty() || prefix.ends_with('.'));
    // Every client knows the same secrets.
    let definition = definition(ClientKind::Admin);
    own.into_iter().any(is)
        || definition.config_keys().any(|known| known.value_type == Type::Password && is(&known.name))
}
