#!/usr/bin/env python3
"""Sends what schemathesis makes of /openapi.json to a worker, and checks every answer against the document.

  fuzz.py BOOTSTRAP BINARY                     the short form: some hundred requests to every kind of operation
  fuzz.py BOOTSTRAP BINARY --requests 20000    at least so many requests, with one seed after another

Statuses, content types, headers and bodies have to be as the document says. A server error that the document does not
declare for its operation is a failure; those that it declares are Java Connect's (see aqueduct-rest/src/openapi).
Ends with `N passed, M failed`, which counts operations: one failed as soon as one answer was wrong.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

from worker import Worker

CHECKS = "status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance"
SHORT_EXAMPLES, LONG_EXAMPLES = 12, 150
FIRST_SEED = 20_261_124


def fuzz(worker, seed, examples, phases):
    """One run; answers the number of requests, the operations, those that failed, and what was printed."""
    with tempfile.TemporaryDirectory(prefix="aqueduct-fuzz-") as folder:
        events = pathlib.Path(folder) / "events.ndjson"
        command = [pathlib.Path(sys.executable).parent / "schemathesis", "--no-color", "run", worker.url + "/openapi.json",
                   "--checks", CHECKS, "--phases", phases, "--seed", seed, "--max-examples", examples,
                   "--continue-on-failure", "--warnings", "off", "--suppress-health-check", "all",
                   "--generation-database", "none", "--report", "ndjson", "--report-ndjson-path", events]
        ended = subprocess.run([str(part) for part in command], cwd=folder, stdin=subprocess.DEVNULL, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        requests, operations, failed = count(events)
    if ended.returncode and not failed:
        failed = {f"schemathesis ended with {ended.returncode}"}
    return requests, operations, failed, ended.stdout


def count(events):
    """The requests, the operations and those with a wrong answer, out of schemathesis' own record."""
    requests, operations, failed = 0, set(), set()
    for line in events.read_text().splitlines() if events.exists() else []:
        scenario = json.loads(line).get("ScenarioFinished")
        if not scenario:
            continue
        recorder = scenario["recorder"]
        requests += len(recorder.get("interactions", {}))
        operations.add(recorder["label"])
        if any(check["status"] == "failure" for checks in recorder.get("checks", {}).values() for check in checks):
            failed.add(recorder["label"])
    return requests, operations, failed


def short(worker):
    requests, operations, failed, output = fuzz(worker, FIRST_SEED, SHORT_EXAMPLES, "examples,coverage,fuzzing")
    return requests, operations, failed, output


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bootstrap")
    parser.add_argument("binary")
    parser.add_argument("--requests", type=int, help="go on until there were so many")
    parser.add_argument("--seed", type=int, default=FIRST_SEED)
    options = parser.parse_args()
    total, operations, failed = 0, set(), set()
    with Worker(options.bootstrap, options.binary) as worker:
        seed = options.seed
        while True:
            examples = LONG_EXAMPLES if options.requests else SHORT_EXAMPLES
            requests, seen, wrong, output = fuzz(worker, seed, examples, "examples,coverage,fuzzing")
            total, operations, failed = total + requests, operations | seen, failed | wrong
            print(f"seed {seed}: {requests} requests, {total} in all, {worker.open_files()} open files", flush=True)
            if wrong or not requests:
                print(output)
            if worker.process.poll() is not None:
                failed.add(f"the worker ended with {worker.process.returncode}")
            if total >= (options.requests or 0) or not requests or worker.process.poll() is not None:
                break
            seed += 1
    for label in sorted(failed):
        print(f"FAILED {label}")
    print(f"{total} requests to {len(operations)} operations")
    print(f"{len(operations - failed)} passed, {len(failed) or int(not total)} failed")
    return 1 if failed or not total else 0


if __name__ == "__main__":
    sys.exit(main())
