//! The yardstick for everything that reads records: N records through this crate and nothing else, and what that costs in
//! CPU time.
//!
//! `bare_consume BOOTSTRAP TOPIC [COUNT] [KEY=VALUE…]` with consumer settings as KEY=VALUE. Reads from the start in a
//! group of its own.

#![allow(clippy::print_stdout, reason = "a program that prints figures")]

use std::error::Error;
use std::time::{Duration, Instant};

use aqueduct_kafka::{ClientSettings, Consumer, ConsumerEvent};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [bootstrap, topic, rest @ ..] = arguments.as_slice() else {
        return Err("usage: bare_consume BOOTSTRAP TOPIC [COUNT] [KEY=VALUE…]".into());
    };
    let (options, numbers): (Vec<_>, Vec<_>) = rest.iter().partition(|argument| argument.contains('='));
    let count: u64 = numbers.first().map_or(Ok(1_000_000), |count| count.parse())?;
    let mut settings = ClientSettings::default();
    settings
        .set_base("bootstrap.servers", bootstrap.as_str())
        .set_base("group.id", format!("bare-consume-{}", std::process::id()))
        .set_base("enable.auto.commit", "false")
        .set_base("auto.offset.reset", "earliest");
    for (key, value) in options.iter().filter_map(|option| option.split_once('=')) {
        settings.set_user(key, value);
    }

    let mut consumer = Consumer::create(&settings)?;
    consumer.subscribe(&[topic])?;
    let (mut read, mut bytes, mut batches) = (0, 0, 0_u64);
    let mut first: Option<(f64, Instant)> = None;
    while read < count {
        match consumer.poll(Duration::from_secs(30)).await? {
            ConsumerEvent::Records(records) => {
                if first.is_none() {
                    first = Some((cpu_seconds()?, Instant::now()));
                }
                read += records.len() as u64;
                batches += 1;
                bytes +=
                    records.iter().filter_map(|record| record.value.as_ref()).map(bytes::Bytes::len).sum::<usize>();
            }
            ConsumerEvent::Idle => return Err(format!("nothing came any more after {read} records").into()),
            _ => {}
        }
    }
    let (cpu, start) = first.ok_or("nothing was read")?;
    let (cpu, elapsed, millions) = (cpu_seconds()? - cpu, start.elapsed(), read as f64 / 1e6);
    let (per_million, rate) = (cpu / millions, read as f64 / elapsed.as_secs_f64());
    println!("consumed {read} records: {cpu:.2} CPU s, {per_million:.2} CPU s per million, {rate:.0} records/s");
    println!("{bytes} bytes of values in {batches} batches");
    consumer.close(Duration::from_secs(10)).await;
    Ok(())
}

/// User and system time of this process so far.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').ok_or("unexpected /proc/self/stat")?;
    let ticks: Vec<f64> = fields.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() / 100.0)
}
