//! A source and a sink that do what their configuration says: `mischief` names the call that goes wrong, `how` the way.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use aqueduct_api::{
    BoxFuture, ConfigMap, ConnectError, Connector, ConnectorContext, Plugin, Record, SinkBatch, SinkConnector,
    SinkTask, SinkTaskContext, SourceConnector, SourceControl, SourcePoller, SourceRecord, SourceTask,
    SourceTaskContext, StartedSource, ready,
};
use aqueduct_config::ConfigDef;
use aqueduct_data::{Schema, SchemaAndValue, ValueMap};

/// Lets everything go that blocks a thread.
pub(crate) static RELEASED: AtomicBool = AtomicBool::new(false);

/// How often a call has failed, by connector.
static FAILURES: LazyLock<Mutex<HashMap<String, u32>>> = LazyLock::new(Mutex::default);

pub(crate) fn plugins() -> Vec<Plugin> {
    vec![
        Plugin::source("test.MischiefSource", "test.MischiefSourceTask", "1", Mischief::default, || Source),
        Plugin::sink("test.MischiefSink", "test.MischiefSinkTask", "1", Mischief::default, Sink::default),
    ]
}

fn text<'a>(props: &'a ConfigMap, key: &str) -> &'a str {
    props.get(key).map(String::as_str).unwrap_or_default()
}

/// Does what is wanted at this call.
async fn at(call: &str, props: &ConfigMap) -> Result<(), ConnectError> {
    if text(props, "mischief") != call {
        return Ok(());
    }
    match text(props, "how") {
        "hang" => std::future::pending().await,
        "block" => {
            while !RELEASED.load(Ordering::Relaxed) {
                std::thread::park_timeout(Duration::from_millis(10));
            }
            Ok(())
        }
        "panic" => panic!("the plugin broke in {call}"),
        // So many times, then all is well.
        times => {
            let limit: u32 = times.parse().expect("a number");
            let mut failures = FAILURES.lock().unwrap();
            let failed = failures.entry(text(props, "name").to_owned()).or_default();
            *failed += 1;
            if *failed > limit { Ok(()) } else { Err(ConnectError::connect(format!("failure {failed}"))) }
        }
    }
}

#[derive(Default)]
struct Mischief(ConfigMap);

impl Connector for Mischief {
    fn config_def(&self) -> ConfigDef {
        ConfigDef::new()
    }

    fn start(&mut self, _context: ConnectorContext, props: ConfigMap) -> BoxFuture<'_, Result<(), ConnectError>> {
        self.0 = props;
        Box::pin(at("connector start", &self.0))
    }

    fn task_configs(&mut self, _max_tasks: usize) -> BoxFuture<'_, Result<Vec<ConfigMap>, ConnectError>> {
        let props = self.0.clone();
        Box::pin(async move { at("task configs", &props).await.map(|()| vec![props]) })
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(at("connector stop", &self.0))
    }
}

impl SourceConnector for Mischief {}

impl SinkConnector for Mischief {}

struct Source;

struct Control;

impl SourceControl for Control {}

impl SourceTask for Source {
    fn start(
        self: Box<Self>,
        context: SourceTaskContext,
        config: ConfigMap,
    ) -> BoxFuture<'static, Result<StartedSource, ConnectError>> {
        Box::pin(async move {
            at("start", &config).await?;
            let poller = Poller { context, config, polls: 0 };
            Ok(StartedSource { poller: Box::new(poller), control: Arc::new(Control) })
        })
    }
}

struct Poller {
    context: SourceTaskContext,
    config: ConfigMap,
    polls: u64,
}

impl Poller {
    /// `batch.records` of `record.bytes` each, until `batches` were read.
    fn batch(&mut self) -> Option<Vec<SourceRecord>> {
        let number = |key: &str| text(&self.config, key).parse::<u64>().unwrap_or(0);
        let (count, size, batches) = (number("batch.records"), number("record.bytes"), number("batches"));
        if self.polls >= batches {
            return None;
        }
        self.polls += 1;
        let value = "x".repeat(usize::try_from(size).unwrap());
        let topic = text(&self.config, "topic");
        let partition: Arc<ValueMap> = Arc::new([("p", "0")].into_iter().collect());
        let record = |n: u64| SourceRecord {
            source_partition: Arc::clone(&partition),
            source_offset: [("n", i64::try_from(n).unwrap())].into_iter().collect(),
            record: Record::new(topic, SchemaAndValue::new(Schema::string(), value.as_str())),
        };
        Some((0..count).map(record).collect())
    }
}

impl SourcePoller for Poller {
    fn poll(&mut self) -> BoxFuture<'_, Result<Option<Vec<SourceRecord>>, ConnectError>> {
        Box::pin(async move {
            at("poll", &self.config).await?;
            if let Some(batch) = self.batch() {
                return Ok(Some(batch));
            }
            self.context.sleep(Duration::from_millis(20)).await;
            Ok(None)
        })
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(at("stop", &self.config))
    }
}

#[derive(Default)]
struct Sink(ConfigMap);

impl SinkTask for Sink {
    fn start(&mut self, _context: SinkTaskContext, config: ConfigMap) -> BoxFuture<'_, Result<(), ConnectError>> {
        self.0 = config;
        Box::pin(at("start", &self.0))
    }

    fn put(&mut self, records: SinkBatch) -> BoxFuture<'_, Result<(), ConnectError>> {
        if records.is_empty() { ready(Ok(())) } else { Box::pin(at("put", &self.0)) }
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(at("stop", &self.0))
    }
}
