//! `/connector-plugins`: what this worker has, its configuration, and the check of a connector's configuration.

use aqueduct_herder::{HerderError, HerderErrorKind, PluginLookup};

use super::{Call, Site};
use crate::answer::{Answer, Failure, Handled};
use crate::request;
use crate::target::Target;
use crate::view::View;

pub(super) fn list(site: &Site, target: &Target) -> Answer {
    let connectors_only = target.flag("connectorsOnly", true);
    let which = if connectors_only { PluginLookup::Connectors } else { PluginLookup::All };
    Answer::json(&View(&site.herder.plugins(which)))
}

/// The definition of a plugin's configuration (KIP-769).
pub(super) fn config(site: &Site, plugin: &str) -> Handled {
    Ok(Answer::json(&View(&site.herder.plugin_config(plugin)?)))
}

/// Checks a configuration without creating anything.
pub(super) async fn validate(site: &Site, plugin: &str, call: Call<'_>) -> Handled {
    let config = request::text_map(&call.json().await?)?;
    if let Some(Some(class)) = config.get("connector.class")
        && !alias(class).ends_with(alias(plugin))
    {
        return Err(Failure::bad_request(format!(
            "Included connector type {class} does not match request type {plugin}"
        )));
    }
    let checked = async { site.herder.validate(config).await.map_err(|error| wrapped(&error)) };
    Ok(Answer::json(&View(&site.complete(checked).await?)))
}

/// A connector's name without the `Connector` at its end.
fn alias(plugin: &str) -> &str {
    plugin.strip_suffix("Connector").filter(|rest| !rest.is_empty()).unwrap_or(plugin)
}

/// Java runs the check on another thread, and what fails there comes back as status 500 with the name of the exception
/// before its text. An internal error of the herder brings that name itself.
fn wrapped(error: &HerderError) -> HerderError {
    let class = match error.kind() {
        HerderErrorKind::BadRequest => "org.apache.kafka.connect.runtime.rest.errors.BadRequestException: ",
        HerderErrorKind::NotFound => "org.apache.kafka.connect.errors.NotFoundException: ",
        HerderErrorKind::Conflict
        | HerderErrorKind::Forbidden
        | HerderErrorKind::Elsewhere
        | HerderErrorKind::Unavailable => "org.apache.kafka.connect.runtime.rest.errors.ConnectRestException: ",
        HerderErrorKind::Internal => "",
    };
    HerderError::internal(format!("{class}{}", error.message()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_is_taken_off_once_and_never_leaves_nothing() {
        for (plugin, expect) in [
            ("FileStreamSourceConnector", "FileStreamSource"),
            ("org.x.FooConnectorConnector", "org.x.FooConnector"),
            ("FileStreamSource", "FileStreamSource"),
            ("Connector", "Connector"),
            ("connector", "connector"),
        ] {
            assert_eq!(alias(plugin), expect);
        }
    }
}
