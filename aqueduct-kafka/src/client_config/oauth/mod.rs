//! Tokens for SASL/OAUTHBEARER, from wherever the properties say: made here without a signature, read from a file, or
//! fetched from an authorization server (client credentials).
//!
//! librdkafka asks for a token when it connects and again before the old one ends; the client that owns it hands the
//! question to a [`TokenSource`]. Sources are built, and their options checked, when properties are translated.

mod client_credentials;
mod extensions;
mod file;
mod jwt;
mod source;
mod unsecured;

use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

pub(super) use source::token_source;

/// Answers tokens for SASL/OAUTHBEARER.
pub trait TokenSource: Send + Sync {
    /// A token that is valid now. It may take as long as a request over the network: it blocks the calling thread.
    ///
    /// # Errors
    /// Why there is none; the text holds no secret. Asking again later may help.
    fn token(&self) -> Result<OAuthToken, String>;
}

/// A token, as a broker gets to see it. Its text never shows in debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct OAuthToken {
    /// The token itself.
    pub token: String,
    /// Whom it names.
    pub principal: String,
    /// When it ends.
    pub expires: SystemTime,
    /// SASL extensions to send along, by name.
    pub extensions: BTreeMap<String, String>,
}

impl fmt::Debug for OAuthToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthToken")
            .field("principal", &self.principal)
            .field("expires", &self.expires)
            .field("extensions", &self.extensions.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
