#!/usr/bin/env bash
# Plays recorded dialogues with Java Connect against an Aqueduct binary, on a running broker.
#
#   run.sh BOOTSTRAP BINARY            the scenarios of passing.txt: each of them must pass
#   run.sh BOOTSTRAP BINARY REGEX      those whose file name matches, listed or not: to see how far one is
#
# Prints every difference and ends with `N passed, M failed` (steps). $AQUEDUCT_PYTHON names a Python with confluent-kafka
# (default: the project's .venv, else python3). $COMPAT_JOBS scenarios run at once (default 4).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scenarios=$here/../../conformance/rest

[ $# -ge 2 ] && [ $# -le 3 ] || {
  awk 'NR > 1 && !/^#/ { exit } NR > 1' "${BASH_SOURCE[0]}" | cut -c3- >&2
  exit 2
}
bootstrap=$1
binary=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
[ -x "$binary" ] || {
  echo "no such program: $binary (build it with: cargo build --release)" >&2
  exit 2
}
python=${AQUEDUCT_PYTHON:-$here/../../.venv/bin/python}
[ -x "$python" ] || python=python3

files=()
if [ $# -eq 3 ]; then
  for file in "$scenarios"/*.json; do
    if [[ $(basename "$file") =~ $3 ]]; then files+=("$file"); fi
  done
  [ ${#files[@]} -gt 0 ] || {
    echo "no scenario's file name matches $3" >&2
    exit 2
  }
else
  while read -r name _; do
    [[ -z $name || $name == \#* ]] && continue
    found=("$scenarios/$name"[_.]*json)
    [ -e "${found[0]}" ] || {
      echo "passing.txt names $name, but $scenarios has no such scenario" >&2
      exit 2
    }
    files+=("${found[@]}")
  done < "$here/passing.txt"
  all=("$scenarios"/*.json)
  echo "${#files[@]} of ${#all[@]} recorded scenarios are listed as passing and are played"
fi

exec "$python" "$here/harness.py" check --bootstrap "$bootstrap" --jobs "${COMPAT_JOBS:-4}" \
  --cmd "'$binary' {mode} {worker} {connectors}" "${files[@]}"
