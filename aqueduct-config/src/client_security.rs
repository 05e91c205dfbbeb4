//! The security keys of Kafka clients: `ssl.*` and `sasl.*`.
//!
//! Workers define them beside their own keys (`ssl.*` in both modes, `sasl.*` in distributed mode), and the REST
//! server reads `ssl.*` behind `listeners.https.` as well. What each means for our client is not told here.

use crate::Importance::{High, Low, Medium};
use crate::{ConfigKey, Importance, Type, Validator};

fn key(name: &'static str, value_type: Type, importance: Importance, doc: &'static str) -> ConfigKey {
    ConfigKey::new(name, value_type).importance(importance).doc(doc)
}

fn text(name: &'static str, importance: Importance, doc: &'static str) -> ConfigKey {
    key(name, Type::String, importance, doc)
}

/// The `ssl.*` keys of a client.
pub fn ssl_keys() -> Vec<ConfigKey> {
    let secret = |name, doc| key(name, Type::Password, High, doc).default_null();
    let items = |name, importance, doc| {
        key(name, Type::List, importance, doc).validator(Validator::any_non_duplicate_values(true, false))
    };
    vec![
        text("ssl.protocol", Medium, "The newest TLS version to use.").default("TLSv1.3"),
        text("ssl.provider", Medium, "The JVM's security provider; of no meaning here.").default_null(),
        items("ssl.cipher.suites", Low, "The cipher suites to offer; none means all that there are.").default([""; 0]),
        items("ssl.enabled.protocols", Medium, "The TLS versions to offer.").default("TLSv1.2,TLSv1.3"),
        text("ssl.keystore.type", Medium, "The format of the key store: JKS, PKCS12 or PEM.").default("JKS"),
        text("ssl.keystore.location", High, "The file with the client's own key and certificate.").default_null(),
        secret("ssl.keystore.password", "The password of the key store file; PEM files have none."),
        secret("ssl.key.password", "The password of the private key."),
        secret("ssl.keystore.key", "The private key itself, in PEM format (PKCS#8)."),
        secret("ssl.keystore.certificate.chain", "The certificate chain itself, in PEM format."),
        secret("ssl.truststore.certificates", "The trusted certificates themselves, in PEM format."),
        text("ssl.truststore.type", Medium, "The format of the trust store: JKS, PKCS12 or PEM.").default("JKS"),
        text("ssl.truststore.location", High, "The file with the trusted certificates.").default_null(),
        secret(
            "ssl.truststore.password",
            "The password of the trust store file; without it, integrity is not checked.",
        ),
        text("ssl.keymanager.algorithm", Low, "The JVM's key manager; of no meaning here.").default("SunX509"),
        text("ssl.trustmanager.algorithm", Low, "The JVM's trust manager; of no meaning here.").default("PKIX"),
        text("ssl.endpoint.identification.algorithm", Low, "How the server's name is checked; empty turns it off.")
            .default("https"),
        text("ssl.secure.random.implementation", Low, "The JVM's random numbers; of no meaning here.").default_null(),
        key("ssl.engine.factory.class", Type::Class, Low, "The JVM's TLS engine; of no meaning here.").default_null(),
    ]
}

/// The `sasl.*` keys of a client.
pub fn sasl_keys() -> Vec<ConfigKey> {
    let mut keys = login_keys();
    keys.extend(oauth_keys());
    keys
}

fn login_keys() -> Vec<ConfigKey> {
    let class = |name, doc| key(name, Type::Class, Medium, doc).default_null();
    let share = |name, default: f64, doc| key(name, Type::Double, Low, doc).default(default);
    let seconds = |name, default: i16, max: i32, doc| {
        key(name, Type::Short, Low, doc).default(default).validator(Validator::between(0, max))
    };
    vec![
        text("sasl.kerberos.service.name", Medium, "The Kerberos principal name that the brokers run as.")
            .default_null(),
        text("sasl.kerberos.kinit.cmd", Low, "The path of kinit.").default("/usr/bin/kinit"),
        share(
            "sasl.kerberos.ticket.renew.window.factor",
            0.8,
            "The share of a ticket's life after which it is renewed.",
        ),
        share("sasl.kerberos.ticket.renew.jitter", 0.05, "The share of random jitter added to the time of renewal."),
        key("sasl.kerberos.min.time.before.relogin", Type::Long, Low, "The pause between refreshes, in milliseconds.")
            .default(60_000_i64),
        share("sasl.login.refresh.window.factor", 0.8, "The share of a credential's life after which it is refreshed.")
            .validator(Validator::between(0.5, 1.0)),
        share("sasl.login.refresh.window.jitter", 0.05, "The share of random jitter added to the time of refresh.")
            .validator(Validator::between(0.0, 0.25)),
        seconds("sasl.login.refresh.min.period.seconds", 60, 900, "The shortest time between refreshes, in seconds."),
        seconds("sasl.login.refresh.buffer.seconds", 300, 3600, "The time to keep before expiration, in seconds."),
        text("sasl.mechanism", Medium, "The SASL mechanism.").default("GSSAPI"),
        key("sasl.jaas.config", Type::Password, Medium, "The login, in the format of JAAS files.").default_null(),
        class("sasl.client.callback.handler.class", "The class of the client's callback handler."),
        class("sasl.login.callback.handler.class", "The class of the login's callback handler."),
        class("sasl.login.class", "The class of the login."),
        key("sasl.login.connect.timeout.ms", Type::Int, Low, "How long connecting to the identity provider may take.")
            .default_null(),
        key("sasl.login.read.timeout.ms", Type::Int, Low, "How long reading from the identity provider may take.")
            .default_null(),
        key("sasl.login.retry.backoff.max.ms", Type::Long, Low, "The longest pause between attempts to log in.")
            .default(10_000_i64),
        key("sasl.login.retry.backoff.ms", Type::Long, Low, "The first pause between attempts to log in.")
            .default(100_i64),
    ]
}

fn oauth_keys() -> Vec<ConfigKey> {
    const PACKAGE: &str = "org.apache.kafka.common.security.oauthbearer.";
    let optional = |name, doc| text(name, Medium, doc).default_null();
    let secret = |name, doc| key(name, Type::Password, Medium, doc).default_null();
    let class =
        |name, simple_name: &str, doc| key(name, Type::Class, Medium, doc).default(format!("{PACKAGE}{simple_name}"));
    let millis = |name, default: i64, doc| key(name, Type::Long, Low, doc).default(default);
    vec![
        class("sasl.oauthbearer.jwt.retriever.class", "DefaultJwtRetriever", "The class that fetches tokens."),
        class("sasl.oauthbearer.jwt.validator.class", "DefaultJwtValidator", "The class that checks tokens."),
        optional("sasl.oauthbearer.scope", "The scope to ask for."),
        optional("sasl.oauthbearer.client.credentials.client.id", "The client's id at the identity provider."),
        secret("sasl.oauthbearer.client.credentials.client.secret", "The client's secret at the identity provider."),
        text("sasl.oauthbearer.assertion.algorithm", Medium, "The algorithm that signs assertions.")
            .default("RS256")
            .validator(Validator::one_of_ignoring_case(["ES256", "RS256"])),
        optional("sasl.oauthbearer.assertion.claim.aud", "The audience of assertions."),
        key("sasl.oauthbearer.assertion.claim.exp.seconds", Type::Int, Low, "How long assertions are valid.")
            .default(300)
            .validator(Validator::between(0, 86_400)),
        optional("sasl.oauthbearer.assertion.claim.iss", "The issuer of assertions."),
        key("sasl.oauthbearer.assertion.claim.jti.include", Type::Boolean, Medium, "Whether assertions have an id.")
            .default(false),
        key("sasl.oauthbearer.assertion.claim.nbf.seconds", Type::Int, Low, "Since when assertions are valid.")
            .default(60)
            .validator(Validator::between(0, 3600)),
        optional("sasl.oauthbearer.assertion.claim.sub", "The subject of assertions."),
        optional("sasl.oauthbearer.assertion.file", "A file with a ready assertion."),
        optional("sasl.oauthbearer.assertion.private.key.file", "The key that signs assertions, in PEM format."),
        secret("sasl.oauthbearer.assertion.private.key.passphrase", "The passphrase of that key."),
        optional("sasl.oauthbearer.assertion.template.file", "A file with more claims and headers of assertions."),
        text("sasl.oauthbearer.scope.claim.name", Low, "The name of the claim that holds the scope.").default("scope"),
        text("sasl.oauthbearer.sub.claim.name", Low, "The name of the claim that holds the subject.").default("sub"),
        optional("sasl.oauthbearer.token.endpoint.url", "Where tokens are fetched: http, https or file."),
        optional("sasl.oauthbearer.jwks.endpoint.url", "Where the provider's keys are."),
        millis("sasl.oauthbearer.jwks.endpoint.refresh.ms", 3_600_000, "How often those keys are refreshed."),
        millis("sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", 10_000, "The longest pause between attempts."),
        millis("sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", 100, "The first pause between attempts."),
        key("sasl.oauthbearer.clock.skew.seconds", Type::Int, Low, "How far the clocks may differ.").default(30),
        key("sasl.oauthbearer.expected.audience", Type::List, High, "The audiences that brokers accept.")
            .default([""; 0])
            .validator(Validator::any_non_duplicate_values(true, false)),
        text("sasl.oauthbearer.expected.issuer", High, "The issuer that brokers accept.").default_null(),
        key("sasl.oauthbearer.header.urlencode", Type::Boolean, Low, "Whether the credentials are URL encoded.")
            .default(false),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ConfigDef;

    #[test]
    fn the_definitions_are_sound() {
        assert_eq!(ConfigDef::new().define_all(ssl_keys()).define_all(sasl_keys()).defects(), []);
    }

    #[test]
    fn secrets_do_not_show() {
        let def = ConfigDef::new().define_all(ssl_keys());
        let config = def.parse(&std::collections::BTreeMap::from([("ssl.key.password", "secret")])).unwrap();
        assert_eq!(config.get("ssl.key.password").unwrap().to_string(), "[hidden]");
    }
}
