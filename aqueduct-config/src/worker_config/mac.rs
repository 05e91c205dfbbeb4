//! The algorithms that workers may sign the requests between them with.

use super::INTER_WORKER_VERIFICATION_ALGORITHMS;
use crate::{ConfigError, ConfigErrorKind, ConfigValueData, Validator};

/// The supported algorithms, under their Java names. Names are compared without regard to case.
pub const MAC_ALGORITHMS: [&str; 12] = [
    "HmacMD5",
    "HmacSHA1",
    "HmacSHA224",
    "HmacSHA256",
    "HmacSHA384",
    "HmacSHA512",
    "HmacSHA512/224",
    "HmacSHA512/256",
    "HmacSHA3-224",
    "HmacSHA3-256",
    "HmacSHA3-384",
    "HmacSHA3-512",
];

/// The shortest key that a key generator makes, in bits.
const SHORTEST_KEY: i32 = 40;

pub(super) fn key_generator_validator() -> Validator {
    Validator::lambda(ensure_supported, "Any KeyGenerator algorithm supported by the worker JVM")
}

pub(super) fn signature_validator() -> Validator {
    Validator::lambda(ensure_supported, "Any MAC algorithm supported by the worker JVM")
}

pub(super) fn verification_validator() -> Validator {
    Validator::lambda(
        |name, value| {
            let Some(algorithms) = value.as_list() else {
                return Err(ConfigError::with_kind(
                    ConfigErrorKind::NullPointer,
                    "Cannot invoke \"java.util.List.isEmpty()\" because \"algorithms\" is null",
                ));
            };
            if algorithms.is_empty() {
                return Err(ConfigError::invalid(
                    name,
                    value,
                    "At least one signature verification algorithm must be provided",
                ));
            }
            algorithms.iter().try_for_each(|algorithm| ensure_supported(name, &algorithm.as_str().into()))
        },
        "A list of one or more MAC algorithms, each supported by the worker JVM",
    )
}

fn ensure_supported(name: &str, value: &ConfigValueData) -> Result<(), ConfigError> {
    match value.as_str() {
        Some(algorithm) if is_supported(algorithm) => Ok(()),
        _ => Err(ConfigError::invalid(
            name,
            value,
            format_args!(
                "the algorithm is not supported by this JVM; the supported algorithms are: [{}]",
                MAC_ALGORITHMS.join(", ")
            ),
        )),
    }
}

fn is_supported(algorithm: &str) -> bool {
    MAC_ALGORITHMS.iter().any(|supported| supported.eq_ignore_ascii_case(algorithm))
}

/// Whether a key generator can make keys of this size.
pub(super) fn ensure_key_size(algorithm: &str, bits: Option<i32>) -> Result<(), ConfigError> {
    match bits {
        Some(bits) if bits < SHORTEST_KEY => Err(ConfigError::new(format!(
            "Unable to create key generator with algorithm {algorithm} and key size {bits}: \
             Key length must be at least {SHORTEST_KEY} bits"
        ))),
        _ => Ok(()),
    }
}

/// Whether what this worker signs with is among what it verifies.
pub(super) fn ensure_listed(name: &str, signature: &str, verified: &[String]) -> Result<(), ConfigError> {
    if verified.iter().any(|algorithm| algorithm == signature) {
        return Ok(());
    }
    Err(ConfigError::invalid(
        name,
        signature,
        format_args!("Signature algorithm must be present in {INTER_WORKER_VERIFICATION_ALGORITHMS} list"),
    ))
}
