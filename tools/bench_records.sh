#!/usr/bin/env bash
# What a record costs in each transform and converter, beside Kafka Connect's own classes in a JVM of their own: nanoseconds of CPU per record.
#
#   tools/bench_records.sh [MILLIS] [TURNS]   how long a round takes (default 200), and how often both sides take turns (default 2): each side's
#                                             best turn counts; the table goes to standard output, the raw figures to
#                                             docs/performance/records-DATE.json
#
# Do nothing else on the machine meanwhile. Needs what `tests/run` needs.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
millis=${1:-200}
turns=${2:-2}
libs=$(tests/testbed/testbed.sh libs)
cargo build --release --locked -p aqueduct-benches --examples
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for turn in $(seq "$turns"); do
  java -Xmx1g -cp "$libs/*" benches/records/RecordBench.java benches/records/cases.json "$millis" > "$scratch/java.$turn"
  "${CARGO_TARGET_DIR:-$root/target}/release/examples/records" benches/records/cases.json "$millis" > "$scratch/ours.$turn"
done
mkdir -p docs/performance
python3 benches/records/table.py benches/records/cases.json "$scratch" "docs/performance/records-$(date +%F).json"
