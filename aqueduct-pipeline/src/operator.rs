//! The error policy: what happens when a step of the record path fails (KIP-298).
//!
//! A step that fails with a retriable error is tried again with growing pauses for `errors.retry.timeout`. What fails for
//! good is reported once to every reporter, and then either tolerated (the record is dropped) or the end of the task.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aqueduct_api::ConnectError;
use aqueduct_metrics::groups::TaskErrorMetrics;

use crate::probable_cause::probable_cause;
use crate::report::{Failure, Original, Reporter};

/// A step of the record path, under the name that logs and dead letter headers carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say all that there is to say")]
pub enum Stage {
    Transformation,
    KeyConverter,
    ValueConverter,
    HeaderConverter,
    TaskPut,
    KafkaProduce,
}

impl Stage {
    /// Java's name, such as `VALUE_CONVERTER`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Transformation => "TRANSFORMATION",
            Self::KeyConverter => "KEY_CONVERTER",
            Self::ValueConverter => "VALUE_CONVERTER",
            Self::HeaderConverter => "HEADER_CONVERTER",
            Self::TaskPut => "TASK_PUT",
            Self::KafkaProduce => "KAFKA_PRODUCE",
        }
    }
}

/// Whether a bad record ends the task (`errors.tolerance`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tolerance {
    /// It does.
    #[default]
    None,
    /// It is dropped.
    All,
}

/// The `errors.*` keys that decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorPolicy {
    /// `errors.tolerance`
    pub tolerance: Tolerance,
    /// `errors.retry.timeout`: how long to try again; `None` for ever.
    pub retry_timeout: Option<Duration>,
    /// `errors.retry.delay.max.ms`: the longest pause between two tries.
    pub retry_delay_max: Duration,
}

impl Default for ErrorPolicy {
    fn default() -> Self {
        Self {
            tolerance: Tolerance::None,
            retry_timeout: Some(Duration::ZERO),
            retry_delay_max: Duration::from_mins(1),
        }
    }
}

/// Time and waiting, as the error policy needs them.
pub trait Pause: Send {
    /// Now.
    fn now(&self) -> Instant;

    /// Waits; answers false when the task is to stop, at once.
    fn pause(&self, duration: Duration) -> bool;

    /// A number in `0..below`, for spreading pauses.
    fn random(&self, below: u64) -> u64;
}

/// The first pause between two tries; each further one is twice as long.
const FIRST_DELAY_MS: u64 = 300;

/// Runs the steps of the record path under the error policy.
pub struct ErrorOperator {
    task: String,
    policy: ErrorPolicy,
    pause: Box<dyn Pause>,
    reporters: Vec<Box<dyn Reporter>>,
    wants_original: bool,
    metrics: Arc<TaskErrorMetrics>,
}

impl ErrorOperator {
    /// An operator for the task of this name (`connector-0`).
    pub fn new(
        task: impl Into<String>,
        policy: ErrorPolicy,
        pause: Box<dyn Pause>,
        reporters: Vec<Box<dyn Reporter>>,
    ) -> Self {
        let wants_original = reporters.iter().any(|reporter| reporter.wants_original());
        Self { task: task.into(), policy, pause, reporters, wants_original, metrics: Arc::default() }
    }

    /// Counts into these figures.
    #[must_use]
    pub fn counting(mut self, metrics: Arc<TaskErrorMetrics>) -> Self {
        self.metrics = metrics;
        self
    }

    /// Whether a step may run twice on the same input, so that the input must be kept.
    pub fn may_retry(&self) -> bool {
        self.policy.retry_timeout != Some(Duration::ZERO)
    }

    /// Whether any reporter wants the record that failed.
    pub fn wants_original(&self) -> bool {
        self.wants_original
    }

    /// The tolerance.
    pub fn tolerance(&self) -> Tolerance {
        self.policy.tolerance
    }

    /// Runs one step: `Ok(None)` says that it failed and the record is to be dropped.
    ///
    /// # Errors
    /// `Tolerance exceeded in error handler` when bad records are not tolerated: the task is to fail.
    #[inline]
    pub fn execute<T>(
        &mut self,
        stage: Stage,
        class: &str,
        original: Original<'_>,
        mut step: impl FnMut() -> Result<T, ConnectError>,
    ) -> Result<Option<T>, ConnectError> {
        match step() {
            Ok(done) => Ok(Some(done)),
            Err(error) => self.failed(stage, class, original, error, &mut step),
        }
    }

    #[cold]
    fn failed<T>(
        &mut self,
        stage: Stage,
        class: &str,
        original: Original<'_>,
        mut error: ConnectError,
        step: &mut dyn FnMut() -> Result<T, ConnectError>,
    ) -> Result<Option<T>, ConnectError> {
        let deadline = self.policy.retry_timeout.map(|timeout| self.pause.now() + timeout);
        let mut attempt = 1;
        while error.is_retriable() && deadline.is_none_or(|deadline| self.pause.now() < deadline) {
            self.metrics.failed();
            if !self.pause.pause(self.delay(attempt, deadline)) {
                return Ok(None);
            }
            self.metrics.retried();
            match step() {
                Ok(done) => return Ok(Some(done)),
                Err(again) => error = again,
            }
            attempt += 1;
        }
        self.metrics.error();
        self.tell(stage, class, original, error)?;
        self.metrics.skipped();
        Ok(None)
    }

    /// Reports a failure that a task found by itself, and says whether it is tolerated.
    ///
    /// # Errors
    /// `Tolerance exceeded in error handler` when it is not.
    pub fn report(
        &mut self,
        stage: Stage,
        class: &str,
        original: Original<'_>,
        error: ConnectError,
    ) -> Result<(), ConnectError> {
        self.tell(stage, class, original, error).inspect_err(|_| self.metrics.error())
    }

    fn tell(
        &mut self,
        stage: Stage,
        class: &str,
        original: Original<'_>,
        error: ConnectError,
    ) -> Result<(), ConnectError> {
        self.metrics.failed();
        self.metrics.error_seen();
        let failure = Failure { task: &self.task, stage, class, error: &error, original };
        for reporter in &mut self.reporters {
            reporter.report(&failure);
        }
        match self.policy.tolerance {
            Tolerance::All => Ok(()),
            Tolerance::None => Err(self.exceeded(stage, class, original, error)),
        }
    }

    /// The end of the task, with what Java does not say: which record it was, and what is likely to be wrong.
    fn exceeded(&self, stage: Stage, class: &str, original: Original<'_>, error: ConnectError) -> ConnectError {
        let mut exceeded = ConnectError::connect("Tolerance exceeded in error handler").at(format!(
            "{} of task {} ({class})",
            stage.name(),
            self.task
        ));
        if let Original::Sink(record) = original {
            exceeded = exceeded.at(format!("record {}-{}@{}", record.topic, record.partition, record.offset));
        }
        if let Some(hint) = probable_cause(stage, &error) {
            exceeded = exceeded.with_hint(hint);
        }
        exceeded.caused_by(error)
    }

    fn delay(&self, attempt: u32, deadline: Option<Instant>) -> Duration {
        let delay = 1u64.checked_shl(attempt - 1).and_then(|factor| FIRST_DELAY_MS.checked_mul(factor));
        let max = u64::try_from(self.policy.retry_delay_max.as_millis()).unwrap_or(u64::MAX);
        let delay = match delay {
            Some(ms) if ms <= max => ms,
            _ if max == 0 => 0,
            _ => self.pause.random(max),
        };
        let delay = Duration::from_millis(delay);
        match deadline {
            None => delay,
            Some(deadline) => delay.min(deadline.saturating_duration_since(self.pause.now())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, Mutex};

    use super::*;

    struct Clock {
        start: Instant,
        passed_ms: Arc<AtomicU64>,
        stopped: bool,
    }

    impl Pause for Clock {
        fn now(&self) -> Instant {
            self.start + Duration::from_millis(self.passed_ms.load(Ordering::Relaxed))
        }

        fn pause(&self, duration: Duration) -> bool {
            self.passed_ms.fetch_add(duration.as_millis() as u64, Ordering::Relaxed);
            !self.stopped
        }

        fn random(&self, below: u64) -> u64 {
            below / 2
        }
    }

    struct Seen(Arc<Mutex<Vec<String>>>);

    impl Reporter for Seen {
        fn wants_original(&self) -> bool {
            false
        }

        fn report(&mut self, failure: &Failure<'_>) {
            self.0.lock().unwrap().push(format!("{} {}", failure.stage.name(), failure.error));
        }
    }

    struct Run {
        outcome: Result<Option<u32>, ConnectError>,
        tries: u32,
        waited_ms: u64,
        reports: Vec<String>,
    }

    /// Runs a step that fails `failures` times before it succeeds.
    fn run(policy: ErrorPolicy, failures: u32, error: &ConnectError, stopped: bool) -> Run {
        let (passed, reports) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Vec::new())));
        let clock = Clock { start: Instant::now(), passed_ms: Arc::clone(&passed), stopped };
        let reporters: Vec<Box<dyn Reporter>> = vec![Box::new(Seen(Arc::clone(&reports)))];
        let mut operator = ErrorOperator::new("c-0", policy, Box::new(clock), reporters);
        let tries = Rc::new(Cell::new(0));
        let outcome = operator.execute(Stage::Transformation, "T", Original::Unknown, || {
            tries.set(tries.get() + 1);
            if tries.get() > failures { Ok(tries.get()) } else { Err(error.clone()) }
        });
        let reports = reports.lock().unwrap().clone();
        Run { outcome, tries: tries.get(), waited_ms: passed.load(Ordering::Relaxed), reports }
    }

    fn policy(tolerance: Tolerance, retry_ms: i64, max_ms: u64) -> ErrorPolicy {
        ErrorPolicy {
            tolerance,
            retry_timeout: u64::try_from(retry_ms).ok().map(Duration::from_millis),
            retry_delay_max: Duration::from_millis(max_ms),
        }
    }

    #[test]
    fn without_retries_the_first_error_is_final_and_reported_once() {
        let run = run(policy(Tolerance::None, 0, 60_000), 1, &ConnectError::data("bad"), false);
        let error = run.outcome.unwrap_err();
        assert_eq!(error.message(), Some("Tolerance exceeded in error handler"));
        assert_eq!(error.cause().unwrap().message(), Some("bad"));
        assert_eq!((run.tries, run.reports.len()), (1, 1));
    }

    #[test]
    fn tolerated_errors_drop_the_record() {
        let run = run(policy(Tolerance::All, 0, 60_000), 1, &ConnectError::data("bad"), false);
        assert_eq!(run.outcome.unwrap(), None);
        assert_eq!(run.reports, ["TRANSFORMATION org.apache.kafka.connect.errors.DataException: bad"]);
    }

    #[test]
    fn retriable_errors_are_tried_again_with_doubled_pauses() {
        let run = run(policy(Tolerance::None, 10_000, 60_000), 3, &ConnectError::retriable("later"), false);
        assert_eq!(run.outcome.unwrap(), Some(4));
        assert_eq!(run.waited_ms, 300 + 600 + 1200);
        assert!(run.reports.is_empty());
    }

    #[test]
    fn pauses_are_bounded_by_the_maximum_and_the_deadline() {
        let run = run(policy(Tolerance::All, 1_000, 400), 99, &ConnectError::retriable("later"), false);
        assert_eq!(run.outcome.unwrap(), None);
        assert_eq!(run.waited_ms, 1_000);
        assert_eq!(run.tries, 6);
    }

    #[test]
    fn retrying_for_ever_survives_a_maximum_of_zero_and_many_attempts() {
        let run = run(policy(Tolerance::None, -1, 0), 200, &ConnectError::retriable("later"), false);
        assert_eq!(run.outcome.unwrap(), Some(201));
    }

    #[test]
    fn a_stop_during_a_pause_skips_the_record_without_a_report() {
        let run = run(policy(Tolerance::None, -1, 60_000), 99, &ConnectError::retriable("later"), true);
        assert_eq!(run.outcome.unwrap(), None);
        assert!(run.reports.is_empty());
    }
}
