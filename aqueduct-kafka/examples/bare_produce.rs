//! The yardstick for everything that writes records: N records of 100 bytes through this crate and nothing else, and
//! what that costs in CPU time.
//!
//! `bare_produce BOOTSTRAP TOPIC [COUNT] [SIZE] [KEY=VALUE…]` with producer settings as KEY=VALUE.

#![allow(clippy::print_stdout, reason = "a program that prints figures")]

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aqueduct_kafka::{ClientSettings, Delivery, DeliverySink, ErrorKind, Producer, ProducerRecord};

#[derive(Default)]
struct Count {
    written: AtomicU64,
    failed: AtomicU64,
    calls: AtomicU64,
}

impl DeliverySink for Count {
    fn delivered(&self, deliveries: &[Delivery]) {
        let failed = deliveries.iter().filter(|delivery| delivery.outcome.is_err()).count() as u64;
        self.written.fetch_add(deliveries.len() as u64 - failed, Ordering::Relaxed);
        self.failed.fetch_add(failed, Ordering::Relaxed);
        self.calls.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [bootstrap, topic, rest @ ..] = arguments.as_slice() else {
        return Err("usage: bare_produce BOOTSTRAP TOPIC [COUNT] [SIZE] [KEY=VALUE…]".into());
    };
    let (options, numbers): (Vec<_>, Vec<_>) = rest.iter().partition(|argument| argument.contains('='));
    let count: u64 = numbers.first().map_or(Ok(1_000_000), |count| count.parse())?;
    let size: usize = numbers.get(1).map_or(Ok(100), |size| size.parse())?;
    let mut settings = ClientSettings::default();
    settings.set_base("bootstrap.servers", bootstrap.as_str()).set_base("acks", "all");
    for (key, value) in options.iter().filter_map(|option| option.split_once('=')) {
        settings.set_user(key, value);
    }

    let producer = Producer::create(&settings)?;
    let sink = Arc::new(Count::default());
    let mut lane = producer.register(sink.clone())?;
    let mut record = ProducerRecord {
        topic: topic.as_str().into(),
        partition: None,
        key: None,
        value: Some(vec![b'x'; size].into()),
        timestamp: None,
        headers: Vec::new(),
    };
    // Not of long ago, or the broker's retention takes the records away.
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    let (cpu, start) = (cpu_seconds()?, Instant::now());
    for sequence in 0..count {
        record.timestamp = Some(now);
        while let Err(error) = lane.send(sequence, &record) {
            if error.kind() != ErrorKind::QueueFull {
                return Err(error.into());
            }
            lane.ready().await;
        }
    }
    lane.flush(Duration::from_secs(60)).await?;
    report("produced", count, cpu_seconds()? - cpu, start.elapsed());
    let [written, failed, calls] =
        [&sink.written, &sink.failed, &sink.calls].map(|count| count.load(Ordering::Relaxed));
    println!("{written} written, {failed} failed, results came in {calls} batches");
    producer.close(Duration::from_secs(10)).await;
    Ok(())
}

fn report(what: &str, count: u64, cpu: f64, elapsed: Duration) {
    let millions = count as f64 / 1e6;
    let (per_million, rate) = (cpu / millions, count as f64 / elapsed.as_secs_f64());
    println!("{what} {count} records: {cpu:.2} CPU s, {per_million:.2} CPU s per million, {rate:.0} records/s");
}

/// User and system time of this process so far.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').ok_or("unexpected /proc/self/stat")?;
    let ticks: Vec<f64> = fields.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() / 100.0)
}
