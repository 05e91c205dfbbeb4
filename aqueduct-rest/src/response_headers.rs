//! `response.http.headers.config` (KIP-577): headers that the user puts on every answer of a resource.

use std::time::{Duration, SystemTime};

use aqueduct_config::worker_config::{HeaderAction, RESPONSE_HTTP_HEADERS, response_header_rules};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use crate::RestError;
use crate::config::{header_name, header_value};

/// The rules, ready to use.
#[derive(Debug, Clone, Default)]
pub(crate) struct ResponseHeaders(Vec<Rule>);

#[derive(Debug, Clone)]
struct Rule {
    name: HeaderName,
    /// Whether it replaces what is there.
    replaces: bool,
    value: RuleValue,
}

#[derive(Debug, Clone)]
enum RuleValue {
    Text(HeaderValue),
    /// A date so many milliseconds from now.
    Date(i64),
}

impl ResponseHeaders {
    pub(crate) fn parse(rules: &str) -> Result<Self, RestError> {
        let key = RESPONSE_HTTP_HEADERS;
        let rules = response_header_rules(rules).map_err(|error| RestError::config(key, rules, error))?;
        rules
            .into_iter()
            .map(|rule| {
                let value = match rule.action {
                    HeaderAction::Set | HeaderAction::Add => RuleValue::Text(header_value(key, &rule.value)?),
                    HeaderAction::SetDate | HeaderAction::AddDate => RuleValue::Date(
                        rule.value
                            .parse()
                            .map_err(|_| RestError::config(key, &rule.value, "a date is a number of milliseconds"))?,
                    ),
                };
                let replaces = matches!(rule.action, HeaderAction::Set | HeaderAction::SetDate);
                Ok(Rule { name: header_name(key, &rule.name)?, replaces, value })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Puts the headers on an answer; what the resource itself says afterwards replaces them.
    pub(crate) fn apply(&self, headers: &mut HeaderMap) {
        for rule in &self.0 {
            let value = match &rule.value {
                RuleValue::Text(text) => text.clone(),
                RuleValue::Date(distance) => http_date(*distance),
            };
            if rule.replaces {
                headers.insert(rule.name.clone(), value);
            } else {
                headers.append(rule.name.clone(), value);
            }
        }
    }
}

fn http_date(distance: i64) -> HeaderValue {
    let now = SystemTime::now();
    let distance_from_now = Duration::from_millis(distance.unsigned_abs());
    let date = if distance < 0 { now.checked_sub(distance_from_now) } else { now.checked_add(distance_from_now) };
    // The format ends with the year 9999.
    let last = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    let date = date.unwrap_or(last).clamp(SystemTime::UNIX_EPOCH, last);
    HeaderValue::try_from(httpdate::fmt_http_date(date)).expect("a date has only ASCII characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(rules: &str) -> Vec<(String, String)> {
        let mut headers = HeaderMap::new();
        ResponseHeaders::parse(rules).unwrap().apply(&mut headers);
        let mut all: Vec<_> =
            headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        all.sort();
        all
    }

    #[test]
    fn set_replaces_and_add_adds() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(applied(""), []);
        assert_eq!(applied("set A: 1, set A: 2, add B: 1, add B: 2"), [pair("a", "2"), pair("b", "1"), pair("b", "2")]);
    }

    #[test]
    fn dates_are_told_from_now() {
        let date = |rules| httpdate::parse_http_date(&applied(rules)[0].1).unwrap();
        let (now, hour) = (SystemTime::now(), Duration::from_secs(3600));
        let near = |date: SystemTime, wanted: SystemTime| {
            let apart = date.duration_since(wanted).or_else(|_| wanted.duration_since(date)).unwrap();
            assert!(apart < Duration::from_secs(30), "{apart:?}");
        };
        near(date("setDate Expires: 3600000"), now + hour);
        near(date("addDate Expires: -3600000"), now - hour);
        near(date("addDate Expires: -9223372036854775808"), SystemTime::UNIX_EPOCH);
    }

    #[test]
    fn bad_rules_name_the_key() {
        for rules in ["set", "setDate A: x", "set Ä: 1"] {
            let error = ResponseHeaders::parse(rules).map(drop).unwrap_err().to_string();
            assert!(error.contains("for configuration response.http.headers.config: "), "{error}");
        }
    }
}
