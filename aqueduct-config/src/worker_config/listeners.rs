//! What `listeners` may hold.

use crate::{ConfigError, Validator};

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
            if items.iter().any(|item| item.trim().is_empty()) {
                return Err(ConfigError::new("Empty URL found when parsing listeners list."));
            }
            Ok(())
        },
        "List of comma-separated URLs, ex: http://localhost:8080,https://localhost:8443.",
    )
}
