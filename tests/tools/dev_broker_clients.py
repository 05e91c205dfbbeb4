#!/usr/bin/env python3
"""Does with confluent-kafka what people do with a Kafka: topics, settings, transactions, groups, offsets. Prints `ok`.

    dev_broker_clients.py BOOTSTRAP
"""
import sys
import uuid

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic,
                                   OffsetSpec, ResourceType)

BOOTSTRAP = sys.argv[1]
RUN = uuid.uuid4().hex[:8]
admin = AdminClient({"bootstrap.servers": BOOTSTRAP})


def results(futures):
    return {key: future.result(30) for key, future in futures.items()}


def check(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: {found!r}, expected {expected!r}")


def topics():
    name = f"topics-{RUN}"
    results(admin.create_topics([NewTopic(name, 2, 1, config={"retention.ms": "1000000"})]))
    try:
        results(admin.create_topics([NewTopic(name, 2, 1)]))
        sys.exit("a topic was made twice")
    except KafkaException as error:
        check("a second topic of the name", error.args[0].name(), "TOPIC_ALREADY_EXISTS")
    results(admin.create_partitions([NewPartitions(name, 3)]))
    check("partitions", len(admin.list_topics(name, timeout=30).topics[name].partitions), 3)
    resource = ConfigResource(ResourceType.TOPIC, name)
    resource.add_incremental_config(ConfigEntry("cleanup.policy", "compact", incremental_operation=AlterConfigOpType.APPEND))
    results(admin.incremental_alter_configs([resource]))
    (configs,) = results(admin.describe_configs([ConfigResource(ResourceType.TOPIC, name)])).values()
    check("settings", (configs["retention.ms"].value, configs["cleanup.policy"].value), ("1000000", "delete,compact"))
    results(admin.delete_topics([name]))
    if name in admin.list_topics(timeout=30).topics:
        sys.exit("a deleted topic is still there")


def consumer(group, **more):
    return Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": group, "enable.auto.commit": False,
                     "auto.offset.reset": "earliest", **more})


def read(client, count):
    values = []
    while len(values) < count:
        message = client.poll(30)
        if message is None:
            sys.exit(f"{len(values)} of {count} records came")
        if message.error():
            sys.exit(str(message.error()))
        values.append(message.value().decode())
    return values


def groups():
    name, group = f"groups-{RUN}", f"group-{RUN}"
    results(admin.create_topics([NewTopic(name, 1, 1)]))
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "enable.idempotence": True, "compression.type": "lz4"})
    for n in range(1000):
        producer.produce(name, f"{n}".encode(), key=b"k", headers={"h": b"v"}, timestamp=1000 + n)
    check("unsent", producer.flush(30), 0)
    client = consumer(group)
    client.subscribe([name])
    check("values", read(client, 1000), [str(n) for n in range(1000)])
    client.commit(asynchronous=False)
    described = results(admin.describe_consumer_groups([group]))[group]
    check("the group", (described.state.name, len(described.members)), ("STABLE", 1))
    client.close()
    listed = results(admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]))[group]
    check("committed", [(p.partition, p.offset) for p in listed.topic_partitions], [(0, 1000)])
    position = ConsumerGroupTopicPartitions(group, [TopicPartition(name, 0, 990)])
    results(admin.alter_consumer_group_offsets([position]))
    client = consumer(group)
    client.subscribe([name])
    check("values after the offset was moved", read(client, 10), [str(n) for n in range(990, 1000)])
    found = client.offsets_for_times([TopicPartition(name, 0, 1500)], timeout=30)
    check("the offset of a time", found[0].offset, 500)
    client.close()
    partition = TopicPartition(name, 0)
    check("latest", results(admin.list_offsets({partition: OffsetSpec.latest()}))[partition].offset, 1000)
    results(admin.delete_records([TopicPartition(name, 0, 400)]))
    check("earliest", results(admin.list_offsets({partition: OffsetSpec.earliest()}))[partition].offset, 400)
    results(admin.delete_consumer_groups([group]))
    ids = {known.group_id for known in admin.list_consumer_groups().result(30).valid}
    check("groups left", group in ids, False)


def transactions():
    source, target, group = f"from-{RUN}", f"to-{RUN}", f"tx-{RUN}"
    results(admin.create_topics([NewTopic(source, 1, 1), NewTopic(target, 1, 1)]))
    plain = Producer({"bootstrap.servers": BOOTSTRAP})
    for n in range(20):
        plain.produce(source, str(n).encode())
    plain.flush(30)

    def transactional():
        client = Producer({"bootstrap.servers": BOOTSTRAP, "transactional.id": f"id-{RUN}"})
        client.init_transactions(30)
        return client

    client = consumer(group)
    client.subscribe([source])
    producer = transactional()
    for commit in (False, True):
        producer.begin_transaction()
        values = read(client, 20 if not commit else 10)
        for value in values[:10]:
            producer.produce(target, f"{commit} {value}".encode())
        positions = [TopicPartition(source, 0, 10)]
        producer.send_offsets_to_transaction(positions, client.consumer_group_metadata(), 30)
        if commit:
            producer.commit_transaction(30)
        else:
            producer.abort_transaction(30)
            # Nothing of it counts: the position is where it was.
            check("committed by an aborted transaction", client.committed(positions, timeout=30)[0].offset < 0, True)
            client.seek(TopicPartition(source, 0, 0))
    check("committed", client.committed([TopicPartition(source, 0)], timeout=30)[0].offset, 10)
    heir = transactional()
    producer.begin_transaction()
    producer.produce(target, b"of a zombie")
    try:
        producer.commit_transaction(30)
        sys.exit("a zombie could commit")
    except KafkaException as error:
        check("a zombie's error is fatal", error.args[0].fatal(), True)
    heir.begin_transaction()
    heir.produce(target, b"last")
    heir.commit_transaction(30)
    reader = consumer(f"reader-{RUN}", **{"isolation.level": "read_committed"})
    reader.subscribe([target])
    check("committed values", read(reader, 11), [f"True {n}" for n in range(10)] + ["last"])
    reader.close()
    client.close()


topics()
groups()
transactions()
print("ok")
