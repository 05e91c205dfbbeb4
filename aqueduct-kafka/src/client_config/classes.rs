//! Java classes that users name in client properties, and what is there in their place.
//!
//! Class files cannot be loaded here. Classes that Kafka's own clients bring are recognised by name; any other is an
//! error where it would decide something (a partitioner, a login handler), and a warning where it would only watch.

use super::ClientConfigError;

const OAUTH: &str = "org.apache.kafka.common.security.oauthbearer.";

pub(super) const FILE_RETRIEVER: &str = "org.apache.kafka.common.security.oauthbearer.FileJwtRetriever";
pub(super) const CLIENT_CREDENTIALS_RETRIEVER: &str =
    "org.apache.kafka.common.security.oauthbearer.ClientCredentialsJwtRetriever";
pub(super) const JWT_BEARER_RETRIEVER: &str = "org.apache.kafka.common.security.oauthbearer.JwtBearerJwtRetriever";

/// Serializers and deserializers that leave bytes as they are.
pub(super) const BYTES: [&str; 2] = [
    "org.apache.kafka.common.serialization.ByteArraySerializer",
    "org.apache.kafka.common.serialization.ByteArrayDeserializer",
];

/// The metrics reporter that Kafka's clients have by default.
pub(super) const JMX_REPORTER: &str = "org.apache.kafka.common.metrics.JmxReporter";

/// Sends records round the partitions, whatever their keys.
pub(super) const ROUND_ROBIN_PARTITIONER: &str = "org.apache.kafka.clients.producer.RoundRobinPartitioner";

/// `ssl.engine.factory.class` of the JVM's own TLS.
pub(super) const DEFAULT_SSL_ENGINE_FACTORY: &str = "org.apache.kafka.common.security.ssl.DefaultSslEngineFactory";

pub(super) const RANGE_ASSIGNOR: &str = "org.apache.kafka.clients.consumer.RangeAssignor";
pub(super) const ROUND_ROBIN_ASSIGNOR: &str = "org.apache.kafka.clients.consumer.RoundRobinAssignor";
pub(super) const STICKY_ASSIGNOR: &str = "org.apache.kafka.clients.consumer.StickyAssignor";
pub(super) const COOPERATIVE_STICKY_ASSIGNOR: &str = "org.apache.kafka.clients.consumer.CooperativeStickyAssignor";

/// `sasl.login.class`.
pub(super) const LOGINS: [&str; 3] = [
    "org.apache.kafka.common.security.authenticator.DefaultLogin",
    "org.apache.kafka.common.security.kerberos.KerberosLogin",
    "org.apache.kafka.common.security.oauthbearer.internals.OAuthBearerRefreshingLogin",
];

/// `sasl.login.callback.handler.class`. The second is the name that Kafka 3.x had for the first.
pub(super) const LOGIN_HANDLERS: [&str; 4] = [
    "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler",
    "org.apache.kafka.common.security.oauthbearer.secured.OAuthBearerLoginCallbackHandler",
    "org.apache.kafka.common.security.oauthbearer.internals.unsecured.OAuthBearerUnsecuredLoginCallbackHandler",
    "org.apache.kafka.common.security.authenticator.AbstractLogin$DefaultLoginCallbackHandler",
];

/// `sasl.client.callback.handler.class`.
pub(super) const CLIENT_HANDLERS: [&str; 2] = [
    "org.apache.kafka.common.security.authenticator.SaslClientCallbackHandler",
    "org.apache.kafka.common.security.oauthbearer.internals.OAuthBearerSaslClientCallbackHandler",
];

/// `sasl.oauthbearer.jwt.retriever.class`.
pub(super) const JWT_RETRIEVERS: [&str; 4] = [
    "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever",
    FILE_RETRIEVER,
    CLIENT_CREDENTIALS_RETRIEVER,
    JWT_BEARER_RETRIEVER,
];

/// `sasl.oauthbearer.jwt.validator.class`.
pub(super) const JWT_VALIDATORS: [&str; 2] = [
    "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator",
    "org.apache.kafka.common.security.oauthbearer.ClientJwtValidator",
];

pub(super) const PLAIN_LOGIN: &str = "org.apache.kafka.common.security.plain.PlainLoginModule";
pub(super) const SCRAM_LOGIN: &str = "org.apache.kafka.common.security.scram.ScramLoginModule";
pub(super) const OAUTH_LOGIN: &str = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule";
pub(super) const KERBEROS_LOGIN: &str = "com.sun.security.auth.module.Krb5LoginModule";
/// Amazon's module for its managed Kafka.
pub(super) const AWS_LOGIN: &str = "software.amazon.msk.auth.iam.IAMLoginModule";

/// Whether this login callback handler fetches tokens, rather than making them up.
pub(super) fn is_oauth_login_handler(class: &str) -> bool {
    class.starts_with(OAUTH) && class.ends_with(".OAuthBearerLoginCallbackHandler")
}

/// What Java says to a class that is not there.
pub(super) fn not_found(key: &str, class: &str) -> ClientConfigError {
    let why = format_args!("Class {class} could not be found.");
    ClientConfigError::unsupported_value(key, class, why)
}
