#!/usr/bin/env bash
# Aqueduct beside Java Connect on one real broker: start-up, memory, CPU per record, a hundred connectors. Takes about an hour.
#
#   tools/bench.sh                        3 million records, 3 rounds; the raw figures go to docs/performance/DATE.json
#   tools/bench.sh --cases startup,sink   further arguments go to tools/connect_bench.py and win over those of this script
#
# Do nothing else on the machine meanwhile. AQUEDUCT_BIN names another binary than the one built here. Needs what `tests/run` needs.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/bench_ground.sh"

TMPDIR=$scratch "$python" tools/connect_bench.py --broker "$broker" \
  --impl "java=java -Xmx1g -cp '$libs/*' org.apache.kafka.connect.cli.ConnectStandalone {worker} {connectors}" \
  --impl "aqueduct='$binary' standalone {worker} {connectors}" \
  --records 3000000 --repeat 3 --json "docs/performance/$(date +%F).json" "$@"
