//! What `listeners` and `admin.listeners` may hold.

use crate::{ConfigError, ConfigValueData, Validator};

const DESCRIPTION: &str = "List of comma-separated URLs, ex: http://localhost:8080,https://localhost:8443.";

/// At least one URL, none of them blank.
pub(super) fn validator() -> Validator {
    Validator::lambda(
        |_, value| {
            let items = value.as_list().ok_or_else(|| {
                ConfigError::new(
                    "Invalid value type for listeners (expected list of URLs , ex: \
                     http://localhost:8080,https://localhost:8443).",
                )
            })?;
            if items.is_empty() {
                return Err(ConfigError::new(
                    "Invalid value for listeners, at least one URL is expected, ex: \
                     http://localhost:8080,https://localhost:8443.",
                ));
            }
            ensure_not_blank(items, "listeners")
        },
        DESCRIPTION,
    )
}

/// Null, or URLs of which none is blank.
pub(super) fn admin_validator() -> Validator {
    Validator::lambda(
        |_, value| match value {
            ConfigValueData::Null => Ok(()),
            ConfigValueData::List(items) => ensure_not_blank(items, "admin.listeners"),
            _ => Err(ConfigError::new("Invalid value type for admin.listeners (expected list).")),
        },
        DESCRIPTION,
    )
}

fn ensure_not_blank(items: &[String], name: &str) -> Result<(), ConfigError> {
    if items.iter().any(|item| item.trim().is_empty()) {
        return Err(ConfigError::new(format!("Empty URL found when parsing {name} list.")));
    }
    Ok(())
}
