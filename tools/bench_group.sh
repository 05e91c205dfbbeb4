#!/usr/bin/env bash
# Groups of three workers, Java Connect's and Aqueduct's in turn, on one real broker: 500 connectors created over REST.
#
#   tools/bench_group.sh                    3 rounds; the raw figures go to docs/performance/group-DATE.json
#   tools/bench_group.sh --connectors 100   further arguments go to tools/group_bench.py and win over those of this script
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

python=${AQUEDUCT_PYTHON:-}
if [ -z "$python" ]; then
  python=.venv/bin/python
  if [ ! -x "$python" ]; then python3 -m venv .venv; fi
  .venv/bin/pip install --quiet -r tests/compat/requirements.txt
fi

scratch=$(mktemp -d)
trap '"$testbed" kill "$scratch/kafka" > /dev/null 2>&1 || true; rm -rf "$scratch"' EXIT
libs=$("$testbed" libs)
# A broker that compiles hot code fully, so that it is not what is measured.
broker=$(KAFKA_TESTBED_OPTS=-Xmx768m "$testbed" start auto "$scratch/kafka")

mkdir -p docs/performance
TMPDIR=$scratch "$python" tools/group_bench.py --broker "$broker" \
  --impl "java=java -Xmx1g -cp '$libs/*' org.apache.kafka.connect.cli.ConnectDistributed {worker}" \
  --impl "aqueduct='$binary' distributed {worker}" \
  --repeat 3 --json "docs/performance/group-$(date +%F).json" "$@"
