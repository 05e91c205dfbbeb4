//! PEM: certificates and a key as text, in a file or in the configuration itself.
//!
//! A properties file joins lines that end in a backslash, so PEM in a configuration often is one long line, with spaces
//! where line ends were or with nothing. Java does not mind; OpenSSL does, so line ends are put back first.

use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

use super::{ClientKey, StoreError, chain};

/// All certificates of a text. What else it holds does not matter.
pub(crate) fn trusted_certificates(pem: &[u8]) -> Result<Vec<X509>, StoreError> {
    let pem = &with_line_ends(pem);
    if !contains(pem, "CERTIFICATE-----") {
        return Err(StoreError::NoCertificates);
    }
    Ok(X509::stack_from_pem(pem)?)
}

/// The key of a text and its certificates: the key's own comes first, whatever their order in the text.
pub(crate) fn client_key(pem: &[u8], password: Option<&str>) -> Result<ClientKey, StoreError> {
    let pem = &with_line_ends(pem);
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

/// Every block with its base64 in lines of 64; what stands between blocks is dropped. A block with headers of its own
/// (`Proc-Type: …`, an old way to encrypt keys) cannot do without its line ends and stays as it is.
fn with_line_ends(pem: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(pem);
    let mut rest = text.as_ref();
    let mut blocks = String::new();
    while let Some((block, after)) = next_block(rest) {
        if block.body.contains(':') {
            return pem.to_vec();
        }
        let base64: Vec<char> = block.body.chars().filter(|c| !c.is_whitespace()).collect();
        blocks.push_str(&format!("-----BEGIN {}-----\n", block.label));
        for line in base64.chunks(64) {
            blocks.extend(line);
            blocks.push('\n');
        }
        blocks.push_str(&format!("-----END {}-----\n", block.label));
        rest = after;
    }
    blocks.into_bytes()
}

struct Block<'a> {
    label: &'a str,
    body: &'a str,
}

fn next_block(text: &str) -> Option<(Block<'_>, &str)> {
    let (_, text) = text.split_once("-----BEGIN ")?;
    let (label, text) = text.split_once("-----")?;
    let (body, text) = text.split_once("-----END ")?;
    let (_, text) = text.split_once("-----")?;
    Some((Block { label, body }, text))
}

fn contains(pem: &[u8], text: &str) -> bool {
    pem.windows(text.len()).any(|window| window == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_do_not_matter() {
        let ca = include_str!("../../../testdata/stores/ca.pem");
        let other = include_str!("../../../testdata/stores/other.pem");
        let plain = format!("{ca}{other}");
        for given in [plain.clone(), plain.replace('\n', " "), plain.replace('\n', ""), plain.replace('\n', "\r\n")] {
            assert_eq!(trusted_certificates(given.as_bytes()).unwrap().len(), 2, "{given}");
        }
    }

    #[test]
    fn a_key_with_headers_of_its_own_keeps_its_lines() {
        let key = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
        assert_eq!(with_line_ends(key.as_bytes()), key.as_bytes());
    }
}
