//! What a line costs: the file source, from the file to records, against `BufRead::read_until` on the same file.
//!
//! `cargo run --release -p aqueduct-connector-file --example line_bench [MIB] [FILE]` makes a file of 100-byte lines
//! (256 MiB unless told; it is removed at the end unless its name was given), reads it through the page cache once, and
//! then with both in turn. It prints the processor time of each, per line, and the ratio of the best rounds.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

#[path = "../tests/host/mod.rs"]
mod host;
#[allow(dead_code, reason = "the cutter of the file source, without the rest")]
#[path = "../src/lines.rs"]
mod lines;

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::time::Duration;

use host::Source;

const ROUNDS: usize = 5;

/// The processor time of this process so far, user and system.
fn cpu() -> Duration {
    let Ok(text) = fs::read_to_string("/proc/self/schedstat") else { return wall() };
    let nanoseconds = text.split(' ').next().and_then(|first| first.parse().ok());
    nanoseconds.map_or_else(wall, Duration::from_nanos)
}

/// Where no processor time can be read, elapsed time has to do: both sides are busy all the time.
fn wall() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap()
}

/// The kernel counts a running process's time in ticks of some milliseconds, so one measurement takes many of them.
const LINES_AT_LEAST: u64 = 10_000_000;

fn measure(name: &str, run: impl Fn() -> u64) -> f64 {
    let begin = cpu();
    let mut lines = 0;
    while lines < LINES_AT_LEAST {
        lines += run();
    }
    let per_line = (cpu() - begin).as_nanos() as f64 / lines as f64;
    println!("{name:>36}: {per_line:6.1} ns per line ({lines} lines)");
    per_line
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mebibytes: u64 = arguments.next().map_or(256, |text| text.parse().unwrap());
    let given = arguments.next();
    let file = given.clone().unwrap_or_else(|| {
        std::env::temp_dir().join(format!("line_bench-{}.txt", std::process::id())).to_str().unwrap().to_owned()
    });
    let count = mebibytes * 1024 * 1024 / 100;
    let mut out = std::io::BufWriter::new(File::create(&file).unwrap());
    for n in 0..count {
        writeln!(out, "{n:099}").unwrap();
    }
    drop(out);
    let mut buffer = vec![0; 1 << 20];
    let mut warm = File::open(&file).unwrap();
    while warm.read(&mut buffer).unwrap() > 0 {}

    let (mut reused, mut owned, mut cut, mut records) = (f64::MAX, f64::MAX, f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        reused = reused.min(measure("read_until, one buffer for all lines", || read_until(&file, false)));
        owned = owned.min(measure("read_until, a buffer for each line", || read_until(&file, true)));
        cut = cut.min(measure("lines of the file source", || cut_lines(&file)));
        records = records.min(measure("records of the file source", || read_records(&file)));
    }
    println!("best rounds, as multiples of read_until with one buffer for all lines ({reused:.1} ns):");
    println!("  read_until with a buffer for each line {:.2}", owned / reused);
    println!("  lines of the file source               {:.2}", cut / reused);
    println!("  records of the file source             {:.2}", records / reused);
    if given.is_none() {
        fs::remove_file(&file).unwrap();
    }
}

fn read_until(file: &str, owned: bool) -> u64 {
    let mut reader = BufReader::new(File::open(file).unwrap());
    let (mut line, mut lines) = (Vec::new(), 0);
    while reader.read_until(b'\n', &mut line).unwrap() > 0 {
        black_box(&line);
        if owned {
            line = Vec::new();
        } else {
            line.clear();
        }
        lines += 1;
    }
    lines
}

/// Valid UTF-8 in shared buffers: what a record's value is made of.
fn cut_lines(file: &str) -> u64 {
    let mut input = File::open(file).unwrap();
    let (mut cutter, mut lines) = (lines::Lines::new(), 0);
    loop {
        let count = input.read(cutter.space()).unwrap();
        if count == 0 {
            return lines;
        }
        cutter.filled(count);
        lines += cutter.take(usize::MAX, |line, length| {
            black_box((line, length));
        }) as u64;
    }
}

/// Through the task as the runtime drives it, until the records are dropped.
fn read_records(file: &str) -> u64 {
    let mut source = Source::start(&[("file", file), ("topic", "t")], None).unwrap();
    let mut lines = 0;
    while let Some(batch) = source.poll().unwrap() {
        lines += black_box(batch).len() as u64;
    }
    lines
}
