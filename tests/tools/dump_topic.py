#!/usr/bin/env python3
"""Prints key and value of every committed record of a topic, one JSON array a line, partition by partition.

    dump_topic.py BOOTSTRAP TOPIC
"""
import json
import sys
import time
import uuid

from confluent_kafka import Consumer, KafkaError, TopicPartition

bootstrap, topic = sys.argv[1:3]
consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "dump-" + uuid.uuid4().hex, "enable.auto.commit": False,
                     "isolation.level": "read_committed", "auto.offset.reset": "error", "enable.partition.eof": True})
described = consumer.list_topics(topic, timeout=30).topics[topic]
for partition in sorted(described.partitions):
    low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)
    consumer.assign([TopicPartition(topic, partition, low)])
    position = low
    patience = time.monotonic() + 10
    while position < high:
        # Marks of transactions are no records: where a partition ends only its end tells.
        for message in consumer.consume(min(10000, high - position), timeout=0.5):
            if message.error() and message.error().code() == KafkaError._PARTITION_EOF:
                position = max(position, message.offset())
                continue
            if message.error():
                sys.exit(str(message.error()))
            print(json.dumps([None if part is None else part.decode("utf-8", "replace") for part in (message.key(), message.value())]))
            position = message.offset() + 1
            patience = time.monotonic() + 10
        if position < high and time.monotonic() > patience:
            sys.exit(f"nothing more came after offset {position} of {high}")
