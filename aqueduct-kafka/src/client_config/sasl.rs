//! Logins: `sasl.mechanism` and `sasl.jaas.config`.

use std::fs;
use std::sync::Arc;

use super::draft::Draft;
use super::error::{ILLEGAL_ARGUMENT, KAFKA_EXCEPTION};
use super::jaas::JaasEntry;
use super::{ClientConfigError, TokenSource, classes, keys, oauth};

const MECHANISMS: &str = "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER";

pub(super) fn translate(draft: &mut Draft<'_>) -> Result<Option<Arc<dyn TokenSource>>, ClientConfigError> {
    let key = keys::SASL_MECHANISM;
    let mechanism = draft.text(key)?.unwrap_or_default().to_owned();
    match mechanism.as_str() {
        "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512" => {
            let entry = login_entry(draft)?;
            password_login(draft, &entry, &mechanism)?;
            draft.set(key, mechanism);
            Ok(None)
        }
        "OAUTHBEARER" => {
            let entry = login_entry(draft)?;
            let tokens = oauth::token_source(&draft.config, &entry, draft.environment);
            let tokens = tokens.map_err(|error| ClientConfigError::from(error).in_login(draft.client))?;
            draft.set(key, mechanism);
            Ok(Some(tokens))
        }
        "GSSAPI" => {
            let default = if draft.is_given(key) { "" } else { " GSSAPI is the default: set sasl.mechanism." };
            let why = format!("This build has no Kerberos.{default} There are {MECHANISMS}.");
            Err(ClientConfigError::unsupported_value(key, mechanism, why))
        }
        "AWS_MSK_IAM" => Err(aws(key, &mechanism)),
        _ => Err(ClientConfigError::unsupported_value(key, &mechanism, format!("There are {MECHANISMS}."))),
    }
}

/// The login module's entry: from `sasl.jaas.config`, or else from the file that the environment names.
fn login_entry(draft: &Draft<'_>) -> Result<JaasEntry, ClientConfigError> {
    let key = keys::SASL_JAAS_CONFIG;
    let wrong =
        |message: String| ClientConfigError::invalid(key, ILLEGAL_ARGUMENT, message).in_network_client(draft.client);
    let entry = if let Some(text) = draft.secret(key)? {
        JaasEntry::parse(text).map_err(wrong)?
    } else {
        let file = draft.environment.login_config.as_deref();
        let content = file.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
        let property = "System property 'java.security.auth.login.config' is";
        let place = file.map_or("not set".to_owned(), |path| path.display().to_string());
        JaasEntry::from_file(&content, "KafkaClient").map_err(wrong)?.ok_or_else(|| {
            wrong(format!("Could not find a 'KafkaClient' entry in the JAAS configuration. {property} {place}"))
        })?
    };
    match entry.module() {
        classes::PLAIN_LOGIN | classes::SCRAM_LOGIN | classes::OAUTH_LOGIN => Ok(entry),
        classes::KERBEROS_LOGIN => {
            Err(ClientConfigError::unsupported(key, format!("'{key}': This build has no Kerberos login module.")))
        }
        classes::AWS_LOGIN => Err(aws(key, classes::AWS_LOGIN)),
        other => {
            let class = "javax.security.auth.login.LoginException";
            let message = format!("No LoginModule found for {other}");
            Err(ClientConfigError::invalid(key, class, message).in_login(draft.client))
        }
    }
}

/// Name and password. As in Java, either module serves all of these mechanisms.
fn password_login(draft: &mut Draft<'_>, entry: &JaasEntry, mechanism: &str) -> Result<(), ClientConfigError> {
    let key = keys::SASL_JAAS_CONFIG;
    let delegated = entry.option("tokenauth").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if delegated && mechanism != "PLAIN" {
        let why = "Delegation tokens (tokenauth) are not supported; log in with a user name and password.";
        return Err(ClientConfigError::unsupported(key, format!("'{key}': {why}")));
    }
    for (option, property) in [("username", "sasl.username"), ("password", "sasl.password")] {
        match entry.option(option) {
            Some(value) if !value.is_empty() => draft.set(property, value),
            _ => {
                let message = format!("'{key}' lacks the option {option}, which {mechanism} needs");
                let error = ClientConfigError::credentials(key, KAFKA_EXCEPTION, message);
                return Err(error.in_network_client(draft.client));
            }
        }
    }
    Ok(())
}

fn aws(key: &str, value: &str) -> ClientConfigError {
    let why = "Amazon's IAM login is not supported; use SCRAM-SHA-512, or OAUTHBEARER with a token that is written to a \
               file.";
    ClientConfigError::unsupported_value(key, value, why)
}
