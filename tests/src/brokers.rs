//! Real brokers: the one that `tests/run` started, and clusters of a story's own.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::setting;

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
        Self::start("cluster", folder, &[])
    }

    /// One broker.
    pub fn of_one(folder: &Path) -> Self {
        Self::start("start", folder, &[])
    }

    /// One broker with access control lists, which allows everything that no list is about.
    pub fn with_authorizer(folder: &Path) -> Self {
        let settings = [
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users=User:ANONYMOUS",
            "allow.everyone.if.no.acl.found=true",
        ];
        Self::start("start", folder, &settings)
    }

    fn start(how: &str, folder: &Path, settings: &[&str]) -> Self {
        let folder = folder.join("kafka");
        let place = folder.display().to_string();
        let printed = testbed(&[&[how, "auto", &place], settings].concat());
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
