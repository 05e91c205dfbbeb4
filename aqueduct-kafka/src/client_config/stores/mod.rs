//! Key and trust stores of every format that Java users have, made into what librdkafka takes: PEM.
//!
//! A file, or PEM text out of the configuration, and its passwords enter; certificates ([`trusted_certificates`]) or a
//! private key with its chain ([`client_key`]) leave. The format is told by the content, not by `ssl.*.type`: since
//! JDK 9 a store of type `JKS` may well be a PKCS#12 file, and the JVM opens it all the same.

mod jks;
mod pem;
mod pkcs12;

use std::collections::HashSet;
use std::path::Path;
use std::{fmt, fs, io};

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

pub(super) use pem::{client_key as pem_client_key, trusted_certificates as pem_certificates};

/// A private key, and its certificate followed by those that vouch for it.
pub(super) struct ClientKey {
    /// The key.
    pub(super) key: PKey<Private>,
    /// At least one certificate, the key's own first.
    pub(super) chain: Vec<X509>,
    /// The alias, when the store holds other keys that were passed over.
    pub(super) chosen: Option<String>,
}

impl ClientKey {
    /// The key as PEM, not encrypted.
    pub(super) fn key_pem(&self) -> Result<String, StoreError> {
        Ok(text(&self.key.private_key_to_pem_pkcs8()?))
    }

    /// The certificates as PEM.
    pub(super) fn chain_pem(&self) -> Result<String, StoreError> {
        to_pem(&self.chain)
    }
}

/// Certificates as PEM.
pub(super) fn to_pem(certificates: &[X509]) -> Result<String, StoreError> {
    certificates.iter().map(|certificate| Ok(text(&certificate.to_pem()?))).collect()
}

/// The passwords of a store. A JKS store may protect its keys with a password of their own.
#[derive(Clone, Copy, Default)]
pub(super) struct Passwords<'a> {
    /// Of the store.
    pub(super) store: Option<&'a str>,
    /// Of the key; the store's when there is none.
    pub(super) key: Option<&'a str>,
}

/// Why a store could not be used.
#[derive(Debug)]
pub(super) enum StoreError {
    /// The file could not be read.
    Unreadable(io::Error),
    /// It is no store of a format that is known here.
    UnknownFormat,
    /// A format that only Java has.
    JavaOnly(&'static str),
    /// The store's password is wrong.
    WrongPassword,
    /// A password is needed and there is none.
    PasswordNeeded,
    /// The key's password is wrong.
    WrongKeyPassword,
    /// There is no trusted certificate in it.
    NoCertificates,
    /// There is no private key with its certificate in it.
    NoKey,
    /// It begins well and then makes no sense.
    Damaged(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) if error.kind() == io::ErrorKind::NotFound => f.write_str("there is no such file"),
            Self::Unreadable(error) => write!(f, "it cannot be read: {error}"),
            Self::UnknownFormat => f.write_str("it is neither a JKS nor a PKCS12 nor a PEM store"),
            Self::JavaOnly(format) => write!(
                f,
                "it is a {format} store, which only Java can read; convert it with keytool -importkeystore \
                 -deststoretype PKCS12"
            ),
            Self::WrongPassword => f.write_str("the password is wrong, or the store was tampered with"),
            Self::PasswordNeeded => f.write_str("it is protected by a password and none is given"),
            Self::WrongKeyPassword => f.write_str("the password of the key in it is wrong"),
            Self::NoCertificates => f.write_str("there is no trusted certificate in it"),
            Self::NoKey => f.write_str("there is no private key with its certificate in it"),
            Self::Damaged(why) => write!(f, "it is damaged: {why}"),
        }
    }
}

impl From<ErrorStack> for StoreError {
    fn from(error: ErrorStack) -> Self {
        Self::Damaged(error.to_string())
    }
}

enum Format {
    Jks,
    Pkcs12,
    Pem,
}

/// The format of a store, by its first bytes.
fn sniff(data: &[u8]) -> Result<Format, StoreError> {
    match data {
        [0xFE, 0xED, 0xFE, 0xED, ..] => Ok(Format::Jks),
        [0xCE, 0xCE, 0xCE, 0xCE, ..] => Err(StoreError::JavaOnly("JCEKS")),
        // A PKCS#12 file is one long ASN.1 sequence; PEM is text.
        [0x30, 0x80..=0x84, ..] => Ok(Format::Pkcs12),
        _ if data.windows(10).any(|window| window == b"-----BEGIN") => Ok(Format::Pem),
        _ => Err(StoreError::UnknownFormat),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, StoreError> {
    fs::read(path).map_err(StoreError::Unreadable)
}

/// The certificates that a trust store vouches for.
pub(super) fn trusted_certificates(path: &Path, password: Option<&str>) -> Result<Vec<X509>, StoreError> {
    let data = read(path)?;
    let mut certificates = match sniff(&data)? {
        Format::Jks => jks::trusted_certificates(&data, password)?,
        Format::Pkcs12 => pkcs12::trusted_certificates(&data, password)?,
        Format::Pem => pem::trusted_certificates(&data)?,
    };
    // A store with a key may hold its issuer twice: in the key's chain and as an entry.
    let mut seen = HashSet::new();
    certificates.retain(|certificate| certificate.to_der().is_ok_and(|der| seen.insert(der)));
    if certificates.is_empty() { Err(StoreError::NoCertificates) } else { Ok(certificates) }
}

/// The private key of a key store, and its certificates.
pub(super) fn client_key(path: &Path, passwords: Passwords<'_>) -> Result<ClientKey, StoreError> {
    let data = read(path)?;
    match sniff(&data)? {
        Format::Jks => jks::client_key(&data, passwords),
        Format::Pkcs12 => pkcs12::client_key(&data, passwords),
        Format::Pem => pem::client_key(&data, passwords.key),
    }
}

/// Orders what vouches for `leaf`: each certificate is followed by its issuer, as far as `others` have them.
fn chain(leaf: X509, mut others: Vec<X509>) -> Vec<X509> {
    let mut chain = vec![leaf];
    while let Some(last) = chain.last() {
        let signed = |other: &X509| other.issued(last) == openssl::x509::X509VerifyResult::OK;
        let own = signed(last);
        match others.iter().position(signed) {
            Some(at) if !own => chain.push(others.remove(at)),
            _ => break,
        }
    }
    chain
}

/// PEM is ASCII.
fn text(pem: &[u8]) -> String {
    String::from_utf8_lossy(pem).into_owned()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn store(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/stores").join(name)
    }

    fn subjects(certificates: &[X509]) -> Vec<String> {
        let name = |certificate: &X509| {
            let entry = certificate.subject_name().entries().next().unwrap();
            entry.data().to_string().unwrap()
        };
        certificates.iter().map(name).collect()
    }

    fn trust(name: &str, password: Option<&str>) -> Result<Vec<String>, String> {
        let mut names = trusted_certificates(&store(name), password)
            .map(|certificates| subjects(&certificates))
            .map_err(|error| error.to_string())?;
        names.sort();
        Ok(names)
    }

    #[track_caller]
    fn check_trust(name: &str, password: Option<&str>) {
        assert_eq!(trust(name, password), Ok(vec!["Other CA".to_owned(), "Test CA".to_owned()]), "{name}");
    }

    #[test]
    fn trust_stores_of_every_format_open() {
        check_trust("truststore.jks", Some("store-pass"));
        check_trust("truststore.p12", Some("store-pass"));
        check_trust("truststore-rc2.p12", Some("store-pass"));
        check_trust("truststore-open.p12", None);
        check_trust("truststore-open.p12", Some("any"));
    }

    #[test]
    fn a_jks_trust_store_needs_no_password() {
        check_trust("truststore.jks", None);
    }

    #[test]
    fn a_key_entry_in_a_trust_store_vouches_for_its_own_certificate() {
        let names = vec!["Test CA".to_owned(), "client".to_owned()];
        assert_eq!(trust("keystore.jks", Some("store-pass")), Ok(names.clone()));
        assert_eq!(trust("keystore.p12", Some("store-pass")), Ok(names));
    }

    #[track_caller]
    fn check_key(name: &str, store_password: Option<&str>, key_password: Option<&str>) -> ClientKey {
        let found = client_key(&store(name), Passwords { store: store_password, key: key_password })
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(subjects(&found.chain), ["client", "Test CA"], "{name}");
        assert!(found.key.public_eq(&found.chain[0].public_key().unwrap()), "{name}");
        assert!(found.key_pem().unwrap().starts_with("-----BEGIN PRIVATE KEY-----"));
        assert_eq!(found.chain_pem().unwrap().matches("-----BEGIN CERTIFICATE-----").count(), 2);
        found
    }

    #[test]
    fn key_stores_of_every_format_open() {
        check_key("keystore.jks", Some("store-pass"), Some("key-pass"));
        check_key("keystore.p12", Some("store-pass"), None);
        check_key("keystore.p12", Some("store-pass"), Some("store-pass"));
        check_key("keystore-rc2.p12", Some("store-pass"), None);
        check_key("keystore.pem", None, None);
        check_key("keystore-encrypted.pem", None, Some("key-pass"));
    }

    #[test]
    fn the_first_of_several_keys_is_taken() {
        check_key("two-keys.p12", Some("store-pass"), None);
    }

    #[track_caller]
    fn check_failure(result: Result<ClientKey, StoreError>, expected: &str) {
        let Err(error) = result else { panic!("opened, expected: {expected}") };
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let key = |name: &str, store_password: &'static str, key_password: Option<&'static str>| {
            client_key(&store(name), Passwords { store: Some(store_password), key: key_password })
        };
        let wrong = "the password is wrong, or the store was tampered with";
        let wrong_key = "the password of the key in it is wrong";
        check_failure(key("keystore.jks", "wrong", Some("key-pass")), wrong);
        check_failure(key("keystore.p12", "wrong", None), wrong);
        check_failure(key("keystore-rc2.p12", "wrong", None), wrong);
        check_failure(key("keystore.jks", "store-pass", None), wrong_key);
        check_failure(key("keystore.jks", "store-pass", Some("wrong")), wrong_key);
        check_failure(key("keystore-encrypted.pem", "", Some("wrong")), wrong_key);
        check_failure(
            client_key(&store("keystore-encrypted.pem"), Passwords::default()),
            "it is protected by a password and none is given",
        );
        check_failure(
            client_key(&store("keystore.p12"), Passwords::default()),
            "it is protected by a password and none is given",
        );
        let no_key = "there is no private key with its certificate in it";
        check_failure(key("truststore.jks", "store-pass", None), no_key);
        check_failure(key("truststore.p12", "store-pass", None), no_key);
        check_failure(key("ca.pem", "", None), no_key);
        check_failure(key("none.jks", "", None), "there is no such file");
        check_failure(key("../README.md", "", None), "it is neither a JKS nor a PKCS12 nor a PEM store");
        assert_eq!(trust("truststore.p12", None), Err("it is protected by a password and none is given".to_owned()));
        assert_eq!(trust("truststore.jks", Some("wrong")), Err(wrong.to_owned()));
        assert_eq!(
            trust("truststore.jceks", None),
            Err("it is a JCEKS store, which only Java can read; convert it with keytool -importkeystore \
                 -deststoretype PKCS12"
                .to_owned())
        );
    }

    #[test]
    fn a_damaged_store_is_an_error_and_never_a_panic() {
        for name in ["truststore.jks", "keystore.jks", "truststore.p12", "keystore.p12"] {
            let whole = fs::read(store(name)).unwrap();
            for length in (0..whole.len()).step_by(7) {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("cut");
                fs::write(&path, &whole[..length]).unwrap();
                assert!(client_key(&path, Passwords { store: Some("store-pass"), key: Some("key-pass") }).is_err());
            }
        }
    }
}
