//! Keys of Aqueduct's own: restarting what has failed. Java Connect has nothing like it, so they are shown only to those
//! who use them.

use super::shared_keys::{ERROR_GROUP, Shown, key};
use super::*;
use crate::Importance::Low;
use crate::{ConfigDef, ConfigKey, Properties, Type, Validator, Width};

/// The definitions of the keys about automatic restarts.
pub fn restart_def() -> ConfigDef {
    ConfigDef::new().define_all(restart_keys())
}

/// The definitions of those keys about automatic restarts that a configuration has.
pub fn restart_keys_in<P: Properties + ?Sized>(config: &P) -> Vec<ConfigKey> {
    restart_keys().into_iter().filter(|key| config.has_property(&key.name)).collect()
}

fn restart_keys() -> Vec<ConfigKey> {
    vec![
        key(
            ERRORS_RESTART_POLICY,
            Type::String,
            Low,
            "What becomes of a connector or task that has failed: `none` leaves it, `on-failure` restarts it.",
        )
        .default("none")
        .validator(Validator::one_of(["none", "on-failure"]))
        .shown(ERROR_GROUP, 101, Width::Short, "Restart Policy"),
        key(
            ERRORS_RESTART_MAX_ATTEMPTS,
            Type::Int,
            Low,
            "How many automatic restarts of the same connector or task there may be within the window. After them it \
             stays failed.",
        )
        .default(5)
        .validator(Validator::at_least(1))
        .shown(ERROR_GROUP, 102, Width::Short, "Maximum Automatic Restarts"),
        key(ERRORS_RESTART_WINDOW_MS, Type::Long, Low, "How long an automatic restart counts, in milliseconds.")
            .default(600_000_i64)
            .validator(Validator::at_least(1))
            .shown(ERROR_GROUP, 103, Width::Medium, "Window of Automatic Restarts"),
        key(
            ERRORS_RESTART_DELAY_MS,
            Type::Long,
            Low,
            "How long to wait before the first automatic restart, in milliseconds; twice as long before each further one.",
        )
        .default(1_000_i64)
        .validator(Validator::at_least(0))
        .shown(ERROR_GROUP, 104, Width::Medium, "Delay of Automatic Restarts"),
        key(
            ERRORS_RESTART_DELAY_MAX_MS,
            Type::Long,
            Low,
            "The longest wait before an automatic restart, in milliseconds.",
        )
        .default(60_000_i64)
        .validator(Validator::at_least(0))
        .shown(ERROR_GROUP, 105, Width::Medium, "Maximum Delay of Automatic Restarts"),
    ]
}
