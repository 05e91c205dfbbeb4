#!/usr/bin/env bash
# The first minute: builds Aqueduct, starts a real Kafka, and carries the lines of a file through a topic into another file, each turned
# into JSON by the two transforms of Kafka's documentation (HoistField, InsertField). Then it follows what is appended, until Ctrl-C.
#
#   tools/demo.sh                      broker on port 9092, REST API on port 8083
#     --rest-port PORT                 another port for the REST API
#     --broker-port PORT               another port for the broker (`auto`: any free one); its controller takes PORT+10000
#     --bootstrap HOST:PORT            a Kafka that already runs, instead of starting one
#     --dir DIR                        work there and leave the files (default: a temporary folder, removed at the end)
#     --bin PATH                       run that program instead of building one
#     --exit-after-lines N             end by itself when N lines have arrived (the sample has three)
#
# Needs Rust, a C compiler, make and perl to build, and a JDK 17 or newer and Maven for the Kafka.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
testbed=$root/tests/testbed/testbed.sh

rest_port=8083 broker_port=9092 bootstrap='' dir='' binary='' enough=''
while [ $# -gt 0 ]; do
  case $1 in
    --rest-port) rest_port=${2:?--rest-port wants a port} ;;
    --broker-port) broker_port=${2:?--broker-port wants a port} ;;
    --bootstrap) bootstrap=${2:?--bootstrap wants HOST:PORT} ;;
    --dir) dir=${2:?--dir wants a folder} ;;
    --bin) binary=${2:?--bin wants a program} ;;
    --exit-after-lines) enough=${2:?--exit-after-lines wants a number} ;;
    *)
      awk 'NR > 1 && !/^#/ { exit } NR > 1' "${BASH_SOURCE[0]}" | cut -c3- >&2
      exit 2
      ;;
  esac
  shift 2
done

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
die() {
  printf 'demo: %s\n' "$*" >&2
  exit 1
}
listens() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

if listens "$rest_port"; then
  die "port $rest_port is in use, and the REST API wants it: stop what listens there, or choose another one with --rest-port PORT"
fi
if [ -z "$bootstrap" ] && [ "$broker_port" != auto ]; then
  for port in "$broker_port" $((broker_port + 10000)); do
    if listens "$port"; then
      die "port $port is in use, and the broker wants it: choose another one with --broker-port PORT, or use the Kafka that runs already with --bootstrap HOST:PORT"
    fi
  done
fi

# === the end, whichever way it comes ===

worker='' broker='' temporary=''
cleanup() {
  trap '' INT TERM
  if [ -n "$broker" ]; then
    echo "stopping the broker"
    "$testbed" stop "$broker"
  fi
  if [ -n "$temporary" ]; then rm -rf "$temporary"; fi
}
trap cleanup EXIT
# The quickstart stops its worker; the broker is stopped after it.
interrupted() {
  echo
  if [ -z "$worker" ]; then exit 0; fi
  kill "$worker" 2> /dev/null || true
}
trap interrupted INT TERM

# === the program ===

if [ -z "$binary" ]; then
  step "Building Aqueduct (some minutes the first time)"
  (cd "$root" && cargo build --release --locked)
  binary=${CARGO_TARGET_DIR:-$root/target}/release/aqueduct
fi
[ -x "$binary" ] || die "no program at $binary"

# === Kafka ===

if [ -n "$dir" ]; then
  mkdir -p "$dir"
else
  dir=$(mktemp -d) temporary=$dir
fi
dir=$(cd "$dir" && pwd)

if [ -z "$bootstrap" ]; then
  step "Starting a real Kafka (the first time Maven fetches it)"
  broker=$dir/kafka
  bootstrap=$("$testbed" start "$broker_port" "$broker")
  echo "broker on $bootstrap"
fi

# === the work ===

"$binary" quickstart --kafka "$bootstrap" --rest-port "$rest_port" --data-dir "$dir" ${enough:+--exit-after-lines "$enough"} &
worker=$!
status=0
# A signal ends the wait, not the quickstart.
while kill -0 "$worker" 2> /dev/null; do wait "$worker" && status=0 || status=$?; done
exit "$status"
