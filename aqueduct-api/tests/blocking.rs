//! Tasks that block, on their threads.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use aqueduct_api::blocking::{BlockingSink, BlockingSinkTask, BlockingSource, BlockingSourceTask, sleep, wait};
use aqueduct_api::data::{SchemaAndValue, ValueMap};
use aqueduct_api::{
    BoxFuture, ConfigMap, ConnectError, ErrorKind, OffsetReader, Record, SinkBatch, SinkOffsets, SinkTask,
    SinkTaskContext, SourceHost, SourceRecord, SourceTask, SourceTaskContext, StartedSource, TopicPartition,
    TransactionContext, ready,
};

#[derive(Default)]
struct Host(AtomicBool);

impl OffsetReader for Host {
    fn offsets(&self, partitions: Vec<ValueMap>) -> BoxFuture<'_, Result<Vec<Option<ValueMap>>, ConnectError>> {
        ready(Ok(partitions.into_iter().map(Some).collect()))
    }
}

impl SourceHost for Host {
    fn config(&self) -> ConfigMap {
        ConfigMap::new()
    }

    fn offset_reader(&self) -> Arc<dyn OffsetReader> {
        Arc::new(Host::default())
    }

    fn transaction_context(&self) -> Option<TransactionContext> {
        None
    }

    fn sleep(&self, _duration: Duration) -> BoxFuture<'static, ()> {
        ready(())
    }

    fn stopping(&self) -> BoxFuture<'static, ()> {
        if self.is_stopping() { ready(()) } else { Box::pin(std::future::pending()) }
    }

    fn is_stopping(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What the task did, in order, and on which thread.
type Log = Arc<Mutex<Vec<(&'static str, thread::ThreadId)>>>;

/// What a poll is to do.
enum Do {
    Answer,
    Panic,
    Fail(ConnectError),
}

struct Task {
    log: Log,
    todo: mpsc::Receiver<Do>,
    fail_start: bool,
}

impl Task {
    fn note(&self, what: &'static str) {
        self.log.lock().unwrap().push((what, thread::current().id()));
    }
}

impl BlockingSourceTask for Task {
    fn start(&mut self, context: &SourceTaskContext, _config: &ConfigMap) -> Result<(), ConnectError> {
        self.note("start");
        assert!(wait(context.offset(ValueMap::new()))?.is_some());
        if self.fail_start { Err(ConnectError::connect("no")) } else { Ok(()) }
    }

    fn poll(&mut self) -> Result<Option<Vec<SourceRecord>>, ConnectError> {
        self.note("poll");
        match self.todo.recv().unwrap() {
            Do::Answer => Ok(Some(vec![SourceRecord {
                source_partition: Arc::default(),
                source_offset: ValueMap::new(),
                record: Record::new("t", SchemaAndValue::NULL),
            }])),
            Do::Panic => panic!("the task broke"),
            Do::Fail(error) => Err(error),
        }
    }

    fn stop(&mut self) {
        self.note("stop");
    }

    fn commit(&mut self) -> Result<(), ConnectError> {
        self.note("commit");
        Err(ConnectError::connect("is only logged"))
    }
}

fn task(fail_start: bool) -> (Box<BlockingSource<Task>>, Log, mpsc::Sender<Do>) {
    let (log, (steps, todo)) = (Log::default(), mpsc::channel());
    (Box::new(BlockingSource(Task { log: Arc::clone(&log), todo, fail_start })), log, steps)
}

fn context() -> SourceTaskContext {
    SourceTaskContext::new(Arc::new(Host::default()))
}

fn started() -> (StartedSource, Log, mpsc::Sender<Do>) {
    let (task, log, steps) = task(false);
    (wait(task.start(context(), ConfigMap::new())).unwrap(), log, steps)
}

fn calls(log: &Log) -> Vec<&'static str> {
    log.lock().unwrap().iter().map(|(what, _)| *what).collect()
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < deadline, "never happened: {what}");
        thread::yield_now();
    }
}

#[test]
fn every_call_is_made_on_one_thread_that_is_not_the_callers() {
    let (mut source, log, steps) = started();
    steps.send(Do::Answer).unwrap();
    assert_eq!(wait(source.poller.poll()).unwrap().unwrap().len(), 1);
    wait(source.control.commit()).unwrap();
    wait(source.control.commit()).unwrap();
    steps.send(Do::Answer).unwrap();
    wait(source.poller.poll()).unwrap();
    wait(source.poller.stop()).unwrap();
    wait(source.poller.stop()).unwrap();
    assert_eq!(calls(&log), ["start", "poll", "commit", "poll", "stop"]);
    let threads: Vec<_> = log.lock().unwrap().iter().map(|(_, thread)| *thread).collect();
    assert!(threads.iter().all(|thread| *thread == threads[0] && *thread != thread::current().id()));
}

#[test]
fn a_poll_that_blocks_leaves_the_caller_free_and_loses_nothing_when_it_is_dropped() {
    let (mut source, log, steps) = started();
    {
        let mut poll = source.poller.poll();
        assert!(poll.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    steps.send(Do::Answer).unwrap();
    assert_eq!(wait(source.poller.poll()).unwrap().unwrap().len(), 1);
    assert_eq!(calls(&log), ["start", "poll"]);
}

#[test]
fn stop_waits_for_the_poll_that_is_under_way() {
    let (mut source, log, steps) = started();
    assert!(source.poller.poll().as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let mut stop = source.poller.stop();
    assert_eq!(stop.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending);
    steps.send(Do::Answer).unwrap();
    wait(stop).unwrap();
    assert_eq!(calls(&log), ["start", "poll", "stop"]);
    assert_eq!(wait(source.poller.poll()).unwrap_err().kind(), ErrorKind::IllegalState);
}

#[test]
fn errors_and_panics_reach_the_caller() {
    let (mut source, log, steps) = started();
    steps.send(Do::Fail(ConnectError::retriable("later"))).unwrap();
    assert!(wait(source.poller.poll()).unwrap_err().is_retriable());
    steps.send(Do::Panic).unwrap();
    let error = wait(source.poller.poll()).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Panic, Some("panic: the task broke")));
    wait(source.poller.stop()).unwrap();
    assert_eq!(calls(&log), ["start", "poll", "poll", "stop"]);
}

#[test]
fn a_task_that_could_not_start_or_was_given_up_is_stopped() {
    let (task, log, _steps) = task(true);
    let error = wait(task.start(context(), ConfigMap::new())).err().unwrap();
    assert_eq!(error.message(), Some("no"));
    eventually("stop after a failed start", || calls(&log) == ["start", "stop"]);

    let (source, log, _steps) = started();
    drop(source);
    eventually("stop after a drop", || calls(&log) == ["start", "stop"]);
}

#[test]
fn a_sleep_ends_when_the_task_is_to_stop() {
    let host = Arc::new(Host::default());
    let context = SourceTaskContext::new(Arc::clone(&host) as Arc<dyn SourceHost>);
    assert!(sleep(&context, Duration::from_millis(1)));
    host.0.store(true, Ordering::Relaxed);
    assert!(!sleep(&context, Duration::from_secs(1000)));
}

struct Sink(Arc<Mutex<Vec<String>>>);

impl Sink {
    fn note(&self, what: impl Into<String>) -> Result<(), ConnectError> {
        self.0.lock().unwrap().push(what.into());
        Ok(())
    }
}

impl BlockingSinkTask for Sink {
    fn start(&mut self, _context: &SinkTaskContext, config: &ConfigMap) -> Result<(), ConnectError> {
        self.note(format!("start {config:?}"))
    }

    fn open(&mut self, partitions: &[TopicPartition]) -> Result<(), ConnectError> {
        self.note(format!("open {}", partitions[0]))
    }

    fn put(&mut self, records: &SinkBatch) -> Result<(), ConnectError> {
        assert!(records.is_empty(), "no records in this test");
        self.note("put")
    }

    fn flush(&mut self, offsets: &SinkOffsets) -> Result<(), ConnectError> {
        self.note(format!("flush {}", offsets.len()))
    }

    fn close(&mut self, partitions: &[TopicPartition]) -> Result<(), ConnectError> {
        self.note(format!("close {}", partitions[0]))?;
        panic!("while closing {}", partitions[0])
    }

    fn stop(&mut self) {
        self.0.lock().unwrap().push("stop".to_owned());
    }
}

#[test]
fn a_sink_is_called_in_order() {
    let log = Arc::default();
    let mut sink = BlockingSink::new(Sink(Arc::clone(&log)));
    let partition = TopicPartition::new("t", 1);
    let offsets = SinkOffsets::from([(partition.clone(), 7)]);
    wait(sink.start(SinkTaskContext::default(), ConfigMap::new())).unwrap();
    wait(sink.open(vec![partition.clone()])).unwrap();
    wait(sink.put(Arc::default())).unwrap();
    assert_eq!(wait(sink.pre_commit(offsets.clone())).unwrap(), offsets);
    let error = wait(sink.close(vec![partition.clone()])).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Panic, Some("panic: while closing t-1")));
    wait(sink.stop()).unwrap();
    assert_eq!(wait(sink.put(Arc::default())).unwrap_err().kind(), ErrorKind::IllegalState);
    assert_eq!(*log.lock().unwrap(), ["start {}", "open t-1", "put", "flush 1", "close t-1", "stop"]);
}

#[test]
fn a_sink_that_never_started_is_stopped_all_the_same() {
    let log = Arc::default();
    let mut sink = BlockingSink::new(Sink(Arc::clone(&log)));
    wait(sink.stop()).unwrap();
    assert_eq!(*log.lock().unwrap(), ["stop"]);
}
