//! Connectors whose names no URL can hold are reached with `aqueduct connector`.
#![cfg(test)]

use std::fs;
use std::process::{Command, Output};

use aqueduct_tests::{WorkerFiles, bootstrap, eventually, setting, unique};
use serde_json::{Value, json};

fn connector(url: &str, action: &str, name: &str) -> Output {
    let mut command = Command::new(setting("AQUEDUCT_BIN"));
    command.args(["connector", action, name, "--url", url]).output().unwrap()
}

fn answer(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

#[test]
fn a_connector_of_any_name_can_be_seen_paused_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.txt");
    fs::write(&input, "a line\n").unwrap();
    let worker = WorkerFiles::new(folder.path(), &bootstrap()).start();
    let url = format!("http://127.0.0.1:{}", worker.port());
    for name in ["a/b", "50%", "a\\b", ".", "..", "plain one"] {
        let config = json!({"connector.class": "FileStreamSource", "file": input, "topic": unique("odd")});
        let (status, created) = worker.request("POST", "/connectors", Some(&json!({"name": name, "config": config})));
        assert_eq!(status, 201, "{name}: {created}");
        let state = |wanted: &str| {
            eventually(&format!("{name} is {wanted}"), || {
                let status = answer(&connector(&url, "status", name));
                (status["tasks"][0]["state"] == wanted).then_some(())
            });
        };
        state("RUNNING");
        assert_eq!(answer(&connector(&url, "info", name))["name"], name);
        answer(&connector(&url, "pause", name));
        state("PAUSED");
        answer(&connector(&url, "delete", name));
        let gone = connector(&url, "status", name);
        assert_eq!(gone.status.code(), Some(1), "{name}");
        let text = String::from_utf8_lossy(&gone.stderr);
        assert!(text.contains("404") && text.contains("No status found for connector"), "{text}");
    }
}
