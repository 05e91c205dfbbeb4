//! The bytes' way to a broker: TCP, and TLS on top where it is asked for.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use openssl::pkey::PKey;
use openssl::ssl::{ErrorCode, SslConnector, SslMethod, SslVerifyMode, SslVersion};
use openssl::x509::X509;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use super::settings::{Address, unusable};
use crate::codes;
use crate::error::{ErrorKind, KafkaError};

/// A connection's bytes.
pub(super) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

/// How to set up TLS.
#[derive(Clone)]
pub(super) struct Tls {
    connector: Arc<SslConnector>,
    /// Whether the certificate has to name the host.
    names: bool,
}

impl Tls {
    /// Reads it from librdkafka's properties, where all stores are PEM.
    pub(super) fn read(properties: &BTreeMap<String, String>) -> Result<Self, KafkaError> {
        let wrong = |what: &'static str| move |error| unusable(what, &error);
        // Not `builder`, whose list of ciphers is for browsers: any secure suite that a broker has is good.
        let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(wrong("setting up TLS"))?;
        builder.set_verify(SslVerifyMode::PEER);
        builder.set_min_proto_version(Some(SslVersion::TLS1_2)).map_err(wrong("setting up TLS"))?;
        if let Some(ciphers) = properties.get("ssl.cipher.suites") {
            builder.set_cipher_list(ciphers).map_err(wrong("ssl.cipher.suites"))?;
        }
        if let Some(trusted) = properties.get("ssl.ca.pem") {
            let fault = wrong("the trust store");
            for certificate in X509::stack_from_pem(trusted.as_bytes()).map_err(fault)? {
                builder.cert_store_mut().add_cert(certificate).map_err(fault)?;
            }
        } else {
            // The OpenSSL in this program knows of no folder of the system's.
            let system = openssl_probe::probe();
            if let Some(file) = system.cert_file {
                builder.load_verify_locations(Some(&file), None).map_err(wrong("the system's certificates"))?;
            }
        }
        if let (Some(chain), Some(key)) = (properties.get("ssl.certificate.pem"), properties.get("ssl.key.pem")) {
            let fault = wrong("the key store");
            let mut chain = X509::stack_from_pem(chain.as_bytes()).map_err(fault)?.into_iter();
            if let Some(own) = chain.next() {
                builder.set_certificate(&own).map_err(fault)?;
            }
            for certificate in chain {
                builder.add_extra_chain_cert(certificate).map_err(fault)?;
            }
            let key = PKey::private_key_from_pem(key.as_bytes()).map_err(fault)?;
            builder.set_private_key(&key).map_err(fault)?;
        }
        let names = properties.get("ssl.endpoint.identification.algorithm").is_some_and(|name| name == "https");
        Ok(Self { connector: Arc::new(builder.build()), names })
    }

    async fn wrap(&self, tcp: TcpStream, address: &Address) -> Result<SslStream<TcpStream>, KafkaError> {
        let local = |error: openssl::error::ErrorStack| unusable("setting up TLS", &error);
        let mut configuration = self.connector.configure().map_err(local)?;
        configuration.set_verify_hostname(self.names);
        let ssl = configuration.into_ssl(&address.host).map_err(local)?;
        let mut stream = SslStream::new(ssl, tcp).map_err(local)?;
        match Pin::new(&mut stream).connect().await {
            Ok(()) => Ok(stream),
            // The peer is no TLS server, or one of us does not trust the other; waiting does not help.
            Err(error) if error.code() == ErrorCode::SSL => {
                let check = stream.ssl().verify_result();
                let why = if check == openssl::x509::X509VerifyResult::OK {
                    error.to_string()
                } else {
                    format!("{error}: {}", check.error_string())
                };
                Err(KafkaError::from_code(codes::SSL, format!("SSL handshake with {address} failed: {why}")))
            }
            Err(error) => Err(lost(address, &error)),
        }
    }
}

/// Connects to a broker.
pub(super) async fn connect(address: &Address, tls: Option<&Tls>) -> Result<Box<dyn Bytes>, KafkaError> {
    let tcp = TcpStream::connect((address.host.as_str(), address.port)).await;
    let tcp = tcp.map_err(|error| lost(address, &error))?;
    // Requests are small and someone waits for each.
    tcp.set_nodelay(true).map_err(|error| lost(address, &error))?;
    Ok(match tls {
        Some(tls) => Box::new(tls.wrap(tcp, address).await?),
        None => Box::new(tcp),
    })
}

/// The connection is gone, or never came to be.
pub(super) fn lost(address: &Address, error: &dyn std::fmt::Display) -> KafkaError {
    let message = format!("connection to {address} failed: {error}");
    KafkaError::with_class(ErrorKind::Retriable, "org.apache.kafka.common.errors.DisconnectException", message)
}
