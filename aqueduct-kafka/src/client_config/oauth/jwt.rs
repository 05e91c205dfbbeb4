//! What a client has to know of a JSON Web Token: whom it names and when it ends. Its signature is the broker's business.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::OAuthToken;

/// Reads a token in its compact form. `subject_claim` names the claim that tells the principal, usually `sub`.
pub(super) fn read(
    token: &str,
    subject_claim: &str,
    extensions: &BTreeMap<String, String>,
) -> Result<OAuthToken, String> {
    let token = token.trim();
    if token.is_empty() {
        return Err("the token is empty".to_owned());
    }
    let claims = claims(token)?;
    let principal = match claims.get(subject_claim) {
        Some(Value::String(name)) if !name.trim().is_empty() => name.clone(),
        _ => return Err(format!("the token has no claim {subject_claim} that names a principal")),
    };
    let expires = claims
        .get("exp")
        .and_then(Value::as_f64)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or("the token has no claim exp that says when it ends")?;
    Ok(OAuthToken { token: token.to_owned(), principal, expires: UNIX_EPOCH + expires, extensions: extensions.clone() })
}

fn claims(token: &str) -> Result<Map<String, Value>, String> {
    let mut parts = token.split('.');
    let (Some(_header), Some(claims), Some(_signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("Malformed JWT provided; expected three sections (header, payload, and signature)".to_owned());
    };
    // Some issuers pad; base64url in a JWT has no padding.
    let decoded = URL_SAFE_NO_PAD
        .decode(claims.trim_end_matches('='))
        .map_err(|_| "the token is no JSON Web Token: its claims are not base64url")?;
    match serde_json::from_slice(&decoded) {
        Ok(Value::Object(claims)) => Ok(claims),
        _ => Err("the token is no JSON Web Token: its claims are no JSON object".to_owned()),
    }
}

/// Makes a token without a signature out of claims.
pub(super) fn unsigned(claims: &Map<String, Value>) -> String {
    let encode = |json: &str| URL_SAFE_NO_PAD.encode(json);
    format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(&Value::Object(claims.clone()).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(claims: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[track_caller]
    fn check(token: &str, expected: Result<(&str, u64), &str>) {
        let got = read(token, "sub", &BTreeMap::new())
            .map(|token| (token.principal, token.expires.duration_since(UNIX_EPOCH).unwrap().as_secs()));
        assert_eq!(got, expected.map(|(name, at)| (name.to_owned(), at)).map_err(str::to_owned));
    }

    #[test]
    fn principal_and_end_are_read() {
        check(&jwt(r#"{"sub":"alice","exp":1700000000}"#), Ok(("alice", 1_700_000_000)));
        check(&format!(" {}\n", jwt(r#"{"sub":"a","exp":1.9}"#)), Ok(("a", 1)));
        check("", Err("the token is empty"));
        let malformed = "Malformed JWT provided; expected three sections (header, payload, and signature)";
        check("opaque", Err(malformed));
        check("a.b.c.d", Err(malformed));
        check("a.!.c", Err("the token is no JSON Web Token: its claims are not base64url"));
        check(&jwt("[]"), Err("the token is no JSON Web Token: its claims are no JSON object"));
        check(&jwt(r#"{"exp":1}"#), Err("the token has no claim sub that names a principal"));
        check(&jwt(r#"{"sub":" ","exp":1}"#), Err("the token has no claim sub that names a principal"));
        check(&jwt(r#"{"sub":"a"}"#), Err("the token has no claim exp that says when it ends"));
        check(&jwt(r#"{"sub":"a","exp":-1}"#), Err("the token has no claim exp that says when it ends"));
    }
}
