//! A development broker as a process of its own.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::setting;
use crate::wait::eventually_within;
use crate::worker::free_port;

/// A running development broker with a folder; killed when it is dropped.
pub struct DevBroker {
    folder: PathBuf,
    address: String,
    child: Child,
}

impl DevBroker {
    /// Starts one that keeps everything below `folder`.
    pub fn start(folder: &Path) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        Self { folder: folder.to_owned(), child: launch(folder, &address), address }
    }

    /// `bootstrap.servers`
    pub fn bootstrap(&self) -> &str {
        &self.address
    }

    /// Ends it with SIGKILL and starts it again on the same address.
    pub fn kill_and_restart(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it is our child");
        self.child = launch(&self.folder, &self.address);
    }
}

fn launch(folder: &Path, address: &str) -> Child {
    let log = std::fs::File::create(folder.join("dev-broker.log")).expect("the folder is ours");
    let mut command = Command::new(setting("AQUEDUCT_BIN"));
    command.args(["dev-broker", address, "--data-dir"]).arg(folder.join("dev-broker"));
    let child = command.stdin(Stdio::null()).stdout(log).spawn().expect("the broker starts");
    eventually_within(Duration::from_secs(30), "the broker listens", || TcpStream::connect(address).ok());
    child
}

impl Drop for DevBroker {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
