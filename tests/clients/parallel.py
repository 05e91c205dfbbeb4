#!/usr/bin/env python3
"""Two hundred clients create and delete connectors side by side; then the worker has exactly what they left, and no more memory.

  parallel.py BOOTSTRAP BINARY              the long form: twice a minute
  parallel.py BOOTSTRAP BINARY --seconds N  twice N seconds

Every connector that was created with 201 and not deleted must be listed, and no other. When the rest is deleted, the open
files are those of the fresh worker within 30 seconds, the memory is at most 10 MiB more than its after the first round, and
at most 2 MiB more than that after the second. The clients' choices are seeded. Ends with `N passed, M failed`, a round each.
"""
import argparse
import http.client
import json
import os
import pathlib
import random
import sys
import threading
import time
import urllib.parse

from worker import Worker, eventually

CLIENTS = 200
SEED = 20_261_124
# For so many seconds memory that is still given back may stand still.
QUIET = 8


class Client(threading.Thread):
    """One client with a connection of its own; remembers what it created and did not delete."""

    def __init__(self, worker, number, round_number, until):
        super().__init__()
        self.address = urllib.parse.urlsplit(worker.url).netloc
        self.prefix = f"parallel-{round_number}-{number}"
        self.chance = random.Random(SEED + 1000 * round_number + number)
        self.until = until
        self.folder = worker.folder
        self.left, self.requests, self.problems = [], 0, []

    def request(self, method, path, body=None):
        self.connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        self.requests += 1
        return answer.status, answer.read()

    def run(self):
        self.connection = http.client.HTTPConnection(self.address, timeout=120)
        try:
            number = 0
            while time.monotonic() < self.until and not self.problems:
                number += 1
                self.turn(f"{self.prefix}-{number}")
        except Exception as error:  # a thread has nobody to raise to
            self.problems.append(repr(error))
        finally:
            self.connection.close()

    def turn(self, name):
        if self.left and self.chance.random() < 0.6:
            gone = self.left.pop(self.chance.randrange(len(self.left)))
            status, body = self.request("DELETE", f"/connectors/{gone}")
            if status != 204:
                self.problems.append(f"DELETE {gone}: {status} {body!r}")
            return
        config = {"connector.class": "FileStreamSource", "tasks.max": "1", "file": str(self.folder / "none.txt"),
                  "topic": "parallel"}
        status, body = self.request("POST", "/connectors", {"name": name, "config": config})
        if status == 201:
            self.left.append(name)
        else:
            self.problems.append(f"POST {name}: {status} {body!r}")


def files(worker):
    return len(os.listdir(f"/proc/{worker.process.pid}/fd"))


def memory(worker):
    """Resident bytes."""
    text = pathlib.Path(f"/proc/{worker.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS:")) * 1024


def settled(worker, seconds):
    """The memory when it has not become less for a while, or when the time is over."""
    now = time.monotonic()
    until, least, since = now + seconds, memory(worker), now
    while now < until and now < since + QUIET:
        time.sleep(0.2)
        now, present = time.monotonic(), memory(worker)
        if present < least:
            least, since = present, now
    return memory(worker)


def play(worker, round_number, seconds):
    """One round; answers the number of requests."""
    clients = [Client(worker, number, round_number, time.monotonic() + seconds) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    problems = [problem for client in clients for problem in client.problems]
    assert not problems, problems[:5]
    expected = {name for client in clients for name in client.left}
    listed = set(worker.get("/connectors"))
    assert listed == expected, f"missing {sorted(expected - listed)[:5]}, too many {sorted(listed - expected)[:5]}"
    sweep(worker, expected)
    return sum(client.requests for client in clients)


def sweep(worker, names):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(worker.url).netloc, timeout=120)
    for name in names:
        connection.request("DELETE", f"/connectors/{name}")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 204, (name, answer.status)
    connection.close()


def rounds(worker, seconds):
    """Yields what each round came to; raises where something is wrong."""
    # Counted from a worker that has done nothing yet: what the first connector makes for good counts too.
    time_to_settle = 30
    handles, before = files(worker), memory(worker)
    for number, allowed in ((1, 10), (2, 2)):
        requests = play(worker, number, seconds)
        eventually(f"the open files are {handles} again", lambda: files(worker) <= handles, time_to_settle)
        after = settled(worker, time_to_settle)
        more = (after - before) / 2**20
        assert more <= allowed, f"{more:+.1f} MiB after round {number}, {allowed} are allowed"
        yield f"round {number}: {requests} requests, {files(worker)} open files, {more:+.1f} MiB"
        before = max(before, after)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bootstrap")
    parser.add_argument("binary")
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    passed = 0
    with Worker(options.bootstrap, options.binary) as worker:
        try:
            for said in rounds(worker, options.seconds):
                print(said, flush=True)
                passed += 1
        except Exception as error:
            print(f"FAILED {error}")
    print(f"{passed} passed, {2 - passed} failed")
    return 0 if passed == 2 else 1


if __name__ == "__main__":
    sys.exit(main())
