//! PKCS#12 stores, read by OpenSSL.
//!
//! Stores that a JDK wrote before 2021 protect their certificates with 40-bit RC2, which OpenSSL keeps in its `legacy`
//! provider; it is loaded while such a store is read. Java's trust entries need nothing special: a certificate without
//! a key is one. When a store holds several keys, OpenSSL answers the first.

use openssl::pkcs12::{ParsedPkcs12_2, Pkcs12};
use openssl::provider::Provider;
use openssl::x509::X509;

use super::{ClientKey, Passwords, StoreError, chain};

pub(super) fn trusted_certificates(data: &[u8], password: Option<&str>) -> Result<Vec<X509>, StoreError> {
    let store = open(data, password)?;
    Ok(store.cert.into_iter().chain(store.ca.into_iter().flatten()).collect())
}

pub(super) fn client_key(data: &[u8], passwords: Passwords<'_>) -> Result<ClientKey, StoreError> {
    let store = open(data, passwords.store)?;
    let (Some(key), Some(leaf)) = (store.pkey, store.cert) else { return Err(StoreError::NoKey) };
    let others = store.ca.into_iter().flatten().collect();
    Ok(ClientKey { key, chain: chain(leaf, others), chosen: None })
}

fn open(data: &[u8], password: Option<&str>) -> Result<ParsedPkcs12_2, StoreError> {
    let store = Pkcs12::from_der(data)?;
    // Dropping it unloads the provider again. A system's own OpenSSL may lack it; most stores open without.
    let _legacy = Provider::try_load(None, "legacy", true);
    store.parse2(password.unwrap_or_default()).map_err(|error| {
        if password.is_none() {
            return StoreError::PasswordNeeded;
        }
        let reasons: Vec<&str> = error.errors().iter().filter_map(openssl::error::Error::reason).collect();
        if reasons.iter().any(|reason| reason.contains("mac verify") || reason.contains("cipherfinal")) {
            StoreError::WrongPassword
        } else {
            StoreError::from(error)
        }
    })
}
