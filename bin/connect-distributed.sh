#!/usr/bin/env bash
# Starts a worker of a group under the name that Kafka's scripts have:
#   connect-distributed.sh [-daemon] worker.properties
exec "$(dirname "$(readlink -f "$0")")/run-worker.sh" distributed connectDistributed \
  'connect-distributed.sh [-daemon] worker.properties' "$@"
