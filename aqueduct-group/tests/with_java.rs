//! A member of ours and a Java worker in one group: each leads in its turn, and the other follows.
//!
//! Needs a broker (`AQUEDUCT_TEST_BOOTSTRAP`) and Java; the worker is started with `tests/testbed/testbed.sh` (another
//! script: `AQUEDUCT_TESTBED`). Otherwise the test says on standard error that it did not run.
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aqueduct_group::ConfigSnapshot;
use aqueduct_group::member::{Assigned, GroupEvent, KafkaCoordinator, MemberHandle, MemberSettings, start};
use aqueduct_group::protocol::Protocol;
use aqueduct_kafka::ClientSettings;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(120);

/// A Java worker; killed when it is dropped.
struct Java {
    child: Child,
    port: u16,
    log: std::path::PathBuf,
}

impl Java {
    fn start(bootstrap: &str, group: &str, folder: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let properties = format!(
            "bootstrap.servers={bootstrap}\ngroup.id={group}\nlisteners=http://127.0.0.1:{port}\n\
             rest.advertised.host.name=127.0.0.1\nkey.converter=org.apache.kafka.connect.storage.StringConverter\n\
             value.converter=org.apache.kafka.connect.storage.StringConverter\nconfig.storage.topic={group}-configs\n\
             offset.storage.topic={group}-offsets\nstatus.storage.topic={group}-statuses\n\
             config.storage.replication.factor=1\noffset.storage.replication.factor=1\n\
             status.storage.replication.factor=1\noffset.storage.partitions=1\nstatus.storage.partitions=1\n\
             scheduled.rebalance.max.delay.ms=1000\nplugin.discovery=service_load\n"
        );
        let file = folder.join("worker.properties");
        fs::write(&file, properties).unwrap();
        let log = folder.join(format!("worker-{port}.log"));
        let output = File::create(&log).unwrap();
        let child = testbed()
            .args(["java", "org.apache.kafka.connect.cli.ConnectDistributed"])
            .arg(&file)
            .stdin(Stdio::null())
            .stderr(output.try_clone().unwrap())
            .stdout(output)
            .spawn()
            .unwrap();
        Self { child, port, log }
    }

    /// A request to its REST API; nothing when it does not answer.
    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Option<(u16, Value)> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
        .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let status = answer.split(' ').nth(1)?.parse().ok()?;
        let (_, content) = answer.split_once("\r\n\r\n")?;
        Some((status, serde_json::from_str(content).unwrap_or(Value::Null)))
    }

    /// Asks again and again until an answer is what is waited for.
    async fn until<T>(&mut self, what: &str, mut ask: impl FnMut(&Self) -> Option<T>) -> T {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if let Some(answer) = ask(self) {
                return answer;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "{what}: the Java worker ended:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("{what}: too late:\n{}", self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Ends it as a service manager would, and waits.
    fn stop(mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

impl Drop for Java {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn testbed() -> Command {
    let script = std::env::var("AQUEDUCT_TESTBED")
        .unwrap_or_else(|_| format!("{}/../tests/testbed/testbed.sh", env!("CARGO_MANIFEST_DIR")));
    let mut command = Command::new("bash");
    command.arg(script);
    command
}

/// Our worker. It knows of the config topic what assignments tell: an offset, and what the test puts in.
struct Ours {
    member: MemberHandle,
    events: mpsc::UnboundedReceiver<GroupEvent>,
    config: Arc<Mutex<ConfigSnapshot>>,
}

impl Ours {
    fn start(bootstrap: &str, group: &str) -> Self {
        let mut client = ClientSettings::default();
        client.set_base("bootstrap.servers", bootstrap).set_base("client.id", "connect-ours");
        let coordinator = KafkaCoordinator::create(&client, group).unwrap();
        let settings = MemberSettings {
            heartbeat_interval: Duration::from_millis(500),
            max_delay: Duration::from_secs(1),
            ..MemberSettings::new("http://127.0.0.1:1/")
        };
        let config = Arc::new(Mutex::new(ConfigSnapshot { offset: -1, ..ConfigSnapshot::default() }));
        let view = Arc::clone(&config);
        let (member, events) = start(settings, coordinator, Arc::new(move || view.lock().unwrap().clone()));
        Self { member, events, config }
    }

    async fn until(&mut self, what: &str, mut done: impl FnMut(&Assigned) -> bool) -> Assigned {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            match timeout(PATIENCE, self.events.recv()).await.expect(what).expect(what) {
                GroupEvent::Rebalancing => {}
                GroupEvent::Revoked(revocation) => revocation.done(),
                GroupEvent::Assigned(assigned) => {
                    // As if the topic had been read to there.
                    let mut config = self.config.lock().unwrap();
                    config.offset = config.offset.max(assigned.assignment.offset);
                    if assigned.rejoin_when_started || assigned.assignment.offset != config.offset {
                        self.member.rejoin();
                    }
                    if done(&assigned) {
                        return assigned;
                    }
                }
                other => panic!("{what}: {other:?}"),
            }
        }
        panic!("{what}: too late");
    }
}

/// Follows the Java leader with one of us, then the other way round.
async fn take_turns(bootstrap: &str) {
    let folder = tempfile::tempdir().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let group = format!("mixed-{now}-{}", std::process::id());
    let input = folder.path().join("in.txt");
    fs::write(&input, "").unwrap();

    // Java leads, and runs two connectors with a task each.
    let mut java = Java::start(bootstrap, &group, folder.path());
    for name in ["x", "y"] {
        let config = json!({
            "connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
            "file": input.display().to_string(), "topic": format!("{group}-topic"), "tasks.max": "1",
        });
        let path = format!("/connectors/{name}/config");
        java.until("a connector is created", |java| {
            java.request("PUT", &path, Some(&config)).filter(|(status, _)| (200..300).contains(status))
        })
        .await;
        let path = format!("/connectors/{name}/status");
        java.until("its task runs", |java| {
            let (_, status) = java.request("GET", &path, None)?;
            (status["tasks"][0]["state"] == "RUNNING").then_some(())
        })
        .await;
    }

    // We get one connector and one task of the two.
    let mut ours = Ours::start(bootstrap, &group);
    let shared = |assigned: &Assigned| {
        let work = &assigned.assignment.assigned;
        (work.connectors.len(), work.tasks.len()) == (1, 1) && !assigned.rejoin_when_started
    };
    let following = ours.until("half of Java's work", shared).await;
    assert_eq!(following.protocol, Protocol::Sessioned);
    assert!(!following.is_leader());
    assert_eq!(following.assignment.leader_url, format!("http://127.0.0.1:{}/", java.port));
    let mine = following.assignment.assigned.connectors[0].as_str().to_owned();
    java.until("Java says that it is ours", |java| {
        // It has given it up, and nobody says that it runs here.
        let (_, status) = java.request("GET", &format!("/connectors/{mine}/status"), None)?;
        (status["connector"]["state"] == "UNASSIGNED").then_some(())
    })
    .await;

    // Java leaves; we lead, and have everything.
    java.stop();
    ours.config.lock().unwrap().tasks = [("x".into(), 1), ("y".into(), 1)].into();
    let leading = ours.until("everything", |assigned| assigned.assignment.assigned.len() == 4).await;
    assert!(leading.is_leader());

    // Another Java worker follows us and runs what we give it.
    let mut java = Java::start(bootstrap, &group, folder.path());
    let given = ours.until("half stays", |assigned| shared(assigned) && assigned.is_leader()).await;
    let stays = given.assignment.assigned.connectors[0].as_str();
    let goes = if stays == "x" { "y" } else { "x" };
    java.until("Java runs what we gave it", |java| {
        let (_, status) = java.request("GET", &format!("/connectors/{goes}/status"), None)?;
        let here = format!("127.0.0.1:{}", java.port);
        let runs = |instance: &Value| instance["state"] == "RUNNING" && instance["worker_id"] == here.as_str();
        runs(&status["connector"]).then_some(())
    })
    .await;
    ours.member.stop(PATIENCE).await;
    java.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ours_and_a_java_worker_lead_and_follow_in_turn() {
    let bootstrap = std::env::var("AQUEDUCT_TEST_BOOTSTRAP").unwrap_or_default();
    let java = Command::new("java").arg("-version").output().is_ok();
    if bootstrap.is_empty() || !java {
        // Not `eprintln!`, which a passing test swallows.
        let why = if java { "AQUEDUCT_TEST_BOOTSTRAP names no broker" } else { "there is no java" };
        let _ = writeln!(std::io::stderr(), "not run: ours_and_a_java_worker_lead_and_follow_in_turn: {why}");
        return;
    }
    take_turns(&bootstrap).await;
}
