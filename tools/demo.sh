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
lines() { if [ -e "$sink" ]; then wc -l < "$sink"; else echo 0; fi; }

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
  if [ -n "$worker" ] && kill "$worker" 2> /dev/null; then
    echo "stopping the worker"
    for _ in $(seq 300); do
      kill -0 "$worker" 2> /dev/null || break
      sleep 0.1
    done
    kill -9 "$worker" 2> /dev/null || true
  fi
  if [ -n "$broker" ]; then
    echo "stopping the broker"
    "$testbed" stop "$broker"
  fi
  if [ -n "$temporary" ]; then rm -rf "$temporary"; fi
}
trap cleanup EXIT
trap 'echo; exit 0' INT TERM

# === the program ===

if [ -z "$binary" ]; then
  step "Building Aqueduct (some minutes the first time)"
  (cd "$root" && cargo build --release --locked)
  binary=${CARGO_TARGET_DIR:-$root/target}/release/aqueduct
fi
[ -x "$binary" ] || die "no program at $binary"

# === the files ===

if [ -n "$dir" ]; then
  mkdir -p "$dir"
else
  dir=$(mktemp -d) temporary=$dir
fi
dir=$(cd "$dir" && pwd)
input=$dir/test.txt sink=$dir/test.sink.txt log=$dir/worker.log

if [ -z "$bootstrap" ]; then
  step "Starting a real Kafka (the first time Maven fetches it)"
  broker=$dir/kafka
  bootstrap=$("$testbed" start "$broker_port" "$broker")
  echo "broker on $bootstrap"
fi

step "Writing a sample file, a worker file and two connector files"
printf '%s\n' foo bar 'hello world' > "$input"
cat > "$dir/worker.properties" << P
bootstrap.servers=$bootstrap
listeners=http://127.0.0.1:$rest_port
key.converter=org.apache.kafka.connect.json.JsonConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
key.converter.schemas.enable=false
value.converter.schemas.enable=false
offset.storage.file.filename=$dir/connect.offsets
offset.flush.interval.ms=1000
P
cat > "$dir/file-source.properties" << P
name=local-file-source
connector.class=FileStreamSource
tasks.max=1
file=$input
topic=connect-test
transforms=MakeMap, InsertSource
transforms.MakeMap.type=org.apache.kafka.connect.transforms.HoistField\$Value
transforms.MakeMap.field=line
transforms.InsertSource.type=org.apache.kafka.connect.transforms.InsertField\$Value
transforms.InsertSource.static.field=data_source
transforms.InsertSource.static.value=test-file-source
P
# The sink takes the records' text as it is, so that the file holds the JSON.
cat > "$dir/file-sink.properties" << P
name=local-file-sink
connector.class=FileStreamSink
tasks.max=1
file=$sink
topics=connect-test
value.converter=org.apache.kafka.connect.storage.StringConverter
P
echo "in $dir"
echo "$input holds:"
sed 's/^/    /' "$input"

# === the work ===

step "Starting the worker"
echo "$binary standalone $dir/worker.properties $dir/file-source.properties $dir/file-sink.properties"
# In a process group of its own: Ctrl-C reaches this script, which stops the worker first and the broker after it.
set -m
"$binary" standalone "$dir/worker.properties" "$dir/file-source.properties" "$dir/file-sink.properties" > "$log" 2>&1 < /dev/null &
worker=$!
set +m

# show LINES [SECONDS]: prints what arrives in the sink file until that many lines are there, waiting so long for each
shown=0
show() {
  local deadline=$((SECONDS + ${2:-0})) now
  while [ "$shown" -lt "$1" ]; do
    now=$(lines)
    if [ "$now" -gt "$shown" ]; then
      sed -n "$((shown + 1)),${now}s/^/    /p" "$sink"
      shown=$now deadline=$((SECONDS + ${2:-0}))
    fi
    kill -0 "$worker" 2> /dev/null || {
      worker=''
      tail -n 20 "$log" >&2
      die "the worker ended; above is the end of its log"
    }
    [ $# -eq 1 ] || [ $SECONDS -le $deadline ] || {
      tail -n 20 "$log" >&2
      die "line $((shown + 1)) did not arrive within $2 seconds; above is the end of the worker's log"
    }
    sleep 0.1
  done
}

step "Through Kafka and back: $sink receives"
show 3 60
cat << T

The worker's REST API:
    curl -s localhost:$rest_port/
    curl -s localhost:$rest_port/connectors?expand=status
    curl -s localhost:$rest_port/connector-plugins
Its log:
    $log
T

if [ -n "$enough" ]; then
  show "$enough" 60
  exit 0
fi

step "Append a line from another terminal and see it arrive here. Ctrl-C ends the demo."
echo "    echo hello >> $input"
echo
show 1000000000
