//! JKS, the store format of the JDK before version 9.
//!
//! ```text
//! magic FEEDFEED, version 1 or 2, number of entries; then for each entry
//!   tag 1 (key) or 2 (certificate), alias, time of creation
//!   key: protected key, number of certificates, certificates        certificate: the certificate
//! at last 20 bytes: SHA-1 over password, a salt that is a pun, and everything before
//! ```
//! Numbers are big-endian, texts and blobs carry their length, a certificate says its type (in version 2). A key is
//! masked with a stream of SHA-1 digests of the password: good enough for reading what is there, and no more.

use openssl::pkey::PKey;
use openssl::sha::Sha1;
use openssl::x509::X509;

use super::{ClientKey, Passwords, StoreError, chain};

const DIGEST: usize = 20;

enum Entry {
    Key { alias: String, protected: Vec<u8>, chain: Vec<X509> },
    Trusted(X509),
}

/// The certificates of trust entries, and each key's own.
pub(super) fn trusted_certificates(data: &[u8], password: Option<&str>) -> Result<Vec<X509>, StoreError> {
    let own = |entry| match entry {
        Entry::Trusted(certificate) => Some(certificate),
        Entry::Key { chain, .. } => chain.into_iter().next(),
    };
    Ok(entries(data, password)?.into_iter().filter_map(own).collect())
}

/// The first key. Its password is the key's, or else the store's.
pub(super) fn client_key(data: &[u8], passwords: Passwords<'_>) -> Result<ClientKey, StoreError> {
    let mut keys: Vec<(String, Vec<u8>, Vec<X509>)> = entries(data, passwords.store)?
        .into_iter()
        .filter_map(|entry| match entry {
            Entry::Key { alias, protected, chain } if !chain.is_empty() => Some((alias, protected, chain)),
            _ => None,
        })
        .collect();
    if keys.is_empty() {
        return Err(StoreError::NoKey);
    }
    let several = keys.len() > 1;
    let (alias, protected, mut certificates) = keys.remove(0);
    let password = passwords.key.or(passwords.store).ok_or(StoreError::PasswordNeeded)?;
    let key = PKey::private_key_from_pkcs8(&unmask(&protected, password)?)?;
    let leaf = certificates.remove(0);
    Ok(ClientKey { key, chain: chain(leaf, certificates), chosen: several.then_some(alias) })
}

fn entries(data: &[u8], password: Option<&str>) -> Result<Vec<Entry>, StoreError> {
    let (body, digest) = data.split_last_chunk::<DIGEST>().ok_or_else(truncated)?;
    if let Some(password) = password {
        let mut sha = Sha1::new();
        sha.update(&utf16(password));
        sha.update(b"Mighty Aphrodite");
        sha.update(body);
        if sha.finish() != *digest {
            return Err(StoreError::WrongPassword);
        }
    }
    let mut bytes = Bytes(body);
    bytes.number()?;
    let version = bytes.number()?;
    let count = bytes.number()?;
    (0..count).map(|_| entry(&mut bytes, version)).collect()
}

fn entry(bytes: &mut Bytes<'_>, version: u32) -> Result<Entry, StoreError> {
    let tag = bytes.number()?;
    let alias = bytes.text()?;
    bytes.take(8)?;
    match tag {
        1 => {
            let protected = bytes.blob()?.to_vec();
            let count = bytes.number()?;
            let chain = (0..count).map(|_| certificate(bytes, version)).collect::<Result<_, _>>()?;
            Ok(Entry::Key { alias, protected, chain })
        }
        2 => Ok(Entry::Trusted(certificate(bytes, version)?)),
        other => Err(StoreError::Damaged(format!("an entry of the unknown kind {other}"))),
    }
}

fn certificate(bytes: &mut Bytes<'_>, version: u32) -> Result<X509, StoreError> {
    if version > 1 {
        bytes.text()?;
    }
    Ok(X509::from_der(bytes.blob()?)?)
}

/// Takes the mask off a key: the blob is an ASN.1 `EncryptedPrivateKeyInfo` around salt, masked key and digest.
fn unmask(protected: &[u8], password: &str) -> Result<Vec<u8>, StoreError> {
    let (info, _) = asn1(protected, 0x30)?;
    let (_algorithm, rest) = asn1(info, 0x30)?;
    let (content, _) = asn1(rest, 0x04)?;
    let (salt, rest) = content.split_first_chunk::<DIGEST>().ok_or_else(truncated)?;
    let (masked, digest) = rest.split_last_chunk::<DIGEST>().ok_or_else(truncated)?;

    let password = utf16(password);
    let sha1 = |tail: &[u8]| {
        let mut sha = Sha1::new();
        sha.update(&password);
        sha.update(tail);
        sha.finish()
    };
    let mut mask = *salt;
    let mut key = Vec::with_capacity(masked.len());
    for block in masked.chunks(DIGEST) {
        mask = sha1(&mask);
        key.extend(block.iter().zip(mask).map(|(byte, mask)| byte ^ mask));
    }
    if sha1(&key) == *digest { Ok(key) } else { Err(StoreError::WrongKeyPassword) }
}

/// An ASN.1 element of the expected tag: its content, and what follows it.
fn asn1(data: &[u8], tag: u8) -> Result<(&[u8], &[u8]), StoreError> {
    let wrong = || StoreError::Damaged("a key is not as it should be".to_owned());
    let (length, rest) = match data {
        [found, length @ 0..=0x7F, rest @ ..] if *found == tag => (usize::from(*length), rest),
        [found, 0x81, length, rest @ ..] if *found == tag => (usize::from(*length), rest),
        [found, 0x82, high, low, rest @ ..] if *found == tag => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return Err(wrong()),
    };
    rest.split_at_checked(length).ok_or_else(wrong)
}

/// A password, as Java feeds it to a digest.
fn utf16(password: &str) -> Vec<u8> {
    password.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn truncated() -> StoreError {
    StoreError::Damaged("it ends too early".to_owned())
}

/// What is left to read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], StoreError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, StoreError> {
        let (taken, rest) = self.0.split_first_chunk::<4>().ok_or_else(truncated)?;
        self.0 = rest;
        Ok(u32::from_be_bytes(*taken))
    }

    fn text(&mut self) -> Result<String, StoreError> {
        let (length, rest) = self.0.split_first_chunk::<2>().ok_or_else(truncated)?;
        self.0 = rest;
        Ok(String::from_utf8_lossy(self.take(usize::from(u16::from_be_bytes(*length)))?).into_owned())
    }

    fn blob(&mut self) -> Result<&'a [u8], StoreError> {
        let length = self.number()?;
        self.take(usize::try_from(length).map_err(|_| truncated())?)
    }
}
