//! `sasl.jaas.config`: one login module with its options, in the format of a JAAS login configuration file.
//!
//! ```text
//! org.apache.kafka.common.security.plain.PlainLoginModule required username="alice" password="secret";
//! ```
//!
//! The text enters, a [`JaasEntry`] or Java's own complaint leaves. Neither shows the value of an option: options are
//! secrets, or stand next to them.

use std::collections::BTreeMap;
use std::fmt;

use super::jaas_tokens::{Token, Tokens};

/// The login module of a client, and its options.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct JaasEntry {
    module: String,
    options: BTreeMap<String, String>,
}

impl JaasEntry {
    /// Reads a text that has to hold exactly one entry.
    ///
    /// # Errors
    /// The message of Java's `IllegalArgumentException`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut tokens = Tokens::new(text);
        let mut entries = Vec::new();
        loop {
            match tokens.next() {
                Token::End => break,
                module => entries.push(entry(module, &mut tokens)?),
            }
        }
        match entries.len() {
            0 => Err("Login module not specified in JAAS config".to_owned()),
            1 => Ok(entries.remove(0)),
            several => Err(format!("JAAS config property contains {several} login modules, should be 1 module")),
        }
    }

    /// Reads the entry `name` out of a login configuration file: `KafkaClient { module flag options; };`. Of several
    /// modules it is the first. `None` when there is no such entry.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn from_file(text: &str, name: &str) -> Result<Option<Self>, String> {
        let mut tokens = Tokens::new(text);
        loop {
            let context = match tokens.next() {
                Token::End => return Ok(None),
                Token::Sign(';') => continue,
                token => token.text(),
            };
            if tokens.next() != Token::Sign('{') {
                return Err("An entry of the login configuration file does not begin with a brace".to_owned());
            }
            let mut entries = Vec::new();
            loop {
                match tokens.next() {
                    Token::Sign('}') => break,
                    module => entries.push(entry(module, &mut tokens)?),
                }
            }
            if context.as_deref() == Some(name) {
                return Ok(entries.into_iter().next());
            }
        }
    }

    /// The class of the login module.
    pub fn module(&self) -> &str {
        &self.module
    }

    /// The value of an option.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// All options, sorted by name.
    pub fn options(&self) -> impl Iterator<Item = (&str, &str)> {
        self.options.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The options whose name begins with `prefix`, without it.
    pub fn options_with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.options().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value)))
    }
}

impl fmt::Debug for JaasEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JaasEntry")
            .field("module", &self.module)
            .field("options", &self.options.keys().collect::<Vec<_>>())
            .finish()
    }
}

fn entry(module: Token, tokens: &mut Tokens<'_>) -> Result<JaasEntry, String> {
    match tokens.next() {
        Token::End => return Err("Login module control flag not specified in JAAS config".to_owned()),
        flag => check_flag(flag.text())?,
    }
    let mut options = BTreeMap::new();
    loop {
        let name = match tokens.next() {
            Token::End => return Err("JAAS config entry not terminated by semi-colon".to_owned()),
            Token::Sign(';') => break,
            name => name.text(),
        };
        let value = if tokens.next() == Token::Sign('=') { tokens.next().text() } else { None };
        let Some(value) = value else {
            let name = name.as_deref().unwrap_or("null");
            return Err(format!("Value not specified for key '{name}' in JAAS config"));
        };
        // Java keeps an option without a name, which nothing can ask for.
        if let Some(name) = name {
            options.insert(name, value);
        }
    }
    Ok(JaasEntry { module: module.text().unwrap_or_default(), options })
}

/// The flag has no meaning where there is one module only, but it has to be a flag.
fn check_flag(flag: Option<String>) -> Result<(), String> {
    let Some(flag) = flag else {
        return Err("Login module control flag is not available in the JAAS config".to_owned());
    };
    let known = ["required", "requisite", "sufficient", "optional"];
    if known.iter().any(|name| name.eq_ignore_ascii_case(&flag)) {
        return Ok(());
    }
    Err(format!("Invalid login module control flag '{flag}' in JAAS config"))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Every text as Kafka 4.3.1's own parser read it.
    #[test]
    fn every_recorded_text_reads_as_in_java() {
        let recorded = include_str!("../../testdata/jaas.jsonl");
        let mut differences = Vec::new();
        for line in recorded.lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            let text = case["text"].as_str().unwrap();
            let got = JaasEntry::parse(text);
            let expected = match case.get("error") {
                Some(error) => Err(error[1].as_str().unwrap().to_owned()),
                None => Ok(JaasEntry {
                    module: case["module"].as_str().unwrap().to_owned(),
                    options: serde_json::from_value(case["options"].clone()).unwrap(),
                }),
            };
            // Debug output hides the options, so they are compared but not shown.
            if got != expected {
                let shown = got.as_ref().map(|entry| entry.options.clone());
                differences.push(format!("{text:?}: expected {case}, got {got:?} {shown:?}"));
            }
        }
        assert!(differences.is_empty(), "{}", differences.join("\n"));
        assert!(recorded.lines().count() > 130);
    }

    #[test]
    fn an_entry_is_found_in_a_login_configuration_file() {
        let file = r#"
            // of the broker
            KafkaServer { a.Server required user_x="y"; };
            KafkaClient {
              a.Client required
                username="alice"
                password="secret";
              a.Second optional;
            };
        "#;
        let found = JaasEntry::from_file(file, "KafkaClient").unwrap().unwrap();
        assert_eq!((found.module(), found.option("password")), ("a.Client", Some("secret")));
        assert_eq!(JaasEntry::from_file(file, "Other"), Ok(None));
        assert_eq!(JaasEntry::from_file("", "KafkaClient"), Ok(None));
        assert!(JaasEntry::from_file("KafkaClient a required;", "KafkaClient").is_err());
        assert!(JaasEntry::from_file("KafkaClient { a required", "KafkaClient").is_err());
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let entry = JaasEntry::parse("x required username=\"alice\" password=\"hunter2\";").unwrap();
        assert_eq!(format!("{entry:?}"), r#"JaasEntry { module: "x", options: ["password", "username"] }"#);
    }
}
