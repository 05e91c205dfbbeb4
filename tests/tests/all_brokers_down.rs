//! A group whose brokers are all away for a while: sources and sinks go on when they are back, and a worker that is told to end
//! meanwhile does not wait for them.
#![cfg(test)]

use std::fs;
use std::time::{Duration, Instant};

use aqueduct_tests::{
    ArrivingLines, Cluster, GrowingFile, WorkerFiles, WorkerGroup, amount, eventually_within, unique,
};
use serde_json::json;

/// The end of a fault that lasts a while.
#[expect(clippy::disallowed_methods, reason = "the story is about time: a fault lasts a while")]
fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

fn goes_on(what: &str, input: &GrowingFile, output: &mut ArrivingLines) {
    let (mark, since) = (input.count(), Instant::now());
    eventually_within(Duration::from_secs(60), what, || output.look().has(mark).then_some(()));
    println!("{what}: after {:.1} s", since.elapsed().as_secs_f64());
}

#[test]
fn a_group_goes_on_after_all_brokers_were_down_and_ends_without_them() {
    let down = Duration::from_secs(amount("AQUEDUCT_DEAD_SECONDS", 15));
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::of_one(folder.path());
    let group = unique("all-down");
    let files = (0..2).map(|number| {
        let folder = folder.path().join(format!("worker-{number}"));
        fs::create_dir(&folder).unwrap();
        WorkerFiles::distributed(&folder, cluster.bootstrap(), &group)
    });
    let mut workers = WorkerGroup::start(files.collect());
    let mut input = GrowingFile::start(&folder.path().join("in"), 40);
    let output_file = folder.path().join("out");
    let mut output = ArrivingLines::of(&output_file);
    let source =
        json!({"connector.class": "FileStreamSource", "file": input.path(), "topic": format!("{group}-lines")});
    workers.create(&format!("{group}-source"), &source, 1);
    // Without brokers no consumer can leave its group: the next one waits until the session of the one before is over.
    let sink = json!({
        "connector.class": "FileStreamSink", "file": output_file, "topics": format!("{group}-lines"),
        "consumer.override.session.timeout.ms": "6000", "consumer.override.heartbeat.interval.ms": "1000",
        "consumer.override.metadata.max.age.ms": "5000",
    });
    workers.create(&format!("{group}-sink"), &sink, 1);
    workers.settles("at first", Instant::now(), Duration::from_secs(60));
    goes_on("lines arrive", &input, &mut output);

    cluster.all("kill");
    pause(down);
    cluster.all("restart");
    goes_on("lines arrive again", &input, &mut output);
    let took = workers.settles("with brokers again", Instant::now(), Duration::from_secs(60));
    println!("converged {:.1} s later", took.as_secs_f64());
    let count = input.finish();
    eventually_within(Duration::from_secs(60), "every line arrives", || {
        output.look().first_missing(count).is_none().then_some(())
    });

    cluster.all("kill");
    let since = Instant::now();
    workers.stop();
    println!("both workers had ended after {:.1} s", since.elapsed().as_secs_f64());
}
