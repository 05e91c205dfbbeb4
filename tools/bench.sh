#!/usr/bin/env bash
# Aqueduct beside Java Connect on one real broker: start-up, memory, CPU per record, a hundred connectors. Takes about an hour.
#
#   tools/bench.sh                        3 million records, 3 rounds; the raw figures go to docs/performance/DATE.json
#   tools/bench.sh --cases startup,sink   further arguments go to tools/connect_bench.py and win over those of this script
#
# Do nothing else on the machine meanwhile. AQUEDUCT_BIN names another binary than the one built here. Needs what `tests/run` needs.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
testbed=$root/tests/testbed/testbed.sh
cd "$root"

binary=${AQUEDUCT_BIN:-}
if [ -z "$binary" ]; then
  cargo build --release --locked
  binary=${CARGO_TARGET_DIR:-$root/target}/release/aqueduct
fi

if [ ! -x .venv/bin/python ]; then python3 -m venv .venv; fi
.venv/bin/pip install --quiet -r tests/compat/requirements.txt

scratch=$(mktemp -d)
trap '"$testbed" kill "$scratch/kafka" > /dev/null 2>&1 || true; rm -rf "$scratch"' EXIT
libs=$("$testbed" libs)
# A broker that compiles hot code fully, so that it is not what is measured.
broker=$(KAFKA_TESTBED_OPTS=-Xmx768m "$testbed" start auto "$scratch/kafka")

mkdir -p docs/performance
TMPDIR=$scratch .venv/bin/python tools/connect_bench.py --broker "$broker" \
  --impl "java=java -Xmx1g -cp '$libs/*' org.apache.kafka.connect.cli.ConnectStandalone {worker} {connectors}" \
  --impl "aqueduct='$binary' standalone {worker} {connectors}" \
  --records 3000000 --repeat 3 --json "docs/performance/$(date +%F).json" "$@"
