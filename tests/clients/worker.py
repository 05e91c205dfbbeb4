"""A standalone worker of its own, in a folder of its own, for as long as a `with` lasts."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

SECONDS_TO_START = 60
SECONDS_TO_STOP = 20


class Worker:
    def __init__(self, bootstrap, binary):
        self.bootstrap, self.binary = bootstrap, binary

    def __enter__(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="aqueduct-clients-")
        self.folder = pathlib.Path(self.scratch.name)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        (self.folder / "worker.properties").write_text(
            f"bootstrap.servers={self.bootstrap}\n"
            f"listeners={self.url}\n"
            f"offset.storage.file.filename={self.folder}/offsets\n"
            "offset.flush.interval.ms=1000\n"
            "key.converter=org.apache.kafka.connect.storage.StringConverter\n"
            "value.converter=org.apache.kafka.connect.storage.StringConverter\n")
        self.log = open(self.folder / "log", "w")
        # What connectors read and write without naming a folder lands in ours.
        self.process = subprocess.Popen([self.binary, "standalone", self.folder / "worker.properties"], cwd=self.folder,
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)
        try:
            eventually(f"the worker is ready (its log: {self.folder}/log)", self.ready, SECONDS_TO_START)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.scratch.cleanup()

    def ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"the worker ended with {self.process.returncode}:\n{(self.folder / 'log').read_text()}")
        return self.get("/health", missing=(404, 503)) is not None

    def get(self, path, missing=()):
        """The JSON of an answer; None where there is none yet or its status is expected."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code in missing:
                return None
            raise
        except urllib.error.URLError:
            return None

    def text(self, path):
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return answer.read().decode()

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


def eventually(what, holds, seconds=30):
    """Waits for something that has to come about soon, and returns what it answers."""
    deadline = time.monotonic() + seconds
    while True:
        answer = holds()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)
