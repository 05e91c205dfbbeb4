//! `connector_config.jsonl`: what a standalone worker answers to the check of a connector's configuration, and what the
//! configuration classes of sinks and sources take when a connector starts.
//!
//! The checks go through the real herder with every plugin that the binary has; it never reaches a broker.

use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::{Factory, PluginKind};
use aqueduct_config::connector_config::{
    PluginCatalogue, enrich, ensure_valid_topics, sink_def, source_def, topic_creation_def, uses_topic_creation,
};
use aqueduct_config::{ConfigError, Originals};
use aqueduct_herder::standalone::{StandaloneHerder, StatusKeeper};
use aqueduct_herder::{ConfigInfo, ConfigInfos, Herder, HerderError, ServerInfo};
use aqueduct_kafka::{ProducerPool, ProducerSharing};
use aqueduct_plugins::{Catalogue, Plugins, override_policies};
use aqueduct_storage::{MemoryOffsetStore, MemoryStatusStore};
use aqueduct_testkit::conformance::{Case, Failure, Json, NotCompared, Verdict};
use aqueduct_worker::{ConverterSettings, Worker, WorkerSettings};
use serde_json::json;

/// A worker that checks configurations.
pub(crate) struct Checker {
    runtime: tokio::runtime::Runtime,
    plugins: Arc<Plugins>,
    herder: StandaloneHerder,
}

impl Checker {
    /// The worker of the recording: JsonConverter for keys and values.
    pub(crate) fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().expect("a runtime");
        let tables = [
            aqueduct_connector_file::plugins(),
            aqueduct_connector_mirror::plugins(),
            aqueduct_json::plugins(),
            aqueduct_converters::plugins(),
            aqueduct_transforms::plugins(),
            override_policies(),
        ];
        let plugins = Arc::new(Plugins::new(tables.into_iter().flatten().collect()));
        let status = Arc::new(MemoryStatusStore::default());
        let worker = Worker::new(
            settings(&plugins),
            Arc::clone(&plugins),
            Arc::new(MemoryOffsetStore::default()),
            Arc::new(StatusKeeper(Arc::clone(&status))),
            ProducerPool::new(ProducerSharing::Equal, ""),
            runtime.handle().clone(),
        );
        let info = ServerInfo { version: String::new(), commit: String::new(), kafka_cluster_id: String::new() };
        let herder = StandaloneHerder::new(worker, info, status, None, runtime.handle().clone());
        Self { runtime, plugins, herder }
    }

    /// How a case compares.
    pub(crate) fn check(&self, case: &Case) -> Result<Verdict, NotCompared> {
        match case.op() {
            "validate" => {
                let got = self.runtime.block_on(self.herder.validate(case.config()?));
                let verdict =
                    case.check("result", got.map(|infos| answer(&infos, case)).map_err(|error| refusal(&error)))?;
                Ok(in_short(verdict))
            }
            "construct" => {
                let config: Originals = case.config()?.into_iter().collect();
                let source = case.class() == "SourceConnectorConfig";
                let got = self.construct(&config, source);
                case.check("result", got.map_err(|error| Failure::new(error.java_class(), error.message())))
            }
            op => panic!("unknown op {op}"),
        }
    }

    /// What Java's configuration classes do when a connector starts.
    fn construct(&self, config: &Originals, source: bool) -> Result<(), ConfigError> {
        if !source {
            ensure_valid_topics(config)?;
        }
        let catalogue = Catalogue::new(Arc::clone(&self.plugins));
        let plugins: Arc<dyn PluginCatalogue> = Arc::new(catalogue.clone());
        let base = if source { source_def() } else { sink_def() };
        base.parse_with(config, &catalogue)?;
        enrich(&base, config, &plugins, true)?.parse_with(config, &catalogue)?;
        if source && uses_topic_creation(config) {
            topic_creation_def(&base, config, &catalogue)?.parse_with(config, &catalogue)?;
        }
        Ok(())
    }
}

fn settings(plugins: &Plugins) -> WorkerSettings {
    let converter = |class: &str| ConverterSettings { class: class.to_owned(), props: Default::default() };
    let json = "org.apache.kafka.connect.json.JsonConverter";
    let policy = plugins.find(PluginKind::OverridePolicy, "All").expect("the policy is there");
    let Factory::OverridePolicy { configure } = &policy.factory else { panic!("{policy:?} is no override policy") };
    WorkerSettings {
        worker_id: String::new(),
        cluster_id: String::new(),
        originals: Default::default(),
        key_converter: converter(json),
        value_converter: converter(json),
        header_converter: converter("org.apache.kafka.connect.storage.SimpleHeaderConverter"),
        graceful_timeout: Duration::from_secs(5),
        flush_interval: Duration::from_secs(60),
        flush_timeout: Duration::from_secs(5),
        topic_creation: true,
        topic_tracking: true,
        override_policy: configure(&Default::default()).expect("the policy takes no configuration").into(),
        metrics_window: Default::default(),
        variables: Arc::default(),
    }
}

/// The exception inside what REST would answer.
fn refusal(error: &HerderError) -> Failure {
    let text = error.message();
    let text = text.strip_prefix("org.apache.kafka.connect.runtime.rest.errors.BadRequestException: ").unwrap_or(text);
    let text = text.strip_prefix("org.apache.kafka.connect.errors.ConnectException: ").unwrap_or(text);
    Failure::new("BadRequestException", text)
}

/// An answer in the form of the recording, which has definitions for some cases only.
fn answer(infos: &ConfigInfos, case: &Case) -> Json {
    let by_key = |of: &dyn Fn(&ConfigInfo) -> Option<Json>| -> Json {
        infos.configs.iter().filter_map(|info| Some((info.value.name.clone(), of(info)?))).collect()
    };
    let mut answer = json!({
        "name": infos.name,
        "error_count": infos.error_count,
        "groups": infos.groups,
        "errors": by_key(&|info| (!info.value.errors.is_empty()).then(|| json!(info.value.errors))),
        "values": by_key(&|info| Some(json!(info.value.value))),
        "invisible": infos.configs.iter().filter(|c| !c.value.visible).map(|c| c.value.name.clone()).collect::<Vec<_>>(),
    });
    if case.expected()["result"].get("definitions").is_some() {
        answer["definitions"] = infos.configs.iter().filter_map(definition).collect();
    }
    answer
}

fn definition(info: &ConfigInfo) -> Option<Json> {
    let key = info.definition.as_ref()?;
    Some(json!({
        "name": key.name,
        "type": key.r#type,
        "required": key.required,
        "default_value": key.default_value,
        "importance": key.importance,
        "group": key.group,
        "order_in_group": key.order,
        "width": key.width,
        "display_name": key.display_name,
        "dependents": key.dependents,
        "recommended_values": info.value.recommended_values,
    }))
}

/// Answers are long: what both sides have is left out of what people read.
fn in_short(verdict: Verdict) -> Verdict {
    let Verdict::Different { expected, got } = verdict else { return verdict };
    let (Ok(mut a), Ok(mut b)) = (serde_json::from_str::<Json>(&expected), serde_json::from_str::<Json>(&got)) else {
        return Verdict::Different { expected, got };
    };
    drop_equal(&mut a, &mut b);
    Verdict::Different { expected: a.to_string(), got: b.to_string() }
}

fn drop_equal(a: &mut Json, b: &mut Json) {
    match (a, b) {
        (Json::Object(a), Json::Object(b)) => {
            let names: Vec<String> = a.keys().filter(|name| b.contains_key(*name)).cloned().collect();
            for name in names {
                if a[&name] == b[&name] {
                    a.remove(&name);
                    b.remove(&name);
                } else {
                    drop_equal(&mut a[&name], &mut b[&name]);
                }
            }
        }
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
            for (a, b) in a.iter_mut().zip(b.iter_mut()) {
                if a == b {
                    (*a, *b) = (Json::Null, Json::Null);
                } else {
                    drop_equal(a, b);
                }
            }
            if a.iter().any(|item| !item.is_null()) {
                a.retain(|item| !item.is_null());
                b.retain(|item| !item.is_null());
            }
        }
        _ => {}
    }
}
