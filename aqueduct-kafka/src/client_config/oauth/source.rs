//! Which source of tokens the properties ask for.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aqueduct_config::{ConfigError, ParsedConfig};

use super::super::environment::{ALLOWED_URLS, ClientEnvironment};
use super::super::jaas::JaasEntry;
use super::super::{classes, keys, tls};
use super::client_credentials::{ClientCredentials, Endpoint, Tls};
use super::file::FileTokens;
use super::unsecured::UnsecuredTokens;
use super::{TokenSource, extensions, jwt};

/// How long to wait for an authorization server where Java would wait for ever: a thread of the client waits too.
const PATIENCE: Duration = Duration::from_secs(10);

/// The source of tokens for a client with SASL/OAUTHBEARER.
///
/// # Errors
/// The message of a `ConfigException`, in Java's words where Java fails as well.
pub(in super::super) fn token_source(
    config: &ParsedConfig,
    entry: &JaasEntry,
    environment: &ClientEnvironment,
) -> Result<Arc<dyn TokenSource>, ConfigError> {
    match text(config, keys::SASL_LOGIN_CALLBACK_HANDLER_CLASS)? {
        Some(class) if classes::is_oauth_login_handler(class) => fetched(config, entry, environment),
        _ => Ok(Arc::new(UnsecuredTokens::new(entry).map_err(|why| in_jaas_config(&why))?)),
    }
}

fn fetched(
    config: &ParsedConfig,
    entry: &JaasEntry,
    environment: &ClientEnvironment,
) -> Result<Arc<dyn TokenSource>, ConfigError> {
    let retriever = text(config, keys::SASL_OAUTHBEARER_JWT_RETRIEVER_CLASS)?.unwrap_or_default();
    if retriever == classes::JWT_BEARER_RETRIEVER {
        return Err(ConfigError::invalid(
            keys::SASL_OAUTHBEARER_JWT_RETRIEVER_CLASS,
            retriever,
            "Tokens for signed assertions are not supported; use a client id and secret, or have the token written to \
             a file.",
        ));
    }
    let in_retriever = |error: ConfigError| {
        let key = keys::SASL_OAUTHBEARER_JWT_RETRIEVER_CLASS;
        let message = error.message();
        ConfigError::new(format!(
            "The class {retriever} defined in the {key} configuration encountered an error on configure(): {message}"
        ))
    };
    let subject_claim = text(config, keys::SASL_OAUTHBEARER_SUB_CLAIM_NAME)?.unwrap_or("sub").to_owned();
    let extensions =
        extensions::checked(entry.options_with_prefix("extension_")).map_err(|why| in_jaas_config(&why))?;

    let url = checked_url(config, environment).map_err(in_retriever)?;
    let is_file = match retriever {
        classes::FILE_RETRIEVER => true,
        classes::CLIENT_CREDENTIALS_RETRIEVER => false,
        _ => is_scheme(url, "file"),
    };
    if is_file {
        let source = FileTokens { path: existing_file(url).map_err(in_retriever)?, subject_claim, extensions };
        // Java reads the file at once, and fails at once.
        let content = std::fs::read_to_string(&source.path);
        let content = content.map_err(|error| in_retriever(ConfigError::new(error.to_string())))?;
        let checked = jwt::read(&content, &source.subject_claim, &source.extensions);
        checked.map_err(|why| in_retriever(ConfigError::new(why)))?;
        return Ok(Arc::new(source));
    }
    let endpoint = endpoint(config, entry, url).map_err(in_retriever)?;
    let source = ClientCredentials::new(endpoint, subject_claim, extensions)
        .map_err(|why| in_retriever(ConfigError::new(why)))?;
    Ok(Arc::new(source))
}

fn endpoint(config: &ParsedConfig, entry: &JaasEntry, url: &str) -> Result<Endpoint, ConfigError> {
    let timeout = |key: &str| -> Result<Duration, ConfigError> {
        let millis = config.optional_int(key)?.and_then(|millis| u64::try_from(millis).ok());
        Ok(millis.map_or(PATIENCE, Duration::from_millis))
    };
    Ok(Endpoint {
        url: url.to_owned(),
        client_id: credential(config, entry, keys::SASL_OAUTHBEARER_CLIENT_ID, "clientId")?,
        client_secret: credential(config, entry, keys::SASL_OAUTHBEARER_CLIENT_SECRET, "clientSecret")?,
        scope: text(config, keys::SASL_OAUTHBEARER_SCOPE)?.or(entry.option("scope")).map(str::to_owned),
        encode_header: config.boolean(keys::SASL_OAUTHBEARER_HEADER_URLENCODE)?,
        connect_timeout: timeout(keys::SASL_LOGIN_CONNECT_TIMEOUT_MS)?,
        read_timeout: timeout(keys::SASL_LOGIN_READ_TIMEOUT_MS)?,
        tls: tls_of(entry)?,
    })
}

/// A credential from the configuration, or else from the options of `sasl.jaas.config`, where it used to be.
fn credential(config: &ParsedConfig, entry: &JaasEntry, key: &str, option: &str) -> Result<String, ConfigError> {
    let own = match config.get(key)? {
        aqueduct_config::ConfigValueData::Password(secret) => Some(secret.reveal()),
        other => other.as_str(),
    };
    own.or(entry.option(option))
        .filter(|value| !value.trim().is_empty())
        .map(str::to_owned)
        .ok_or_else(|| ConfigError::new(format!("Invalid value null for configuration {key}")))
}

/// HTTPS to the server is set up by `ssl.*` options of `sasl.jaas.config`, not by the client's own `ssl.*` keys.
fn tls_of(entry: &JaasEntry) -> Result<Tls, ConfigError> {
    let option = |key: &str| entry.option(key).map(str::to_owned);
    let stores = tls::Stores::from_lookup(&option);
    let certificates = stores.trusted().map_err(|error| ConfigError::new(error.message()))?;
    let client = stores.client().map_err(|error| ConfigError::new(error.message()))?;
    Ok(Tls { certificates: certificates.map(|trusted| trusted.pem), client: client.map(|c| (c.chain_pem, c.key_pem)) })
}

fn checked_url<'a>(config: &'a ParsedConfig, environment: &ClientEnvironment) -> Result<&'a str, ConfigError> {
    let key = keys::SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL;
    let option = format!("The OAuth configuration option {key}");
    let url = text(config, key)?.filter(|url| !url.is_empty());
    let url = url.ok_or_else(|| ConfigError::new(format!("{option} value is required")))?;
    match url.split_once(':') {
        None => {
            return Err(ConfigError::new(format!(
                "{option} contains a URL ({url}) that is malformed: no protocol: {url}"
            )));
        }
        Some((scheme, _)) if !["http", "https", "file"].iter().any(|known| known.eq_ignore_ascii_case(scheme)) => {
            return Err(ConfigError::new(format!(
                "{option} contains a URL ({url}) that contains an invalid protocol ({scheme}); only \"http\", \
                 \"https\", and \"file\" protocol are supported"
            )));
        }
        Some(_) => {}
    }
    if !environment.allowed_oauth_urls.iter().any(|allowed| allowed == url) {
        return Err(ConfigError::invalid(
            key,
            url,
            format_args!(
                "The URL cannot be accessed due to restrictions. Update the system property '{ALLOWED_URLS}' to allow \
                 the URL to be accessed."
            ),
        ));
    }
    Ok(url)
}

fn existing_file(url: &str) -> Result<PathBuf, ConfigError> {
    let after_scheme = url.split_once(':').map_or(url, |(_, rest)| rest);
    // file:///path, file:/path and file://host/path: the host does not matter.
    let path = match after_scheme.strip_prefix("//") {
        Some(with_host) => with_host.find('/').map_or("/", |at| &with_host[at..]),
        None => after_scheme,
    };
    let path = PathBuf::from(percent_encoding::percent_decode_str(path).decode_utf8_lossy().as_ref());
    let option = format!("The OAuth configuration option {}", keys::SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL);
    let shown = path.display();
    if !path.exists() {
        return Err(ConfigError::new(format!("{option} contains a file ({shown}) that doesn't exist")));
    }
    if path.is_dir() {
        return Err(ConfigError::new(format!("{option} references a directory ({shown}), not a file")));
    }
    Ok(path)
}

fn is_scheme(url: &str, scheme: &str) -> bool {
    url.split_once(':').is_some_and(|(found, _)| found.eq_ignore_ascii_case(scheme))
}

fn in_jaas_config(why: &str) -> ConfigError {
    ConfigError::new(format!("{}: {why}", keys::SASL_JAAS_CONFIG))
}

/// The text of a key of type STRING or CLASS.
fn text<'a>(config: &'a ParsedConfig, key: &str) -> Result<Option<&'a str>, ConfigError> {
    let value = config.get(key)?;
    Ok(value.as_str().or(value.as_class()))
}
