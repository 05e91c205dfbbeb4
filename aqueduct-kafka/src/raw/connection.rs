//! One connection to a broker: versions agreed, logged in, one request at a time.
//!
//! Requests go out under a correlation id and the answer that comes next has to bear it. A call that is given up (its
//! future dropped, its time over) takes the connection with it: the answer that is still to come would be in the way.

use std::collections::HashMap;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::messages::{ApiVersionsRequest, ApiVersionsResponse, RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, StrBytes};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};

use super::calls::Call;
use super::sasl;
use super::settings::{Address, RawSettings};
use super::transport::{self, Bytes as Stream};
use crate::error::{ErrorKind, KafkaError};

const API_VERSIONS: i16 = 18;
/// The version that tells a broker who we are; older brokers answer that they do not know it.
const NEWEST_API_VERSIONS: i16 = 3;
const UNSUPPORTED_VERSION: i16 = 35;
/// No answer to what is asked here comes near this; a peer that announces more is no broker.
const LARGEST_ANSWER: usize = 100 * 1024 * 1024;

/// A connection that can be used.
pub(super) struct Connection {
    address: Address,
    client_id: StrBytes,
    stream: Box<dyn Stream>,
    versions: HashMap<i16, (i16, i16)>,
    correlation: i32,
    /// When the login has to be made again, if it ends at all (KIP-368).
    pub(super) ends: Option<Instant>,
}

impl Connection {
    /// Connects, agrees on versions and logs in, within the settings' time for it.
    pub(super) async fn open(address: &Address, settings: &RawSettings) -> Result<Self, KafkaError> {
        let connecting = transport::connect(address, settings.tls.as_ref());
        let stream = timeout(settings.setup_timeout, connecting).await.map_err(|_| {
            timed_out(format!("no connection to {address} within {} ms", settings.setup_timeout.as_millis()))
        })??;
        let mut connection = Self {
            address: address.clone(),
            client_id: StrBytes::from_string(settings.client_id.clone()),
            stream,
            versions: HashMap::new(),
            correlation: 0,
            ends: None,
        };
        let introduction = async {
            connection.learn_versions().await?;
            if let Some(login) = &settings.login {
                let lifetime = sasl::log_in(&mut connection, login).await?;
                // A broker cuts the connection off when the login ends: make a new one well before.
                connection.ends = lifetime.map(|lifetime| Instant::now() + lifetime.mul_f64(0.85));
            }
            Ok(())
        };
        let limit = settings.request_timeout;
        match timeout(limit, introduction).await {
            Ok(done) => done.map(|()| connection),
            Err(_) => Err(timed_out(format!("{address} did not answer within {} ms", limit.as_millis()))),
        }
    }

    /// The version of a request that both sides speak.
    pub(super) fn version_of<C: Call>(&self) -> Result<i16, KafkaError> {
        let (least, most) = self.versions.get(&C::KEY).copied().unwrap_or((0, -1));
        let version = most.min(C::NEWEST);
        if version < least {
            let message = format!("The node does not support {}", C::NAME);
            return Err(KafkaError::from_code(i32::from(UNSUPPORTED_VERSION), message));
        }
        Ok(version)
    }

    /// Sends a request that was made for `version` and waits for its answer.
    pub(super) async fn call<C: Call>(&mut self, request: &C, version: i16) -> Result<C::Response, KafkaError> {
        let mut answer = self.exchange(C::KEY, version, C::header_version(version), request).await?;
        self.read_header(&mut answer, C::Response::header_version(version))?;
        self.read_body(&mut answer, version)
    }

    async fn learn_versions(&mut self) -> Result<(), KafkaError> {
        let named = ApiVersionsRequest::default()
            .with_client_software_name(StrBytes::from_static_str("aqueduct"))
            .with_client_software_version(StrBytes::from_static_str(env!("CARGO_PKG_VERSION")));
        let mut answer = self.ask_versions(NEWEST_API_VERSIONS, &named).await?;
        let mut version = NEWEST_API_VERSIONS;
        if answer.get(..2).is_some_and(|code| code == UNSUPPORTED_VERSION.to_be_bytes()) {
            version = 0;
            answer = self.ask_versions(version, &ApiVersionsRequest::default()).await?;
        }
        let answer: ApiVersionsResponse = self.read_body(&mut answer, version)?;
        if answer.error_code != 0 {
            let message = format!("{} does not tell which requests it knows", self.address);
            return Err(KafkaError::from_code(i32::from(answer.error_code), message));
        }
        self.versions = answer.api_keys.iter().map(|api| (api.api_key, (api.min_version, api.max_version))).collect();
        Ok(())
    }

    async fn ask_versions(&mut self, version: i16, request: &ApiVersionsRequest) -> Result<Bytes, KafkaError> {
        let header = ApiVersionsRequest::header_version(version);
        let mut answer = self.exchange(API_VERSIONS, version, header, request).await?;
        // Its answers have the oldest header always, since the versions are not agreed yet.
        self.read_header(&mut answer, 0)?;
        Ok(answer)
    }

    async fn exchange(
        &mut self,
        key: i16,
        version: i16,
        header_version: i16,
        request: &(impl Encodable + Sync),
    ) -> Result<Bytes, KafkaError> {
        self.correlation = self.correlation.wrapping_add(1);
        let header = RequestHeader::default()
            .with_request_api_key(key)
            .with_request_api_version(version)
            .with_correlation_id(self.correlation)
            .with_client_id(Some(self.client_id.clone()));
        let mut out = BytesMut::new();
        out.put_i32(0);
        let written = header.encode(&mut out, header_version).and_then(|()| request.encode(&mut out, version));
        written.map_err(|error| KafkaError::new(ErrorKind::Other, format!("writing a request: {error}")))?;
        let size = u32::try_from(out.len() - 4)
            .map_err(|_| KafkaError::new(ErrorKind::Other, "a request is longer than the protocol allows"))?;
        out[..4].copy_from_slice(&size.to_be_bytes());
        let lost = |error: std::io::Error| transport::lost(&self.address, &error);
        self.stream.write_all(&out).await.map_err(lost)?;
        self.stream.flush().await.map_err(lost)?;
        let size = self.stream.read_u32().await.map_err(lost)? as usize;
        if size > LARGEST_ANSWER {
            return Err(self.unreadable(&format_args!("an answer of {size} bytes is announced")));
        }
        let mut answer = vec![0; size];
        self.stream.read_exact(&mut answer).await.map_err(lost)?;
        Ok(Bytes::from(answer))
    }

    fn read_header(&self, answer: &mut Bytes, version: i16) -> Result<(), KafkaError> {
        let header = ResponseHeader::decode(answer, version).map_err(|error| self.unreadable(&error))?;
        if header.correlation_id == self.correlation {
            Ok(())
        } else {
            let (expected, got) = (self.correlation, header.correlation_id);
            Err(self.unreadable(&format_args!("answer {got} came where {expected} was due")))
        }
    }

    fn read_body<R: Decodable>(&self, answer: &mut Bytes, version: i16) -> Result<R, KafkaError> {
        let body = R::decode(answer, version).map_err(|error| self.unreadable(&error))?;
        if answer.has_remaining() {
            return Err(self.unreadable(&format_args!("{} bytes are left over", answer.remaining())));
        }
        Ok(body)
    }

    fn unreadable(&self, why: &dyn std::fmt::Display) -> KafkaError {
        transport::lost(&self.address, &format_args!("what came from it cannot be read: {why}"))
    }
}

/// Too late.
pub(super) fn timed_out(message: String) -> KafkaError {
    KafkaError::new(ErrorKind::Timeout, message)
}

/// How long a login lasts, from what the broker says; nothing for ever.
pub(super) fn lifetime(millis: i64) -> Option<Duration> {
    u64::try_from(millis).ok().filter(|millis| *millis > 0).map(Duration::from_millis)
}
