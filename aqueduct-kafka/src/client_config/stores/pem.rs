//! PEM: certificates and a key as text, in a file or in the configuration itself.

use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

use super::{ClientKey, StoreError, chain};

/// All certificates of a text. What else it holds does not matter.
pub(crate) fn trusted_certificates(pem: &[u8]) -> Result<Vec<X509>, StoreError> {
    if !contains(pem, "CERTIFICATE-----") {
        return Err(StoreError::NoCertificates);
    }
    Ok(X509::stack_from_pem(pem)?)
}

/// The key of a text and its certificates: the key's own comes first, whatever their order in the text.
pub(crate) fn client_key(pem: &[u8], password: Option<&str>) -> Result<ClientKey, StoreError> {
    if !contains(pem, "PRIVATE KEY-----") {
        return Err(StoreError::NoKey);
    }
    let key = private_key(pem, password)?;
    let mut certificates = if contains(pem, "CERTIFICATE-----") { X509::stack_from_pem(pem)? } else { Vec::new() };
    let own = certificates
        .iter()
        .position(|certificate| certificate.public_key().is_ok_and(|public| key.public_eq(&public)))
        .ok_or(StoreError::NoKey)?;
    let leaf = certificates.remove(own);
    Ok(ClientKey { key, chain: chain(leaf, certificates), chosen: None })
}

fn private_key(pem: &[u8], password: Option<&str>) -> Result<PKey<Private>, StoreError> {
    if !contains(pem, "ENCRYPTED") {
        return Ok(PKey::private_key_from_pem(pem)?);
    }
    let password = password.ok_or(StoreError::PasswordNeeded)?;
    PKey::private_key_from_pem_passphrase(pem, password.as_bytes()).map_err(|_| StoreError::WrongKeyPassword)
}

fn contains(pem: &[u8], text: &str) -> bool {
    pem.windows(text.len()).any(|window| window == text.as_bytes())
}
