#!/usr/bin/env bash
# What connect-standalone.sh and connect-distributed.sh share; not meant to be called by hand.
#   run-worker.sh MODE DAEMON_NAME USAGE [-daemon] ARGUMENTS...
#
# -daemon    run in the background and write to $LOG_DIR/DAEMON_NAME.out (LOG_DIR: default `logs` beside bin), as Kafka's scripts do
# $AQUEDUCT_BIN names the program; else it is looked for beside this script, in the work tree's build folder and in $PATH.
# Settings for a JVM are accepted and named once, since there is no JVM.
set -euo pipefail
bin=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
base=$(dirname "$bin")
mode=$1 name=$2 usage=$3
shift 3

daemon=
if [ "${1:-}" = -daemon ]; then
  daemon=yes
  shift
fi
if [ $# -eq 0 ]; then
  echo "USAGE: $usage" >&2
  exit 1
fi

ignored=
for setting in KAFKA_HEAP_OPTS KAFKA_OPTS KAFKA_LOG4J_OPTS KAFKA_JMX_OPTS KAFKA_JVM_PERFORMANCE_OPTS KAFKA_GC_LOG_OPTS JMX_PORT; do
  if [ -n "${!setting:-}" ]; then ignored=${ignored:+$ignored, }$setting; fi
done
if [ -n "$ignored" ]; then
  note="note: Aqueduct runs without a JVM, so these settings have no effect: $ignored."
  if [[ ${KAFKA_OPTS:-} == *java.security.auth.login.config* ]]; then
    note+=" The JAAS file in KAFKA_OPTS is not read: put its entry into the worker file as sasl.jaas.config."
  fi
  echo "$note" >&2
fi

program=${AQUEDUCT_BIN:-}
if [ -z "$program" ]; then
  for candidate in "$bin/aqueduct" "${CARGO_TARGET_DIR:-$base/target}/release/aqueduct"; do
    if [ -x "$candidate" ]; then
      program=$candidate
      break
    fi
  done
fi
if [ -z "$program" ]; then
  program=$(command -v aqueduct) || {
    echo "no aqueduct program in $bin, in $base/target/release or in \$PATH: build it with 'cargo build --release', or name it in \$AQUEDUCT_BIN" >&2
    exit 1
  }
fi

if [ -z "$daemon" ]; then
  exec "$program" "$mode" "$@"
fi
logs=${LOG_DIR:-$base/logs}
mkdir -p "$logs"
nohup "$program" "$mode" "$@" > "$logs/$name.out" 2>&1 < /dev/null &
