//! A runtime for tests: it runs one future at a time, answers stored offsets, and sleeps no longer than a moment.

#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses a part, and a test may panic")]

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use aqueduct_api::{
    BoxFuture, ConfigMap, ConnectError, ConnectorHost, Factory, OffsetReader, Plugin, SinkTask, SourceHost,
    SourcePoller, SourceRecord, SourceTask, SourceTaskContext, StartedSource, TransactionContext, ready,
};
use aqueduct_data::{Value, ValueMap};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future to its end on this thread; a future that is not ready for twenty seconds fails the test.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        assert!(Instant::now() < deadline, "the future hangs");
        thread::park_timeout(Duration::from_millis(100));
    }
}

/// The runtime of a source task.
#[derive(Default)]
pub(crate) struct Host {
    pub(crate) stored: Option<ValueMap>,
    pub(crate) sleeps: AtomicUsize,
}

struct Stored(Option<ValueMap>);

impl OffsetReader for Stored {
    fn offsets(&self, partitions: Vec<ValueMap>) -> BoxFuture<'_, Result<Vec<Option<ValueMap>>, ConnectError>> {
        ready(Ok(partitions.iter().map(|_| self.0.clone()).collect()))
    }
}

impl SourceHost for Host {
    fn config(&self) -> ConfigMap {
        ConfigMap::new()
    }

    fn offset_reader(&self) -> Arc<dyn OffsetReader> {
        Arc::new(Stored(self.stored.clone()))
    }

    fn transaction_context(&self) -> Option<TransactionContext> {
        None
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        assert_eq!(duration, Duration::from_secs(1));
        self.sleeps.fetch_add(1, Ordering::Relaxed);
        ready(())
    }

    fn stopping(&self) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }

    fn is_stopping(&self) -> bool {
        false
    }
}

pub(crate) fn config(pairs: &[(&str, &str)]) -> ConfigMap {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

pub(crate) fn plugin(end: &str) -> Plugin {
    aqueduct_connector_file::plugins().into_iter().find(|plugin| plugin.class.ends_with(end)).unwrap()
}

pub(crate) fn source_task() -> Box<dyn SourceTask> {
    let Factory::Source { task, .. } = plugin("SourceConnector").factory else { panic!("a source") };
    task()
}

pub(crate) fn sink_task() -> Box<dyn SinkTask> {
    let Factory::Sink { task, .. } = plugin("SinkConnector").factory else { panic!("a sink") };
    task()
}

/// A started source task.
pub(crate) struct Source {
    pub(crate) host: Arc<Host>,
    poller: Box<dyn SourcePoller>,
}

impl Source {
    pub(crate) fn start(pairs: &[(&str, &str)], stored: Option<ValueMap>) -> Result<Self, ConnectError> {
        let host = Arc::new(Host { stored, ..Host::default() });
        let context = SourceTaskContext::new(Arc::clone(&host) as Arc<dyn SourceHost>);
        let StartedSource { poller, .. } = block_on(source_task().start(context, config(pairs)))?;
        Ok(Self { host, poller })
    }

    pub(crate) fn poll(&mut self) -> Result<Option<Vec<SourceRecord>>, ConnectError> {
        block_on(self.poller.poll())
    }

    /// Polls until nothing comes.
    pub(crate) fn read(&mut self) -> Result<Vec<SourceRecord>, ConnectError> {
        let mut records = Vec::new();
        while let Some(batch) = self.poll()? {
            assert!(!batch.is_empty());
            records.extend(batch);
        }
        Ok(records)
    }

    /// Polls until there are so many lines.
    pub(crate) fn read_until(&mut self, count: usize) -> Vec<String> {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut records = Vec::new();
        while records.len() < count {
            assert!(Instant::now() < deadline, "only {} lines came", records.len());
            records.extend(self.poll().unwrap().into_iter().flatten());
            thread::yield_now();
        }
        texts(&records)
    }

    pub(crate) fn sleeps(&self) -> usize {
        self.host.sleeps.load(Ordering::Relaxed)
    }

    pub(crate) fn stop(mut self) {
        block_on(self.poller.stop()).unwrap();
    }
}

pub(crate) fn position(position: i64) -> Option<ValueMap> {
    Some(ValueMap::from_iter([("position", position)]))
}

pub(crate) fn texts(records: &[SourceRecord]) -> Vec<String> {
    records.iter().map(|record| record.record.value.value.as_str().unwrap().to_owned()).collect()
}

pub(crate) fn positions(records: &[SourceRecord]) -> Vec<i64> {
    records.iter().map(|record| record.source_offset.get_str("position").and_then(Value::as_i64).unwrap()).collect()
}

/// The runtime of a connector.
pub(crate) struct NoRuntime;

impl ConnectorHost for NoRuntime {
    fn request_task_reconfiguration(&self) -> Result<(), ConnectError> {
        Ok(())
    }

    fn raise_error(&self, error: ConnectError) -> Result<(), ConnectError> {
        Err(error)
    }

    fn offset_reader(&self) -> Option<Arc<dyn OffsetReader>> {
        None
    }
}
