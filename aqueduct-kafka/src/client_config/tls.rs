//! `ssl.*`: key and trust stores, names of peers, protocol versions, ciphers.

use std::path::Path;

use openssl::x509::X509;

use super::draft::Draft;
use super::error::{INVALID_CONFIGURATION, KAFKA_EXCEPTION};
use super::stores::{self, ClientKey, Passwords, StoreError};
use super::{ClientConfigError, keys};

pub(super) fn translate(draft: &mut Draft<'_>) -> Result<(), ClientConfigError> {
    check_context(draft)?;
    let client = draft.client;
    let stores = Stores::of_client(draft)?;
    if let Some(own) = stores.client().map_err(|error| error.in_network_client(client))? {
        draft.set("ssl.certificate.pem", own.chain_pem);
        draft.set("ssl.key.pem", own.key_pem);
        if let Some(alias) = own.chosen {
            draft.warn(keys::SSL_KEYSTORE_LOCATION, format_args!("holds several keys: {alias} is used"));
        }
    }
    if let Some(trusted) = stores.trusted().map_err(|error| error.in_network_client(client))? {
        if !trusted.has_root {
            draft.warn(
                keys::SSL_TRUSTSTORE_LOCATION,
                "holds no self-signed certificate: unlike the JVM, OpenSSL trusts a certificate only together with its \
                 root, so connections may fail until the root is added",
            );
        }
        draft.set("ssl.ca.pem", trusted.pem);
    }
    endpoint_identification(draft)?;
    protocols(draft)?;
    ciphers(draft)
}

/// `ssl.protocol` does not decide anything beside `ssl.enabled.protocols`, but it has to exist.
fn check_context(draft: &Draft<'_>) -> Result<(), ClientConfigError> {
    let known = ["TLS", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", "SSL", "SSLv2", "SSLv3", "Default"];
    match draft.text(keys::SSL_PROTOCOL)? {
        Some(name) if !known.iter().any(|known| known.eq_ignore_ascii_case(name)) => {
            let class = "java.security.NoSuchAlgorithmException";
            let message = format!("{name} SSLContext not available");
            Err(ClientConfigError::invalid(keys::SSL_PROTOCOL, class, message).in_login(draft.client))
        }
        _ => Ok(()),
    }
}

fn endpoint_identification(draft: &mut Draft<'_>) -> Result<(), ClientConfigError> {
    let key = keys::SSL_ENDPOINT_IDENTIFICATION_ALGORITHM;
    let algorithm = match draft.text(key)? {
        None | Some("") => "none",
        Some(name) if name.eq_ignore_ascii_case("https") => "https",
        Some(name) => {
            let why = "There is https, and the empty value, which leaves names unchecked.";
            return Err(ClientConfigError::unsupported_value(key, name, why));
        }
    };
    draft.set(key, algorithm);
    Ok(())
}

/// librdkafka speaks TLS 1.2 and 1.3, whichever the broker prefers. Today's JVMs do not speak older versions either,
/// whatever is enabled.
fn protocols(draft: &mut Draft<'_>) -> Result<(), ClientConfigError> {
    let key = keys::SSL_ENABLED_PROTOCOLS;
    let names = draft.list(key)?.to_vec();
    let is_current = |name: &String| name == "TLSv1.2" || name == "TLSv1.3";
    let is_old = |name: &String| ["SSLv2Hello", "SSLv3", "TLSv1", "TLSv1.1"].contains(&name.as_str());
    if let Some(unknown) = names.iter().find(|name| !is_current(name) && !is_old(name)) {
        return Err(ClientConfigError::unsupported_value(key, unknown, "There are TLSv1.2 and TLSv1.3."));
    }
    let current = names.iter().filter(|name| is_current(name)).count();
    if current == 0 && !names.is_empty() {
        let why = "These versions are not secure and not supported; there are TLSv1.2 and TLSv1.3.";
        return Err(ClientConfigError::unsupported_value(key, names.join(","), why));
    }
    if current < names.len() {
        draft.warn(key, "names versions of TLS that are not spoken: TLSv1.2 and TLSv1.3 are");
    } else if current == 1 {
        draft.warn(key, "cannot be limited to one version: both TLSv1.2 and TLSv1.3 are spoken");
    }
    Ok(())
}

/// Names of cipher suites in OpenSSL's spelling. Only those of TLS 1.2 can be chosen.
fn ciphers(draft: &mut Draft<'_>) -> Result<(), ClientConfigError> {
    let key = keys::SSL_CIPHER_SUITES;
    let names = draft.list(key)?.to_vec();
    if names.is_empty() {
        return Ok(());
    }
    let mut chosen = Vec::new();
    let mut unknown = Vec::new();
    let mut modern = false;
    for name in &names {
        match openssl_name(name) {
            Some(cipher) if cipher.starts_with("TLS_") => modern = true,
            Some(cipher) => chosen.push(cipher),
            None => unknown.push(name.as_str()),
        }
    }
    if chosen.is_empty() && !modern {
        let why = "None of these cipher suites is there; use the names that TLS 1.2 and 1.3 give them.";
        return Err(ClientConfigError::unsupported_value(key, names.join(","), why));
    }
    if !unknown.is_empty() {
        draft.warn(key, format_args!("names cipher suites that are not there: {}", unknown.join(", ")));
    }
    if chosen.is_empty() {
        draft.warn(key, "names cipher suites of TLS 1.3 only: all suites of TLS 1.2 and 1.3 are offered");
    } else {
        draft.warn(key, "applies to TLS 1.2: all suites of TLS 1.3 are offered");
        draft.set(key, chosen.join(":"));
    }
    Ok(())
}

fn openssl_name(name: &str) -> Option<&'static str> {
    let standard = name.strip_prefix("SSL_").map_or(name.to_owned(), |rest| format!("TLS_{rest}"));
    Some(openssl::ssl::cipher_name(&standard)).filter(|found| *found != "(NONE)")
}

/// Certificates to trust.
pub(super) struct Trusted {
    pub(super) pem: String,
    /// Whether one of them vouches for itself.
    pub(super) has_root: bool,
}

/// Our own certificate, those that vouch for it, and its key.
pub(super) struct Own {
    pub(super) chain_pem: String,
    pub(super) key_pem: String,
    /// The alias, when there were several to choose from.
    pub(super) chosen: Option<String>,
}

/// The keys about stores. The texts of what contradicts itself are Java's.
#[derive(Default)]
pub(super) struct Stores {
    key_type: String,
    key_location: Option<String>,
    key_store_password: Option<String>,
    key_password: Option<String>,
    key_pem: Option<String>,
    chain_pem: Option<String>,
    trust_type: String,
    trust_location: Option<String>,
    trust_password: Option<String>,
    trust_pem: Option<String>,
}

impl Stores {
    fn of_client(draft: &Draft<'_>) -> Result<Self, ClientConfigError> {
        let text = |key: &str| draft.text(key).map(|value| value.map(str::to_owned));
        let secret = |key: &str| draft.secret(key).map(|value| value.map(str::to_owned));
        Ok(Self {
            key_type: text(keys::SSL_KEYSTORE_TYPE)?.unwrap_or_default(),
            key_location: text(keys::SSL_KEYSTORE_LOCATION)?,
            key_store_password: secret(keys::SSL_KEYSTORE_PASSWORD)?,
            key_password: secret(keys::SSL_KEY_PASSWORD)?,
            key_pem: secret(keys::SSL_KEYSTORE_KEY)?,
            chain_pem: secret(keys::SSL_KEYSTORE_CERTIFICATE_CHAIN)?,
            trust_type: text(keys::SSL_TRUSTSTORE_TYPE)?.unwrap_or_default(),
            trust_location: text(keys::SSL_TRUSTSTORE_LOCATION)?,
            trust_password: secret(keys::SSL_TRUSTSTORE_PASSWORD)?,
            trust_pem: secret(keys::SSL_TRUSTSTORE_CERTIFICATES)?,
        })
    }

    /// The same keys from elsewhere, as texts.
    pub(super) fn from_lookup(text: &dyn Fn(&str) -> Option<String>) -> Self {
        let or_jks = |key: &str| text(key).unwrap_or_else(|| "JKS".to_owned());
        Self {
            key_type: or_jks(keys::SSL_KEYSTORE_TYPE),
            key_location: text(keys::SSL_KEYSTORE_LOCATION),
            key_store_password: text(keys::SSL_KEYSTORE_PASSWORD),
            key_password: text(keys::SSL_KEY_PASSWORD),
            key_pem: text(keys::SSL_KEYSTORE_KEY),
            chain_pem: text(keys::SSL_KEYSTORE_CERTIFICATE_CHAIN),
            trust_type: or_jks(keys::SSL_TRUSTSTORE_TYPE),
            trust_location: text(keys::SSL_TRUSTSTORE_LOCATION),
            trust_password: text(keys::SSL_TRUSTSTORE_PASSWORD),
            trust_pem: text(keys::SSL_TRUSTSTORE_CERTIFICATES),
        }
    }

    /// Our own key and certificates, if there are any.
    pub(super) fn client(&self) -> Result<Option<Own>, ClientConfigError> {
        let wrong = |key: &str, message: &str| Err(contradiction(key, message));
        let is_pem = is_pem(&self.key_type);
        let found = match (&self.key_pem, &self.chain_pem, &self.key_location, &self.key_store_password) {
            (Some(_), ..) if !is_pem => {
                let message =
                    format!("SSL private key can be specified only for PEM, but key store type is {}.", self.key_type);
                return wrong(keys::SSL_KEYSTORE_KEY, &message);
            }
            (Some(_), None, ..) => {
                return wrong(
                    keys::SSL_KEYSTORE_CERTIFICATE_CHAIN,
                    "SSL private key is specified, but certificate chain is not specified.",
                );
            }
            (Some(_), _, Some(_), _) => {
                return wrong(
                    keys::SSL_KEYSTORE_LOCATION,
                    "Both SSL key store location and separate private key are specified.",
                );
            }
            (Some(_), _, _, Some(_)) => {
                return wrong(
                    keys::SSL_KEYSTORE_PASSWORD,
                    "SSL key store password cannot be specified with PEM format, only key password may be specified.",
                );
            }
            (Some(key), Some(chain), None, None) => {
                let pem = format!("{key}\n{chain}");
                stores::pem_client_key(pem.as_bytes(), self.key_password.as_deref())
                    .map_err(|error| unusable(keys::SSL_KEYSTORE_KEY, "Invalid PEM keystore configs", None, &error))?
            }
            (None, Some(_), ..) => {
                return wrong(
                    keys::SSL_KEYSTORE_KEY,
                    "SSL certificate chain is specified, but private key is not specified",
                );
            }
            (None, None, Some(_), Some(_)) if is_pem => {
                return wrong(
                    keys::SSL_KEYSTORE_PASSWORD,
                    "SSL key store password cannot be specified with PEM format, only key password may be specified",
                );
            }
            (None, None, None, Some(_)) => {
                return wrong(
                    keys::SSL_KEYSTORE_LOCATION,
                    "SSL key store is not specified, but key store password is specified.",
                );
            }
            (None, None, Some(_), None) if !is_pem => {
                return wrong(
                    keys::SSL_KEYSTORE_PASSWORD,
                    "SSL key store is specified, but key store password is not specified.",
                );
            }
            (None, None, None, None) => return Ok(None),
            (None, None, Some(location), password) => {
                let passwords = Passwords { store: password.as_deref(), key: self.key_password.as_deref() };
                let failure = load_failure(location, &self.key_type);
                stores::client_key(Path::new(location), passwords)
                    .map_err(|error| unusable(keys::SSL_KEYSTORE_LOCATION, &failure, Some(location), &error))?
            }
        };
        let own = |found: &ClientKey| {
            Ok(Own { chain_pem: found.chain_pem()?, key_pem: found.key_pem()?, chosen: found.chosen.clone() })
        };
        let failure = "Failed to convert the SSL key store";
        own(&found).map(Some).map_err(|error| unusable(keys::SSL_KEYSTORE_LOCATION, failure, None, &error))
    }

    /// The certificates to trust, if they are given; the system's own otherwise.
    pub(super) fn trusted(&self) -> Result<Option<Trusted>, ClientConfigError> {
        let wrong = |key: &str, message: &str| Err(contradiction(key, message));
        let is_pem = is_pem(&self.trust_type);
        let (key, found) = match (&self.trust_pem, &self.trust_location, &self.trust_password) {
            (Some(_), ..) if !is_pem => {
                let message = format!(
                    "SSL trust store certs can be specified only for PEM, but trust store type is {}.",
                    self.trust_type
                );
                return wrong(keys::SSL_TRUSTSTORE_CERTIFICATES, &message);
            }
            (Some(_), Some(_), _) => {
                return wrong(
                    keys::SSL_TRUSTSTORE_LOCATION,
                    "Both SSL trust store location and separate trust certificates are specified.",
                );
            }
            (Some(_), None, Some(_)) => {
                return wrong(
                    keys::SSL_TRUSTSTORE_PASSWORD,
                    "SSL trust store password cannot be specified for PEM format.",
                );
            }
            (None, Some(_), Some(_)) if is_pem => {
                return wrong(
                    keys::SSL_TRUSTSTORE_PASSWORD,
                    "SSL trust store password cannot be specified for PEM format.",
                );
            }
            (None, None, Some(_)) => {
                return wrong(
                    keys::SSL_TRUSTSTORE_LOCATION,
                    "SSL trust store is not specified, but trust store password is specified.",
                );
            }
            (None, None, None) => return Ok(None),
            (Some(pem), None, None) => {
                let key = keys::SSL_TRUSTSTORE_CERTIFICATES;
                let found = stores::pem_certificates(pem.as_bytes());
                (key, found.map_err(|error| unusable(key, "Failed to load PEM SSL certificates", None, &error))?)
            }
            (None, Some(location), password) => {
                let key = keys::SSL_TRUSTSTORE_LOCATION;
                let failure = load_failure(location, &self.trust_type);
                let found = stores::trusted_certificates(Path::new(location), password.as_deref());
                (key, found.map_err(|error| unusable(key, &failure, Some(location), &error))?)
            }
        };
        let has_root = found.iter().any(is_root);
        let pem = stores::to_pem(&found);
        let pem = pem.map_err(|error| unusable(key, "Failed to convert the SSL trust store", None, &error))?;
        Ok(Some(Trusted { pem, has_root }))
    }
}

fn is_pem(store_type: &str) -> bool {
    store_type.eq_ignore_ascii_case("PEM")
}

fn is_root(certificate: &X509) -> bool {
    certificate.issued(certificate) == openssl::x509::X509VerifyResult::OK
}

fn contradiction(key: &str, message: &str) -> ClientConfigError {
    ClientConfigError::invalid(key, INVALID_CONFIGURATION, message)
}

fn load_failure(location: &str, store_type: &str) -> String {
    if is_pem(store_type) {
        format!("Failed to load PEM SSL keystore {location}")
    } else {
        format!("Failed to load SSL keystore {location} of type {store_type}")
    }
}

/// A store that cannot be used: what Java says of it, and below that what is wrong.
fn unusable(key: &str, failure: &str, location: Option<&str>, error: &StoreError) -> ClientConfigError {
    let class = if failure.contains("PEM") { INVALID_CONFIGURATION } else { KAFKA_EXCEPTION };
    let message = match location {
        Some(location) => format!("'{key}' is {location}: {error}"),
        None => format!("'{key}': {error}"),
    };
    ClientConfigError::credentials(key, class, message).caused(class, failure)
}
