//! What is wrong is said with file, key, value and the way out, and the exit code is not 0.
#![cfg(test)]

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use aqueduct_tests::{WorkerFiles, bootstrap, file_sink, file_source, setting, unique};

fn check(files: &WorkerFiles, code: i32, parts: &[&str]) {
    let worker = files.launch();
    let log = files.folder().join("worker.log");
    let status = worker.exit();
    let log = fs::read_to_string(log).unwrap();
    assert_eq!(status.code(), Some(code), "{log}");
    for part in parts {
        assert!(log.contains(part), "{part:?} is not in:\n{log}");
    }
}

fn files(folder: &Path) -> WorkerFiles {
    WorkerFiles::new(folder, &bootstrap())
}

fn run(arguments: &[&str]) -> Output {
    Command::new(setting("AQUEDUCT_BIN")).args(arguments).output().unwrap()
}

#[test]
fn a_missing_worker_file_is_named() {
    let output = run(&["standalone", "no-such-worker.properties"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("no-such-worker.properties") && text.contains("no such file"), "{text}");
}

#[test]
fn wrong_usage_ends_with_1_and_help_with_0() {
    assert_eq!(run(&["standalone"]).status.code(), Some(1));
    assert_eq!(run(&["nonsense"]).status.code(), Some(1));
    assert_eq!(run(&["--help"]).status.code(), Some(0));
    assert!(String::from_utf8_lossy(&run(&["--version"]).stdout).starts_with("aqueduct 0."));
}

#[test]
fn an_unparsable_value_is_named_with_its_file_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path()).with(&[("offset.flush.interval.ms", "soon")]);
    check(&files, 2, &["worker.properties", "offset.flush.interval.ms", "soon"]);
}

#[test]
fn an_unknown_class_is_named_with_what_may_have_been_meant() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path()).with(&[("key.converter", "org.apache.kafka.connect.json.JsonConvertor")]);
    check(&files, 2, &["key.converter", "JsonConvertor", "org.apache.kafka.connect.json.JsonConverter"]);
}

#[test]
fn an_unknown_connector_class_ends_the_worker_with_3() {
    let folder = tempfile::tempdir().unwrap();
    let mut source = file_source("s", &folder.path().join("in"), &unique("t"), &[]);
    source.push(("connector.class".into(), "FileStreamSorce".into()));
    let files = files(folder.path()).connector(source);
    check(&files, 3, &["connector-0.properties", "FileStreamSorce", "FileStreamSource"]);
}

#[test]
fn an_unreachable_broker_ends_the_worker_with_2_after_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let files = WorkerFiles::new(folder.path(), "127.0.0.1:1")
        .with(&[("default.api.timeout.ms", "3000"), ("request.timeout.ms", "2000")]);
    check(&files, 2, &["bootstrap.servers", "127.0.0.1:1"]);
}

#[test]
fn a_wrong_client_key_is_named_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path()).with(&[("security.protocol", "PLAINTXT")]);
    check(&files, 2, &["worker.properties", "security.protocol", "PLAINTXT"]);
}

#[test]
fn a_configuration_provider_that_is_not_there_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path())
        .with(&[("config.providers", "vault"), ("config.providers.vault.class", "com.example.Vault")]);
    check(&files, 2, &["worker.properties", "config.providers.vault.class", "com.example.Vault", "${vault:"]);
}

#[test]
fn a_secrets_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path()).with(&[
        ("config.providers", "file"),
        ("config.providers.file.class", "org.apache.kafka.common.config.provider.FileConfigProvider"),
        ("client.id", "${file:/nowhere/secrets.properties:id}"),
    ]);
    check(&files, 2, &["worker.properties", "Could not read properties from file /nowhere/secrets.properties"]);
}

#[test]
fn rest_extensions_are_refused_because_they_may_guard_the_api() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path()).with(&[("rest.extension.classes", "com.example.Guard")]);
    check(&files, 2, &["rest.extension.classes", "com.example.Guard"]);
}

#[test]
fn a_port_in_use_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let files = files(folder.path()).with(&[("listeners", &format!("http://{address}"))]);
    check(&files, 2, &["listeners", &address, "in use"]);
}

#[test]
fn an_unwritable_offset_file_is_refused_when_there_is_a_source() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("missing").join("offsets").display().to_string();
    let files = files(folder.path()).with(&[("offset.storage.file.filename", &nowhere)]).connector(file_source(
        "s",
        &folder.path().join("in"),
        &unique("t"),
        &[],
    ));
    check(&files, 2, &["offset.storage.file.filename", &nowhere]);
}

#[test]
fn an_unwritable_offset_file_is_a_warning_without_sources_and_refuses_them_later() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("missing").join("offsets").display().to_string();
    let sink = unique("sink");
    let worker = files(folder.path())
        .with(&[("offset.storage.file.filename", &nowhere)])
        .connector(file_sink(&sink, &folder.path().join("out"), &unique("t"), &[]))
        .start();
    worker.task_state(&sink, 0, "RUNNING");
    assert_eq!(worker.log().matches("Sink connectors can run").count(), 1);
    let body = serde_json::json!({"name": "s", "config":
        {"connector.class": "FileStreamSource", "file": "in", "topic": "t"}});
    let (status, answer) = worker.request("POST", "/connectors", Some(&body));
    assert_eq!(status, 500);
    assert!(answer["message"].as_str().unwrap().contains("offset.storage.file.filename"), "{answer}");
}

#[test]
fn two_connectors_of_one_name_end_the_worker_with_3() {
    let folder = tempfile::tempdir().unwrap();
    let source = file_source("same", &folder.path().join("in"), &unique("t"), &[]);
    let files = files(folder.path()).connector(source.clone()).connector(source);
    check(&files, 3, &["connector-1.properties", "Connector same already exists"]);
}

#[test]
fn a_file_that_is_no_offset_file_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let offsets = folder.path().join("offsets");
    fs::write(&offsets, "these are my notes").unwrap();
    check(&files(folder.path()), 2, &["offset.storage.file.filename", "no offset file"]);
    assert_eq!(fs::read_to_string(&offsets).unwrap(), "these are my notes");
}

#[test]
fn a_file_shorter_than_its_stored_position_fails_the_task_and_says_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.txt");
    fs::write(&input, "one\ntwo\nthree\n").unwrap();
    let files = files(folder.path()).connector(file_source("s", &input, &unique("t"), &[]));
    let worker = files.start();
    worker.task_state("s", 0, "RUNNING");
    aqueduct_tests::eventually("the position is stored", || {
        let (_, offsets) = worker.request("GET", "/connectors/s/offsets", None);
        (offsets["offsets"][0]["offset"]["position"] == 14).then_some(())
    });
    assert!(worker.stop().success());
    fs::write(&input, "new\n").unwrap();
    let worker = files.start();
    let status = worker.task_state("s", 0, "FAILED");
    let trace = status["trace"].as_str().unwrap();
    for part in [&input.display().to_string(), "14", "4", "offsets"] {
        assert!(trace.contains(part), "{part:?} is not in {trace}");
    }
}

#[test]
fn validate_checks_files_without_a_broker() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (folder.path().join("good.properties"), folder.path().join("bad.json"));
    fs::write(&good, "name=a\nconnector.class=FileStreamSource\nfile=x\ntopic=t\n").unwrap();
    fs::write(&bad, r#"{"name":"b","connector.class":"FileStreamSource","tasks.max":"many"}"#).unwrap();
    fs::set_permissions(&good, fs::Permissions::from_mode(0o444)).unwrap();
    assert!(run(&["validate", good.to_str().unwrap()]).status.success());
    let output = run(&["validate", good.to_str().unwrap(), bad.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("good.properties: ok") && text.contains("tasks.max") && text.contains("topic"), "{text}");
}
