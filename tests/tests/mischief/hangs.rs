//! Plugins that hang, panic or eat memory. The rest goes on, and what misbehaves can be seen and removed.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use aqueduct_tests::{eventually, unique};

use crate::host::Host;
use crate::plugins::RELEASED;

const SOURCE: &str = "test.MischiefSource";
const SINK: &str = "test.MischiefSink";

/// What a connector does, the state of its task meanwhile, and how long it may take to delete it.
fn check(host: &Host, class: &str, mischief: &str, how: &str, state: &str) {
    let name = unique("mischief");
    // What a sink reads is the bystander's topic, which is not empty.
    let topic = host.control.block_on(aqueduct_herder::Herder::connectors(&host.herder)).unwrap();
    let topic = topic.iter().find(|name| name.starts_with("bystander")).unwrap().clone();
    let mut props = vec![("connector.class", class), ("mischief", mischief), ("how", how)];
    if class == SINK {
        props.push(("topics", &topic));
    }
    host.create(&name, &props).unwrap_or_else(|error| panic!("{class} {mischief} {how}: {error}"));
    if !state.is_empty() {
        host.task_is(&name, state);
    }
    host.bystander_goes_on();
    let began = Instant::now();
    host.delete(&name);
    assert!(began.elapsed() < Duration::from_secs(12), "{class} {mischief} {how}: {:?}", began.elapsed());
    host.bystander_goes_on();
}

#[test]
fn a_task_that_hangs_disturbs_nobody_and_can_be_deleted() {
    let host = Host::new();
    // A task that has not started yet has no state, as with Java Connect.
    check(&host, SOURCE, "start", "hang", "");
    check(&host, SOURCE, "poll", "hang", "RUNNING");
    check(&host, SOURCE, "stop", "hang", "RUNNING");
    check(&host, SINK, "start", "hang", "");
    check(&host, SINK, "put", "hang", "RUNNING");
    check(&host, SINK, "stop", "hang", "RUNNING");
}

#[test]
fn a_task_that_keeps_its_thread_disturbs_nobody_and_can_be_deleted() {
    let host = Host::new();
    check(&host, SOURCE, "poll", "block", "RUNNING");
    // The thread comes back only when the plugin lets it go.
    RELEASED.store(true, Ordering::Relaxed);
}

#[test]
fn a_task_that_panics_has_failed_with_the_place_in_its_trace() {
    let host = Host::new();
    for (class, call) in [(SOURCE, "start"), (SOURCE, "poll")] {
        let name = unique("panic");
        host.create(&name, &[("connector.class", class), ("mischief", call), ("how", "panic")]).unwrap();
        let trace = host.task_is(&name, "FAILED");
        for part in ["panic: the plugin broke", "plugins.rs"] {
            assert!(trace.contains(part), "{part:?} is not in {trace}");
        }
        host.bystander_goes_on();
        host.delete(&name);
    }
}

#[test]
fn a_connector_that_hangs_can_be_deleted() {
    let host = Host::new();
    for (call, how) in [("connector start", "hang"), ("task configs", "hang"), ("connector stop", "hang")] {
        let name = unique("hanging");
        host.begin_to_create(&name, &[("connector.class", SOURCE), ("mischief", call), ("how", how)]);
        eventually("the connector is there", || {
            host.control.block_on(aqueduct_herder::Herder::connector_info(&host.herder, &name)).ok()
        });
        host.bystander_goes_on();
        let began = Instant::now();
        host.delete(&name);
        assert!(began.elapsed() < Duration::from_secs(20), "{call}: {:?}", began.elapsed());
        host.bystander_goes_on();
    }
}

#[test]
fn a_connector_that_panics_has_failed() {
    let host = Host::new();
    let name = unique("panic");
    let props = [("connector.class", SOURCE), ("mischief", "connector start"), ("how", "panic")];
    let refused = host.create(&name, &props).unwrap_err();
    assert!(refused.message().contains("the plugin broke in connector start"), "{refused}");
    let status = host.status(&name).unwrap();
    assert_eq!(status.connector.state, "FAILED");
    host.bystander_goes_on();
    host.delete(&name);
}

/// The memory of this process, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[test]
fn a_task_that_reads_faster_than_it_can_write_does_not_fill_the_memory() {
    let host = Host::new();
    let name = unique("hungry");
    let before = resident();
    // 192 MiB in batches of 8 MiB, far more than the producer buffers.
    let props = [
        ("connector.class", SOURCE),
        ("topic", &*name),
        ("batches", "24"),
        ("batch.records", "8192"),
        ("record.bytes", "1024"),
        ("producer.override.buffer.memory", "8388608"),
    ];
    host.create(&name, &props).unwrap();
    let mut most = 0;
    eventually("everything is written", || {
        most = most.max(resident().saturating_sub(before));
        let offsets = host.control.block_on(aqueduct_herder::Herder::offsets(&host.herder, &name)).ok()?;
        let written = written(&host, &name);
        (!offsets.is_empty() && written >= 24 * 8192).then_some(())
    });
    assert!(most < 100 << 20, "{} MiB more than before", most >> 20);
    host.bystander_goes_on();
    host.delete(&name);
}

/// How many records of a connector are in Kafka.
fn written(host: &Host, name: &str) -> u64 {
    let readings = host.metrics.read();
    let found = readings.iter().find(|reading| {
        reading.attribute == "source-record-write-total"
            && reading.bean.tags.iter().any(|(tag, value)| *tag == "connector" && value == name)
    });
    match found.map(|reading| &reading.value) {
        Some(aqueduct_metrics::Value::Number(number)) => *number as u64,
        _ => 0,
    }
}
