//! The Java system properties that Kafka's clients obey, out of the variable in which people set them: `KAFKA_OPTS`.
//!
//! - `java.security.auth.login.config`: a file with the login module, where `sasl.jaas.config` is not given.
//! - `org.apache.kafka.sasl.oauthbearer.allowed.urls`: what `sasl.oauthbearer.token.endpoint.url` may be. Connector
//!   configurations come from anyone who may use the REST API; without this list they could read any file or URL that
//!   the worker can.

use std::path::PathBuf;

const LOGIN_CONFIG: &str = "java.security.auth.login.config";
/// Java's name of the list of permitted URLs.
pub(super) const ALLOWED_URLS: &str = "org.apache.kafka.sasl.oauthbearer.allowed.urls";

/// What the environment of the worker says about clients.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientEnvironment {
    /// A JAAS login configuration file.
    pub login_config: Option<PathBuf>,
    /// The URLs that tokens may be read from.
    pub allowed_oauth_urls: Vec<String>,
}

impl ClientEnvironment {
    /// Reads `KAFKA_OPTS` of this process.
    pub fn of_process() -> Self {
        Self::from_options(&std::env::var("KAFKA_OPTS").unwrap_or_default())
    }

    /// Reads `-Dname=value` options as a shell would split them; anything else in them is Java's own business.
    pub fn from_options(options: &str) -> Self {
        let mut environment = Self::default();
        for option in words(options) {
            let Some((name, value)) = option.strip_prefix("-D").and_then(|rest| rest.split_once('=')) else { continue };
            match name {
                LOGIN_CONFIG => environment.login_config = Some(PathBuf::from(value)),
                ALLOWED_URLS => {
                    let urls = value.split(',').map(str::trim).filter(|url| !url.is_empty());
                    environment.allowed_oauth_urls = urls.map(str::to_owned).collect();
                }
                _ => {}
            }
        }
        environment
    }
}

/// Splits at white space outside of quotes.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c.is_whitespace() => words.extend(word.take()),
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(options: &str, login_config: Option<&str>, urls: &[&str]) {
        let environment = ClientEnvironment::from_options(options);
        assert_eq!(environment.login_config, login_config.map(PathBuf::from));
        assert_eq!(environment.allowed_oauth_urls, urls);
    }

    #[test]
    fn system_properties_are_found_among_other_options() {
        check("", None, &[]);
        check("-Xmx1g -Djava.security.auth.login.config=/etc/jaas.conf -Dx=y", Some("/etc/jaas.conf"), &[]);
        check("\"-Djava.security.auth.login.config=/a b/jaas.conf\"", Some("/a b/jaas.conf"), &[]);
        check("-Djava.security.auth.login.config='/a b'/j", Some("/a b/j"), &[]);
        check(
            "-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=https://a/t,file:///b",
            None,
            &["https://a/t", "file:///b"],
        );
        check("-Djava.security.auth.login.config", None, &[]);
    }
}
