//! Media types: what a client sends (`Content-Type`) and what it understands (`Accept`).

use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap};

/// The type of a request's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyType {
    /// The request does not say.
    Unnamed,
    /// JSON; a charset beside it does not matter.
    Json,
    /// Anything else.
    Other,
}

impl BodyType {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        match headers.get(CONTENT_TYPE) {
            None => Self::Unnamed,
            Some(value) => {
                let json =
                    value.to_str().ok().and_then(Range::parse).is_some_and(|range| range.covers("application", "json"));
                if json { Self::Json } else { Self::Other }
            }
        }
    }
}

/// One item of an `Accept` header.
#[derive(Debug, Clone, PartialEq)]
struct Range {
    kind: String,
    subtype: String,
    quality: f32,
}

impl Range {
    fn parse(item: &str) -> Option<Self> {
        let mut parts = item.split(';').map(str::trim);
        let (kind, subtype) = match parts.next()? {
            // Java's own HTTP client used to send a lone star.
            "*" => ("*", "*"),
            name => name.split_once('/')?,
        };
        let quality = parts
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            .map_or(1.0, |(_, quality)| quality.trim().parse().unwrap_or(1.0));
        Some(Self { kind: kind.trim().to_ascii_lowercase(), subtype: subtype.trim().to_ascii_lowercase(), quality })
    }

    fn covers(&self, kind: &str, subtype: &str) -> bool {
        (self.kind == "*" || self.kind == kind) && (self.subtype == "*" || self.subtype == subtype)
    }

    fn wildcards(&self) -> usize {
        usize::from(self.kind == "*") + usize::from(self.subtype == "*")
    }
}

/// What a client understands, what it likes best first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Accepted(Vec<Range>);

/// How the list of a resource's methods is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MethodList {
    /// As plain text.
    Text,
    /// Only in the header; the empty body pretends to be of this type.
    HeaderOnly(String),
}

impl Accepted {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let items = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let mut ranges: Vec<Range> = items.flat_map(|value| value.split(',')).filter_map(Range::parse).collect();
        if !headers.contains_key(ACCEPT) {
            ranges.push(Range { kind: "*".to_owned(), subtype: "*".to_owned(), quality: 1.0 });
        }
        ranges.retain(|range| range.quality > 0.0);
        ranges.sort_by(|a, b| b.quality.total_cmp(&a.quality).then(a.wildcards().cmp(&b.wildcards())));
        Self(ranges)
    }

    /// Whether the client understands JSON.
    pub(crate) fn json(&self) -> bool {
        self.0.iter().any(|range| range.covers("application", "json"))
    }

    /// How to tell the client the methods of a resource.
    pub(crate) fn method_list(&self) -> MethodList {
        match self.0.first() {
            Some(range) if range.covers("text", "plain") => MethodList::Text,
            Some(range) if range.wildcards() == 0 => {
                MethodList::HeaderOnly(format!("{}/{}", range.kind, range.subtype))
            }
            _ => MethodList::HeaderOnly("application/octet-stream".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: Option<&str>) -> HeaderMap {
        value.map(|value| (name.parse().unwrap(), value.parse().unwrap())).into_iter().collect()
    }

    #[track_caller]
    fn check(accept: Option<&str>, json: bool, list: Option<&str>) {
        let accepted = Accepted::of(&headers("accept", accept));
        let expect = list.map_or(MethodList::Text, |name| MethodList::HeaderOnly(name.to_owned()));
        assert_eq!((accepted.json(), accepted.method_list()), (json, expect), "{accept:?}");
    }

    #[test]
    fn clients_say_what_they_understand() {
        check(None, true, None);
        check(Some("*/*"), true, None);
        check(Some("*"), true, None);
        check(Some("application/json"), true, Some("application/json"));
        check(Some("Application/JSON; charset=utf-8"), true, Some("application/json"));
        check(Some("application/*"), true, Some("application/octet-stream"));
        check(Some("text/html"), false, Some("text/html"));
        check(Some("text/plain"), false, None);
        check(Some("text/*"), false, None);
        check(Some("text/html, application/json;q=0.5"), true, Some("text/html"));
        check(Some("text/plain;q=0.1, application/json;q=0.5"), true, Some("application/json"));
        check(Some("*/*, application/json"), true, Some("application/json"));
        check(Some("application/json;q=0"), false, Some("application/octet-stream"));
        check(Some("text/html,application/xhtml+xml,*/*;q=0.8"), true, Some("text/html"));
    }

    #[test]
    fn bodies_are_json_or_not() {
        let check = |value, expect| assert_eq!(BodyType::of(&headers("content-type", value)), expect, "{value:?}");
        check(None, BodyType::Unnamed);
        check(Some("application/json"), BodyType::Json);
        check(Some("APPLICATION/json;charset=UTF-8"), BodyType::Json);
        check(Some("text/plain"), BodyType::Other);
        check(Some("application/xml"), BodyType::Other);
        check(Some("application/x-www-form-urlencoded"), BodyType::Other);
        check(Some("nonsense"), BodyType::Other);
    }
}
