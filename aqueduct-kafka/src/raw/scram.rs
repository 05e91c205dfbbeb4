//! SCRAM (RFC 5802) on the client's side, with SHA-256 or SHA-512: a password proves itself without being sent, and so does
//! the broker.
//!
//! Messages come in and go out as texts. The cryptography is OpenSSL's; the crates for SCRAM bring another one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::hash::{MessageDigest, hash};
use openssl::memcmp;
use openssl::pkcs5::pbkdf2_hmac;
use openssl::pkey::PKey;
use openssl::sign::Signer;

/// Fewer rounds than the RFC's least are a broker that wants to guess passwords.
const LEAST_ROUNDS: usize = 4096;

/// Why an exchange cannot go on. Holds no secret.
pub(super) type Fault = String;

/// An exchange that has begun.
pub(super) struct Scram {
    digest: MessageDigest,
    password: String,
    nonce: String,
    first_bare: String,
}

/// What proves that the broker knows the password too.
pub(super) struct BrokersProof(Vec<u8>);

impl Scram {
    /// Begins an exchange, with a nonce that was never used.
    pub(super) fn begin(digest: MessageDigest, username: &str, password: &str) -> Result<Self, Fault> {
        let mut nonce = [0; 24];
        openssl::rand::rand_bytes(&mut nonce).map_err(|error| error.to_string())?;
        // Base64 has none of the commas that part attributes.
        Ok(Self::with_nonce(digest, username, password, STANDARD.encode(nonce)))
    }

    fn with_nonce(digest: MessageDigest, username: &str, password: &str, nonce: String) -> Self {
        let name = username.replace('=', "=3D").replace(',', "=2C");
        let first_bare = format!("n={name},r={nonce}");
        Self { digest, password: password.to_owned(), nonce, first_bare }
    }

    /// The first message.
    pub(super) fn first(&self) -> String {
        format!("n,,{}", self.first_bare)
    }

    /// The last message, in answer to the broker's first one, and the proof that the broker then owes.
    pub(super) fn last(&self, server_first: &str) -> Result<(String, BrokersProof), Fault> {
        let attribute = |name: &str| server_first.split(',').find_map(|part| part.strip_prefix(name)).unwrap_or("");
        let (nonce, salt, rounds) = (attribute("r="), attribute("s="), attribute("i="));
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err("the broker's nonce does not go on from ours".to_owned());
        }
        let salt = STANDARD.decode(salt).map_err(|_| "the broker's salt is not Base64".to_owned())?;
        let rounds: usize = rounds.parse().map_err(|_| "the broker tells no number of rounds".to_owned())?;
        if rounds < LEAST_ROUNDS {
            return Err(format!("the broker asks for {rounds} rounds, fewer than {LEAST_ROUNDS}"));
        }
        let without_proof = format!("c=biws,r={nonce}");
        let message = format!("{},{server_first},{without_proof}", self.first_bare);
        let compute = || {
            let mut salted = vec![0; self.digest.size()];
            pbkdf2_hmac(self.password.as_bytes(), &salt, rounds, self.digest, &mut salted)?;
            let client_key = self.hmac(&salted, b"Client Key")?;
            let stored_key = hash(self.digest, &client_key)?;
            let signature = self.hmac(&stored_key, message.as_bytes())?;
            let proof: Vec<u8> = client_key.iter().zip(&signature).map(|(key, sign)| key ^ sign).collect();
            let server_key = self.hmac(&salted, b"Server Key")?;
            Ok((proof, self.hmac(&server_key, message.as_bytes())?))
        };
        let (proof, brokers) = compute().map_err(|error: openssl::error::ErrorStack| error.to_string())?;
        Ok((format!("{without_proof},p={}", STANDARD.encode(proof)), BrokersProof(brokers)))
    }

    fn hmac(&self, key: &[u8], data: &[u8]) -> Result<Vec<u8>, openssl::error::ErrorStack> {
        let key = PKey::hmac(key)?;
        Signer::new(self.digest, &key)?.sign_oneshot_to_vec(data)
    }
}

impl BrokersProof {
    /// Whether the broker's last message holds the proof.
    pub(super) fn check(&self, server_last: &str) -> Result<(), Fault> {
        if let Some(error) = server_last.strip_prefix("e=") {
            return Err(format!("the broker says {error}"));
        }
        let signature = server_last.split(',').find_map(|part| part.strip_prefix("v=")).unwrap_or("");
        let signature = STANDARD.decode(signature).unwrap_or_default();
        if signature.len() == self.0.len() && memcmp::eq(&signature, &self.0) {
            Ok(())
        } else {
            Err("the broker does not prove that it knows the password".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exchange of RFC 7677, section 3.
    fn exchange() -> (Scram, &'static str) {
        let nonce = "rOprNGfwEbeRWgbNEkqO".to_owned();
        let scram = Scram::with_nonce(MessageDigest::sha256(), "user", "pencil", nonce);
        let first = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        (scram, first)
    }

    #[test]
    fn the_exchange_of_the_standard_comes_out() {
        let (scram, server_first) = exchange();
        assert_eq!(scram.first(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let (last, proof) = scram.last(server_first).unwrap();
        assert_eq!(
            last,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert_eq!(proof.check("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), Ok(()));
        assert!(proof.check("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=").is_err());
        assert!(proof.check("").is_err());
        assert_eq!(proof.check("e=other-error"), Err("the broker says other-error".to_owned()));
    }

    #[track_caller]
    fn check_refused(server_first: &str) {
        assert!(exchange().0.last(server_first).is_err(), "{server_first}");
    }

    #[test]
    fn what_the_broker_must_not_ask_for_is_refused() {
        check_refused("r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
        check_refused("r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
        check_refused("r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1");
        check_refused("r=rOprNGfwEbeRWgbNEkqOx,s=*,i=4096");
        check_refused("");
    }

    #[test]
    fn names_keep_their_commas() {
        let scram = Scram::with_nonce(MessageDigest::sha512(), "a=b,c", "", "n".to_owned());
        assert_eq!(scram.first(), "n,,n=a=3Db=2Cc,r=n");
    }
}
