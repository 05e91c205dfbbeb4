//! Keys about who a client is and whom it trusts: `security.protocol`, `sasl.*`, `ssl.*`. What `ssl.*` comes to is in
//! [`super::tls`], logins are in [`super::sasl`].

use std::sync::Arc;

use super::draft::Draft;
use super::error::CONFIG_EXCEPTION;
use super::row::Check::{Anything, OneOfAnyCase};
use super::row::Meaning::{Ignored, Own, Warned};
use super::row::{Row, row};
use super::{ClientConfigError, TokenSource, classes, keys, sasl, tls};

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row(keys::SASL_CLIENT_CALLBACK_HANDLER_CLASS, Anything, Own),
    row(keys::SASL_JAAS_CONFIG, Anything, Own),
    row("sasl.kerberos.kinit.cmd", Anything, Ignored),
    row("sasl.kerberos.min.time.before.relogin", Anything, Ignored),
    row("sasl.kerberos.service.name", Anything, Ignored),
    row("sasl.kerberos.ticket.renew.jitter", Anything, Ignored),
    row("sasl.kerberos.ticket.renew.window.factor", Anything, Ignored),
    row(keys::SASL_LOGIN_CALLBACK_HANDLER_CLASS, Anything, Own),
    row(keys::SASL_LOGIN_CLASS, Anything, Own),
    row(keys::SASL_LOGIN_CONNECT_TIMEOUT_MS, Anything, Own),
    row(keys::SASL_LOGIN_READ_TIMEOUT_MS, Anything, Own),
    row("sasl.login.refresh.buffer.seconds", Anything, Warned("tokens are renewed by a fixed policy")),
    row("sasl.login.refresh.min.period.seconds", Anything, Warned("tokens are renewed by a fixed policy")),
    row("sasl.login.refresh.window.factor", Anything, Warned("tokens are renewed by a fixed policy")),
    row("sasl.login.refresh.window.jitter", Anything, Warned("tokens are renewed by a fixed policy")),
    row("sasl.login.retry.backoff.max.ms", Anything, Warned("tokens are renewed by a fixed policy")),
    row("sasl.login.retry.backoff.ms", Anything, Warned("tokens are renewed by a fixed policy")),
    row(keys::SASL_MECHANISM, Anything, Own),
    row("sasl.oauthbearer.assertion.algorithm", Anything, Warned("signed assertions are not supported")),
    row("sasl.oauthbearer.assertion.claim.aud", Anything, Warned("signed assertions are not supported")),
    row("sasl.oauthbearer.assertion.claim.exp.seconds", Anything, Warned("signed assertions are not supported")),
    row("sasl.oauthbearer.assertion.claim.iss", Anything, Warned("signed assertions are not supported")),
    row("sasl.oauthbearer.assertion.claim.jti.include", Anything, Warned("signed assertions are not supported")),
    row("sasl.oauthbearer.assertion.claim.nbf.seconds", Anything, Warned("signed assertions are not supported")),
    row("sasl.oauthbearer.assertion.claim.sub", Anything, Warned("signed assertions are not supported")),
    row("sasl.oauthbearer.assertion.file", Anything, Warned("signed assertions are not supported")),
    row("sasl.oauthbearer.assertion.private.key.file", Anything, Warned("signed assertions are not supported")),
    row("sasl.oauthbearer.assertion.private.key.passphrase", Anything, Warned("signed assertions are not supported")),
    row("sasl.oauthbearer.assertion.template.file", Anything, Warned("signed assertions are not supported")),
    row(keys::SASL_OAUTHBEARER_CLIENT_ID, Anything, Own),
    row(keys::SASL_OAUTHBEARER_CLIENT_SECRET, Anything, Own),
    row("sasl.oauthbearer.clock.skew.seconds", Anything, Ignored),
    row("sasl.oauthbearer.expected.audience", Anything, Ignored),
    row("sasl.oauthbearer.expected.issuer", Anything, Ignored),
    row(keys::SASL_OAUTHBEARER_HEADER_URLENCODE, Anything, Own),
    row("sasl.oauthbearer.jwks.endpoint.refresh.ms", Anything, Ignored),
    row("sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", Anything, Ignored),
    row("sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", Anything, Ignored),
    row("sasl.oauthbearer.jwks.endpoint.url", Anything, Ignored),
    row(keys::SASL_OAUTHBEARER_JWT_RETRIEVER_CLASS, Anything, Own),
    row(keys::SASL_OAUTHBEARER_JWT_VALIDATOR_CLASS, Anything, Own),
    row(keys::SASL_OAUTHBEARER_SCOPE, Anything, Own),
    row("sasl.oauthbearer.scope.claim.name", Anything, Ignored),
    row(keys::SASL_OAUTHBEARER_SUB_CLAIM_NAME, Anything, Own),
    row(keys::SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL, Anything, Own),
    row(keys::SECURITY_PROTOCOL, OneOfAnyCase(&["SASL_SSL", "PLAINTEXT", "SSL", "SASL_PLAINTEXT"]), Own),
    row("security.providers", Anything, Warned("it belongs to the JVM")),
    row(keys::SSL_CIPHER_SUITES, Anything, Own),
    row(keys::SSL_ENABLED_PROTOCOLS, Anything, Own),
    row(keys::SSL_ENDPOINT_IDENTIFICATION_ALGORITHM, Anything, Own),
    row(keys::SSL_ENGINE_FACTORY_CLASS, Anything, Own),
    row(keys::SSL_KEY_PASSWORD, Anything, Own),
    row("ssl.keymanager.algorithm", Anything, Warned("it belongs to the JVM")),
    row(keys::SSL_KEYSTORE_CERTIFICATE_CHAIN, Anything, Own),
    row(keys::SSL_KEYSTORE_KEY, Anything, Own),
    row(keys::SSL_KEYSTORE_LOCATION, Anything, Own),
    row(keys::SSL_KEYSTORE_PASSWORD, Anything, Own),
    row(keys::SSL_KEYSTORE_TYPE, Anything, Own),
    row(keys::SSL_PROTOCOL, Anything, Own),
    row("ssl.provider", Anything, Warned("it belongs to the JVM")),
    row("ssl.secure.random.implementation", Anything, Warned("it belongs to the JVM")),
    row("ssl.trustmanager.algorithm", Anything, Warned("it belongs to the JVM")),
    row(keys::SSL_TRUSTSTORE_CERTIFICATES, Anything, Own),
    row(keys::SSL_TRUSTSTORE_LOCATION, Anything, Own),
    row(keys::SSL_TRUSTSTORE_PASSWORD, Anything, Own),
    row(keys::SSL_TRUSTSTORE_TYPE, Anything, Own),
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
