//! One connection: frames come in, are answered in order, and go out.
//!
//! A frame that cannot be a request closes this connection with one debug line and harms nothing else.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::{ApiKey, ApiVersionsResponse, RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::shape;
use crate::api::{self, Context};
use crate::broker::Broker;
use crate::faults::Fault;

/// A frame is read in pieces of this size, so that a length alone reserves no memory.
const PIECE: usize = 1024 * 1024;

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
pub(super) enum Closed {
    #[error("the client closed it")]
    ByClient,
    #[error("a fault was asked for")]
    ByFault,
    #[error("{0}")]
    BadFrame(String),
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// Serves a connection until it ends.
pub(super) async fn serve(broker: Arc<Broker>, mut stream: TcpStream, peer: SocketAddr) {
    let mut dropped = broker.faults.watch_connections();
    dropped.mark_unchanged();
    let reason = tokio::select! {
        reason = requests(&broker, &mut stream, peer) => match reason {
            Ok(never) => match never {},
            Err(reason) => reason,
        },
        _ = dropped.changed() => Closed::ByFault,
    };
    tracing::debug!(%peer, %reason, "closed a connection");
}

/// Never returns `Ok`.
async fn requests(
    broker: &Arc<Broker>,
    stream: &mut TcpStream,
    peer: SocketAddr,
) -> Result<std::convert::Infallible, Closed> {
    stream.set_nodelay(true)?;
    loop {
        let frame = read_frame(stream, broker.settings.max_request_bytes).await?;
        if let Some(answer) = answer(broker, frame, peer).await? {
            let length = i32::try_from(answer.len()).map_err(|_| Closed::BadFrame("the answer is too long".into()))?;
            stream.write_all(&length.to_be_bytes()).await?;
            stream.write_all(&answer).await?;
        }
    }
}

async fn read_frame(stream: &mut TcpStream, limit: usize) -> Result<Bytes, Closed> {
    let length = match stream.read_i32().await {
        Ok(length) => length,
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Err(Closed::ByClient),
        Err(error) => return Err(error.into()),
    };
    let Some(length) = usize::try_from(length).ok().filter(|&length| length <= limit) else {
        return Err(Closed::BadFrame(format!("a request of {length} bytes is not accepted (at most {limit})")));
    };
    let mut frame = BytesMut::new();
    while frame.len() < length {
        frame.reserve(PIECE.min(length - frame.len()));
        let missing = length - frame.len();
        if stream.read_buf(&mut (&mut frame).limit(missing)).await? == 0 {
            return Err(Closed::ByClient);
        }
    }
    Ok(frame.freeze())
}

/// Answers one request; an error ends the connection.
pub(super) async fn answer(
    broker: &Arc<Broker>,
    mut frame: Bytes,
    peer: SocketAddr,
) -> Result<Option<BytesMut>, Closed> {
    let bad = |why: String| Closed::BadFrame(why);
    if frame.len() < 8 {
        return Err(bad("a request shorter than its header".into()));
    }
    let (number, version) = (i16::from_be_bytes([frame[0], frame[1]]), i16::from_be_bytes([frame[2], frame[3]]));
    let correlation = i32::from_be_bytes([frame[4], frame[5], frame[6], frame[7]]);
    let supported = api::SUPPORTED.iter().find(|(key, ..)| *key as i16 == number);
    let Some(&(key, min, max)) = supported else { return Err(bad(format!("unknown api key {number}"))) };
    if !(min..=max).contains(&version) {
        if key == ApiKey::ApiVersions {
            // A newer client learns from an answer of version 0 what to ask for.
            return Ok(Some(too_new(correlation)?));
        }
        return Err(bad(format!("{key:?} version {version} is not supported ({min} to {max} are)")));
    }
    let header_version = key.request_header_version(version);
    shape::check(key, version, header_version, &frame).map_err(bad)?;
    let header = RequestHeader::decode(&mut frame, header_version).map_err(|error| bad(error.to_string()))?;
    let context = Context {
        version,
        client_id: header.client_id.as_deref().unwrap_or_default().to_owned(),
        client_host: format!("/{}", peer.ip()),
    };
    let met = broker.faults.meet(number);
    let mut refused = None;
    let mut delay = met.delay;
    match met.fault {
        Some(Fault::Drop) => return Err(Closed::ByFault),
        Some(Fault::Delay(more)) => delay += more,
        Some(Fault::Error(code)) => refused = Some(code),
        Some(Fault::DropAnswer) | None => {}
    }
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let body = api::answer(broker, key, &context, frame, refused).await.map_err(|error| bad(error.to_string()))?;
    if met.fault == Some(Fault::DropAnswer) {
        return Err(Closed::ByFault);
    }
    if matches!(key, ApiKey::Produce | ApiKey::Fetch) && !broker.faults.throttle_time().is_zero() {
        tokio::time::sleep(broker.faults.throttle_time()).await;
    }
    let Some(body) = body else { return Ok(None) };
    let mut out = BytesMut::with_capacity(body.len() + 8);
    let header = ResponseHeader::default().with_correlation_id(correlation);
    header.encode(&mut out, key.response_header_version(version)).map_err(|error| bad(error.to_string()))?;
    out.put(body.chunk());
    Ok(Some(out))
}

fn too_new(correlation: i32) -> Result<BytesMut, Closed> {
    let mut out = BytesMut::new();
    out.put_i32(correlation);
    let response = ApiVersionsResponse::default()
        .with_error_code(ResponseError::UnsupportedVersion.code())
        .with_api_keys(api::version_list());
    response.encode(&mut out, 0).map_err(|error| Closed::BadFrame(error.to_string()))?;
    Ok(out)
}
