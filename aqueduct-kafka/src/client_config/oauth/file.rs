//! Tokens out of a file (`sasl.oauthbearer.token.endpoint.url=file:///…`), which something else renews. It is read each
//! time a token is asked for.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::{OAuthToken, TokenSource, jwt};

#[derive(Debug)]
pub(super) struct FileTokens {
    pub(super) path: PathBuf,
    pub(super) subject_claim: String,
    pub(super) extensions: BTreeMap<String, String>,
}

impl TokenSource for FileTokens {
    fn token(&self) -> Result<OAuthToken, String> {
        let path = self.path.display();
        let text = fs::read_to_string(&self.path).map_err(|error| format!("reading the token file {path}: {error}"))?;
        jwt::read(&text, &self.subject_claim, &self.extensions)
            .map_err(|why| format!("using the token file {path}: {why}"))
    }
}
