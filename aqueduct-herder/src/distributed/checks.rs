//! Checks of a connector's configuration that only a worker of a group makes.

use std::collections::BTreeMap;

use aqueduct_api::{ConfigMap, ConnectError, ExactlyOnceSupport, Factory, Plugin, SourceConnector};
use aqueduct_config::connector_config::{CONNECTOR_CLASS, EXACTLY_ONCE_SUPPORT, TRANSACTION_BOUNDARY};

use crate::herder::present;
use crate::{ConfigInfo, ConfigInfos, ConfigValueInfo};

/// The group of a sink's consumers, set by its configuration.
const OVERRIDDEN_GROUP: &str = "consumer.override.group.id";

/// What is checked.
pub(super) struct GroupChecks<'a> {
    /// The group of the workers.
    pub(super) group: &'a str,
    /// The connector's plugin.
    pub(super) plugin: &'a Plugin,
    /// Whether source tasks write in transactions.
    pub(super) exactly_once: bool,
}

impl GroupChecks<'_> {
    /// Adds what is wrong to the answer of the other checks.
    pub(super) fn add(&self, config: &BTreeMap<String, Option<String>>, infos: &mut ConfigInfos) {
        let get = |key: &str| config.get(key).and_then(Option::as_deref);
        if get(CONNECTOR_CLASS).is_none() {
            return;
        }
        match &self.plugin.factory {
            Factory::Source { connector, .. } => self.source(connector().as_ref(), config, infos),
            Factory::Sink { .. } => self.sink(get, infos),
            _ => {}
        }
    }

    /// A source that must write exactly once has to be able to, and so must the worker.
    fn source(
        &self,
        connector: &dyn SourceConnector,
        config: &BTreeMap<String, Option<String>>,
        infos: &mut ConfigInfos,
    ) {
        let props = present(config);
        let wants = |key: &str, value: &str, infos: &ConfigInfos| {
            let given = props.get(key).map(|given| given.trim());
            given.is_some_and(|given| given.eq_ignore_ascii_case(value)) && is_right(infos, key)
        };
        if wants(EXACTLY_ONCE_SUPPORT, "required", infos) {
            let mut errors = Vec::new();
            if !self.exactly_once {
                errors.push("This worker does not have exactly-once source support enabled.".to_owned());
            }
            errors.extend(why_not_exactly_once(connector, &props));
            for error in errors {
                add(infos, EXACTLY_ONCE_SUPPORT, props.get(EXACTLY_ONCE_SUPPORT), error);
            }
        }
        if wants(TRANSACTION_BOUNDARY, "connector", infos)
            && let Some(error) = why_no_boundaries(connector, &props)
        {
            add(infos, TRANSACTION_BOUNDARY, props.get(TRANSACTION_BOUNDARY), error);
        }
    }

    fn sink<'c>(&self, get: impl Fn(&str) -> Option<&'c str>, infos: &mut ConfigInfos) {
        let group = self.group;
        if let Some(consumers) = get(OVERRIDDEN_GROUP) {
            if consumers == group {
                let message = format!("Consumer group {consumers} conflicts with Connect worker group {group}");
                add(infos, OVERRIDDEN_GROUP, Some(consumers), message);
            }
            return;
        }
        let name = get("name").unwrap_or_default();
        if format!("connect-{name}") == group {
            let message =
                format!("Consumer group for sink connector named {name} conflicts with Connect worker group {group}");
            add(infos, "name", Some(name), message);
        }
    }
}

/// What the connector has against writing exactly once.
fn why_not_exactly_once(connector: &dyn SourceConnector, props: &ConfigMap) -> Option<String> {
    match connector.exactly_once_support(props) {
        Ok(Some(ExactlyOnceSupport::Supported)) => None,
        Ok(Some(ExactlyOnceSupport::Unsupported)) => {
            Some("The connector does not support exactly-once semantics with the provided configuration.".to_owned())
        }
        Ok(None) => Some(
            "The connector does not implement the API required for preflight validation of exactly-once source support. \
             Please consult the documentation for the connector to determine whether it supports exactly-once semantics, \
             and then consider reconfiguring the connector to use the value \"requested\" for this property (which will \
             disable this preflight check and allow the connector to be created)."
                .to_owned(),
        ),
        Err(error) => Some(unexpected(&error, "exactly-once semantics")),
    }
}

/// What the connector has against shaping its transactions.
fn why_no_boundaries(connector: &dyn SourceConnector, props: &ConfigMap) -> Option<String> {
    match connector.can_define_transaction_boundaries(props) {
        Ok(true) => None,
        Ok(false) => Some(
            "The connector does not support connector-defined transaction boundaries with the given configuration. Please \
             reconfigure it to use a different transaction boundary definition."
                .to_owned(),
        ),
        Err(error) => Some(unexpected(&error, "defining its own transaction boundaries")),
    }
}

fn unexpected(error: &ConnectError, what: &str) -> String {
    tracing::error!("Failed while validating connector support for {what}\n{}", error.trace().trim_end());
    let said = error.message().map(str::trim).filter(|message| !message.is_empty());
    let details = said.map_or("; please see the worker logs for more details.".to_owned(), |said| format!(": {said}"));
    format!("An unexpected error occurred during validation{details}")
}

/// Whether nothing was found wrong with a key.
fn is_right(infos: &ConfigInfos, key: &str) -> bool {
    infos.configs.iter().all(|config| config.value.name != key || config.value.errors.is_empty())
}

fn add(infos: &mut ConfigInfos, key: &str, value: Option<impl AsRef<str>>, message: String) {
    infos.error_count += 1;
    if let Some(config) = infos.configs.iter_mut().find(|config| config.value.name == key) {
        config.value.errors.push(message);
        return;
    }
    let value = ConfigValueInfo {
        name: key.to_owned(),
        value: value.map(|value| value.as_ref().to_owned()),
        recommended_values: Vec::new(),
        errors: vec![message],
        visible: true,
    };
    infos.configs.push(ConfigInfo { definition: None, value });
}

#[cfg(test)]
mod tests {
    use aqueduct_api::{
        BoxFuture, Connector, ConnectorContext, SinkBatch, SinkConnector, SinkTask, SinkTaskContext, SourceTask,
        SourceTaskContext, StartedSource, ready,
    };
    use aqueduct_config::ConfigDef;

    use super::*;

    /// A connector that answers what its configuration says, and a task that never starts.
    struct Asked;

    impl Connector for Asked {
        fn config_def(&self) -> ConfigDef {
            ConfigDef::new()
        }

        fn start(&mut self, _: ConnectorContext, _: ConfigMap) -> BoxFuture<'_, Result<(), ConnectError>> {
            ready(Ok(()))
        }

        fn task_configs(&mut self, _: usize) -> BoxFuture<'_, Result<Vec<ConfigMap>, ConnectError>> {
            ready(Ok(Vec::new()))
        }

        fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
            ready(Ok(()))
        }
    }

    impl SourceConnector for Asked {
        fn exactly_once_support(&self, props: &ConfigMap) -> Result<Option<ExactlyOnceSupport>, ConnectError> {
            match props.get("answer").map(String::as_str) {
                Some("supported") => Ok(Some(ExactlyOnceSupport::Supported)),
                Some("unsupported") => Ok(Some(ExactlyOnceSupport::Unsupported)),
                Some(error) => Err(ConnectError::connect(error)),
                None => Ok(None),
            }
        }

        fn can_define_transaction_boundaries(&self, props: &ConfigMap) -> Result<bool, ConnectError> {
            match props.get("answer").map(String::as_str) {
                Some("error") => Err(ConnectError::connect("  ")),
                answer => Ok(answer == Some("supported")),
            }
        }
    }

    impl SinkConnector for Asked {}

    impl SourceTask for Asked {
        fn start(
            self: Box<Self>,
            _: SourceTaskContext,
            _: ConfigMap,
        ) -> BoxFuture<'static, Result<StartedSource, ConnectError>> {
            ready(Err(ConnectError::connect("never")))
        }
    }

    impl SinkTask for Asked {
        fn start(&mut self, _: SinkTaskContext, _: ConfigMap) -> BoxFuture<'_, Result<(), ConnectError>> {
            ready(Ok(()))
        }

        fn put(&mut self, _: SinkBatch) -> BoxFuture<'_, Result<(), ConnectError>> {
            ready(Ok(()))
        }

        fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
            ready(Ok(()))
        }
    }

    #[track_caller]
    fn errors(plugin: &Plugin, exactly_once: bool, config: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut config: BTreeMap<String, Option<String>> =
            config.iter().map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned()))).collect();
        config.insert(CONNECTOR_CLASS.to_owned(), Some("C".to_owned()));
        let mut infos = ConfigInfos { name: "C".to_owned(), error_count: 0, groups: Vec::new(), configs: Vec::new() };
        GroupChecks { group: "connect-cluster", plugin, exactly_once }.add(&config, &mut infos);
        let errors: Vec<(String, String)> = infos
            .configs
            .iter()
            .flat_map(|config| config.value.errors.iter().map(|error| (config.value.name.clone(), error.clone())))
            .collect();
        assert_eq!(infos.error_count, errors.len());
        errors
    }

    #[track_caller]
    fn check(plugin: &Plugin, exactly_once: bool, config: &[(&str, &str)], expect: &[(&str, &str)]) {
        let owned = |(key, error): &(&str, &str)| ((*key).to_owned(), (*error).to_owned());
        assert_eq!(errors(plugin, exactly_once, config), expect.iter().map(owned).collect::<Vec<_>>());
    }

    #[test]
    fn a_sink_must_not_share_the_group_of_the_workers() {
        let (sink, source) =
            (Plugin::sink("C", "T", "1", || Asked, || Asked), Plugin::source("C", "T", "1", || Asked, || Asked));
        check(&sink, false, &[("name", "other")], &[]);
        let by_name =
            "Consumer group for sink connector named cluster conflicts with Connect worker group connect-cluster";
        check(&sink, false, &[("name", "cluster")], &[("name", by_name)]);
        check(&sink, false, &[("name", "cluster"), (OVERRIDDEN_GROUP, "g")], &[]);
        let by_key = "Consumer group connect-cluster conflicts with Connect worker group connect-cluster";
        let overridden = [("name", "x"), (OVERRIDDEN_GROUP, "connect-cluster")];
        check(&sink, false, &overridden, &[(OVERRIDDEN_GROUP, by_key)]);
        check(&source, false, &[("name", "cluster")], &[]);
    }

    #[test]
    fn a_source_that_must_write_exactly_once_has_to_be_able_to() {
        let source = Plugin::source("C", "T", "1", || Asked, || Asked);
        let required = (EXACTLY_ONCE_SUPPORT, " Required ");
        let disabled = (EXACTLY_ONCE_SUPPORT, "This worker does not have exactly-once source support enabled.");
        check(&source, false, &[required, ("answer", "supported")], &[disabled]);
        check(&source, true, &[required, ("answer", "supported")], &[]);
        check(&source, true, &[(EXACTLY_ONCE_SUPPORT, "requested")], &[]);
        let unsupported = (
            EXACTLY_ONCE_SUPPORT,
            "The connector does not support exactly-once semantics with the provided configuration.",
        );
        check(&source, true, &[required, ("answer", "unsupported")], &[unsupported]);
        check(&source, false, &[required, ("answer", "unsupported")], &[disabled, unsupported]);
        let said = (EXACTLY_ONCE_SUPPORT, "An unexpected error occurred during validation: broken");
        check(&source, true, &[required, ("answer", " broken ")], &[said]);
        let silent = errors(&source, true, &[required]);
        assert!(
            silent[0].1.contains("(which will disable this preflight check and allow the connector to be created)")
        );
    }

    #[test]
    fn a_source_that_shapes_its_transactions_has_to_be_able_to() {
        let source = Plugin::source("C", "T", "1", || Asked, || Asked);
        let by_connector = (TRANSACTION_BOUNDARY, "CONNECTOR");
        check(&source, false, &[by_connector, ("answer", "supported")], &[]);
        check(&source, true, &[(TRANSACTION_BOUNDARY, "interval")], &[]);
        let cannot = "The connector does not support connector-defined transaction boundaries with the given \
                      configuration. Please reconfigure it to use a different transaction boundary definition.";
        check(&source, true, &[by_connector], &[(TRANSACTION_BOUNDARY, cannot)]);
        let broken = "An unexpected error occurred during validation; please see the worker logs for more details.";
        check(&source, true, &[by_connector, ("answer", "error")], &[(TRANSACTION_BOUNDARY, broken)]);
    }
}
