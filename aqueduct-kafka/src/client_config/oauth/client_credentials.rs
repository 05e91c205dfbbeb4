//! Tokens from an authorization server, for client credentials (RFC 6749, section 4.4): one POST over HTTP or HTTPS.
//!
//! The request is that of the Java client: HTTP Basic authentication with client id and secret, a form with grant type
//! and scope. There is no retry in here: librdkafka asks again by itself when a refresh failed.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig, TlsProvider};

use super::{OAuthToken, TokenSource, jwt};

/// What `application/x-www-form-urlencoded` leaves as it is.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_').remove(b' ');

/// How to ask the authorization server.
pub(super) struct Endpoint {
    pub(super) url: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) scope: Option<String>,
    /// Whether id and secret are form-encoded before they go into the header, as RFC 6749 wants and few servers do.
    pub(super) encode_header: bool,
    pub(super) connect_timeout: Duration,
    pub(super) read_timeout: Duration,
    pub(super) tls: Tls,
}

/// Whom to trust over HTTPS, and who we are; PEM.
#[derive(Default)]
pub(super) struct Tls {
    /// Certificates to trust; the system's when there are none.
    pub(super) certificates: Option<String>,
    /// Our own chain and key.
    pub(super) client: Option<(String, String)>,
}

pub(super) struct ClientCredentials {
    agent: ureq::Agent,
    endpoint: Endpoint,
    subject_claim: String,
    extensions: BTreeMap<String, String>,
}

impl ClientCredentials {
    pub(super) fn new(
        endpoint: Endpoint,
        subject_claim: String,
        extensions: BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // A redirect would carry the secret elsewhere.
            .max_redirects(0)
            .timeout_connect(Some(endpoint.connect_timeout))
            .timeout_recv_response(Some(endpoint.read_timeout))
            .timeout_recv_body(Some(endpoint.read_timeout))
            .tls_config(tls_config(&endpoint.tls)?)
            .build();
        Ok(Self { agent: config.new_agent(), endpoint, subject_claim, extensions })
    }

    fn authorization(&self) -> String {
        let (id, secret) = (&self.endpoint.client_id, &self.endpoint.client_secret);
        let pair = if self.endpoint.encode_header {
            format!("{}:{}", form(id), form(secret))
        } else {
            format!("{id}:{secret}")
        };
        format!("Basic {}", STANDARD.encode(pair))
    }

    fn request_body(&self) -> String {
        let scope = self.endpoint.scope.as_deref().map(str::trim).filter(|scope| !scope.is_empty());
        let scope = scope.map(|scope| format!("&scope={}", form(scope)));
        format!("grant_type=client_credentials{}", scope.unwrap_or_default())
    }

    fn fetch(&self) -> Result<String, String> {
        let mut response = self
            .agent
            .post(&self.endpoint.url)
            .header("Accept", "application/json")
            .header("Authorization", self.authorization())
            .header("Cache-Control", "no-cache")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .send(self.request_body())
            .map_err(|error| error.to_string())?;
        let status = response.status();
        let body = response.body_mut().read_to_string().map_err(|error| error.to_string())?;
        let answer: Value = serde_json::from_str(&body).unwrap_or_default();
        if !status.is_success() {
            return Err(format!("it answered {}{}", status.as_u16(), complaint(&answer)));
        }
        ["access_token", "id_token"]
            .iter()
            .find_map(|name| answer[name].as_str().filter(|token| !token.trim().is_empty()))
            .map(str::to_owned)
            .ok_or_else(|| "its answer holds no access_token".to_owned())
    }
}

impl TokenSource for ClientCredentials {
    fn token(&self) -> Result<OAuthToken, String> {
        self.fetch()
            .and_then(|token| jwt::read(&token, &self.subject_claim, &self.extensions))
            .map_err(|why| format!("fetching a token from {}: {why}", self.endpoint.url))
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials").field("url", &self.endpoint.url).finish_non_exhaustive()
    }
}

/// What the server says for itself (RFC 6749, section 5.2).
fn complaint(answer: &Value) -> String {
    ["error", "error_description"]
        .iter()
        .filter_map(|name| answer[name].as_str())
        .map(|text| format!(": {}", text.chars().take(200).collect::<String>()))
        .collect()
}

fn form(text: &str) -> String {
    utf8_percent_encode(text, FORM).to_string().replace(' ', "+")
}

fn tls_config(tls: &Tls) -> Result<TlsConfig, String> {
    let roots = match &tls.certificates {
        Some(pem) => RootCerts::new_with_certs(&certificates(pem)?),
        None => RootCerts::PlatformVerifier,
    };
    let client = match &tls.client {
        Some((chain, key)) => {
            let key = PrivateKey::from_pem(key.as_bytes()).map_err(|error| error.to_string())?;
            Some(ClientCert::new_with_certs(&certificates(chain)?, key))
        }
        None => None,
    };
    Ok(TlsConfig::builder().provider(TlsProvider::NativeTls).root_certs(roots).client_cert(client).build())
}

fn certificates(pem: &str) -> Result<Vec<Certificate<'static>>, String> {
    ureq::tls::parse_pem(pem.as_bytes())
        .filter_map(|item| match item {
            Ok(ureq::tls::PemItem::Certificate(certificate)) => Some(Ok(certificate)),
            Ok(_) => None,
            Err(error) => Some(Err(error.to_string())),
        })
        .collect()
}
