#!/usr/bin/env python3
"""Programs that people already have, driven unchanged against a standalone worker.

  run.py BOOTSTRAP BINARY

The PyPI packages kafka-connect-py and kafkaconnect create, validate, pause, restart and delete connectors;
prometheus_client's parser reads /metrics; schemathesis tries what /openapi.json says (its long form: fuzz.py);
two hundred clients create and delete at once (its long form: parallel.py).
requirements.txt has the packages. Ends with `N passed, M failed`.
"""
import json
import logging
import sys
import traceback
import uuid

import fuzz
import parallel
from kafka_connect import KafkaConnect
from kafkaconnect.connect import Connect
from prometheus_client.parser import text_string_to_metric_families
from worker import Worker, eventually


def unique(name):
    return f"clients-{name}-{uuid.uuid4().hex[:8]}"


def source(worker, name):
    text = worker.folder / f"{name}.txt"
    text.write_text("one\ntwo\n")
    return {"connector.class": "FileStreamSource", "tasks.max": "1", "file": str(text), "topic": name}


def state(worker, name, part="connector"):
    status = worker.get(f"/connectors/{name}/status", missing=(404,))
    if not status:
        return None
    return status["connector"]["state"] if part == "connector" else [task["state"] for task in status["tasks"]]


def reaches(worker, name, wanted, tasks):
    eventually(f"{name} is {wanted}",
               lambda: state(worker, name) == wanted and state(worker, name, "tasks") == tasks)


def kafka_connect_py(worker):
    """kafka-connect-py, through its class."""
    client = KafkaConnect(url=worker.url, logger=logging.getLogger("kafka-connect-py"))
    name = unique("kcpy")
    config = source(worker, name)
    assert client.get_cluster_info()["version"].startswith("4.3.1"), "the version"
    checked = client.validate_connector_config("FileStreamSource", {**config, "name": name})
    assert checked["error_count"] == 0, checked
    bad = client.validate_connector_config("FileStreamSource", {**config, "name": name, "tasks.max": "many"})
    assert bad["error_count"] > 0, bad
    created = client.create_connector({"name": name, "config": config})
    assert created["name"] == name, created
    reaches(worker, name, "RUNNING", ["RUNNING"])
    assert name in client.list_connectors()
    assert name in client.list_connectors(expand="status", state="running")
    assert client.get_connector_config(name)["topic"] == name
    client.pause_connector(name)
    reaches(worker, name, "PAUSED", ["PAUSED"])
    client.resume_connector(name)
    reaches(worker, name, "RUNNING", ["RUNNING"])
    client.restart_connector(name)
    client.restart_connector(name, include_tasks=True)
    reaches(worker, name, "RUNNING", ["RUNNING"])
    client.restart_connector_task(name, 0)
    reaches(worker, name, "RUNNING", ["RUNNING"])
    assert len(client.list_connector_tasks(name)) == 1
    updated = client.update_connector(name, {**config, "name": name, "batch.size": "10"})
    assert updated["config"]["batch.size"] == "10", updated
    eventually("its topic is known", lambda: client.list_connector_topics(name)[name]["topics"] == [name])
    assert any("FileStreamSource" in plugin["class"] for plugin in client.list_connector_plugins())
    client.stop_connector(name)
    reaches(worker, name, "STOPPED", [])
    client.delete_connector(name)
    assert name not in client.list_connectors()


def kafkaconnect(worker):
    """kafkaconnect, through its class."""
    client = Connect(worker.url)
    name = unique("kafkaconnect")
    config = source(worker, name)
    checked = json.loads(client.validate(name="FileStreamSource", connect_config=json.dumps({**config, "name": name})))
    assert checked["error_count"] == 0, checked
    assert json.loads(client.create_or_update(name, json.dumps(config)))["name"] == name
    reaches(worker, name, "RUNNING", ["RUNNING"])
    assert name in json.loads(client.list())
    assert json.loads(client.info(name))["type"] == "source"
    assert json.loads(client.config(name))["topic"] == name
    assert json.loads(client.status(name))["connector"]["state"] == "RUNNING"
    assert len(json.loads(client.tasks(name))) == 1
    assert json.loads(client.plugins())
    client.pause(name)
    reaches(worker, name, "PAUSED", ["PAUSED"])
    client.resume(name)
    reaches(worker, name, "RUNNING", ["RUNNING"])
    client.restart(name)
    reaches(worker, name, "RUNNING", ["RUNNING"])
    assert name in json.loads(client.topics(name))
    client.remove(name)
    assert name not in json.loads(client.list())
    assert "not found" in client.status(name)


def prometheus(worker):
    """/metrics is what prometheus_client's parser understands, with the figures of a connector that runs."""
    name = unique("metrics")
    client = Connect(worker.url)
    client.create_or_update(name, json.dumps(source(worker, name)))

    def figures():
        families = text_string_to_metric_families(worker.text("/metrics"))
        return {(sample.name, sample.labels.get("connector"), sample.labels.get("task")): sample
                for family in families for sample in family.samples}

    prefix = "kafka_connect_source_task_metrics_source_record_"
    written = (prefix + "write_total", name, "0")
    # Two lines: one record each.
    eventually("two records are counted", lambda: written in figures() and figures()[written].value == 2)
    all_figures = figures()
    assert all_figures[prefix + "poll_total", name, "0"].value == 2
    assert all_figures[prefix + "active_count", name, "0"].value == 0
    status = all_figures["kafka_connect_connector_task_metrics_status", name, "0"]
    assert (status.labels["status"], status.value) == ("running", 1), status
    assert all_figures["kafka_connect_connect_worker_metrics_connector_running_task_count", name, None].value == 1
    assert all_figures["kafka_connect_connect_worker_metrics_connector_count", None, None].value >= 1

    # Neither line is JSON: this sink drops both, logs them and writes letters.
    sink = name + "-sink"
    client.create_or_update(sink, json.dumps({
        "connector.class": "FileStreamSink", "topics": name, "file": str(worker.folder / "out.txt"),
        "value.converter": "org.apache.kafka.connect.json.JsonConverter", "errors.tolerance": "all",
        "errors.log.enable": "true", "errors.deadletterqueue.topic.name": name + "-dead",
        "errors.deadletterqueue.topic.replication.factor": "1"}))

    def of_sink():
        return {name: sample.value for (name, connector, task), sample in figures().items() if (connector, task) == (sink, "0")}

    group = "kafka_connect_sink_task_metrics_"
    eventually("the sink has committed", lambda: of_sink().get(group + "offset_commit_completion_total", 0) >= 1)
    seen = of_sink()
    for figure, value in {group + "sink_record_read_total": 2, group + "sink_record_send_total": 0,
                          group + "sink_record_active_count": 0, group + "partition_count": 1}.items():
        assert seen[figure] == value, (figure, seen[figure])
    group = "kafka_connect_task_error_metrics_"
    for figure, value in {"total_record_failures": 2, "total_record_errors": 2, "total_records_skipped": 2, "total_retries": 0,
                          "total_errors_logged": 2, "deadletterqueue_produce_requests": 2,
                          "deadletterqueue_produce_failures": 0}.items():
        assert seen[group + figure] == value, (figure, seen[group + figure])
    assert seen[group + "last_error_timestamp"] > 0
    for gone in (sink, name):
        client.remove(gone)
    eventually("their figures are gone", lambda: not any(connector in (name, sink) for _, connector, _ in figures()))


def schemathesis(worker):
    """What schemathesis makes of /openapi.json is answered as the document says."""
    requests, operations, failed, output = fuzz.short(worker)
    print(f"{requests} requests to {len(operations)} operations")
    if failed or requests < 300:
        print(output)
    assert not failed, sorted(failed)
    assert requests >= 300, f"only {requests} requests"
    assert worker.process.poll() is None, "the worker ended"


def two_hundred_at_once(worker):
    """Two hundred clients at once leave exactly what they created, and no open file."""
    for said in parallel.rounds(worker, 4):
        print(said)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    passed = failed = 0
    for test in (kafka_connect_py, kafkaconnect, prometheus, schemathesis, two_hundred_at_once):
        try:
            with Worker(sys.argv[1], sys.argv[2]) as worker:
                test(worker)
        except Exception:  # one client must not hide the next
            traceback.print_exc()
            print(f"FAILED {test.__doc__}", flush=True)
            failed += 1
        else:
            print(f"ok     {test.__doc__}", flush=True)
            passed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
