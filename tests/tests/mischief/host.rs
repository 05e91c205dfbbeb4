//! A worker in this process, with the plugins that misbehave beside the real ones.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aqueduct_api::{Factory, PluginKind};
use aqueduct_herder::standalone::{StandaloneHerder, StatusKeeper};
use aqueduct_herder::{ConnectorStatus, Herder, HerderError, NewConnector, ServerInfo};
use aqueduct_kafka::{ProducerPool, ProducerSharing};
use aqueduct_plugins::{Plugins, override_policies};
use aqueduct_storage::{MemoryOffsetStore, MemoryStatusStore};
use aqueduct_tests::{bootstrap, eventually, unique};
use aqueduct_worker::{ConverterSettings, Worker, WorkerSettings};

use crate::plugins;

/// How long tasks may take to stop here.
const GRACE: Duration = Duration::from_millis(500);

pub(crate) struct Host {
    pub(crate) control: tokio::runtime::Runtime,
    /// The runtime of the plugins; one that blocks for good keeps its thread.
    tasks: Option<tokio::runtime::Runtime>,
    pub(crate) herder: StandaloneHerder,
    pub(crate) metrics: aqueduct_metrics::Registry,
    /// Removed at the end.
    _folder: tempfile::TempDir,
    bystander: (String, PathBuf),
    lines: std::cell::Cell<i64>,
}

impl Host {
    /// A worker with a file source that has nothing to do with what comes.
    pub(crate) fn new() -> Self {
        aqueduct_worker::install_hook();
        let runtime =
            |threads| tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build().unwrap();
        let (control, tasks) = (runtime(1), runtime(2));
        let tables = [plugins::plugins(), aqueduct_connector_file::plugins(), aqueduct_converters::plugins()];
        let plugins = tables.into_iter().flatten().chain(override_policies()).collect();
        let plugins = Arc::new(Plugins::new(plugins));
        let status = Arc::new(MemoryStatusStore::default());
        let worker = Worker::new(
            settings(&plugins),
            plugins,
            Arc::new(MemoryOffsetStore::default()),
            Arc::new(StatusKeeper(Arc::clone(&status))),
            ProducerPool::new(ProducerSharing::Equal, "mischief"),
            tasks.handle().clone(),
        );
        let metrics = worker.metrics().clone();
        let info = ServerInfo { version: String::new(), commit: String::new(), kafka_cluster_id: String::new() };
        let herder = StandaloneHerder::new(worker, info, status, None, control.handle().clone());
        let folder = tempfile::tempdir().unwrap();
        let (name, file) = (unique("bystander"), folder.path().join("bystander.txt"));
        let bystander = (name.clone(), file.clone());
        let host = Self {
            control,
            tasks: Some(tasks),
            herder,
            metrics,
            _folder: folder,
            bystander,
            lines: std::cell::Cell::new(0),
        };
        std::fs::write(&file, "").unwrap();
        let file = file.display().to_string();
        host.create(&name, &[("connector.class", "FileStreamSource"), ("file", &file), ("topic", &name)]).unwrap();
        host.bystander_goes_on();
        host
    }

    pub(crate) fn create(&self, name: &str, props: &[(&str, &str)]) -> Result<(), HerderError> {
        self.control.block_on(self.herder.put_connector(new(name, props))).map(drop)
    }

    /// Creates a connector without waiting for the answer, which may never come.
    pub(crate) fn begin_to_create(&self, name: &str, props: &[(&str, &str)]) {
        let (herder, connector) = (self.herder.clone(), new(name, props));
        self.control.spawn(async move { herder.put_connector(connector).await.map(drop) });
    }

    pub(crate) fn status(&self, name: &str) -> Option<ConnectorStatus> {
        self.control.block_on(self.herder.connector_status(name)).ok()
    }

    /// Waits for the state of a connector's task, and answers its trace.
    pub(crate) fn task_is(&self, name: &str, state: &str) -> String {
        eventually(&format!("the task of {name} is {state}"), || {
            let task = self.status(name)?.tasks.first()?.status.clone();
            (task.state == state).then(|| task.trace.unwrap_or_default())
        })
    }

    /// A line more in the bystander's file is read, sent and its offset stored.
    pub(crate) fn bystander_goes_on(&self) {
        let (name, file) = &self.bystander;
        let lines = self.lines.get() + 1;
        self.lines.set(lines);
        let mut file = std::fs::OpenOptions::new().append(true).open(file).unwrap();
        file.write_all(b"another line\n").unwrap();
        let expect = lines * "another line\n".len() as i64;
        eventually("the bystander stores the offset of its line", || {
            let offsets = self.control.block_on(self.herder.offsets(name)).ok()?;
            let position = offsets.first()?.offset.as_ref()?.get_str("position")?.as_i64()?;
            (position == expect).then_some(())
        });
    }

    pub(crate) fn delete(&self, name: &str) {
        self.control.block_on(self.herder.delete_connector(name)).unwrap();
        assert_eq!(self.status(name), None);
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.control.block_on(self.herder.stop());
        if let Some(tasks) = self.tasks.take() {
            tasks.shutdown_background();
        }
    }
}

fn new(name: &str, props: &[(&str, &str)]) -> NewConnector {
    let given = [("name", name)].into_iter().chain(props.iter().copied());
    let config = given.map(|(key, value)| (key.to_owned(), Some(value.to_owned()))).collect();
    NewConnector { name: name.to_owned(), config, initial_state: None, replace: false }
}

fn settings(plugins: &Plugins) -> WorkerSettings {
    let converter = |class: &str| ConverterSettings {
        class: format!("org.apache.kafka.connect.storage.{class}"),
        props: Default::default(),
    };
    let policy = plugins.find(PluginKind::OverridePolicy, "All").unwrap();
    let Factory::OverridePolicy { configure } = &policy.factory else { panic!("{policy:?} is no override policy") };
    WorkerSettings {
        worker_id: "here:0".into(),
        cluster_id: String::new(),
        originals: [("bootstrap.servers".to_owned(), bootstrap())].into(),
        key_converter: converter("StringConverter"),
        value_converter: converter("StringConverter"),
        header_converter: converter("SimpleHeaderConverter"),
        graceful_timeout: GRACE,
        flush_interval: Duration::from_millis(100),
        flush_timeout: Duration::from_secs(5),
        topic_creation: true,
        topic_tracking: true,
        override_policy: configure(&Default::default()).unwrap().into(),
        metrics_window: Default::default(),
        variables: Arc::default(),
    }
}
