//! Texts: out of a set, not empty, without control characters.

use std::borrow::Cow;

use aqueduct_jvm::regex::JavaRegex;

use super::wrong_class;
use crate::version_range::VersionRange;
use crate::{ConfigError, ConfigValueData};

/// The text, or none for null.
fn text(value: &ConfigValueData) -> Result<Option<&str>, ConfigError> {
    match value {
        ConfigValueData::Null => Ok(None),
        ConfigValueData::String(text) => Ok(Some(text)),
        _ => Err(wrong_class(value, "java.lang.String")),
    }
}

pub(super) fn ensure_one_of(
    texts: &[Cow<'static, str>],
    name: &str,
    value: &ConfigValueData,
) -> Result<(), ConfigError> {
    match text(value)? {
        Some(text) if texts.iter().any(|valid| valid == text) => Ok(()),
        _ => Err(ConfigError::invalid(name, value, format_args!("String must be one of: {}", texts.join(", ")))),
    }
}

pub(super) fn ensure_one_of_ignoring_case(
    texts: &[String],
    name: &str,
    value: &ConfigValueData,
) -> Result<(), ConfigError> {
    match text(value)?.map(str::to_uppercase) {
        Some(text) if texts.contains(&text) => Ok(()),
        _ => Err(ConfigError::invalid(
            name,
            value,
            format_args!("String must be one of (case insensitive): {}", texts.join(", ")),
        )),
    }
}

pub(super) fn ensure_not_empty(name: &str, value: &ConfigValueData) -> Result<(), ConfigError> {
    match text(value)? {
        Some("") => Err(ConfigError::invalid(name, value, "String must be non-empty")),
        _ => Ok(()),
    }
}

pub(super) fn ensure_without_control_chars(name: &str, value: &ConfigValueData) -> Result<(), ConfigError> {
    // Null is let through: a missing name is reported as missing, once.
    let Some(text) = text(value)? else { return Ok(()) };
    if text.is_empty() {
        return Err(ConfigError::invalid(name, value, "String may not be empty"));
    }
    let found: Vec<String> = text.chars().filter(|c| c.is_control()).map(|c| u32::from(c).to_string()).collect();
    if found.is_empty() {
        return Ok(());
    }
    Err(ConfigError::invalid(
        name,
        value,
        format_args!(
            "String may not contain control sequences but had the following ASCII chars: {}",
            found.join(", ")
        ),
    ))
}

pub(super) fn ensure_regex(name: &str, value: &ConfigValueData) -> Result<(), ConfigError> {
    let compiled = match text(value)? {
        Some(text) => JavaRegex::new(text).map(drop).map_err(|error| error.to_string()),
        // Java's own words for it, which users see beside the message that the key is missing.
        None => Err("Cannot invoke \"String.isEmpty()\" because \"this.pattern\" is null".to_owned()),
    };
    compiled.map_err(|message| ConfigError::invalid(name, value, format_args!("Invalid regex: {message}")))
}

pub(super) fn ensure_plugin_version(value: &ConfigValueData) -> Result<(), ConfigError> {
    VersionRange::requirement(text(value)?).map(drop)
}
