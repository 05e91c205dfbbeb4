# What the benchmarks beside Java Connect stand on; sourced by them. Sets `binary`, `python`, `libs` (the folder of Kafka's jars) and
# `broker` (bootstrap servers), and `scratch`, a folder that goes, with the broker, when the script ends.
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
  "$python" -m pip install --quiet -r tests/compat/requirements.txt
fi

scratch=$(mktemp -d)
trap '"$testbed" kill "$scratch/kafka" > /dev/null 2>&1 || true; rm -rf "$scratch"' EXIT
libs=$("$testbed" libs)
# A broker that compiles hot code fully, so that it is not what is measured.
broker=$(KAFKA_TESTBED_OPTS=-Xmx768m "$testbed" start auto "$scratch/kafka")
mkdir -p docs/performance
