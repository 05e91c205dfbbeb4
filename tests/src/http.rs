//! A bare HTTP client: what a test needs of one, and nothing that our own code was written with.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// A request with an optional JSON body; answers the status and the body. `None` when nobody listens.
pub(crate) fn request(port: u16, method: &str, path: &str, body: Option<&Value>) -> Option<(u16, Value)> {
    let (status, content) = exchange(port, method, path, body)?;
    Some((status, serde_json::from_str(&content).unwrap_or(Value::Null)))
}

/// The same, for an answer that need not be JSON.
pub(crate) fn exchange(port: u16, method: &str, path: &str, body: Option<&Value>) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    let body = body.map(Value::to_string).unwrap_or_default();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    let content = answer.split_once("\r\n\r\n")?.1;
    Some((status, content.to_owned()))
}
