//! Logging in on a connection: the handshake, then the mechanism's own messages inside SaslAuthenticate.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::messages::{SaslAuthenticateRequest, SaslHandshakeRequest};
use kafka_protocol::protocol::StrBytes;
use openssl::hash::MessageDigest;

use super::connection::{Connection, lifetime};
use super::scram::Scram;
use crate::client_config::{OAuthToken, TokenSource};
use crate::codes;
use crate::error::{ErrorKind, KafkaError};

/// Who logs in.
pub(super) enum Login {
    /// PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
    Password { mechanism: String, username: String, password: String },
    /// OAUTHBEARER.
    Token(Arc<dyn TokenSource>),
}

/// Logs in. Answers how long it lasts, if it ends.
pub(super) async fn log_in(connection: &mut Connection, login: &Login) -> Result<Option<Duration>, KafkaError> {
    match login {
        Login::Password { mechanism, username, password } => {
            agree(connection, mechanism).await?;
            match mechanism.as_str() {
                "SCRAM-SHA-256" => scram(connection, MessageDigest::sha256(), username, password).await,
                "SCRAM-SHA-512" => scram(connection, MessageDigest::sha512(), username, password).await,
                _ => {
                    let message = format!("\0{username}\0{password}");
                    Ok(send(connection, message.into_bytes()).await?.1)
                }
            }
        }
        Login::Token(source) => {
            let source = Arc::clone(source);
            let token = tokio::task::spawn_blocking(move || source.token()).await;
            let token = token.unwrap_or_else(|failure| Err(failure.to_string()));
            let token =
                token.map_err(|why| KafkaError::new(ErrorKind::Retriable, format!("there is no token: {why}")))?;
            agree(connection, "OAUTHBEARER").await?;
            bearer(connection, &token).await
        }
    }
}

async fn agree(connection: &mut Connection, mechanism: &str) -> Result<(), KafkaError> {
    // Version 0 would have the mechanism's messages outside of requests.
    let version = connection.version_of::<SaslHandshakeRequest>()?;
    if version < 1 {
        return Err(KafkaError::new(
            ErrorKind::Unsupported,
            "the broker is too old to log in to: Kafka 1.0 is the least",
        ));
    }
    let request = SaslHandshakeRequest::default().with_mechanism(StrBytes::from_string(mechanism.to_owned()));
    let answer = connection.call(&request, version).await?;
    if answer.error_code == 0 {
        return Ok(());
    }
    let enabled: Vec<&str> = answer.mechanisms.iter().map(StrBytes::as_str).collect();
    let message =
        format!("Client SASL mechanism '{mechanism}' not enabled in the server, enabled mechanisms are {enabled:?}");
    Err(KafkaError::from_code(i32::from(answer.error_code), message))
}

async fn send(connection: &mut Connection, message: Vec<u8>) -> Result<(Bytes, Option<Duration>), KafkaError> {
    let version = connection.version_of::<SaslAuthenticateRequest>()?;
    let request = SaslAuthenticateRequest::default().with_auth_bytes(Bytes::from(message));
    let answer = connection.call(&request, version).await?;
    if answer.error_code == 0 {
        return Ok((answer.auth_bytes, lifetime(answer.session_lifetime_ms)));
    }
    let message = answer.error_message.map_or("Authentication failed".to_owned(), |text| text.as_str().to_owned());
    Err(KafkaError::from_code(i32::from(answer.error_code), message))
}

async fn scram(
    connection: &mut Connection,
    digest: MessageDigest,
    username: &str,
    password: &str,
) -> Result<Option<Duration>, KafkaError> {
    let refused = |why: String| KafkaError::from_code(codes::AUTHENTICATION, format!("SCRAM: {why}"));
    let exchange = Scram::begin(digest, username, password).map_err(refused)?;
    let (answer, _) = send(connection, exchange.first().into_bytes()).await?;
    let (last, proof) = exchange.last(&String::from_utf8_lossy(&answer)).map_err(refused)?;
    let (answer, lifetime) = send(connection, last.into_bytes()).await?;
    proof.check(&String::from_utf8_lossy(&answer)).map_err(refused)?;
    Ok(lifetime)
}

/// RFC 7628, with extensions as KIP-342 has them.
async fn bearer(connection: &mut Connection, token: &OAuthToken) -> Result<Option<Duration>, KafkaError> {
    let mut message = format!("n,,\u{1}auth=Bearer {}\u{1}", token.token);
    for (name, value) in &token.extensions {
        message.push_str(&format!("{name}={value}\u{1}"));
    }
    message.push('\u{1}');
    let (answer, lifetime) = send(connection, message.into_bytes()).await?;
    if answer.is_empty() {
        return Ok(lifetime);
    }
    // A refusal has to be acknowledged before the broker says it as an error.
    let why = String::from_utf8_lossy(&answer).into_owned();
    send(connection, vec![1]).await?;
    Err(KafkaError::from_code(codes::AUTHENTICATION, why))
}
