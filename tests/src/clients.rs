//! Clients of a group of workers: what they ask succeeds at every worker that runs, whoever leads, comes or goes.
//!
//! They do as clients of Kafka Connect do: what is answered with 409 because of a rebalance is asked again, for at most
//! [`PATIENCE`]. Nothing else may fail, with one exception that Java's workers make (KIP-507 left it so): a request that goes
//! on to a leader which is just ending finds nobody there, and says so with 500. It is asked again too, but only
//! while a leader is known to end ([`Clients::around_an_end`]).

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::http;
use crate::wait::pause;
use crate::worker::Worker;

/// How long a client asks again.
const PATIENCE: Duration = Duration::from_secs(30);

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
    /// Answers 409 because of a rebalance.
    pub rebalancing: AtomicU64,
    /// Requests that found a leader ending.
    pub leader_ended: AtomicU64,
}

#[derive(Default)]
struct Shared {
    /// The ports of the workers that run.
    running: Mutex<Vec<u16>>,
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
        self.shared.ports().push(worker.port());
    }

    /// From here on nobody asks the worker anything, and what it was asked has been answered.
    pub fn ends(&self, worker: &Worker) {
        self.shared.ports().retain(|port| *port != worker.port());
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
            match self.shared.try_once(worker.port(), ask) {
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
    fn ports(&self) -> std::sync::MutexGuard<'_, Vec<u16>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One request, to each worker in turn.
    fn take_turn(&self, turn: usize, asks: &[Ask]) {
        let Some(port) = pick(&self.ports(), turn) else { return };
        // Each worker gets each request, even if there are as many workers as requests.
        let ask = &asks[(turn / 4) % asks.len()];
        let deadline = Instant::now() + PATIENCE;
        loop {
            {
                // Whoever ends a worker waits until its answer is here.
                let ports = self.ports();
                if !ports.contains(&port) {
                    return;
                }
                match self.try_once(port, ask) {
                    Answer::Done(_) => return,
                    Answer::Again => assert!(Instant::now() < deadline, "{ask:?} was put off for {PATIENCE:?}"),
                    Answer::Wrong(why) => panic!("{ask:?} to port {port}: {why}"),
                }
            }
            pause(Duration::from_millis(50));
        }
    }

    fn try_once(&self, port: u16, ask: &Ask) -> Answer {
        let Some((status, body)) = http::request(port, ask.method, &ask.path, ask.body.as_ref()) else {
            return Answer::Wrong("a worker that runs does not answer".to_owned());
        };
        if status == ask.wanted {
            self.counts.succeeded.fetch_add(1, Ordering::Relaxed);
            return Answer::Done(body);
        }
        let message = body["message"].as_str().unwrap_or_default();
        if status == 409 && (message.contains("rebalance") || message.contains("stale configuration")) {
            self.counts.rebalancing.fetch_add(1, Ordering::Relaxed);
            return Answer::Again;
        }
        if status == 500 && self.a_leader_ends.load(Ordering::Relaxed) && of_an_ending_leader(message) {
            self.counts.leader_ended.fetch_add(1, Ordering::Relaxed);
            return Answer::Again;
        }
        Answer::Wrong(format!("{status} {body}"))
    }
}

fn pick(ports: &[u16], turn: usize) -> Option<u16> {
    (!ports.is_empty()).then(|| ports[turn % ports.len()])
}

/// What workers say when the request went on to a leader that is ending.
fn of_an_ending_leader(message: &str) -> bool {
    message.starts_with("IO Error trying to forward REST request") || message == "Worker is shutting down"
}
