//! Adaptors for tasks that block: each gets a thread of its own.
//!
//! Most client libraries block: they read, write and wait on the thread that calls them. A [`BlockingSourceTask`] or
//! [`BlockingSinkTask`] may do so, because every call to it is made on one thread that belongs to it alone, one call
//! after the other. [`Plugin::blocking_source`] and [`Plugin::blocking_sink`] make plugins of such tasks:
//!
//! ```
//! use std::time::Duration;
//!
//! use aqueduct_api::blocking::{BlockingSourceTask, sleep};
//! use aqueduct_api::{ConfigMap, ConnectError, SourceRecord, SourceTaskContext};
//!
//! /// Waits for calls on some device, which only its vendor's blocking library can do.
//! struct Doorbell {
//!     context: Option<SourceTaskContext>,
//! }
//!
//! impl BlockingSourceTask for Doorbell {
//!     fn start(&mut self, context: &SourceTaskContext, _config: &ConfigMap) -> Result<(), ConnectError> {
//!         self.context = Some(context.clone());
//!         Ok(())
//!     }
//!
//!     fn poll(&mut self) -> Result<Option<Vec<SourceRecord>>, ConnectError> {
//!         // Here it would wait for the device, a second at a time, so that it sees that it is to stop.
//!         if let Some(context) = &self.context {
//!             sleep(context, Duration::from_secs(1));
//!         }
//!         Ok(None)
//!     }
//!
//!     fn stop(&mut self) {}
//! }
//! ```
//!
//! A thread cannot be stopped from outside. A `poll` or `put` that blocks while the task is to stop is waited for as
//! long as `task.shutdown.graceful.timeout.ms` says; then the runtime gives the task up, and its thread ends after the
//! call. A panic on the thread fails the call with an error of kind [`ErrorKind::Panic`].

use std::any::Any;
use std::borrow::Cow;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use futures_channel::oneshot;

use crate::{
    BoxFuture, ConfigMap, ConnectError, ErrorKind, Plugin, SinkBatch, SinkConnector, SinkOffsets, SinkTask,
    SinkTaskContext, SourceConnector, SourceControl, SourcePoller, SourceRecord, SourceTask, SourceTaskContext,
    StartedSource, TopicPartition, ready,
};

/// A source task that may block; see [`SourceTask`] and [`SourcePoller`] for what each call means.
pub trait BlockingSourceTask: Send + 'static {
    /// Opens the source and finds the place to go on from.
    ///
    /// # Errors
    /// Fails the task.
    fn start(&mut self, context: &SourceTaskContext, config: &ConfigMap) -> Result<(), ConnectError>;

    /// Waits for records and answers them; `None` when there are none at the moment. It should return every few
    /// seconds, and soon when [`SourceTaskContext::is_stopping`] answers true.
    ///
    /// # Errors
    /// A retriable error is logged and `poll` is called again; any other fails the task.
    fn poll(&mut self) -> Result<Option<Vec<SourceRecord>>, ConnectError>;

    /// Closes the source. Called once, after the last `poll` has returned, also when `start` or `poll` failed.
    fn stop(&mut self);

    /// Offsets were committed: everything that was acknowledged before is safe in Kafka. Called between two polls.
    /// Several commits during one long poll are one call.
    ///
    /// # Errors
    /// Are logged.
    fn commit(&mut self) -> Result<(), ConnectError> {
        Ok(())
    }
}

/// A sink task that may block; see [`SinkTask`] for what each call means.
pub trait BlockingSinkTask: Send + 'static {
    /// Opens the destination.
    ///
    /// # Errors
    /// Fails the task.
    fn start(&mut self, context: &SinkTaskContext, config: &ConfigMap) -> Result<(), ConnectError>;

    /// The task was given these partitions, beside those that it has.
    ///
    /// # Errors
    /// Fails the task.
    fn open(&mut self, _partitions: &[TopicPartition]) -> Result<(), ConnectError> {
        Ok(())
    }

    /// Takes a batch: writes it, or buffers it until [`BlockingSinkTask::flush`].
    ///
    /// # Errors
    /// After a retriable error the same batch is put again later. Any other error fails the task.
    fn put(&mut self, records: &SinkBatch) -> Result<(), ConnectError>;

    /// Pushes everything that was put to the destination and waits until it is safe there.
    ///
    /// # Errors
    /// The offsets are not committed, and the records since the last commit are delivered again.
    fn flush(&mut self, _offsets: &SinkOffsets) -> Result<(), ConnectError> {
        Ok(())
    }

    /// Called when offsets are due; answers those that are safe to commit. The default flushes and answers all.
    ///
    /// # Errors
    /// As [`BlockingSinkTask::flush`].
    fn pre_commit(&mut self, offsets: SinkOffsets) -> Result<SinkOffsets, ConnectError> {
        self.flush(&offsets).map(|()| offsets)
    }

    /// The task loses these partitions.
    ///
    /// # Errors
    /// Fails the task.
    fn close(&mut self, _partitions: &[TopicPartition]) -> Result<(), ConnectError> {
        Ok(())
    }

    /// Closes the destination. Called once, also after an error.
    fn stop(&mut self);
}

impl Plugin {
    /// A source connector whose tasks block; as [`Plugin::source`].
    pub fn blocking_source<C: SourceConnector + 'static, T: BlockingSourceTask>(
        class: impl Into<Cow<'static, str>>,
        task_class: impl Into<Cow<'static, str>>,
        version: impl Into<Cow<'static, str>>,
        connector: impl Fn() -> C + Send + Sync + 'static,
        task: impl Fn() -> T + Send + Sync + 'static,
    ) -> Self {
        Self::source(class, task_class, version, connector, move || BlockingSource(task()))
    }

    /// A sink connector whose tasks block; as [`Plugin::sink`].
    pub fn blocking_sink<C: SinkConnector + 'static, T: BlockingSinkTask>(
        class: impl Into<Cow<'static, str>>,
        task_class: impl Into<Cow<'static, str>>,
        version: impl Into<Cow<'static, str>>,
        connector: impl Fn() -> C + Send + Sync + 'static,
        task: impl Fn() -> T + Send + Sync + 'static,
    ) -> Self {
        Self::sink(class, task_class, version, connector, move || BlockingSink::new(task()))
    }
}

/// Waits on this thread for what the runtime answers: `wait(context.offset(partition))`. Only for the threads of
/// blocking tasks.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        thread::park();
    }
}

/// Waits on this thread for a while, or until the task is to stop: then it answers false. For sources that have nothing
/// to wait for but time.
pub fn sleep(context: &SourceTaskContext, duration: Duration) -> bool {
    let deadline = Instant::now() + duration;
    let mut stopping = context.stopping();
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        if stopping.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            return false;
        }
        let rest = deadline.saturating_duration_since(Instant::now());
        if rest.is_zero() {
            return true;
        }
        thread::park_timeout(rest);
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// A [`SourceTask`] around one that blocks.
#[derive(Debug)]
pub struct BlockingSource<T>(pub T);

impl<T: BlockingSourceTask> SourceTask for BlockingSource<T> {
    fn start(
        self: Box<Self>,
        context: SourceTaskContext,
        config: ConfigMap,
    ) -> BoxFuture<'static, Result<StartedSource, ConnectError>> {
        Box::pin(async move {
            let thread = TaskThread::spawn("source-task", self.0, T::stop)?;
            // When this fails, the thread is dropped: it stops the task and ends.
            thread.call(move |task| task.start(&context, &config)).await?;
            let commit_due = Arc::new(CommitDue::default());
            let poller = BlockingPoller { thread, commit_due: Arc::clone(&commit_due), pending: None };
            Ok(StartedSource { poller: Box::new(poller), control: commit_due })
        })
    }
}

/// Notes commits for the thread. The runtime does not wait for them, because a poll may take long.
#[derive(Default)]
struct CommitDue(AtomicBool);

impl SourceControl for CommitDue {
    fn commit(&self) -> BoxFuture<'_, Result<(), ConnectError>> {
        self.0.store(true, Ordering::Release);
        ready(Ok(()))
    }
}

fn log_failed_commit(outcome: Result<(), ConnectError>) {
    if let Err(error) = outcome {
        tracing::warn!("The task could not take note of a commit: {}", error.trace().trim_end());
    }
}

struct BlockingPoller<T> {
    thread: TaskThread<T>,
    commit_due: Arc<CommitDue>,
    /// The answer of a poll whose future was dropped: the next poll gives it, so no record is lost.
    pending: Option<Answer<Option<Vec<SourceRecord>>>>,
}

impl<T: BlockingSourceTask> SourcePoller for BlockingPoller<T> {
    fn poll(&mut self) -> BoxFuture<'_, Result<Option<Vec<SourceRecord>>, ConnectError>> {
        Box::pin(async move {
            let pending = self.pending.get_or_insert_with(|| {
                let commit_due = Arc::clone(&self.commit_due);
                self.thread.ask(move |task| {
                    if commit_due.0.swap(false, Ordering::Acquire) {
                        log_failed_commit(task.commit());
                    }
                    task.poll()
                })
            });
            let answer = answer(pending).await;
            self.pending = None;
            answer
        })
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
        self.pending = None;
        self.thread.stop()
    }
}

/// A [`SinkTask`] around one that blocks.
pub struct BlockingSink<T> {
    /// The task, until the first call moves it to its thread.
    task: Option<T>,
    thread: Option<TaskThread<T>>,
}

impl<T: BlockingSinkTask> BlockingSink<T> {
    /// Wraps a task.
    pub fn new(task: T) -> Self {
        Self { task: Some(task), thread: None }
    }

    fn call<R: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut T) -> Result<R, ConnectError> + Send + 'static,
    ) -> BoxFuture<'_, Result<R, ConnectError>> {
        if let Some(task) = self.task.take() {
            match TaskThread::spawn("sink-task", task, T::stop) {
                Ok(thread) => self.thread = Some(thread),
                Err(error) => return ready(Err(error)),
            }
        }
        match &self.thread {
            Some(thread) => thread.call(work),
            None => ready(Err(gone())),
        }
    }
}

impl<T: BlockingSinkTask> SinkTask for BlockingSink<T> {
    fn start(&mut self, context: SinkTaskContext, config: ConfigMap) -> BoxFuture<'_, Result<(), ConnectError>> {
        self.call(move |task| task.start(&context, &config))
    }

    fn open(&mut self, partitions: Vec<TopicPartition>) -> BoxFuture<'_, Result<(), ConnectError>> {
        self.call(move |task| task.open(&partitions))
    }

    fn put(&mut self, records: SinkBatch) -> BoxFuture<'_, Result<(), ConnectError>> {
        self.call(move |task| task.put(&records))
    }

    fn flush(&mut self, offsets: SinkOffsets) -> BoxFuture<'_, Result<(), ConnectError>> {
        self.call(move |task| task.flush(&offsets))
    }

    fn pre_commit(&mut self, offsets: SinkOffsets) -> BoxFuture<'_, Result<SinkOffsets, ConnectError>> {
        self.call(move |task| task.pre_commit(offsets))
    }

    fn close(&mut self, partitions: Vec<TopicPartition>) -> BoxFuture<'_, Result<(), ConnectError>> {
        self.call(move |task| task.close(&partitions))
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(async move {
            if self.task.is_some() {
                // It was never started; its thread is made all the same, because stopping may block, too.
                self.call(|_| Ok(())).await?;
            }
            match &mut self.thread {
                Some(thread) => thread.stop().await,
                None => Ok(()),
            }
        })
    }
}

type Work<T> = Box<dyn FnOnce(&mut T) + Send>;
type Answer<R> = oneshot::Receiver<Result<R, ConnectError>>;

/// A thread that owns a task and does what it is asked to, in order. When nobody can ask any more, it stops the task,
/// unless that was done.
struct TaskThread<T> {
    work: Option<mpsc::Sender<Work<T>>>,
    stopped: oneshot::Receiver<Result<(), ConnectError>>,
}

impl<T: Send + 'static> TaskThread<T> {
    fn spawn(name: &str, mut task: T, stop: fn(&mut T)) -> Result<Self, ConnectError> {
        let (work, todo) = mpsc::channel::<Work<T>>();
        let (stopping, stopped) = oneshot::channel();
        let span = tracing::Span::current();
        let run = move || {
            let _context = span.enter();
            for work in todo {
                work(&mut task);
            }
            let outcome = caught(|| {
                stop(&mut task);
                Ok(())
            });
            // Nobody waits for it when the task was given up.
            let _ = stopping.send(outcome);
        };
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(run)
            .map_err(|error| ConnectError::connect("starting a thread for the task").caused_by(error))?;
        Ok(Self { work: Some(work), stopped })
    }

    /// Has the thread do something; the work is done even when nobody waits for the answer.
    fn ask<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut T) -> Result<R, ConnectError> + Send + 'static,
    ) -> Answer<R> {
        let (reply, answer) = oneshot::channel();
        if let Some(todo) = &self.work {
            // A failed send drops the other end of the answer, and whoever waits for it learns of it.
            let _ = todo.send(Box::new(move |task| {
                let _ = reply.send(caught(|| work(task)));
            }));
        }
        answer
    }

    fn call<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut T) -> Result<R, ConnectError> + Send + 'static,
    ) -> BoxFuture<'static, Result<R, ConnectError>> {
        let mut reply = self.ask(work);
        Box::pin(async move { answer(&mut reply).await })
    }

    /// Lets the thread end, and waits until the task was stopped.
    fn stop(&mut self) -> BoxFuture<'_, Result<(), ConnectError>> {
        if self.work.take().is_none() {
            return ready(Ok(()));
        }
        Box::pin(async move { answer(&mut self.stopped).await })
    }
}

async fn answer<R>(reply: &mut Answer<R>) -> Result<R, ConnectError> {
    reply.await.unwrap_or_else(|_| Err(gone()))
}

fn gone() -> ConnectError {
    ConnectError::with_kind(ErrorKind::IllegalState, "the task was stopped")
}

fn caught<R>(work: impl FnOnce() -> Result<R, ConnectError>) -> Result<R, ConnectError> {
    // A task that panicked is only asked to stop afterwards, so its broken state is seen by nobody else.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let message = format!("panic: {}", panic_text(payload.as_ref()));
        Err(ConnectError::with_kind(ErrorKind::Panic, message))
    })
}

fn panic_text(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("(no message)")
}
