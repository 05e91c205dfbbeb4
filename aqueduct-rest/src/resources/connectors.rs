//! `/connectors`: which there are, and their configurations.

use std::collections::BTreeMap;

use hyper::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::ser::{SerializeMap, Serializer};

use aqueduct_herder::{ConnectorInfo, ConnectorStatus, HerderError, HerderErrorKind, NewConnector};

use super::{Call, Site, no_content};
use crate::answer::{Answer, Failure, Handled};
use crate::request::{self, CreateRequest, GivenConfig};
use crate::target::Target;
use crate::view::{Show, View};

/// The key that holds a connector's name.
const NAME: &str = "name";

/// What `?expand=` adds to a connector, in the order of the request.
enum Expansion {
    Status(ConnectorStatus),
    Info(ConnectorInfo),
}

struct Expansions(Vec<Expansion>);

impl Show for Expansions {
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        for expansion in &self.0 {
            match expansion {
                Expansion::Status(status) => object.serialize_entry("status", &View(status))?,
                Expansion::Info(info) => object.serialize_entry("info", &View(info))?,
            }
        }
        object.end()
    }
}

/// The names, or with `expand` (KIP-465) what is asked about each.
pub(super) async fn list(site: &Site, target: &Target) -> Handled {
    let names = site.complete(site.herder.connectors()).await?;
    if target.parameter("expand").is_none() {
        return Ok(Answer::json(&names));
    }
    let mut wanted: Vec<&str> = Vec::new();
    for expansion in target.parameters("expand") {
        if !["status", "info"].contains(&expansion) {
            tracing::info!("Ignoring unknown expansion type {expansion}");
        } else if !wanted.contains(&expansion) {
            wanted.push(expansion);
        }
    }
    let mut expanded: BTreeMap<String, Expansions> = BTreeMap::new();
    for name in names {
        // A connector may be deleted in the meantime: it is left out.
        if let Some(expansions) = expand(site, &name, &wanted).await? {
            expanded.insert(name, expansions);
        }
    }
    Ok(Answer::json(&View(&expanded)))
}

async fn expand(site: &Site, name: &str, wanted: &[&str]) -> Result<Option<Expansions>, Failure> {
    let herder = &site.herder;
    let look = async {
        let mut expansions = Vec::with_capacity(wanted.len());
        for expansion in wanted {
            expansions.push(match *expansion {
                "status" => Expansion::Status(herder.connector_status(name).await?),
                _ => Expansion::Info(herder.connector_info(name).await?),
            });
        }
        Ok::<_, HerderError>(Expansions(expansions))
    };
    site.complete(async {
        match look.await {
            Ok(expansions) => Ok(Some(expansions)),
            Err(error) if error.kind() == HerderErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    })
    .await
}

pub(super) async fn create(site: &Site, call: Call<'_>) -> Handled {
    let base = call.base;
    let CreateRequest { name, config, initial_state } = request::create(&call.json().await?)?;
    let config = with_name(&name, config)?;
    let connector = NewConnector { name: name.clone(), config, initial_state, replace: false };
    let created = site.complete(site.herder.put_connector(connector)).await?;
    Ok(Answer::created(&location(base, &name), &View(&created.info)))
}

pub(super) async fn info(site: &Site, name: &str) -> Handled {
    Ok(Answer::json(&View(&site.complete(site.herder.connector_info(name)).await?)))
}

pub(super) async fn config(site: &Site, name: &str) -> Handled {
    Ok(Answer::json(&site.complete(site.herder.connector_info(name)).await?.config))
}

pub(super) async fn put_config(site: &Site, name: &str, call: Call<'_>) -> Handled {
    let base = call.base;
    let config = with_name(name, request::text_map(&call.json().await?)?)?;
    let connector = NewConnector { name: name.to_owned(), config, initial_state: None, replace: true };
    let created = site.complete(site.herder.put_connector(connector)).await?;
    let info = View(&created.info);
    Ok(if created.created { Answer::created(&location(base, name), &info) } else { Answer::json(&info) })
}

/// A merge patch: null removes a key (KIP-477).
pub(super) async fn patch_config(site: &Site, name: &str, call: Call<'_>) -> Handled {
    let patch = request::text_map(&call.json().await?)?;
    let info = site.complete(site.herder.patch_connector(name, patch)).await?;
    Ok(Answer::json_with(StatusCode::OK, &View(&info)))
}

pub(super) async fn delete(site: &Site, name: &str) -> Handled {
    site.complete(site.herder.delete_connector(name)).await?;
    Ok(no_content())
}

/// The configuration with the connector's name in it; it must not hold another one.
fn with_name(name: &str, mut config: GivenConfig) -> Result<GivenConfig, Failure> {
    match config.get(NAME) {
        Some(Some(given)) if given != name => Err(Failure::bad_request(format!(
            "Connector name configuration ({given}) doesn't match connector name in the URL ({name})"
        ))),
        Some(Some(_)) => Ok(config),
        _ => {
            config.insert(NAME.to_owned(), Some(name.to_owned()));
            Ok(config)
        }
    }
}

/// The characters that Java escapes in a path.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@')
    .remove(b'/');

/// The address of a connector, as Java builds it: slashes in the name stay, and so does a percent sign that looks like
/// the beginning of an escape.
pub(crate) fn location(base: &str, name: &str) -> String {
    let mut location = format!("{base}/connectors/");
    let mut parts = name.split('%');
    location.extend(parts.next().map(|first| utf8_percent_encode(first, ESCAPED)).into_iter().flatten());
    for part in parts {
        let is_escape = matches!(part.as_bytes(), [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
        location.push_str(if is_escape { "%" } else { "%25" });
        location.extend(utf8_percent_encode(part, ESCAPED));
    }
    location
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_escaped_as_java_does() {
        for (name, expect) in [
            ("plain-1.2_3~", "plain-1.2_3~"),
            ("täst é €", "t%C3%A4st%20%C3%A9%20%E2%82%AC"),
            ("padded name", "padded%20name"),
            ("a/b", "a/b"),
            ("100%", "100%25"),
            ("100%25", "100%25"),
            ("%zz%", "%25zz%25"),
            ("a;b=c&d+e,f:g@h!$'()*", "a;b=c&d+e,f:g@h!$'()*"),
            ("a?b#c\"<>\\^`{|}[]", "a%3Fb%23c%22%3C%3E%5C%5E%60%7B%7C%7D%5B%5D"),
            ("", ""),
        ] {
            assert_eq!(location("http://h:1", name), format!("http://h:1/connectors/{expect}"));
        }
    }

    #[test]
    fn the_name_is_filled_in_or_has_to_agree() {
        let config = |name: Option<&str>| GivenConfig::from([(NAME.to_owned(), name.map(str::to_owned))]);
        assert_eq!(with_name("a", GivenConfig::new()), Ok(config(Some("a"))));
        assert_eq!(with_name("a", config(None)), Ok(config(Some("a"))));
        assert_eq!(with_name("a", config(Some("a"))), Ok(config(Some("a"))));
        assert_eq!(
            with_name("a", config(Some("b"))).unwrap_err().message(),
            "Connector name configuration (b) doesn't match connector name in the URL (a)"
        );
    }
}
