//! Real brokers: the one that `tests/run` started, and clusters of a story's own.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::proxy::Proxy;
use crate::setting;
use crate::wait::eventually;
use crate::worker::free_port;

/// The broker that `tests/run` started.
pub fn bootstrap() -> String {
    setting("AQUEDUCT_TEST_BOOTSTRAP")
}

fn testbed(arguments: &[&str]) -> String {
    let output = Command::new(setting("AQUEDUCT_TESTBED")).args(arguments).output().expect("the testbed starts");
    assert!(
        output.status.success(),
        "testbed {arguments:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Brokers of a story's own; killed at its end.
pub struct Cluster {
    folder: PathBuf,
    bootstrap: String,
}

impl Cluster {
    /// Three brokers, replication factor 3, two replicas must be in sync.
    pub fn of_three(folder: &Path) -> Self {
        Self::start("cluster", folder)
    }

    /// One broker.
    pub fn of_one(folder: &Path) -> Self {
        Self::start("start", folder)
    }

    /// One broker with access control lists, which allows everything that no list is about.
    pub fn with_authorizer(folder: &Path) -> Self {
        let settings = [
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users=User:ANONYMOUS",
            "allow.everyone.if.no.acl.found=true",
        ];
        Self::start_with("start", "auto", folder, &settings.map(str::to_owned))
    }

    /// One broker with a second way in, through a proxy: whoever comes by it is told to come back by it, so that the proxy
    /// is all of the network between that client and the broker. Answers the way's `bootstrap.servers` too.
    pub fn of_one_behind_a_proxy(folder: &Path) -> (Self, Proxy, String) {
        // The controller's port is 10000 more than the broker's.
        let port = eventually("a port is found", || Some(free_port()).filter(|port| *port < 45_000));
        let inner = free_port();
        let proxy = Proxy::to(&format!("127.0.0.1:{inner}"));
        let way = format!("127.0.0.1:{}", proxy.port());
        let settings = [
            format!(
                "listeners=PLAINTEXT://127.0.0.1:{port},PROXIED://127.0.0.1:{inner},CONTROLLER://127.0.0.1:{}",
                port + 10_000
            ),
            format!("advertised.listeners=PLAINTEXT://127.0.0.1:{port},PROXIED://{way}"),
            "inter.broker.listener.name=PLAINTEXT".to_owned(),
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT".to_owned(),
        ];
        (Self::start_with("start", &port.to_string(), folder, &settings), proxy, way)
    }

    fn start(how: &str, folder: &Path) -> Self {
        Self::start_with(how, "auto", folder, &[])
    }

    fn start_with(how: &str, port: &str, folder: &Path, settings: &[String]) -> Self {
        let folder = folder.join("kafka");
        let place = folder.display().to_string();
        let arguments = [how, port, &place].into_iter().chain(settings.iter().map(String::as_str));
        let printed = testbed(&arguments.collect::<Vec<_>>());
        let bootstrap = printed.lines().last().unwrap_or_default().to_owned();
        Self { folder, bootstrap }
    }

    /// `bootstrap.servers`
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// Does something to broker `number`, from 1: `kill`, `pause`, `resume`, `restart`, `stop`.
    pub fn broker(&self, what: &str, number: usize) {
        let folder = self.folder.join(number.to_string());
        testbed(&[what, &folder.display().to_string()]);
    }

    /// Does something to a single broker.
    pub fn all(&self, what: &str) {
        testbed(&[what, &self.folder.display().to_string()]);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = Command::new(setting("AQUEDUCT_TESTBED")).arg("kill").arg(&self.folder).output();
    }
}
