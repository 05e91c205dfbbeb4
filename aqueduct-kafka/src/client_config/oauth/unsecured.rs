//! Tokens without a signature, made out of the options of `sasl.jaas.config`: for development, as in Java.
//!
//! Options: `unsecuredLoginStringClaim_<name>`, `unsecuredLoginNumberClaim_<name>`, `unsecuredLoginListClaim_<name>`
//! (its first character separates the items), `unsecuredLoginExtension_<name>`, `unsecuredLoginLifetimeSeconds` (3600),
//! `unsecuredLoginPrincipalClaimName` (`sub`), `unsecuredLoginScopeClaimName` (`scope`).

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Number, Value};

use super::super::jaas::JaasEntry;
use super::{OAuthToken, TokenSource, extensions, jwt};

#[derive(Debug)]
pub(super) struct UnsecuredTokens {
    claims: Map<String, Value>,
    principal: String,
    lifetime: Duration,
    extensions: BTreeMap<String, String>,
}

impl UnsecuredTokens {
    /// Checks the options; the message of an error names the option.
    pub(super) fn new(entry: &JaasEntry) -> Result<Self, String> {
        let principal_claim = entry.option("unsecuredLoginPrincipalClaimName").unwrap_or("sub").trim();
        let scope_claim = entry.option("unsecuredLoginScopeClaimName").unwrap_or("scope").trim();
        let claims = claims(entry)?;
        let Some(Value::String(principal)) = claims.get(principal_claim) else {
            return Err(format!(
                "no principal is given: set unsecuredLoginStringClaim_{principal_claim} in sasl.jaas.config, or a \
                 login callback handler that fetches tokens"
            ));
        };
        match claims.get(scope_claim) {
            None | Some(Value::String(_) | Value::Array(_)) => {}
            Some(_) => return Err(format!("the claim {scope_claim} has to be a text or a list")),
        }
        let principal = principal.clone();
        let extensions = extensions::checked(entry.options_with_prefix("unsecuredLoginExtension_"))?;
        Ok(Self { claims, principal, lifetime: lifetime(entry)?, extensions })
    }
}

impl TokenSource for UnsecuredTokens {
    fn token(&self) -> Result<OAuthToken, String> {
        let now = SystemTime::now();
        let expires = now + self.lifetime;
        let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let mut claims = self.claims.clone();
        for (name, time) in [("iat", now), ("exp", expires)] {
            if let Some(number) = Number::from_f64(seconds(time)) {
                claims.insert(name.to_owned(), Value::Number(number));
            }
        }
        Ok(OAuthToken {
            token: jwt::unsigned(&claims),
            principal: self.principal.clone(),
            expires,
            extensions: self.extensions.clone(),
        })
    }
}

fn claims(entry: &JaasEntry) -> Result<Map<String, Value>, String> {
    let mut claims = Map::new();
    for (name, value) in entry.options_with_prefix("unsecuredLoginStringClaim_") {
        claims.insert(claim_name(name)?, Value::from(value));
    }
    for (name, value) in entry.options_with_prefix("unsecuredLoginNumberClaim_") {
        let number = value.trim().parse().ok().and_then(Number::from_f64);
        let number = number.ok_or_else(|| format!("unsecuredLoginNumberClaim_{name} is no number"))?;
        claims.insert(claim_name(name)?, Value::Number(number));
    }
    for (name, value) in entry.options_with_prefix("unsecuredLoginListClaim_") {
        claims.insert(claim_name(name)?, Value::Array(list(value).into_iter().map(Value::from).collect()));
    }
    Ok(claims)
}

fn claim_name(name: &str) -> Result<String, String> {
    match name.trim() {
        "" => Err("the name of an unsecuredLogin claim is missing".to_owned()),
        time @ ("iat" | "exp") => Err(format!("the claim {time} is set when the token is made")),
        name => Ok(name.to_owned()),
    }
}

/// The items of a list; its first character separates them.
fn list(text: &str) -> Vec<&str> {
    match text.chars().next() {
        Some(separator) if text.chars().count() > 1 => text.split(separator).skip(1).collect(),
        _ => Vec::new(),
    }
}

fn lifetime(entry: &JaasEntry) -> Result<Duration, String> {
    let Some(text) = entry.option("unsecuredLoginLifetimeSeconds") else { return Ok(Duration::from_secs(3600)) };
    match text.trim().parse::<u32>() {
        Ok(seconds) if seconds > 0 => Ok(Duration::from_secs(u64::from(seconds))),
        _ => Err("unsecuredLoginLifetimeSeconds is no positive number of seconds".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn tokens(options: &str) -> Result<UnsecuredTokens, String> {
        UnsecuredTokens::new(&JaasEntry::parse(&format!("m required {options};")).unwrap())
    }

    #[test]
    fn claims_go_into_a_token_without_signature() {
        let source = tokens(
            "unsecuredLoginStringClaim_sub=\"alice\" unsecuredLoginNumberClaim_n=\"1.5\" \
             unsecuredLoginListClaim_scope=\"|a|b\" unsecuredLoginExtension_trace=\"7\" \
             unsecuredLoginLifetimeSeconds=\"60\"",
        )
        .unwrap();
        let token = source.token().unwrap();
        let parts: Vec<&str> = token.token.split('.').collect();
        assert_eq!(URL_SAFE_NO_PAD.decode(parts[0]).unwrap(), br#"{"alg":"none"}"#);
        assert_eq!(parts[2], "");
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        assert_eq!(claims["sub"], "alice");
        assert_eq!(claims["n"], 1.5);
        assert_eq!(claims["scope"], serde_json::json!(["a", "b"]));
        assert!((claims["exp"].as_f64().unwrap() - claims["iat"].as_f64().unwrap() - 60.0).abs() < 0.01);
        assert_eq!(token.principal, "alice");
        assert_eq!(token.extensions["trace"], "7");
        assert!(token.expires > SystemTime::now() + Duration::from_secs(50));
    }

    #[track_caller]
    fn check_failure(options: &str, part: &str) {
        let error = tokens(options).unwrap_err();
        assert!(error.contains(part), "{error}");
    }

    /// The same options fail in Java (`client_config.jsonl`), which only says that an internal error occurred.
    #[test]
    fn bad_options_are_named() {
        check_failure("unsecuredLoginStringClaim_x=\"alice\"", "unsecuredLoginStringClaim_sub");
        check_failure("unsecuredLoginStringClaim_=\"alice\"", "name of an unsecuredLogin claim");
        let sub = "unsecuredLoginStringClaim_sub=\"alice\"";
        check_failure(&format!("{sub} unsecuredLoginNumberClaim_n=\"x\""), "unsecuredLoginNumberClaim_n");
        check_failure(&format!("{sub} unsecuredLoginNumberClaim_exp=\"4\""), "the claim exp");
        check_failure(&format!("{sub} unsecuredLoginLifetimeSeconds=\"x\""), "unsecuredLoginLifetimeSeconds");
        check_failure(&format!("{sub} unsecuredLoginExtension_auth=\"x\""), "auth");
        check_failure(&format!("{sub} unsecuredLoginExtension_a_b=\"x\""), "a_b");
        check_failure(&format!("{sub} unsecuredLoginNumberClaim_scope=\"1\""), "the claim scope");
        assert!(tokens("unsecuredLoginStringClaim_user=\"alice\" unsecuredLoginPrincipalClaimName=\"user\"").is_ok());
    }
}
