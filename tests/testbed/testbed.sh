#!/usr/bin/env bash
# A real Apache Kafka on this machine, for tests, benchmarks and the demo. Needs a JDK (17 or newer), and Maven for the first call.
#
#   testbed.sh install                       fetch the jars once, and prepare brokers to start fast
#   testbed.sh start PORT DIR [NAME=VALUE…]  one broker on 127.0.0.1:PORT with its data in DIR; further arguments are broker settings
#   testbed.sh cluster PORT DIR [NAME=VALUE…]  three brokers on PORT, PORT+1, PORT+2 in DIR/1, DIR/2, DIR/3: replication 3, two in sync
#   testbed.sh stop DIR                      stop it cleanly; the data stays (a whole cluster takes ten seconds: it loses its quorum on the way)
#   testbed.sh kill DIR                      kill -9; the quick way when the data is not needed again
#   testbed.sh pause DIR / resume DIR        SIGSTOP / SIGCONT: a broker that hangs, and comes back
#   testbed.sh restart DIR                   start again as it was what does not run
#   testbed.sh java CLASS ARGS…              run a class out of Kafka's jars, for example
#        testbed.sh java org.apache.kafka.connect.cli.ConnectStandalone worker.properties connector.properties
#        testbed.sh java org.apache.kafka.tools.TopicCommand --bootstrap-server 127.0.0.1:9092 --list
#   testbed.sh libs                          the folder of the jars
#
# start and cluster print the bootstrap servers. PORT may be `auto`: a free one is taken. Each broker's controller listens on its port
# plus 10000. Where DIR is a cluster's folder, stop, kill, pause, resume and restart mean all of its brokers; DIR/2 means the second one.
#
# KAFKA_TESTBED        where the jars are kept, outside of the work tree (default: ~/.cache/kafka-testbed)
# KAFKA_TESTBED_OPTS   the brokers' JVM options (default: small and quick to start; a long benchmark wants '-Xmx768m')
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${KAFKA_TESTBED:-$HOME/.cache/kafka-testbed}
version=$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$here/pom.xml")
libs=$cache/$version
boot=$cache/$version-boot
logging=-Dlog4j2.configurationFile=$here/log4j2.properties
read -ra jvm_options <<< "${KAFKA_TESTBED_OPTS:--Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1}"

usage() {
  awk 'NR > 1 && !/^#/ { exit } NR > 1' "${BASH_SOURCE[0]}" | cut -c3- >&2
  exit 2
}

die() {
  echo "testbed: $*" >&2
  exit 1
}

# === the jars ===

# Several callers may come at once; the first one does the work.
install() {
  [ -e "$libs/.complete" ] && [ -e "$boot/.complete" ] && return
  mkdir -p "$cache"
  (
    if command -v flock > /dev/null; then flock 9; fi
    fetch
    prepare
  ) 9> "$cache/lock"
}

fetch() {
  command -v java > /dev/null || die "no java found: install a JDK 17 or newer (Debian: apt-get install default-jdk-headless)"
  if [ ! -e "$libs/.complete" ]; then
    command -v mvn > /dev/null || die "no mvn found: Maven fetches Kafka's jars (Debian: apt-get install maven)"
    rm -rf "$libs"
    mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$libs" >&2
    touch "$libs/.complete"
  fi
}

# What every broker's start would do again is done once: the class archive, which halves the time to start, and the formatted
# storage. A broker starts without the archive too; that of another JVM is ignored.
prepare() {
  [ -e "$boot/.complete" ] && return
  local work port
  work=$(mktemp -d "$cache/boot.XXXXXX")
  port=$(free_port)
  settings 1 "$port" "$work" 1 "1@127.0.0.1:$((port + 10000))" > "$work/server.properties"
  java -cp "$libs/*" kafka.tools.StorageTool format -t "$(random_id)" -c "$work/server.properties" > "$work/format.log" 2>&1 ||
    die "formatting the storage failed; see $work/format.log"
  mkdir -p "$boot"
  cp "$work/data/bootstrap.checkpoint" "$boot/"
  launch "$work" "-XX:ArchiveClassesAtExit=$work/broker.jsa"
  await "$work"
  stop "$work"
  if [ -s "$work/broker.jsa" ]; then mv "$work/broker.jsa" "$boot/broker.jsa"; fi
  rm -rf "$work"
  touch "$boot/.complete"
}

# === one broker ===

random_id() { head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d '='; }

listens() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

# free_port [COUNT]: that many ports in a row with free controller ports, all below those that Linux hands out by itself
free_port() {
  local port n taken
  for _ in $(seq 200); do
    port=$((15000 + RANDOM % 7000)) taken=
    for n in $(seq 0 $((${1:-1} - 1))); do
      if listens $((port + n)) || listens $((port + n + 10000)); then taken=yes; fi
    done
    if [ -z "$taken" ]; then
      echo "$port"
      return
    fi
  done
  die "no free port between 15000 and 22000"
}

# settings ID PORT DIR REPLICAS VOTERS [NAME=VALUE…]
settings() {
  local id=$1 port=$2 dir=$3 replicas=$4 voters=$5 majority=$((($4 + 1) / 2))
  shift 5
  cat << P
process.roles=broker,controller
node.id=$id
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 10000))
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
controller.quorum.voters=$voters
log.dirs=$dir/data
default.replication.factor=$replicas
min.insync.replicas=$majority
offsets.topic.replication.factor=$replicas
offsets.topic.num.partitions=3
transaction.state.log.replication.factor=$replicas
transaction.state.log.num.partitions=3
transaction.state.log.min.isr=$majority
share.coordinator.state.topic.replication.factor=$replicas
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=4
background.threads=2
group.coordinator.threads=1
share.coordinator.threads=1
log.cleaner.dedupe.buffer.size=4194304
P
  printf '%s\n' "$@"
}

# node ID PORT DIR REPLICAS VOTERS CLUSTER [NAME=VALUE…]: settings, formatted storage, a running process
node() {
  local id=$1 port=$2 dir=$3 replicas=$4 voters=$5 cluster=$6
  shift 6
  mkdir -p "$dir/data"
  settings "$id" "$port" "$dir" "$replicas" "$voters" "$@" > "$dir/server.properties"
  if [ ! -e "$dir/data/meta.properties" ]; then
    cp "$boot/bootstrap.checkpoint" "$dir/data/"
    printf '%s\n' version=1 "node.id=$id" "cluster.id=$cluster" "directory.id=$(random_id)" > "$dir/data/meta.properties"
  fi
  launch "$dir"
}

# launch DIR [JVM OPTION…]: in a process group of its own, so that Ctrl-C in a terminal does not reach the broker
launch() {
  local dir=$1 options=("${jvm_options[@]}" "${@:2}")
  if [ $# -eq 1 ] && [ -e "$boot/broker.jsa" ]; then
    options+=("-XX:SharedArchiveFile=$boot/broker.jsa" -Xlog:cds=off -Xlog:cds+dynamic=off -Xlog:class+path=off)
  fi
  : > "$dir/start.log"
  set -m
  nohup java "${options[@]}" "$logging" -cp "$libs/*" kafka.Kafka "$dir/server.properties" < /dev/null >> "$dir/start.log" 2>&1 &
  set +m
  echo $! > "$dir/pid"
}

# running DIR: whether the process with that pid is still that broker
running() {
  local pid
  pid=$(cat "$1/pid" 2> /dev/null) && kill -0 "$pid" 2> /dev/null || return 1
  if [ -e /proc/self/cmdline ]; then
    tr '\0' ' ' 2> /dev/null < "/proc/$pid/cmdline" | grep -qF "$1/server.properties"
  fi
}

await() {
  local deadline=$((SECONDS + 120))
  until grep -q 'Kafka Server started' "$1/start.log"; do
    running "$1" || die "the broker ended while it started; see $1/start.log"
    [ $SECONDS -lt $deadline ] || die "the broker did not start within two minutes; see $1/start.log"
    sleep 0.05
  done
}

# gone DIR SECONDS: waits until the broker has ended
gone() {
  local deadline=$((SECONDS + $2))
  while running "$1"; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.05
  done
}

stop() {
  running "$1" || return 0
  kill "$(cat "$1/pid")"
  kill -CONT "$(cat "$1/pid")"
  gone "$1" 20 || kill_hard "$1"
}

kill_hard() {
  running "$1" || return 0
  kill -9 "$(cat "$1/pid")"
  gone "$1" 20 || die "process $(cat "$1/pid") does not end"
}

signal() {
  running "$2" || die "no broker runs in $2"
  kill "-$1" "$(cat "$2/pid")"
}

restart() {
  if running "$1"; then return; fi
  cat "$1/start.log" >> "$1/earlier.log"
  launch "$1"
}

# === one or all of a cluster ===

absolute() { (cd "$1" 2> /dev/null && pwd) || die "no such folder: $1"; }

# each DIR COMMAND…: the command with that broker's folder appended, or side by side with every folder of the cluster
each() {
  local dir=$1 failed=0 job jobs=()
  shift
  if [ -e "$dir/server.properties" ]; then
    "$@" "$dir"
    return
  fi
  for dir in "$dir"/[0-9]*; do
    [ -e "$dir/server.properties" ] || die "no broker was ever started in $dir"
    "$@" "$dir" &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job" || failed=1; done
  return $failed
}

# ready_ports PORT COUNT: the first of the ports, when they are free
ready_ports() {
  local port=$1 n p
  if [ "$port" = auto ]; then
    free_port "$2"
    return
  fi
  [[ $port =~ ^[0-9]+$ && $port -lt 55533 ]] || die "PORT is a number below 55533, or auto; not '$port'"
  for n in $(seq 0 $(($2 - 1))); do
    for p in $((port + n)) $((port + n + 10000)); do
      if listens "$p"; then die "port $p is in use: give another PORT, or auto"; fi
    done
  done
  echo "$port"
}

[ $# -gt 0 ] || usage
command=$1
shift
case $command in
  install)
    install
    ;;
  start)
    [ $# -ge 2 ] || usage
    install
    mkdir -p "$2"
    port=$(ready_ports "$1" 1)
    dir=$(absolute "$2")
    shift 2
    node 1 "$port" "$dir" 1 "1@127.0.0.1:$((port + 10000))" "$(random_id)" "$@"
    await "$dir"
    echo "127.0.0.1:$port"
    ;;
  cluster)
    [ $# -ge 2 ] || usage
    install
    mkdir -p "$2"
    port=$(ready_ports "$1" 3)
    dir=$(absolute "$2")
    cluster=$(random_id)
    shift 2
    voters=1@127.0.0.1:$((port + 10000)),2@127.0.0.1:$((port + 10001)),3@127.0.0.1:$((port + 10002))
    for n in 1 2 3; do node $n $((port + n - 1)) "$dir/$n" 3 "$voters" "$cluster" "$@"; done
    for n in 1 2 3; do await "$dir/$n"; done
    echo "127.0.0.1:$port,127.0.0.1:$((port + 1)),127.0.0.1:$((port + 2))"
    ;;
  stop | kill | pause | resume | restart)
    [ $# -eq 1 ] || usage
    dir=$(absolute "$1")
    case $command in
      stop) each "$dir" stop ;;
      kill) each "$dir" kill_hard ;;
      pause) each "$dir" signal STOP ;;
      resume) each "$dir" signal CONT ;;
      restart)
        each "$dir" restart
        each "$dir" await
        ;;
    esac
    ;;
  java)
    install
    exec java "$logging" -cp "$libs/*" "$@"
    ;;
  libs)
    install
    echo "$libs"
    ;;
  *)
    usage
    ;;
esac
