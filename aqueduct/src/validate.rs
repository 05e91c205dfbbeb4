//! `aqueduct validate`: checks connector files against the plugins, without a broker.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aqueduct_api::ConfigMap;
use aqueduct_herder::standalone::{StandaloneHerder, StatusKeeper};
use aqueduct_herder::{Herder, ServerInfo};
use aqueduct_kafka::{ProducerPool, ProducerSharing};
use aqueduct_storage::{MemoryOffsetStore, MemoryStatusStore};
use aqueduct_worker::Worker;

use crate::exit::Failure;
use crate::{connector_file, plugins, properties_file, worker_settings};

/// Checks the files and prints what is wrong with each.
pub(crate) fn run(worker: Option<&Path>, connectors: &[PathBuf]) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::start(format!("cannot start a runtime: {error}")))?;
    runtime.block_on(check(worker, connectors))
}

async fn check(worker_file: Option<&Path>, connectors: &[PathBuf]) -> Result<(), Failure> {
    let herder = herder(worker_file)?;
    let mut out = std::io::stdout();
    let mut wrong = 0;
    let mut print =
        |line: String| writeln!(out, "{line}").map_err(|error| Failure::answer(format!("cannot print: {error}")));
    for file in connectors {
        let problems = match connector_file::read(file) {
            Err(problem) => vec![problem],
            Ok(connector) => match herder.validate(connector.config).await {
                Err(error) => vec![error.message().to_owned()],
                Ok(infos) => infos.configs.into_iter().flat_map(|config| config.value.errors).collect(),
            },
        };
        if problems.is_empty() {
            print(format!("{}: ok", file.display()))?;
        } else {
            wrong += 1;
            for problem in problems {
                print(format!("{}: {problem}", file.display()))?;
            }
        }
    }
    if wrong == 0 { Ok(()) } else { Err(Failure::answer(format!("{wrong} of {} files are wrong", connectors.len()))) }
}

fn herder(worker_file: Option<&Path>) -> Result<StandaloneHerder, Failure> {
    let (file, props) = match worker_file {
        Some(file) => (file, properties_file::read(file, "the worker file").map_err(Failure::start)?),
        None => (Path::new("the default worker"), defaults()),
    };
    let plugins = Arc::new(plugins::of_worker(&props));
    let (props, variables) = worker_settings::resolve(file, &props, &plugins)?;
    let config = worker_settings::parse(file, &props, &plugins)?;
    let settings = worker_settings::settings(&config, &props, &plugins, String::new(), String::new(), variables)?;
    let status = Arc::new(MemoryStatusStore::default());
    let listener = Arc::new(StatusKeeper(Arc::clone(&status)));
    let runtime = tokio::runtime::Handle::current();
    let producers = ProducerPool::new(ProducerSharing::Equal, "");
    let offsets = Arc::new(MemoryOffsetStore::default());
    let worker = Worker::new(settings, plugins, offsets, listener, producers, runtime.clone());
    let info = ServerInfo { version: String::new(), commit: String::new(), kafka_cluster_id: String::new() };
    Ok(StandaloneHerder::new(worker, info, status, None, runtime))
}

/// A worker that says only what it must.
fn defaults() -> ConfigMap {
    [
        ("bootstrap.servers", "localhost:9092"),
        ("key.converter", "org.apache.kafka.connect.json.JsonConverter"),
        ("value.converter", "org.apache.kafka.connect.json.JsonConverter"),
        ("offset.storage.file.filename", "offsets"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into()
}
