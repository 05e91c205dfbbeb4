#!/usr/bin/env bash
# Groups of three workers, Java Connect's and Aqueduct's in turn, on one real broker: 500 connectors created over REST.
#
#   tools/bench_group.sh                    3 rounds; the raw figures go to docs/performance/group-DATE.json
#   tools/bench_group.sh --connectors 100   further arguments go to tools/group_bench.py and win over those of this script
#
# Do nothing else on the machine meanwhile. AQUEDUCT_BIN names another binary than the one built here. Needs what `tests/run` needs.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/bench_ground.sh"

TMPDIR=$scratch "$python" tools/group_bench.py --broker "$broker" \
  --impl "java=java -Xmx1g -cp '$libs/*' org.apache.kafka.connect.cli.ConnectDistributed {worker}" \
  --impl "aqueduct='$binary' distributed {worker}" \
  --repeat 3 --json "docs/performance/group-$(date +%F).json" "$@"
