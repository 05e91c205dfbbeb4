#!/usr/bin/env bash
# What a record costs in each transform and converter, beside Kafka Connect's own classes in a JVM of their own: nanoseconds of CPU per record.
#
#   tools/bench_records.sh [MILLIS]     how long a round takes (default 200); the table goes to standard output, the raw figures to
#                                       docs/performance/records-DATE.json
#
# Do nothing else on the machine meanwhile. Needs what `tests/run` needs.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
millis=${1:-200}
libs=$(tests/testbed/testbed.sh libs)
cargo build --release --locked -p aqueduct-benches --examples
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
java -Xmx1g -cp "$libs/*" benches/records/RecordBench.java benches/records/cases.json "$millis" > "$scratch/java"
"${CARGO_TARGET_DIR:-$root/target}/release/examples/records" benches/records/cases.json "$millis" > "$scratch/ours"
mkdir -p docs/performance
python3 benches/records/table.py benches/records/cases.json "$scratch/java" "$scratch/ours" "docs/performance/records-$(date +%F).json"
