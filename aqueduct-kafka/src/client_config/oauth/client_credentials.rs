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

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    use super::*;

    /// Answers one request, and gives it back: the head in lines, the body last.
    fn server(answer: &'static str) -> (String, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/token", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let mut lines = Vec::new();
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let line = line.trim_end().to_owned();
                if line.is_empty() {
                    break;
                }
                if let Some(number) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                    length = number.parse().unwrap();
                }
                lines.push(line);
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            lines.push(String::from_utf8(body).unwrap());
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
            lines
        });
        (url, thread)
    }

    fn source(url: String, scope: Option<&str>, encode_header: bool) -> ClientCredentials {
        let second = Duration::from_secs(1);
        let endpoint = Endpoint {
            url,
            client_id: "my id".to_owned(),
            client_secret: "s3cret&".to_owned(),
            scope: scope.map(str::to_owned),
            encode_header,
            connect_timeout: second,
            read_timeout: second,
            tls: Tls::default(),
        };
        ClientCredentials::new(endpoint, "sub".to_owned(), BTreeMap::new()).unwrap()
    }

    const GOOD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n\
                        {\"access_token\":\"e30.eyJzdWIiOiJhbGljZSIsImV4cCI6MTcwMDAwMDAwMH0.c2ln\",\"expires_in\":60}";

    #[test]
    fn a_token_is_fetched_with_id_secret_and_scope() {
        let (url, server) = server(GOOD);
        let token = source(url, Some("read write"), false).token().unwrap();
        assert_eq!(token.principal, "alice");
        assert_eq!(token.token, "e30.eyJzdWIiOiJhbGljZSIsImV4cCI6MTcwMDAwMDAwMH0.c2ln");
        let request = server.join().unwrap();
        assert_eq!(request[0], "POST /token HTTP/1.1");
        let has = |line: &str| request.iter().any(|got| got.eq_ignore_ascii_case(line));
        // base64 of `my id:s3cret&`
        assert!(has("Authorization: Basic bXkgaWQ6czNjcmV0Jg=="), "{request:?}");
        assert!(has("Content-Type: application/x-www-form-urlencoded"), "{request:?}");
        assert!(has("Accept: application/json"), "{request:?}");
        assert_eq!(request.last().unwrap(), "grant_type=client_credentials&scope=read+write");
    }

    #[test]
    fn id_and_secret_are_encoded_where_the_server_wants_it() {
        let (url, server) = server(GOOD);
        source(url, None, true).token().unwrap();
        let request = server.join().unwrap();
        // base64 of `my+id:s3cret%26`
        assert!(request.iter().any(|line| line.ends_with("Basic bXkraWQ6czNjcmV0JTI2")), "{request:?}");
        assert_eq!(request.last().unwrap(), "grant_type=client_credentials");
    }

    #[track_caller]
    fn check_failure(answer: &'static str, part: &str) {
        let (url, server) = server(answer);
        let error = source(url.clone(), None, false).token().unwrap_err();
        server.join().unwrap();
        assert!(error.starts_with(&format!("fetching a token from {url}: ")) && error.contains(part), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }

    #[test]
    fn what_the_server_complains_of_is_passed_on() {
        check_failure(
            "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n\
             {\"error\":\"invalid_client\",\"error_description\":\"unknown id\"}",
            "it answered 401: invalid_client: unknown id",
        );
        check_failure("HTTP/1.1 503 Busy\r\nConnection: close\r\n\r\nbusy", "it answered 503");
        check_failure(
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nConnection: close\r\n\r\n",
            "it answered 302",
        );
        check_failure("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", "its answer holds no access_token");
        check_failure(
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"access_token\":\"opaque\"}",
            "Malformed JWT provided",
        );
    }

    #[test]
    fn a_server_that_is_not_there_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        let error = source(url.clone(), None, false).token().unwrap_err();
        assert!(error.starts_with(&format!("fetching a token from {url}: ")), "{error}");
    }
}
