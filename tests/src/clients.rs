//! Clients of a group of workers: what they ask succeeds at every worker that runs, whoever leads, comes or goes.
//!
//! They do as clients of Kafka Connect do: what is answered with 409 because of a rebalance is asked again, for at most
//! [`PATIENCE`]. Nothing else may fail, but for what Java's workers answer in any case. A request that goes on to a leader
//! which is just ending finds nobody there, and whoever was asked says so with 500: it is asked again too, while a leader
//! is known to end ([`Clients::around_an_end`]). And a Java worker that is about to rebalance answers 500 to those who only
//! look, with [`JAVAS_REBALANCE`].

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::http;
use crate::wait::pause;
use crate::worker::Worker;

/// How long a client asks again.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a Java worker says with 500 where ours says 409.
const JAVAS_REBALANCE: &str = "Request cannot be completed because a rebalance is expected";

/// A request, and the status that it is answered with.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The method.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// The body, if there is one.
    pub body: Option<Value>,
    /// The status of success.
    pub wanted: u16,
}

impl Ask {
    /// A request without a body.
    pub fn new(method: &'static str, path: impl Into<String>, wanted: u16) -> Self {
        Self { method, path: path.into(), body: None, wanted }
    }

    /// With a body.
    #[must_use]
    pub fn with(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }
}

/// How it went.
#[derive(Debug, Default)]
struct Counts {
    /// Requests that succeeded.
    pub succeeded: AtomicU64,
    /// Answers that speak of a rebalance.
    pub rebalancing: AtomicU64,
    /// Requests that found a leader ending.
    pub leader_ended: AtomicU64,
}

/// A worker that is asked.
#[derive(Clone, Copy, PartialEq)]
struct Asked {
    port: u16,
    java: bool,
}

impl Asked {
    fn of(worker: &Worker) -> Self {
        Self { port: worker.port(), java: worker.is_java() }
    }
}

#[derive(Default)]
struct Shared {
    /// The workers that run.
    running: Mutex<Vec<Asked>>,
    a_leader_ends: AtomicBool,
    stop: AtomicBool,
    counts: Counts,
}

/// What came of a try.
enum Answer {
    Done(Value),
    Again,
    Wrong(String),
}

/// The clients, at first of no worker. Dropping them ends those that ask in the background.
#[derive(Default)]
pub struct Clients {
    shared: Arc<Shared>,
    background: Option<JoinHandle<()>>,
}

impl Clients {
    /// Asks every running worker these things, one after another, over and over, in the background.
    pub fn ask_on(&mut self, asks: Vec<Ask>) {
        let for_thread = Arc::clone(&self.shared);
        self.background = Some(std::thread::spawn(move || {
            for turn in 0.. {
                if for_thread.stop.load(Ordering::Relaxed) {
                    break;
                }
                for_thread.take_turn(turn, &asks);
                pause(Duration::from_millis(20));
            }
        }));
    }

    /// From here on the worker has to answer.
    pub fn runs(&self, worker: &Worker) {
        self.shared.running().push(Asked::of(worker));
    }

    /// From here on nobody asks the worker anything, and what it was asked has been answered.
    pub fn ends(&self, worker: &Worker) {
        self.shared.running().retain(|asked| asked.port != worker.port());
    }

    /// Does something while a leader may be ending.
    pub fn around_an_end<T>(&self, work: impl FnOnce() -> T) -> T {
        self.shared.a_leader_ends.store(true, Ordering::Relaxed);
        let done = work();
        self.shared.a_leader_ends.store(false, Ordering::Relaxed);
        done
    }

    /// Asks one worker one thing.
    ///
    /// # Panics
    /// When it does not succeed.
    pub fn ask(&self, worker: &Worker, ask: &Ask) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.shared.try_once(Asked::of(worker), ask) {
                Answer::Done(body) => return body,
                Answer::Again => assert!(Instant::now() < deadline, "{ask:?} was put off for {PATIENCE:?}"),
                Answer::Wrong(why) => panic!("{ask:?}: {why}"),
            }
            pause(Duration::from_millis(50));
        }
    }

    /// Ends the clients in the background, and answers how it went.
    ///
    /// # Panics
    /// When one of their requests failed.
    pub fn stop(mut self) -> String {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(background) = self.background.take() {
            background.join().expect("every request in the background succeeded");
        }
        format!("{:?}", self.shared.counts)
    }

    /// Whether a request in the background has failed.
    pub fn have_failed(&self) -> bool {
        self.background.as_ref().is_some_and(JoinHandle::is_finished)
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    fn running(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One request, to each worker in turn.
    fn take_turn(&self, turn: usize, asks: &[Ask]) {
        let Some(asked) = pick(&self.running(), turn) else { return };
        // Each worker gets each request, even if there are as many workers as requests.
        let ask = &asks[(turn / 4) % asks.len()];
        let deadline = Instant::now() + PATIENCE;
        loop {
            {
                // Whoever ends a worker waits until its answer is here.
                let running = self.running();
                if !running.contains(&asked) {
                    return;
                }
                match self.try_once(asked, ask) {
                    Answer::Done(_) => return,
                    Answer::Again => assert!(Instant::now() < deadline, "{ask:?} was put off for {PATIENCE:?}"),
                    Answer::Wrong(why) => panic!("{ask:?}: {why}"),
                }
            }
            pause(Duration::from_millis(50));
        }
    }

    fn try_once(&self, asked: Asked, ask: &Ask) -> Answer {
        let Some((status, body)) = http::request(asked.port, ask.method, &ask.path, ask.body.as_ref()) else {
            return Answer::Wrong("a worker that runs does not answer".to_owned());
        };
        if status == ask.wanted {
            self.counts.succeeded.fetch_add(1, Ordering::Relaxed);
            return Answer::Done(body);
        }
        let message = body["message"].as_str().unwrap_or_default();
        let javas = asked.java && status == 500 && message == JAVAS_REBALANCE;
        if javas || status == 409 && (message.contains("rebalance") || message.contains("stale configuration")) {
            self.counts.rebalancing.fetch_add(1, Ordering::Relaxed);
            return Answer::Again;
        }
        if status == 500 && self.a_leader_ends.load(Ordering::Relaxed) && of_an_ending_leader(message) {
            self.counts.leader_ended.fetch_add(1, Ordering::Relaxed);
            return Answer::Again;
        }
        let who = if asked.java { "Java's" } else { "ours" };
        Answer::Wrong(format!("{who} at port {} says {status} {body}", asked.port))
    }
}

fn pick(running: &[Asked], turn: usize) -> Option<Asked> {
    (!running.is_empty()).then(|| running[turn % running.len()])
}

/// What workers say when the request went on to a leader that is ending.
fn of_an_ending_leader(message: &str) -> bool {
    message.starts_with("IO Error trying to forward REST request") || message == "Worker is shutting down"
}
