#!/usr/bin/env bash
# Starts a standalone worker under the name that Kafka's scripts have:
#   connect-standalone.sh [-daemon] worker.properties [connector1.properties connector2.json ...]
exec "$(dirname "$(readlink -f "$0")")/run-worker.sh" standalone connectStandalone \
  'connect-standalone.sh [-daemon] worker.properties [connector1.properties connector2.json ...]' "$@"
