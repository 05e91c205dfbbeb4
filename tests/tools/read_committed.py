#!/usr/bin/env python3
"""Prints place and value of every committed record of a topic, one JSON array `[partition, offset, value]` a line.

    read_committed.py BOOTSTRAP TOPIC

Markers and records of aborted transactions are passed over. The end of each partition is what it was at the start.
"""
import json
import sys
import uuid

from confluent_kafka import Consumer, KafkaError, TopicPartition

bootstrap, topic = sys.argv[1:3]
consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "read-" + uuid.uuid4().hex, "enable.auto.commit": False,
                     "isolation.level": "read_committed", "auto.offset.reset": "error", "enable.partition.eof": True})
described = consumer.list_topics(topic, timeout=30).topics[topic]
for partition in sorted(described.partitions):
    low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)
    consumer.assign([TopicPartition(topic, partition, low)])
    ended = low >= high
    while not ended:
        batch = consumer.consume(1000, timeout=0.2) or [consumer.poll(30)]
        for message in batch:
            if message is None:
                sys.exit(f"nothing more came of partition {partition}, which ends at {high}")
            if message.error() and message.error().code() != KafkaError._PARTITION_EOF:
                sys.exit(str(message.error()))
            ended = ended or bool(message.error()) or message.offset() + 1 >= high
            if not message.error() and message.offset() < high:
                value = message.value()
                print(json.dumps([partition, message.offset(), None if value is None else value.decode("utf-8", "replace")]))
