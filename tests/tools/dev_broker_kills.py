#!/usr/bin/env python3
"""Kills a development broker again and again while a producer and a consumer work, and checks what it remembers.

    dev_broker_kills.py AQUEDUCT FOLDER [KILLS [SEED]]

Every record that was acknowledged to the idempotent producer must be there, once and in order; a commit that was
acknowledged must not be forgotten. Prints what was seen and ends with `ok`.
"""
import pathlib
import random
import socket
import subprocess
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

AQUEDUCT, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
KILLS = int(sys.argv[3]) if len(sys.argv) > 3 else 20
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else 1
TOPIC = "kills"
chance = random.Random(SEED)
print(f"seed {SEED}, {KILLS} kills", flush=True)

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    ADDRESS = f"127.0.0.1:{free.getsockname()[1]}"
LOG = open(FOLDER / "broker.log", "ab")


def start():
    broker = subprocess.Popen([AQUEDUCT, "dev-broker", ADDRESS, "--data-dir", FOLDER / "data"], stdout=LOG, stderr=LOG)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(ADDRESS.split(":"), 1).close()
            return broker
        except OSError:
            if broker.poll() is not None:
                sys.exit(f"the broker ended with {broker.returncode}; see {LOG.name}")
            time.sleep(0.01)
    sys.exit("the broker does not listen")


def quick(**more):
    return {"bootstrap.servers": ADDRESS, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 200, "log_level": 0, **more}


class Load:
    def __init__(self):
        self.over = threading.Event()
        self.acknowledged = []
        self.failed = []
        self.committed = 0
        self.commits = 0

    def delivered(self, error, message):
        if error:
            self.failed.append(f"{message.value()}: {error}")
        else:
            self.acknowledged.append((message.offset(), int(message.value())))

    def wait_for_progress(self):
        """Until the clients have found the broker again: so many more records and a commit."""
        records, commits = len(self.acknowledged) + 200, self.commits + 1
        deadline = time.monotonic() + 60
        while len(self.acknowledged) < records or self.commits < commits:
            if time.monotonic() > deadline:
                sys.exit(f"the clients do not go on: {len(self.acknowledged)} of {records} records, {self.commits} of {commits} commits")
            time.sleep(0.01)

    def produce(self):
        producer = Producer(quick(**{"enable.idempotence": True, "linger.ms": 2, "message.timeout.ms": 120000}))
        number = 0
        while not self.over.is_set():
            try:
                producer.produce(TOPIC, str(number).encode(), on_delivery=self.delivered)
                number += 1
            except BufferError:
                producer.poll(0.1)
            producer.poll(0)
            if number % 200 == 0:
                # A steady load rather than as much as fits.
                producer.poll(0.01)
        if producer.flush(120):
            sys.exit("not everything could be sent after the last start")

    def consume(self):
        client = Consumer(quick(**{"group.id": "readers", "enable.auto.commit": False, "auto.offset.reset": "earliest",
                                   "session.timeout.ms": 6000}))
        client.subscribe([TOPIC])
        while not self.over.is_set():
            messages = [message for message in client.consume(500, 0.2) if not message.error()]
            if not messages:
                continue
            position = messages[-1].offset() + 1
            try:
                client.commit(offsets=[TopicPartition(TOPIC, 0, position)], asynchronous=False)
            except KafkaException:
                continue
            self.committed = position
            self.commits += 1
        client.close()


def all_values():
    client = Consumer(quick(**{"group.id": "checker", "enable.auto.commit": False, "auto.offset.reset": "error"}))
    low, high = client.get_watermark_offsets(TopicPartition(TOPIC, 0), timeout=30)
    client.assign([TopicPartition(TOPIC, 0, low)])
    found = {}
    while not found or max(found) < high - 1:
        messages = client.consume(min(10000, high - 1 - max(found, default=low - 1)), 10)
        if not messages:
            sys.exit(f"nothing came after {max(found, default=low)} of {high}")
        for message in messages:
            if message.error():
                sys.exit(str(message.error()))
            found[message.offset()] = int(message.value())
    committed = Consumer(quick(**{"group.id": "readers"})).committed([TopicPartition(TOPIC, 0)], timeout=30)[0].offset
    return found, committed


broker = start()
load = Load()
threads = [threading.Thread(target=work, daemon=True) for work in (load.produce, load.consume)]
for thread in threads:
    thread.start()
for _ in range(KILLS):
    load.wait_for_progress()
    time.sleep(chance.uniform(0, 0.5))
    broker.kill()
    broker.wait()
    broker = start()
# The last start has some load, too.
load.wait_for_progress()
load.over.set()
for thread in threads:
    thread.join()
found, committed = all_values()
broker.terminate()
broker.wait(30)

values = [found[offset] for offset in sorted(found)]
print(f"{len(load.acknowledged)} records acknowledged, {len(found)} in the log, {load.commits} commits, the last of {load.committed}; {committed} remembered")
if load.failed:
    sys.exit(f"{len(load.failed)} records failed, the first {load.failed[0]}")
if len(load.acknowledged) < 1000 or load.commits < KILLS:
    sys.exit("there was too little load to say anything")
for offset, value in load.acknowledged:
    if found.get(offset) != value:
        sys.exit(f"record {value} was acknowledged at offset {offset}, where {found.get(offset)} is")
if values != list(range(len(values))):
    wrong = next(n for n, value in enumerate(values) if value != n)
    sys.exit(f"record {wrong} is missing, twice, or out of order: {values[wrong - 1:wrong + 3]}")
if committed < load.committed:
    sys.exit(f"the commit of {load.committed} was acknowledged, and {committed} is remembered")
print("ok")
