//! Keys about who a client is and whom it trusts: `security.protocol`, `sasl.*`, `ssl.*`. What `ssl.*` comes to is in
//! [`super::tls`], logins are in [`super::sasl`].

use std::sync::Arc;

use aqueduct_config::Type;

use super::draft::Draft;
use super::error::CONFIG_EXCEPTION;
use super::kind::Clients;
use super::row::Check::{Anything, Between, BetweenDoubles, Items, OneOfAnyCase};
use super::row::Default::{Null, Text};
use super::row::Meaning::{Ignored, Own, Warned};
use super::row::{Row, row};
use super::{ClientConfigError, TokenSource, classes, keys, sasl, tls};

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row(keys::SASL_CLIENT_CALLBACK_HANDLER_CLASS, Clients::ALL, Type::Class, Null, Anything, Own),
    row(keys::SASL_JAAS_CONFIG, Clients::ALL, Type::Password, Null, Anything, Own),
    row("sasl.kerberos.kinit.cmd", Clients::ALL, Type::String, Text("/usr/bin/kinit"), Anything, Ignored),
    row("sasl.kerberos.min.time.before.relogin", Clients::ALL, Type::Long, Text("60000"), Anything, Ignored),
    row("sasl.kerberos.service.name", Clients::ALL, Type::String, Null, Anything, Ignored),
    row("sasl.kerberos.ticket.renew.jitter", Clients::ALL, Type::Double, Text("0.05"), Anything, Ignored),
    row("sasl.kerberos.ticket.renew.window.factor", Clients::ALL, Type::Double, Text("0.8"), Anything, Ignored),
    row(keys::SASL_LOGIN_CALLBACK_HANDLER_CLASS, Clients::ALL, Type::Class, Null, Anything, Own),
    row(keys::SASL_LOGIN_CLASS, Clients::ALL, Type::Class, Null, Anything, Own),
    row(keys::SASL_LOGIN_CONNECT_TIMEOUT_MS, Clients::ALL, Type::Int, Null, Anything, Own),
    row(keys::SASL_LOGIN_READ_TIMEOUT_MS, Clients::ALL, Type::Int, Null, Anything, Own),
    row("sasl.login.refresh.buffer.seconds", Clients::ALL, Type::Short, Text("300"), Between(0, 3600), Warned("tokens are renewed by a fixed policy")),
    row("sasl.login.refresh.min.period.seconds", Clients::ALL, Type::Short, Text("60"), Between(0, 900), Warned("tokens are renewed by a fixed policy")),
    row("sasl.login.refresh.window.factor", Clients::ALL, Type::Double, Text("0.8"), BetweenDoubles(0.5, 1.0), Warned("tokens are renewed by a fixed policy")),
    row("sasl.login.refresh.window.jitter", Clients::ALL, Type::Double, Text("0.05"), BetweenDoubles(0.0, 0.25), Warned("tokens are renewed by a fixed policy")),
    row("sasl.login.retry.backoff.max.ms", Clients::ALL, Type::Long, Text("10000"), Anything, Warned("tokens are renewed by a fixed policy")),
    row("sasl.login.retry.backoff.ms", Clients::ALL, Type::Long, Text("100"), Anything, Warned("tokens are renewed by a fixed policy")),
    row(keys::SASL_MECHANISM, Clients::ALL, Type::String, Text("GSSAPI"), Anything, Own),
    row("sasl.oauthbearer.assertion.algorithm", Clients::ALL, Type::String, Text("RS256"), OneOfAnyCase(&["ES256", "RS256"]), Warned("signed assertions are not supported")),
    row("sasl.oauthbearer.assertion.claim.aud", Clients::ALL, Type::String, Null, Anything, Warned("signed assertions are not supported")),
    row("sasl.oauthbearer.assertion.claim.exp.seconds", Clients::ALL, Type::Int, Text("300"), Between(0, 86400), Warned("signed assertions are not supported")),
    row("sasl.oauthbearer.assertion.claim.iss", Clients::ALL, Type::String, Null, Anything, Warned("signed assertions are not supported")),
    row("sasl.oauthbearer.assertion.claim.jti.include", Clients::ALL, Type::Boolean, Text("false"), Anything, Warned("signed assertions are not supported")),
    row("sasl.oauthbearer.assertion.claim.nbf.seconds", Clients::ALL, Type::Int, Text("60"), Between(0, 3600), Warned("signed assertions are not supported")),
    row("sasl.oauthbearer.assertion.claim.sub", Clients::ALL, Type::String, Null, Anything, Warned("signed assertions are not supported")),
    row("sasl.oauthbearer.assertion.file", Clients::ALL, Type::String, Null, Anything, Warned("signed assertions are not supported")),
    row("sasl.oauthbearer.assertion.private.key.file", Clients::ALL, Type::String, Null, Anything, Warned("signed assertions are not supported")),
    row("sasl.oauthbearer.assertion.private.key.passphrase", Clients::ALL, Type::Password, Null, Anything, Warned("signed assertions are not supported")),
    row("sasl.oauthbearer.assertion.template.file", Clients::ALL, Type::String, Null, Anything, Warned("signed assertions are not supported")),
    row(keys::SASL_OAUTHBEARER_CLIENT_ID, Clients::ALL, Type::String, Null, Anything, Own),
    row(keys::SASL_OAUTHBEARER_CLIENT_SECRET, Clients::ALL, Type::Password, Null, Anything, Own),
    row("sasl.oauthbearer.clock.skew.seconds", Clients::ALL, Type::Int, Text("30"), Anything, Ignored),
    row("sasl.oauthbearer.expected.audience", Clients::ALL, Type::List, Text(""), Items { empty_allowed: true }, Ignored),
    row("sasl.oauthbearer.expected.issuer", Clients::ALL, Type::String, Null, Anything, Ignored),
    row(keys::SASL_OAUTHBEARER_HEADER_URLENCODE, Clients::ALL, Type::Boolean, Text("false"), Anything, Own),
    row("sasl.oauthbearer.jwks.endpoint.refresh.ms", Clients::ALL, Type::Long, Text("3600000"), Anything, Ignored),
    row("sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", Clients::ALL, Type::Long, Text("10000"), Anything, Ignored),
    row("sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", Clients::ALL, Type::Long, Text("100"), Anything, Ignored),
    row("sasl.oauthbearer.jwks.endpoint.url", Clients::ALL, Type::String, Null, Anything, Ignored),
    row(keys::SASL_OAUTHBEARER_JWT_RETRIEVER_CLASS, Clients::ALL, Type::Class, Text("org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever"), Anything, Own),
    row(keys::SASL_OAUTHBEARER_JWT_VALIDATOR_CLASS, Clients::ALL, Type::Class, Text("org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator"), Anything, Own),
    row(keys::SASL_OAUTHBEARER_SCOPE, Clients::ALL, Type::String, Null, Anything, Own),
    row("sasl.oauthbearer.scope.claim.name", Clients::ALL, Type::String, Text("scope"), Anything, Ignored),
    row(keys::SASL_OAUTHBEARER_SUB_CLAIM_NAME, Clients::ALL, Type::String, Text("sub"), Anything, Own),
    row(keys::SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL, Clients::ALL, Type::String, Null, Anything, Own),
    row(keys::SECURITY_PROTOCOL, Clients::ALL, Type::String, Text("PLAINTEXT"), OneOfAnyCase(&["SASL_SSL", "PLAINTEXT", "SSL", "SASL_PLAINTEXT"]), Own),
    row("security.providers", Clients::ALL, Type::String, Null, Anything, Warned("it belongs to the JVM")),
    row(keys::SSL_CIPHER_SUITES, Clients::ALL, Type::List, Text(""), Items { empty_allowed: true }, Own),
    row(keys::SSL_ENABLED_PROTOCOLS, Clients::ALL, Type::List, Text("TLSv1.2,TLSv1.3"), Items { empty_allowed: true }, Own),
    row(keys::SSL_ENDPOINT_IDENTIFICATION_ALGORITHM, Clients::ALL, Type::String, Text("https"), Anything, Own),
    row(keys::SSL_ENGINE_FACTORY_CLASS, Clients::ALL, Type::Class, Null, Anything, Own),
    row(keys::SSL_KEY_PASSWORD, Clients::ALL, Type::Password, Null, Anything, Own),
    row("ssl.keymanager.algorithm", Clients::ALL, Type::String, Text("SunX509"), Anything, Warned("it belongs to the JVM")),
    row(keys::SSL_KEYSTORE_CERTIFICATE_CHAIN, Clients::ALL, Type::Password, Null, Anything, Own),
    row(keys::SSL_KEYSTORE_KEY, Clients::ALL, Type::Password, Null, Anything, Own),
    row(keys::SSL_KEYSTORE_LOCATION, Clients::ALL, Type::String, Null, Anything, Own),
    row(keys::SSL_KEYSTORE_PASSWORD, Clients::ALL, Type::Password, Null, Anything, Own),
    row(keys::SSL_KEYSTORE_TYPE, Clients::ALL, Type::String, Text("JKS"), Anything, Own),
    row(keys::SSL_PROTOCOL, Clients::ALL, Type::String, Text("TLSv1.3"), Anything, Own),
    row("ssl.provider", Clients::ALL, Type::String, Null, Anything, Warned("it belongs to the JVM")),
    row("ssl.secure.random.implementation", Clients::ALL, Type::String, Null, Anything, Warned("it belongs to the JVM")),
    row("ssl.trustmanager.algorithm", Clients::ALL, Type::String, Text("PKIX"), Anything, Warned("it belongs to the JVM")),
    row(keys::SSL_TRUSTSTORE_CERTIFICATES, Clients::ALL, Type::Password, Null, Anything, Own),
    row(keys::SSL_TRUSTSTORE_LOCATION, Clients::ALL, Type::String, Null, Anything, Own),
    row(keys::SSL_TRUSTSTORE_PASSWORD, Clients::ALL, Type::Password, Null, Anything, Own),
    row(keys::SSL_TRUSTSTORE_TYPE, Clients::ALL, Type::String, Text("JKS"), Anything, Own),
];

/// Sets up transport and login; answers where tokens come from, if they are needed.
pub(super) fn translate(draft: &mut Draft<'_>) -> Result<Option<Arc<dyn TokenSource>>, ClientConfigError> {
    check_classes(draft)?;
    let protocol = draft.text(keys::SECURITY_PROTOCOL)?.unwrap_or("PLAINTEXT").to_ascii_lowercase();
    draft.set(keys::SECURITY_PROTOCOL, &protocol);
    let (with_sasl, with_tls) = (protocol.starts_with("sasl_"), protocol.ends_with("ssl"));
    if with_sasl && draft.text(keys::SASL_MECHANISM)?.is_none_or(str::is_empty) {
        let message = "Invalid value null for configuration sasl.mechanism: When the security.protocol configuration \
                       enables SASL, mechanism must be non-null and non-empty string.";
        return Err(ClientConfigError::invalid(keys::SASL_MECHANISM, CONFIG_EXCEPTION, message));
    }
    let tokens = if with_sasl { sasl::translate(draft)? } else { None };
    if with_tls {
        tls::translate(draft)?;
    }
    Ok(tokens)
}

/// Classes that would decide something have to be ones that there is something for.
fn check_classes(draft: &Draft<'_>) -> Result<(), ClientConfigError> {
    let known: [(&str, &[&str]); 6] = [
        (keys::SASL_LOGIN_CLASS, &classes::LOGINS),
        (keys::SASL_LOGIN_CALLBACK_HANDLER_CLASS, &classes::LOGIN_HANDLERS),
        (keys::SASL_CLIENT_CALLBACK_HANDLER_CLASS, &classes::CLIENT_HANDLERS),
        (keys::SASL_OAUTHBEARER_JWT_RETRIEVER_CLASS, &classes::JWT_RETRIEVERS),
        (keys::SASL_OAUTHBEARER_JWT_VALIDATOR_CLASS, &classes::JWT_VALIDATORS),
        (keys::SSL_ENGINE_FACTORY_CLASS, &[classes::DEFAULT_SSL_ENGINE_FACTORY]),
    ];
    for (key, known) in known {
        match draft.text(key)? {
            Some(class) if !known.contains(&class) => return Err(classes::not_found(key, class)),
            _ => {}
        }
    }
    Ok(())
}
