//! Signatures of requests between workers (KIP-507): made with a key that only workers know, since it stands in the config
//! topic.
//!
//! Bodies and headers come in; a signature, or why a request is refused, goes out. The MACs are OpenSSL's.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

use crate::{HerderError, HerderErrorKind, InternalRequest};

/// The header that holds a request's signature.
pub const SIGNATURE_HEADER: &str = "X-Connect-Authorization";

/// The header that says how a request was signed.
pub const SIGNATURE_ALGORITHM_HEADER: &str = "X-Connect-Request-Signature-Algorithm";

/// Padding may be left out, as for Java's decoder.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The digest of a MAC by its Java name, in any case.
fn digest(algorithm: &str) -> Option<MessageDigest> {
    Some(match algorithm.to_ascii_lowercase().as_str() {
        "hmacmd5" => MessageDigest::md5(),
        "hmacsha1" => MessageDigest::sha1(),
        "hmacsha224" => MessageDigest::sha224(),
        "hmacsha256" => MessageDigest::sha256(),
        "hmacsha384" => MessageDigest::sha384(),
        "hmacsha512" => MessageDigest::sha512(),
        "hmacsha512/224" => MessageDigest::from_name("SHA512-224")?,
        "hmacsha512/256" => MessageDigest::from_name("SHA512-256")?,
        "hmacsha3-224" => MessageDigest::sha3_224(),
        "hmacsha3-256" => MessageDigest::sha3_256(),
        "hmacsha3-384" => MessageDigest::sha3_384(),
        "hmacsha3-512" => MessageDigest::sha3_512(),
        _ => return None,
    })
}

fn mac(key: &[u8], algorithm: MessageDigest, body: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let key = PKey::hmac(key)?;
    Signer::new(algorithm, &key)?.sign_oneshot_to_vec(body)
}

fn unavailable(algorithm: &str) -> String {
    format!("Algorithm {algorithm} not available")
}

/// The headers that sign a body.
///
/// # Errors
/// When this system has no such algorithm.
pub(super) fn sign(key: &[u8], algorithm: &str, body: &[u8]) -> Result<[(&'static str, String); 2], HerderError> {
    let digest = digest(algorithm).ok_or_else(|| HerderError::internal(unavailable(algorithm)))?;
    let mac = mac(key, digest, body)
        .map_err(|error| HerderError::internal(format!("Signing a request to another worker failed: {error}")))?;
    Ok([(SIGNATURE_HEADER, BASE64.encode(mac)), (SIGNATURE_ALGORITHM_HEADER, algorithm.to_owned())])
}

/// Checks a request; `key` is the one that this worker knows at the moment, if any.
///
/// # Errors
/// When the request is not signed, signed in a way that is not among `allowed`, or with another key.
pub(super) fn verify(request: &InternalRequest, key: Option<&[u8]>, allowed: &[String]) -> Result<(), HerderError> {
    let (Some(signature), Some(algorithm)) = (&request.signature, &request.algorithm) else {
        return Err(HerderError::bad_request("Internal request missing required signature"));
    };
    let digest = digest(algorithm).ok_or_else(|| HerderError::bad_request(unavailable(algorithm)))?;
    let signature = BASE64.decode(signature).map_err(|error| HerderError::bad_request(decoding(&error)))?;
    if !allowed.contains(algorithm) {
        return Err(HerderError::bad_request(format!(
            "This worker does not support the '{algorithm}' key signing algorithm used by other workers. This worker is \
             currently configured to use: [{}]. Check that all workers' configuration files permit the same set of \
             signature algorithms, and correct any misconfigured worker and restart it.",
            allowed.join(", ")
        )));
    }
    let key = key.ok_or_else(|| {
        HerderError::new(
            HerderErrorKind::Unavailable,
            "This worker is still starting up and has not been able to read a session key from the config topic yet",
        )
    })?;
    let expect = mac(key, digest, &request.body)
        .map_err(|error| HerderError::internal(format!("Checking a request of another worker failed: {error}")))?;
    // Compared in constant time, so that the time of an answer tells nothing about the signature.
    if expect.len() != signature.len() || !openssl::memcmp::eq(&expect, &signature) {
        return Err(HerderError::new(HerderErrorKind::Forbidden, "Internal request contained invalid signature."));
    }
    Ok(())
}

fn decoding(error: &base64::DecodeError) -> String {
    match error {
        base64::DecodeError::InvalidByte(_, byte) => format!("Illegal base64 character {byte:x}"),
        _ => "Input byte array has wrong 4-byte ending unit".to_owned(),
    }
}

/// A new key for an algorithm; `bits` overrides the usual size.
///
/// # Errors
/// When the system has no randomness or no such algorithm.
pub(super) fn generate_key(algorithm: &str, bits: Option<i32>) -> Result<Vec<u8>, HerderError> {
    let mut key = vec![0; key_length(algorithm, bits)?];
    openssl::rand::rand_bytes(&mut key)
        .map_err(|error| HerderError::internal(format!("Making a session key failed: {error}")))?;
    Ok(key)
}

/// The bytes of such a key. Java's generators make MD5 and SHA-1 keys of 64 bytes, the others as long as their MAC.
///
/// # Errors
/// When there is no such algorithm.
pub(super) fn key_length(algorithm: &str, bits: Option<i32>) -> Result<usize, HerderError> {
    let digest = digest(algorithm).ok_or_else(|| HerderError::internal(unavailable(algorithm)))?;
    Ok(match bits {
        // Cut up to whole bytes.
        Some(bits) => (bits.unsigned_abs() as usize).div_ceil(8),
        None if ["hmacmd5", "hmacsha1"].contains(&algorithm.to_ascii_lowercase().as_str()) => 64,
        None => digest.size(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key and a signature that were seen between Java workers.
    const KEY: &str = "W/oLpZ4JRTwrR9CWaEr1jBGx8BqgFLXXccvGEs7JcdA=";
    const EMPTY: &str = "vMbI7tF68rH/m0wK9JsvaNR3oTTFWgHK4Yw0ouf0b4w=";

    fn key() -> Vec<u8> {
        BASE64.decode(KEY).unwrap()
    }

    #[track_caller]
    fn check(signature: Option<&str>, algorithm: Option<&str>, expect: Result<(), (HerderErrorKind, &str)>) {
        let request = InternalRequest {
            body: Vec::new(),
            signature: signature.map(str::to_owned),
            algorithm: algorithm.map(str::to_owned),
        };
        let got = verify(&request, Some(&key()), &["HmacSHA256".to_owned()]);
        match (got, expect) {
            (Ok(()), Ok(())) => {}
            (Err(error), Err((kind, message))) => {
                assert_eq!((error.kind(), &error.message()[..message.len()]), (kind, message));
            }
            (got, expect) => panic!("{got:?} {expect:?}"),
        }
    }

    #[test]
    fn a_request_signs_as_java_signs_it() {
        let [signature, algorithm] = sign(&key(), "HmacSHA256", b"").unwrap();
        assert_eq!(signature, ("X-Connect-Authorization", EMPTY.to_owned()));
        assert_eq!(algorithm, ("X-Connect-Request-Signature-Algorithm", "HmacSHA256".to_owned()));
    }

    #[test]
    fn requests_are_refused_in_javas_order_and_words() {
        use HerderErrorKind::{BadRequest, Forbidden};
        check(Some(EMPTY), Some("HmacSHA256"), Ok(()));
        let missing = "Internal request missing required signature";
        check(None, Some("HmacSHA256"), Err((BadRequest, missing)));
        check(Some(EMPTY), None, Err((BadRequest, missing)));
        check(Some("***"), Some("HmacSHA256"), Err((BadRequest, "Illegal base64 character 2a")));
        check(Some(EMPTY), Some("Nope"), Err((BadRequest, "Algorithm Nope not available")));
        let other = "This worker does not support the 'HmacMD5' key signing algorithm used by other workers. This worker is \
                     currently configured to use: [HmacSHA256]. Check";
        check(Some("AAAA"), Some("HmacMD5"), Err((BadRequest, other)));
        check(Some("AAAA"), Some("HmacSHA256"), Err((Forbidden, "Internal request contained invalid signature.")));
    }

    #[test]
    fn a_worker_without_a_key_says_that_it_is_starting() {
        let signed = InternalRequest {
            body: Vec::new(),
            signature: Some(EMPTY.to_owned()),
            algorithm: Some("HmacSHA256".to_owned()),
        };
        let refused = verify(&signed, None, &["HmacSHA256".to_owned()]).unwrap_err();
        assert_eq!(refused.kind(), HerderErrorKind::Unavailable);
    }

    #[test]
    fn keys_have_the_length_that_java_gives_them() {
        for (algorithm, bits, length) in [
            ("HmacSHA256", None, 32),
            ("HmacSHA512", None, 64),
            ("HmacSHA1", None, 64),
            ("HmacMD5", None, 64),
            ("HmacSHA384", None, 48),
            ("HmacSHA256", Some(40), 5),
            ("HmacSHA256", Some(41), 6),
        ] {
            assert_eq!(generate_key(algorithm, bits).unwrap().len(), length, "{algorithm} {bits:?}");
        }
    }
}
