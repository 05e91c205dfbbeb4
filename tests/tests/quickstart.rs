//! The first minute: the quickstart, and a worker with a development broker beside it. They need no Kafka.
#![cfg(test)]

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use aqueduct_tests::{eventually, setting};

fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}

fn quickstart(folder: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(setting("AQUEDUCT_BIN"));
    command.args(["quickstart", "--data-dir"]).arg(folder).args(more);
    if !more.contains(&"--rest-port") {
        command.args(["--rest-port", &free_port()]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn texts(output: &Output) -> (String, String) {
    (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A program that is killed when a test fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_shows_the_documented_example_and_goes_on_with_it_next_time() {
    let folder = tempfile::tempdir().unwrap();
    let shown = |text: &str| {
        let said = format!("    {{\"line\":\"{text}\",\"data_source\":\"test-file-source\"}}\n");
        move |out: &str| out.matches(said.as_str()).count()
    };
    let output = quickstart(folder.path(), &["--broker-port", "0", "--exit-after-lines", "3"]).output().unwrap();
    let (out, err) = texts(&output);
    assert!(output.status.success(), "{out}{err}");
    for line in ["foo", "bar", "hello world"] {
        assert_eq!(shown(line)(&out), 1, "{out}");
    }
    assert!(out.contains("curl -s localhost:"), "{out}");

    let input = folder.path().join("test.txt");
    OpenOptions::new().append(true).open(input).unwrap().write_all(b"once more\n").unwrap();
    let output = quickstart(folder.path(), &["--broker-port", "0", "--exit-after-lines", "4"]).output().unwrap();
    let (out, err) = texts(&output);
    assert!(output.status.success(), "{out}{err}");
    for line in ["foo", "bar", "hello world", "once more"] {
        assert_eq!(shown(line)(&out), 1, "{out}");
    }
}

#[test]
fn it_follows_what_is_appended_and_stops_at_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = Running(quickstart(folder.path(), &["--broker-port", "0"]).spawn().unwrap());
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
    let mut wait_for = |wanted: &str| {
        let found = lines.by_ref().map_while(Result::ok).any(|line| line.contains(wanted));
        assert!(found, "the output ended before {wanted}");
    };
    wait_for("echo hello >> ");
    let input = folder.path().join("test.txt");
    OpenOptions::new().append(true).open(input).unwrap().write_all(b"appended\n").unwrap();
    wait_for("{\"line\":\"appended\",\"data_source\":\"test-file-source\"}");
    let id = running.0.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert!(running.0.wait().unwrap().success());
}

#[test]
fn a_port_in_use_names_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = quickstart(folder.path(), &["--broker-port", &port]).output().unwrap();
    let (_, err) = texts(&output);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains(&format!("--kafka 127.0.0.1:{port}")) && err.contains("--broker-port"), "{err}");
    let output = quickstart(folder.path(), &["--broker-port", "0", "--rest-port", &port]).output().unwrap();
    let (_, err) = texts(&output);
    assert!(err.contains("choose another port with --rest-port PORT"), "{err}");
}

#[test]
fn a_folder_that_cannot_be_used_names_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let output = quickstart(&file.join("below"), &["--broker-port", "0"]).output().unwrap();
    let (_, err) = texts(&output);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("--data-dir FOLDER"), "{err}");
}

#[test]
fn two_at_once_in_one_folder_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Running(quickstart(folder.path(), &["--broker-port", "0"]).spawn().unwrap());
    let mut lines = BufReader::new(first.0.stdout.take().unwrap()).lines();
    assert!(lines.by_ref().map_while(Result::ok).any(|line| line.contains("Starting the worker")));
    let output = quickstart(folder.path(), &["--broker-port", "0"]).output().unwrap();
    let (_, err) = texts(&output);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("is in use by another broker"), "{err}");
}

#[test]
fn the_console_samples_carry_standard_input_through_the_development_broker() {
    let folder = tempfile::tempdir().unwrap();
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config");
    let worker = folder.path().join("worker.properties");
    let sample = fs::read_to_string(config.join("connect-standalone.properties")).unwrap();
    let offsets = folder.path().join("offsets");
    let own = format!(
        "\nlisteners=http://127.0.0.1:{}\noffset.storage.file.filename={}\n\
         key.converter=org.apache.kafka.connect.storage.StringConverter\n\
         value.converter=org.apache.kafka.connect.storage.StringConverter\n",
        free_port(),
        offsets.display()
    );
    fs::write(&worker, sample + &own).unwrap();
    let mut command = Command::new(setting("AQUEDUCT_BIN"));
    command.args(["standalone", "--dev-broker=127.0.0.1:0"]).arg(&worker);
    command
        .args(["connect-console-source.properties", "connect-console-sink.properties"].map(|name| config.join(name)));
    let out = folder.path().join("out.txt");
    command.stdin(Stdio::piped()).stdout(fs::File::create(&out).unwrap());
    let mut running = Running(command.spawn().unwrap());
    let mut input = running.0.stdin.take().unwrap();
    input.write_all(b"typed by hand\n").unwrap();
    eventually("the line comes back", || {
        fs::read_to_string(&out).unwrap().lines().any(|line| line == "typed by hand").then_some(())
    });
    let id = running.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert!(running.0.wait().unwrap().success());
}
