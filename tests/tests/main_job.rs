//! The main job: the lines of a file go through Kafka into another file.
#![cfg(test)]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use aqueduct_tests::{WorkerFiles, bootstrap, eventually, file_sink, file_source, topic_records, topic_values, unique};

const HOIST_AND_INSERT: [(&str, &str); 7] = [
    ("transforms", "MakeMap, InsertSource"),
    ("transforms.MakeMap.type", "org.apache.kafka.connect.transforms.HoistField$Value"),
    ("transforms.MakeMap.field", "line"),
    ("transforms.InsertSource.type", "org.apache.kafka.connect.transforms.InsertField$Value"),
    ("transforms.InsertSource.static.field", "data_source"),
    ("transforms.InsertSource.static.value", "test-file-source"),
    ("value.converter", "org.apache.kafka.connect.json.JsonConverter"),
];

/// Reads the JSON that the example writes.
const HOIST_AND_INSERT_READ: [(&str, &str); 2] =
    [("value.converter", "org.apache.kafka.connect.json.JsonConverter"), ("value.converter.schemas.enable", "false")];

fn lines(file: &Path, count: usize) -> Vec<String> {
    eventually(&format!("{count} lines arrive"), || {
        let text = fs::read_to_string(file).ok()?;
        (text.ends_with('\n') && text.lines().count() >= count).then(|| text.lines().map(str::to_owned).collect())
    })
}

fn append(file: &Path, text: &str) {
    OpenOptions::new().append(true).open(file).unwrap().write_all(text.as_bytes()).unwrap();
}

#[test]
fn the_documented_example_carries_lines_and_follows_appended_ones() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.txt"), folder.path().join("out.txt"));
    let maps = folder.path().join("maps.txt");
    let (topic, sink, reading) = (unique("example"), unique("example-sink"), unique("example-reading-sink"));
    fs::write(&input, "foo\nbar\n").unwrap();
    let mut example = HOIST_AND_INSERT.to_vec();
    example.push(("value.converter.schemas.enable", "false"));
    let worker = WorkerFiles::new(folder.path(), &bootstrap())
        .connector(file_source("source", &input, &topic, &example))
        .connector(file_sink(&sink, &output, &topic, &[]))
        .connector(file_sink(&reading, &maps, &topic, &HOIST_AND_INSERT_READ))
        .start();

    let json = |line: &str| format!("{{\"line\":\"{line}\",\"data_source\":\"test-file-source\"}}");
    assert_eq!(lines(&output, 2), [json("foo"), json("bar")]);
    append(&input, "more\n");
    assert_eq!(lines(&output, 3)[2], json("more"));
    assert_eq!(topic_values(&bootstrap(), &topic), ["foo", "bar", "more"].map(|line| Some(json(line))));
    // A sink that reads the JSON writes what Java's maps print.
    let map = |line: &str| format!("{{line={line}, data_source=test-file-source}}");
    assert_eq!(lines(&maps, 3), ["foo", "bar", "more"].map(map));

    let (status, body) = worker.request("GET", "/connectors/source/offsets", None);
    assert_eq!(status, 200, "{body}");
    assert!(worker.stop().success());
}

#[test]
fn a_clean_stop_and_restart_in_the_middle_repeats_and_loses_nothing() {
    let count = aqueduct_tests::amount("AQUEDUCT_LINES", 200_000) as usize;
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.txt"), folder.path().join("out.txt"));
    let (topic, sink) = (unique("restart"), unique("restart-sink"));
    let text: String = (0..count).map(|n| format!("{n:012} {}\n", "x".repeat(87))).collect();
    fs::write(&input, &text).unwrap();
    let files = WorkerFiles::new(folder.path(), &bootstrap())
        .connector(file_source("source", &input, &topic, &[]))
        .connector(file_sink(&sink, &output, &topic, &[]));

    let worker = files.start();
    eventually("some of the lines arrive", || (fs::metadata(&output).ok()?.len() > 1_000_000).then_some(()));
    assert!(worker.stop().success());
    let worker = files.start();
    let limit = std::time::Duration::from_secs(60 + count as u64 / 20_000);
    aqueduct_tests::eventually_within(limit, "all lines arrive", || {
        (fs::metadata(&output).ok()?.len() >= text.len() as u64).then_some(())
    });
    assert!(worker.stop().success());
    assert!(fs::read_to_string(&output).unwrap() == text, "the output is not the input");
}

/// The example of the documentation of predicates: topic `foo` is dropped, and the key is taken apart everywhere but in
/// topic `bar`.
#[test]
fn the_documented_predicates_drop_one_topic_and_spare_another() {
    let folder = tempfile::tempdir().unwrap();
    let run = unique("predicates");
    let topic = |name: &str| format!("{run}-{name}");
    let input = folder.path().join("in.txt");
    fs::write(&input, "one\n").unwrap();
    let package = "org.apache.kafka.connect.transforms";
    let settings = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let chain = [
        settings("transforms", "MakeMap, MakeKey, Filter, Extract"),
        settings("transforms.MakeMap.type", &format!("{package}.HoistField$Value")),
        settings("transforms.MakeMap.field", "line"),
        settings("transforms.MakeKey.type", &format!("{package}.ValueToKey")),
        settings("transforms.MakeKey.fields", "line"),
        settings("transforms.Filter.type", &format!("{package}.Filter")),
        settings("transforms.Filter.predicate", "IsFoo"),
        settings("transforms.Extract.type", &format!("{package}.ExtractField$Key")),
        settings("transforms.Extract.field", "line"),
        settings("transforms.Extract.predicate", "IsBar"),
        settings("transforms.Extract.negate", "true"),
        settings("predicates", "IsFoo, IsBar"),
        settings("predicates.IsFoo.type", &format!("{package}.predicates.TopicNameMatches")),
        settings("predicates.IsFoo.pattern", &topic("foo")),
        settings("predicates.IsBar.type", &format!("{package}.predicates.TopicNameMatches")),
        settings("predicates.IsBar.pattern", &topic("bar")),
        settings("key.converter", "org.apache.kafka.connect.json.JsonConverter"),
        settings("key.converter.schemas.enable", "false"),
        settings("value.converter", "org.apache.kafka.connect.json.JsonConverter"),
        settings("value.converter.schemas.enable", "false"),
    ];
    let chain: Vec<(&str, &str)> = chain.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let mut files = WorkerFiles::new(folder.path(), &bootstrap());
    for name in ["foo", "bar", "other"] {
        files = files.connector(file_source(name, &input, &topic(name), &chain));
    }
    let worker = files.start();
    let stored = |name: &str| {
        eventually("offsets are stored", || {
            let (_, body) = worker.request("GET", &format!("/connectors/{name}/offsets"), None);
            (body["offsets"].as_array()?.len() == 1).then_some(())
        });
        topic_records(&bootstrap(), &topic(name))
    };
    let value = Some(r#"{"line":"one"}"#.to_owned());
    assert_eq!(stored("bar"), [(Some(r#"{"line":"one"}"#.to_owned()), value.clone())]);
    assert_eq!(stored("other"), [(Some(r#""one""#.to_owned()), value)]);
    worker.task_state("foo", 0, "RUNNING");
    let (_, topics) = worker.request("GET", "/connectors/foo/topics", None);
    assert_eq!(topics["foo"]["topics"], serde_json::json!([]), "nothing was written to the topic that is dropped");
    assert!(worker.stop().success());
}

#[test]
fn variables_stand_for_values_that_are_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.txt"), folder.path().join("secret-place.txt"));
    let (topic, sink) = (unique("variables"), unique("variables-sink"));
    fs::write(&input, "one\n").unwrap();
    let secrets = folder.path().join("secrets.properties");
    fs::write(&secrets, format!("place={}\ninterval=300\n", output.display())).unwrap();
    let variable = |key: &str| format!("${{secrets:{}:{key}}}", secrets.display());
    let place = variable("place");
    let worker = WorkerFiles::new(folder.path(), &bootstrap())
        .with(&[
            ("config.providers", "secrets"),
            ("config.providers.secrets.class", "FileConfigProvider"),
            ("offset.flush.interval.ms", &variable("interval")),
        ])
        .connector(file_source("source", &input, &topic, &[]))
        .connector(file_sink(&sink, Path::new(&place), &topic, &[]))
        .start();
    assert_eq!(lines(&output, 1), ["one"]);

    let config = serde_json::json!({
        "name": sink, "connector.class": "FileStreamSink", "topics": topic, "file": place, "tasks.max": place,
    });
    let paths = [
        ("GET", format!("/connectors/{sink}"), None),
        ("GET", format!("/connectors/{sink}/tasks"), None),
        ("GET", format!("/connectors/{sink}/status"), None),
        ("PUT", "/connector-plugins/FileStreamSink/config/validate".to_owned(), Some(&config)),
    ];
    for (method, path, body) in paths {
        let (status, answer) = worker.request(method, &path, body);
        assert_eq!(status, 200, "{path}: {answer}");
        assert!(!answer.to_string().contains("secret-place"), "{path} shows the value: {answer}");
    }
    let log = worker.log();
    assert!(worker.stop().success());
    assert!(!log.contains("interval=300"), "{log}");
}

#[test]
fn an_offset_beyond_the_end_of_the_log_goes_on_where_the_reset_policy_says() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.txt"), folder.path().join("out.txt"));
    let (topic, sink) = (unique("beyond"), unique("beyond-sink"));
    fs::write(&input, "one\ntwo\n").unwrap();
    let worker = WorkerFiles::new(folder.path(), &bootstrap())
        .connector(file_source("source", &input, &topic, &[]))
        .connector(file_sink(&sink, &output, &topic, &[]))
        .start();
    assert_eq!(lines(&output, 2), ["one", "two"]);

    let call = |method: &str, what: &str, body: Option<&serde_json::Value>| {
        worker.request(method, &format!("/connectors/{sink}/{what}"), body)
    };
    assert_eq!(call("PUT", "stop", None).0, 204);
    eventually("the connector stops", || {
        (call("GET", "status", None).1["connector"]["state"] == "STOPPED").then_some(())
    });
    let beyond = serde_json::json!({"offsets": [
        {"partition": {"kafka_topic": topic, "kafka_partition": 0}, "offset": {"kafka_offset": 1_000_000}},
    ]});
    eventually("the offset is set", || (call("PATCH", "offsets", Some(&beyond)).0 == 200).then_some(()));
    assert_eq!(call("PUT", "resume", None).0, 202);

    // Sinks read from the beginning where nothing better is known.
    assert_eq!(lines(&output, 4), ["one", "two", "one", "two"]);
    append(&input, "three\n");
    assert_eq!(lines(&output, 5)[4], "three");
    worker.task_state(&sink, 0, "RUNNING");
    assert!(worker.stop().success());
}

#[test]
fn a_missing_output_folder_fails_the_task_and_not_the_worker() {
    let folder = tempfile::tempdir().unwrap();
    let (topic, sink) = (unique("nofolder"), unique("nofolder-sink"));
    let missing = folder.path().join("missing").join("out.txt");
    let worker =
        WorkerFiles::new(folder.path(), &bootstrap()).connector(file_sink(&sink, &missing, &topic, &[])).start();
    let status = worker.task_state(&sink, 0, "FAILED");
    let trace = status["trace"].as_str().unwrap();
    assert!(trace.contains("Couldn't find or create file"), "{trace}");
    assert!(trace.contains(&missing.display().to_string()), "{trace}");
    assert_eq!(worker.request("GET", "/connectors", None).0, 200);
}
