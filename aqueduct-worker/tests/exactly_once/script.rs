//! A source task that does what the test says, and notes what it is told.

use std::sync::Arc;

use aqueduct_api::{
    BoxFuture, ConfigMap, ConnectError, Connector, ConnectorContext, Plugin, Record, RecordMetadata, SourceConnector,
    SourceControl, SourcePoller, SourceRecord, SourceTask, SourceTaskContext, StartedSource, TransactionContext, ready,
};
use aqueduct_config::ConfigDef;
use aqueduct_data::SchemaAndValue;
use parking_lot::Mutex;
use tokio::sync::mpsc;

type Ask = fn(&TransactionContext, &[SourceRecord]);

/// What one poll answers.
pub(crate) struct Step {
    pub(crate) records: Vec<SourceRecord>,
    /// What the task asks of its transactions before it answers.
    pub(crate) ask: Option<Ask>,
}

impl Step {
    /// Records of these values; their offsets go on from those before.
    pub(crate) fn of<V: Into<String>>(values: impl IntoIterator<Item = V>) -> Self {
        Self { records: values.into_iter().map(|value| record("t", &value.into(), 0)).collect(), ask: None }
    }

    pub(crate) fn asking(mut self, ask: Ask) -> Self {
        self.ask = Some(ask);
        self
    }
}

pub(crate) fn record(topic: &str, value: &str, offset: i64) -> SourceRecord {
    let value = SchemaAndValue::schemaless(value);
    SourceRecord {
        source_partition: Arc::new([("p", "all")].into_iter().collect()),
        source_offset: [("o", offset)].into_iter().collect(),
        record: Record { partition: Some(0), ..Record::new(topic, value) },
    }
}

/// What the test and the task share.
pub(crate) struct Script {
    steps: mpsc::UnboundedSender<Step>,
    waiting: Mutex<Option<mpsc::UnboundedReceiver<Step>>>,
    told: Mutex<Vec<String>>,
    next: Mutex<i64>,
}

impl Script {
    pub(crate) fn new() -> Arc<Self> {
        let (steps, waiting) = mpsc::unbounded_channel();
        Arc::new(Self { steps, waiting: Mutex::new(Some(waiting)), told: Mutex::default(), next: Mutex::new(0) })
    }

    pub(crate) fn step(&self, mut step: Step) {
        for record in &mut step.records {
            let mut next = self.next.lock();
            *next += 1;
            record.source_offset = [("o", *next)].into_iter().collect();
        }
        self.steps.send(step).unwrap();
    }

    /// What the task was told, in order.
    pub(crate) fn told(&self) -> Vec<String> {
        self.told.lock().clone()
    }

    pub(crate) fn started(&self) -> bool {
        self.waiting.lock().is_none()
    }

    pub(crate) fn plugin(self: &Arc<Self>) -> Plugin {
        let script = Arc::clone(self);
        Plugin::source("test.Scripted", "test.ScriptedTask", "1", || Scripted, move || Task(Arc::clone(&script)))
    }
}

struct Scripted;

impl Connector for Scripted {
    fn config_def(&self) -> ConfigDef {
        ConfigDef::new()
    }

    fn start(&mut self, _: ConnectorContext, _: ConfigMap) -> BoxFuture<'_, Result<(), ConnectError>> {
        ready(Ok(()))
    }

    fn task_configs(&mut self, _: usize) -> BoxFuture<'_, Result<Vec<ConfigMap>, ConnectError>> {
        ready(Ok(vec![ConfigMap::new()]))
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
        ready(Ok(()))
    }
}

impl SourceConnector for Scripted {}

struct Task(Arc<Script>);

impl SourceTask for Task {
    fn start(
        self: Box<Self>,
        context: SourceTaskContext,
        _: ConfigMap,
    ) -> BoxFuture<'static, Result<StartedSource, ConnectError>> {
        let steps = self.0.waiting.lock().take().unwrap();
        let poller = Box::new(Poller { steps, transactions: context.transaction_context() });
        ready(Ok(StartedSource { poller, control: Arc::new(Control(self.0)) }))
    }
}

struct Poller {
    steps: mpsc::UnboundedReceiver<Step>,
    transactions: Option<TransactionContext>,
}

impl SourcePoller for Poller {
    fn poll(&mut self) -> BoxFuture<'_, Result<Option<Vec<SourceRecord>>, ConnectError>> {
        Box::pin(async move {
            let Some(step) = self.steps.recv().await else { return std::future::pending().await };
            if let Some((ask, context)) = step.ask.zip(self.transactions.as_ref()) {
                ask(context, &step.records);
            }
            Ok(Some(step.records))
        })
    }
}

struct Control(Arc<Script>);

impl SourceControl for Control {
    fn commit(&self) -> BoxFuture<'_, Result<(), ConnectError>> {
        self.0.told.lock().push("commit".to_owned());
        ready(Ok(()))
    }

    fn wants_commit_record(&self) -> bool {
        true
    }

    fn commit_record(&self, _: &SourceRecord, metadata: Option<&RecordMetadata>) -> Result<(), ConnectError> {
        let landed = metadata.and_then(|metadata| Some(format!("{}@{}", metadata.topic, metadata.offset?)));
        self.0.told.lock().push(landed.unwrap_or_else(|| "dropped".to_owned()));
        Ok(())
    }
}
