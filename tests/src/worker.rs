//! Workers as processes: ours, and Java's on the same files.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::wait::{eventually, eventually_within};
use crate::{http, setting};

/// Properties of a connector.
pub type Properties = Vec<(String, String)>;

fn properties(pairs: &[(&str, &str)]) -> Properties {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// A file source connector.
pub fn file_source(name: &str, file: &Path, topic: &str, more: &[(&str, &str)]) -> Properties {
    let file = file.display().to_string();
    let mut all = properties(&[
        ("name", name),
        ("connector.class", "FileStreamSource"),
        ("tasks.max", "1"),
        ("file", &file),
        ("topic", topic),
    ]);
    all.extend(properties(more));
    all
}

/// A file sink connector.
pub fn file_sink(name: &str, file: &Path, topics: &str, more: &[(&str, &str)]) -> Properties {
    let file = file.display().to_string();
    let mut all = properties(&[
        ("name", name),
        ("connector.class", "FileStreamSink"),
        ("tasks.max", "1"),
        ("file", &file),
        ("topics", topics),
    ]);
    all.extend(properties(more));
    all
}

/// A worker's properties, its connectors' and its offset file, all in one folder.
pub struct WorkerFiles {
    folder: PathBuf,
    worker: Properties,
    connectors: Vec<Properties>,
    port: u16,
    /// Whether the worker is one of a group.
    distributed: bool,
}

impl WorkerFiles {
    /// A worker with StringConverters and short commit intervals.
    pub fn new(folder: &Path, bootstrap: &str) -> Self {
        let port = free_port();
        let worker = properties(&[
            ("bootstrap.servers", bootstrap),
            ("listeners", &format!("http://127.0.0.1:{port}")),
            ("key.converter", "org.apache.kafka.connect.storage.StringConverter"),
            ("value.converter", "org.apache.kafka.connect.storage.StringConverter"),
            ("offset.storage.file.filename", &folder.join("offsets").display().to_string()),
            ("offset.flush.interval.ms", "500"),
            ("plugin.discovery", "service_load"),
        ]);
        Self { folder: folder.to_owned(), worker, connectors: Vec::new(), port, distributed: false }
    }

    /// A member of the group of this name, with topics that are named after it and rebalances that do not wait.
    pub fn distributed(folder: &Path, bootstrap: &str, group: &str) -> Self {
        let mut files = Self::new(folder, bootstrap);
        files.worker.retain(|(key, _)| key != "offset.storage.file.filename");
        files.distributed = true;
        files.worker.extend(properties(&[
            ("group.id", group),
            ("session.timeout.ms", "6000"),
            ("heartbeat.interval.ms", "1000"),
            ("scheduled.rebalance.max.delay.ms", "0"),
        ]));
        for store in ["config", "offset", "status"] {
            files.worker.push((format!("{store}.storage.topic"), format!("{group}-{store}s")));
            files.worker.push((format!("{store}.storage.replication.factor"), "1".to_owned()));
        }
        files
    }

    /// Sets worker properties, over those that are there.
    #[must_use]
    pub fn with(mut self, pairs: &[(&str, &str)]) -> Self {
        self.worker.extend(properties(pairs));
        self
    }

    /// Adds a connector to the command line.
    #[must_use]
    pub fn connector(mut self, connector: Properties) -> Self {
        self.connectors.push(connector);
        self
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The port of its REST API.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The worker's properties.
    pub fn worker_properties(&self) -> &Properties {
        &self.worker
    }

    fn write(&self) -> Vec<PathBuf> {
        let file = |name: &str, properties: &Properties| {
            let path = self.folder.join(name);
            let text: String = properties.iter().map(|(key, value)| format!("{key}={value}\n")).collect();
            fs::write(&path, text).expect("the folder is ours");
            path
        };
        let mut paths = vec![file("worker.properties", &self.worker)];
        for (n, connector) in self.connectors.iter().enumerate() {
            paths.push(file(&format!("connector-{n}.properties"), connector));
        }
        paths
    }

    /// Starts our worker, without waiting for it.
    pub fn launch(&self) -> Worker {
        let mut command = Command::new(setting("AQUEDUCT_BIN"));
        command.arg(if self.distributed { "distributed" } else { "standalone" }).args(self.write());
        self.spawn(command, false)
    }

    /// Starts our worker and waits until its connectors are there.
    pub fn start(&self) -> Worker {
        self.launch().ready(self.connectors.len())
    }

    /// Starts a Java worker on the same files, and waits until its connectors are there.
    pub fn start_java(&self) -> Worker {
        let mut command = Command::new(setting("AQUEDUCT_TESTBED"));
        let main = if self.distributed { "ConnectDistributed" } else { "ConnectStandalone" };
        command.arg("java").arg(format!("org.apache.kafka.connect.cli.{main}")).args(self.write());
        // Quick to start, since none of them runs for long.
        command.env("JAVA_TOOL_OPTIONS", "-Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1");
        self.spawn(command, true).ready(self.connectors.len())
    }

    fn spawn(&self, mut command: Command, java: bool) -> Worker {
        let log = self.folder.join("worker.log");
        let output = fs::OpenOptions::new().create(true).append(true).open(&log).expect("the folder is ours");
        let errors = output.try_clone().expect("a file can be opened twice");
        let child = command.stdin(Stdio::null()).stdout(output).stderr(errors).spawn().expect("the worker starts");
        Worker { child, java, port: self.port, log, ended: false }
    }
}

/// A port that nobody listens on, and that nobody else is given: neither another worker of this process, which may take its
/// time to listen there, nor a connection, since it is below the ports that Linux hands out by itself (and below the
/// testbed's).
pub(crate) fn free_port() -> u16 {
    const FIRST: u16 = 10_000;
    const COUNT: u32 = 5_000;
    static NEXT: LazyLock<AtomicU32> = LazyLock::new(|| {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        AtomicU32::new(since.subsec_micros())
    });
    (0..COUNT)
        .map(|_| FIRST + u16::try_from(NEXT.fetch_add(1, Ordering::Relaxed) % COUNT).expect("it is below 5,000"))
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a port is free")
}

/// A running worker; killed when it is dropped.
pub struct Worker {
    child: Child,
    java: bool,
    port: u16,
    log: PathBuf,
    ended: bool,
}

impl Worker {
    pub(crate) fn ready(mut self, connectors: usize) -> Self {
        eventually_within(Duration::from_mins(2), "the worker serves its connectors", || {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                self.ended = true;
                panic!("the worker ended with {status}:\n{}", self.log());
            }
            let (status, names) = http::request(self.port, "GET", "/connectors", None)?;
            (status == 200 && names.as_array()?.len() >= connectors).then_some(())
        });
        self
    }

    /// A REST request; answers status and body.
    pub fn request(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        eventually("the worker answers", || http::request(self.port, method, path, body))
    }

    /// What a path answers, as text.
    pub fn text(&self, path: &str) -> String {
        eventually("the worker answers", || http::exchange(self.port, "GET", path, None)).1
    }

    /// One attempt of a request: status and text; none when nobody answers.
    pub fn try_request(&self, method: &str, path: &str, body: Option<&Value>) -> Option<(u16, String)> {
        http::exchange(self.port, method, path, body)
    }

    /// Waits until a task is in a state, and answers its status.
    pub fn task_state(&self, connector: &str, task: u32, state: &str) -> Value {
        eventually(&format!("task {connector}-{task} is {state}"), || {
            let path = format!("/connectors/{connector}/tasks/{task}/status");
            let (_, status) = http::request(self.port, "GET", &path, None)?;
            (status["state"] == state).then_some(status)
        })
    }

    /// Everything that the worker has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The port of its REST API.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether it is a Java worker.
    pub fn is_java(&self) -> bool {
        self.java
    }

    /// What the worker is called in statuses.
    pub fn worker_id(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A figure of our worker without labels, by its name at `/metrics`.
    ///
    /// # Panics
    /// When there is none of that name.
    pub fn figure(&self, name: &str) -> f64 {
        let (_, text) = eventually("the worker answers", || http::exchange(self.port, "GET", "/metrics", None));
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        value.unwrap_or_else(|| panic!("no {name} in\n{text}"))
    }

    /// The worker that leads the group, as the last round said it to this one, ours or Java's.
    pub fn leader(&self) -> Option<String> {
        let log = self.log();
        let said = |before: &str| log.rfind(before).map(|at| &log[at + before.len()..]);
        // Ours says it at the end of a sentence, Java in quotes.
        let url = said("the leader is http://").or_else(|| said("leaderUrl='http://"))?;
        Some(url.split('/').next()?.to_owned())
    }

    /// Lets the process stand still, or go on.
    pub fn freeze(&self, frozen: bool) {
        signal(if frozen { "STOP" } else { "CONT" }, self.child.id());
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Stops the worker with SIGTERM and answers how it ended.
    pub fn stop(mut self) -> ExitStatus {
        signal("TERM", self.child.id());
        self.exited()
    }

    /// Stops a Java worker with SIGTERM, or with SIGKILL when that does not end it: now and then it hangs when the signal
    /// comes soon after its start.
    pub fn stop_or_kill(mut self) {
        signal("TERM", self.child.id());
        let deadline = Instant::now() + Duration::from_secs(20);
        eventually("the worker ends, or has had its time", || {
            let ended = self.child.try_wait().expect("it is our child").is_some();
            (ended || Instant::now() > deadline).then_some(())
        });
        self.kill();
    }

    /// Ends the worker with SIGKILL.
    pub fn kill(mut self) {
        // Fails only when the worker has ended already.
        let _ = self.child.kill();
        self.exited();
    }

    /// Waits for the end.
    pub fn exit(mut self) -> ExitStatus {
        self.exited()
    }

    fn exited(&mut self) -> ExitStatus {
        let status = eventually("the worker ends", || self.child.try_wait().expect("it is our child"));
        self.ended = true;
        status
    }
}

fn signal(name: &str, process: u32) {
    let sent = Command::new("kill").args([format!("-{name}"), process.to_string()]).status().expect("kill is there");
    assert!(sent.success(), "process {process} is gone");
}

impl Drop for Worker {
    fn drop(&mut self) {
        if !self.ended {
            let _ = self.child.kill();
            let _ = self.child.wait();
            if std::thread::panicking() {
                let log = self.log();
                let tail = log.lines().rev().take(40).collect::<Vec<_>>();
                let _ = writeln!(std::io::stderr(), "the end of the worker's log:");
                for line in tail.iter().rev() {
                    let _ = writeln!(std::io::stderr(), "  {line}");
                }
            }
        }
    }
}
