//! What a resource answers: a status, headers and a body, or a failure with its text.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use hyper::{Response, StatusCode};
use serde::Serialize;

use aqueduct_herder::{HerderError, HerderErrorKind};

use crate::json;
use crate::media::MethodList;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What a resource answers.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

/// An answer, or why there is none.
pub(crate) type Handled = Result<Answer, Failure>;

impl Answer {
    /// A status without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    /// 200 with a JSON body.
    pub(crate) fn json(body: &impl Serialize) -> Self {
        Self::json_with(StatusCode::OK, body)
    }

    /// A status with a JSON body.
    pub(crate) fn json_with(status: StatusCode, body: &impl Serialize) -> Self {
        Self { status, headers: vec![(CONTENT_TYPE, JSON)], body: json::to_bytes(body) }
    }

    /// 200 with a text of this type.
    pub(crate) fn text(content_type: &'static str, body: String) -> Self {
        let headers = vec![(CONTENT_TYPE, HeaderValue::from_static(content_type))];
        Self { status: StatusCode::OK, headers, body: Bytes::from(body) }
    }

    /// 201 with the address of what was created.
    pub(crate) fn created(location: &str, body: &impl Serialize) -> Self {
        let mut answer = Self::json_with(StatusCode::CREATED, body);
        // The host is the client's own; if it cannot stand in a header, the header is left out.
        answer.headers.extend(HeaderValue::try_from(location).ok().map(|location| (LOCATION, location)));
        answer
    }

    /// What another worker answered; `location` is the address, seen from here, of what it created.
    pub(crate) fn relayed(status: StatusCode, body: Vec<u8>, location: Option<String>) -> Self {
        let mut headers = Vec::new();
        if !body.is_empty() {
            headers.push((CONTENT_TYPE, JSON));
        }
        let location = location.and_then(|location| HeaderValue::try_from(location).ok());
        headers.extend(location.map(|location| (LOCATION, location)));
        Self { status, headers, body: body.into() }
    }

    /// The methods that a resource understands.
    pub(crate) fn methods(methods: &[&str], list: &MethodList) -> Self {
        let header = HeaderValue::try_from(methods.join(",")).expect("methods are ASCII letters");
        let (name, body) = match list {
            MethodList::Text => ("text/plain", Bytes::from(methods.join(", "))),
            MethodList::HeaderOnly(name) => (name.as_str(), Bytes::new()),
        };
        let mut headers = vec![(ALLOW, header)];
        headers.extend(HeaderValue::try_from(name).ok().map(|name| (CONTENT_TYPE, name)));
        Self { status: StatusCode::OK, headers, body }
    }

    /// The response; `headers` are those that the server itself adds, and give way to those of the answer.
    pub(crate) fn into_response(self, mut headers: HeaderMap) -> Response<Full<Bytes>> {
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = headers;
        response
    }
}

/// An error that the client sees as `{"error_code":…,"message":…}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    status: StatusCode,
    message: String,
    /// Whether the answer says that it is JSON.
    typed: bool,
    /// Where the request can be carried out, if that is not here.
    elsewhere: Option<Elsewhere>,
}

/// The worker that can carry a request out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Elsewhere {
    /// The address of its REST API; none when nobody knows it at the moment.
    pub(crate) url: Option<String>,
}

#[derive(Serialize)]
struct ErrorMessage<'a> {
    error_code: u16,
    message: &'a str,
}

impl Failure {
    /// A resource failed.
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), typed: true, elsewhere: None }
    }

    /// 400
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 500
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// A resource turned the request away with the text of the status alone.
    pub(crate) fn plain(status: StatusCode) -> Self {
        Self::new(status, status_text(status))
    }

    /// No resource took the request. Java then leaves out the type of the body, although it is JSON.
    pub(crate) fn unrouted(status: StatusCode) -> Self {
        Self { typed: false, ..Self::plain(status) }
    }

    /// The text for the user.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Where the request can be carried out, if that is not here.
    pub(crate) fn elsewhere(&self) -> Option<&Elsewhere> {
        self.elsewhere.as_ref()
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn into_answer(self) -> Answer {
        let message = ErrorMessage { error_code: self.status.as_u16(), message: &self.message };
        let mut answer = Answer::json_with(self.status, &message);
        if !self.typed {
            answer.headers.clear();
        }
        answer
    }
}

fn status_text(status: StatusCode) -> String {
    format!("HTTP {} {}", status.as_u16(), status.canonical_reason().unwrap_or_default())
}

impl From<HerderError> for Failure {
    fn from(error: HerderError) -> Self {
        let elsewhere =
            (error.kind() == HerderErrorKind::Elsewhere).then(|| Elsewhere { url: error.url().map(str::to_owned) });
        let status = match error.kind() {
            HerderErrorKind::BadRequest => StatusCode::BAD_REQUEST,
            HerderErrorKind::NotFound => StatusCode::NOT_FOUND,
            HerderErrorKind::Conflict | HerderErrorKind::Elsewhere => StatusCode::CONFLICT,
            HerderErrorKind::Forbidden => StatusCode::FORBIDDEN,
            HerderErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            HerderErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self { elsewhere, ..Self::new(status, error.message()) }
    }
}
