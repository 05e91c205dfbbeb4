//! `response.http.headers.config` (KIP-577): rules for headers on REST answers.
//!
//! Rules are separated by commas; a rule that has a comma in it stands in double quotes. A rule is
//! `[action] [name]:[value]`.

use crate::parse::java_trim;
use crate::{ConfigError, ConfigValueData, Validator};

/// What a rule does with its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderAction {
    /// Replaces the header.
    Set,
    /// Adds a header of that name.
    Add,
    /// Replaces the header with a date; the value is its distance from now, in milliseconds.
    SetDate,
    /// Adds a header with such a date.
    AddDate,
}

impl HeaderAction {
    const ALL: [(&'static str, Self); 4] =
        [("set", Self::Set), ("add", Self::Add), ("setDate", Self::SetDate), ("addDate", Self::AddDate)];

    fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::ALL.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, action)| *action).ok_or_else(|| {
            ConfigError::new(format!(
                "Invalid header config action: '{text}'. Expected one of [set, add, setDate, addDate]"
            ))
        })
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderRule {
    /// What to do.
    pub action: HeaderAction,
    /// The header's name.
    pub name: String,
    /// The header's value.
    pub value: String,
}

/// Reads the rules of `response.http.headers.config`.
///
/// # Errors
/// When a rule is not of the form `[action] [name]:[value]`.
pub fn response_header_rules(text: &str) -> Result<Vec<HeaderRule>, ConfigError> {
    split_csv(text).iter().map(|rule| parse_rule(rule)).collect()
}

pub(super) fn validator() -> Validator {
    Validator::lambda(
        |_, value| match value {
            ConfigValueData::String(text) => response_header_rules(text).map(drop),
            _ => Ok(()),
        },
        "Comma-separated header rules, where each header rule is of the form '[action] [header name]:[header value]' \
         and optionally surrounded by double quotes if any part of a header rule contains a comma",
    )
}

fn parse_rule(rule: &str) -> Result<HeaderRule, ConfigError> {
    let trimmed = java_trim(rule);
    let Some((action, header)) = trimmed.split_once(is_white) else {
        return Err(ConfigError::new(format!(
            "Invalid format of header config '{rule}'. Expected: '[action] [header name]:[header value]'"
        )));
    };
    let action = HeaderAction::parse(action)?;
    let header = java_trim(header);
    // Java's split drops empty parts at the end, so a header without value has one part only.
    let parts: Vec<&str> = header.trim_end_matches(':').split(':').collect();
    let [name, value] = parts[..] else {
        return Err(ConfigError::new(format!(
            "Invalid format of header name and header value pair '{header}'. Expected: '[header name]:[header value]'"
        )));
    };
    let name = java_trim(name);
    if name.is_empty() || name.contains(is_white) {
        return Err(ConfigError::new(format!(
            "Invalid header name '{name}'. The '[header name]' cannot contain whitespace"
        )));
    }
    Ok(HeaderRule { action, name: name.to_owned(), value: java_trim(value).to_owned() })
}

/// What `\s` matches in Java.
fn is_white(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\x0B' | '\x0C' | '\r')
}

/// Splits at commas outside of double quotes, and takes off quotes and the white space around items.
fn split_csv(text: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut item = String::new();
            let mut chars = quoted.chars();
            while let Some(c) = chars.next() {
                match c {
                    '"' => break,
                    '\\' => item.extend(chars.next()),
                    _ => item.push(c),
                }
            }
            items.push(item);
            // Whatever follows the closing quote up to the comma does not count.
            rest = chars.as_str().split_once(',').map_or("", |(_, rest)| rest);
        } else {
            let (item, after) = rest.split_once(',').unwrap_or((rest, ""));
            items.push(item.trim_end().to_owned());
            rest = after;
        }
        rest = rest.trim_start();
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Result<&[(HeaderAction, &str, &str)], &str>) {
        let got = response_header_rules(text).map_err(|error| error.to_string());
        let expect = expect.map_err(str::to_owned).map(|rules| {
            rules
                .iter()
                .map(|&(action, name, value)| HeaderRule { action, name: name.to_owned(), value: value.to_owned() })
                .collect::<Vec<_>>()
        });
        assert_eq!(got, expect);
    }

    #[test]
    fn rules_are_read() {
        check("", Ok(&[]));
        check("add X-XSS-Protection:1; mode=block", Ok(&[(HeaderAction::Add, "X-XSS-Protection", "1; mode=block")]));
        check(
            " \"set Cache-Control: no-cache, no-store\" , SETDATE Expires:-1 ",
            Ok(&[(HeaderAction::Set, "Cache-Control", "no-cache, no-store"), (HeaderAction::SetDate, "Expires", "-1")]),
        );
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        check("set", Err("Invalid format of header config 'set'. Expected: '[action] [header name]:[header value]'"));
        check("put A:b", Err("Invalid header config action: 'put'. Expected one of [set, add, setDate, addDate]"));
        check(
            "set A:",
            Err("Invalid format of header name and header value pair 'A:'. Expected: '[header name]:[header value]'"),
        );
        check(
            "set A:b:c",
            Err("Invalid format of header name and header value pair 'A:b:c'. \
                 Expected: '[header name]:[header value]'"),
        );
        check("set A B:c", Err("Invalid header name 'A B'. The '[header name]' cannot contain whitespace"));
    }
}
