//! A server with a fake herder behind it, on a runtime of its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aqueduct_config::{AnyClass, worker_config};
use aqueduct_rest::{RestConfig, RestServer};
use tokio::runtime::Runtime;

use crate::client::{Client, Reply};
use crate::fake_herder::FakeHerder;
use crate::fake_loggers::FakeLoggers;

pub(crate) struct Fixture {
    pub(crate) server: RestServer,
    pub(crate) herder: Arc<FakeHerder>,
    // Dropped last: the server's tasks run on it.
    pub(crate) runtime: Runtime,
}

/// The REST part of a worker's configuration with these properties.
pub(crate) fn config(props: &[(&str, &str)]) -> RestConfig {
    let mut all: BTreeMap<&str, &str> =
        [("bootstrap.servers", "b:9092"), ("key.converter", "k"), ("value.converter", "v")].into();
    all.insert("listeners", "http://127.0.0.1:0");
    all.extend(props.iter().copied());
    let worker = worker_config::common().parse_with(&all, &AnyClass).unwrap();
    RestConfig::from_worker(&worker).unwrap()
}

impl Fixture {
    /// A server that is ready.
    pub(crate) fn new(props: &[(&str, &str)]) -> Self {
        Self::with(&config(props), FakeHerder::default())
    }

    pub(crate) fn with(config: &RestConfig, herder: FakeHerder) -> Self {
        let fixture = Self::unmounted(config, herder);
        fixture.mount();
        fixture
    }

    /// A server whose worker has not started yet.
    pub(crate) fn unmounted(config: &RestConfig, herder: FakeHerder) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let server = {
            let _within = runtime.enter();
            RestServer::bind(config).unwrap()
        };
        *herder.worker_id.lock().unwrap() = server.worker_id();
        Self { server, herder: Arc::new(herder), runtime }
    }

    pub(crate) fn mount(&self) {
        let herder: Arc<FakeHerder> = Arc::clone(&self.herder);
        self.server.mount(herder, Arc::new(FakeLoggers::new()));
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.addresses()[0]
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address())
    }

    /// One request on a connection of its own.
    pub(crate) fn send(&self, request: &str, headers: &[(&str, &str)], body: Option<&str>) -> Reply {
        self.connect().send(request, headers, body)
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send(&format!("GET {path}"), &[("Accept", "application/json")], None)
    }

    pub(crate) fn send_json(&self, request: &str, body: &str) -> Reply {
        self.send(request, &[("Accept", "application/json"), ("Content-Type", "application/json")], Some(body))
    }
}

/// Waits for something that has to come about soon.
#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::yield_now();
    }
}
