#!/usr/bin/env python3
"""Measure Kafka Connect implementations side by side, as whole processes, on the same broker and the same data.

    connect_bench.py --broker HOST:PORT \\
        --impl java='java -Xmx1g -cp "LIBS/*" org.apache.kafka.connect.cli.ConnectStandalone {worker} {connectors}' \\
        --impl ours='target/release/aqueduct standalone {worker} {connectors}' \\
        [--cases startup,source,source_smt,source_json,sink,sink_smt,sink_json,many] [--records N] [--size BYTES] [--repeat R] [--json OUT]

tools/bench.sh does all that with a broker of its own. Every case starts a fresh worker process. The implementations take turns, so that
noise falls on all of them.
wall_s   from the moment that the work starts (first record visible) to its end; startup is reported apart
cpu_s    user + system seconds of the worker process over its whole life, startup included
rss_mib  peak resident memory of the worker process (startup: of the idle worker, after a second)
cpu_s/M  the same per million records, with the start-up case's taken off (when that case runs, too)
ready_s  from launch until GET / names the Kafka cluster and GET /connectors answers
The JSON holds every run, the parameters and the machine. Needs Linux (/proc) and the Python package confluent-kafka.
"""
import argparse, datetime, json, os, pathlib, platform, shlex, shutil, socket, statistics, subprocess, tempfile, time, urllib.request, uuid
from confluent_kafka import Producer, Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

TICK = os.sysconf("SC_CLK_TCK")
FILE_SOURCE = "FileStreamSource"
FILE_SINK = "FileStreamSink"
PKG = "org.apache.kafka.connect"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def proc_cpu(pid):
    f = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(f[11]) + int(f[12])) / TICK


def proc_rss(pid, key="VmHWM"):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith(key):
            return int(line.split()[1]) / 1024
    return 0.0


def http(url, method="GET", body=None, timeout=30):
    req = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode(),
                                 headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(req, timeout=timeout) as r:
        data = r.read()
        return r.status, (json.loads(data) if data else None)


class Worker:
    def __init__(self, template, broker, workdir, connectors=(), worker_extra=None, ready_timeout=120):
        self.port = free_port()
        self.dir = pathlib.Path(workdir)
        props = {
            "bootstrap.servers": broker, "listeners": f"http://127.0.0.1:{self.port}",
            "key.converter": f"{PKG}.storage.StringConverter", "value.converter": f"{PKG}.storage.StringConverter",
            "offset.storage.file.filename": str(self.dir / "offsets"), "offset.flush.interval.ms": "5000",
            "plugin.discovery": "service_load",
        }
        props.update(worker_extra or {})
        self._write("worker.properties", props)
        files = []
        for c in connectors:
            files.append(self._write(f"{c['name']}.properties", c))
        cmd = template.format(worker=self.dir / "worker.properties", connectors=" ".join(map(str, files)))
        self.log = open(self.dir / "worker.log", "w")
        self.t0 = time.time()
        self.p = subprocess.Popen(shlex.split(cmd), stdout=self.log, stderr=self.log)
        self.url = f"http://127.0.0.1:{self.port}"
        self.ready_s = None
        while time.time() - self.t0 < ready_timeout:
            if self.p.poll() is not None:
                raise SystemExit(f"worker ended: {self.p.returncode}\n{open(self.dir / 'worker.log').read()[-3000:]}")
            try:
                if not http(self.url + "/", timeout=2)[1].get("kafka_cluster_id"):
                    raise OSError("the worker does not know its cluster yet")
                http(self.url + "/connectors", timeout=2)
                self.ready_s = time.time() - self.t0
                break
            except OSError:
                time.sleep(0.005)
        if self.ready_s is None:
            raise SystemExit("worker never became ready")

    def _write(self, name, props):
        path = self.dir / name
        path.write_text("".join(f"{k}={v}\n" for k, v in props.items()))
        return path

    def stop(self):
        self.cpu_s, self.rss_mib = proc_cpu(self.p.pid), proc_rss(self.p.pid)
        self.p.terminate()
        try:
            self.p.wait(30)
        except subprocess.TimeoutExpired:
            self.p.kill()
            self.p.wait()
        self.log.close()


def end_offset(consumer, topic, parts=1):
    return sum(consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=10, cached=False)[1] for p in range(parts))


def make_topic(admin, topic, parts=1):
    for f in admin.create_topics([NewTopic(topic, parts, 1)]).values():
        f.result(30)


SMT = {
    "transforms": "Hoist,Insert,Route",
    "transforms.Hoist.type": f"{PKG}.transforms.HoistField$Value", "transforms.Hoist.field": "line",
    "transforms.Insert.type": f"{PKG}.transforms.InsertField$Value", "transforms.Insert.static.field": "data_source",
    "transforms.Insert.static.value": "test-file-source",
    "transforms.Route.type": f"{PKG}.transforms.RegexRouter", "transforms.Route.regex": "(.*)", "transforms.Route.replacement": "$1",
}
JSON = {"value.converter": f"{PKG}.json.JsonConverter", "value.converter.schemas.enable": "true"}
JSON_PLAIN = {"value.converter": f"{PKG}.json.JsonConverter", "value.converter.schemas.enable": "false"}
SINK_SMT = {
    "transforms": "Cast,Insert,Replace",
    "transforms.Cast.type": f"{PKG}.transforms.Cast$Value", "transforms.Cast.spec": "id:string",
    "transforms.Insert.type": f"{PKG}.transforms.InsertField$Value", "transforms.Insert.topic.field": "topic",
    "transforms.Replace.type": f"{PKG}.transforms.ReplaceField$Value", "transforms.Replace.renames": "text:body",
}


def lines_file(path, n, size):
    with open(path, "w") as f:
        block = []
        for i in range(n):
            s = f"{i:012d} "
            block.append(s + "x" * (size - len(s)))
            if len(block) == 10000:
                f.write("\n".join(block) + "\n")
                block.clear()
        if block:
            f.write("\n".join(block) + "\n")


class Bench:
    def __init__(self, a):
        self.a, self.admin = a, AdminClient({"bootstrap.servers": a.broker})
        self.consumer = Consumer({"bootstrap.servers": a.broker, "group.id": "bench-" + uuid.uuid4().hex})
        self.tmp = tempfile.mkdtemp(prefix="connect-bench-")
        self.input = os.path.join(self.tmp, "in.txt")
        lines_file(self.input, a.records, a.size)
        self.topics = {}

    def rundir(self):
        return tempfile.mkdtemp(dir=self.tmp)

    def startup(self, template):
        w = Worker(template, self.a.broker, self.rundir())
        time.sleep(1)
        idle = proc_rss(w.p.pid, "VmRSS")
        w.stop()
        return dict(ready_s=w.ready_s, cpu_s=w.cpu_s, rss_mib=idle)

    def _source(self, template, extra):
        topic = "src-" + uuid.uuid4().hex[:12]
        make_topic(self.admin, topic)
        conn = {"name": "src", "connector.class": FILE_SOURCE, "tasks.max": "1", "file": self.input, "topic": topic,
                "batch.size": "2000", **extra}
        w = Worker(template, self.a.broker, self.rundir(), [conn])
        n, first, t_end = self.a.records, None, time.time() + self.a.timeout
        while time.time() < t_end:
            got = end_offset(self.consumer, topic)
            if got and first is None:
                first = (time.time(), got)
            if got >= n:
                break
            time.sleep(0.02)
        else:
            w.stop()
            raise SystemExit(f"only {got} of {n} records arrived; {open(w.dir / 'worker.log').read()[-2000:]}")
        wall = time.time() - first[0]
        total = time.time() - w.t0
        w.stop()
        self.admin.delete_topics([topic])
        return dict(ready_s=w.ready_s, wall_s=wall, total_s=total, rate=(n - first[1]) / max(wall, 1e-3), cpu_s=w.cpu_s, rss_mib=w.rss_mib)

    def source(self, t): return self._source(t, {})
    def source_smt(self, t): return self._source(t, {**SMT, **JSON_PLAIN})
    def source_json(self, t): return self._source(t, {**SMT, **JSON})

    def _topic(self, kind):
        if kind in self.topics:
            return self.topics[kind]
        topic = f"in-{kind}-" + uuid.uuid4().hex[:8]
        make_topic(self.admin, topic, 4)
        p = Producer({"bootstrap.servers": self.a.broker, "linger.ms": 50, "batch.size": 500000, "queue.buffering.max.messages": 1000000})
        pad = "x" * max(1, self.a.size - 60)
        schema = {"type": "struct", "optional": False, "name": "r", "fields": [
            {"field": "id", "type": "int64", "optional": False}, {"field": "text", "type": "string", "optional": True},
            {"field": "score", "type": "double", "optional": False}]}
        for i in range(self.a.records):
            if kind == "text":
                v = f"{i:012d} {pad}"
            else:
                row = {"id": i, "text": pad, "score": i / 7}
                v = json.dumps(row if kind == "json" else {"schema": schema, "payload": row})
            while True:
                try:
                    p.produce(topic, v.encode(), partition=i % 4)
                    break
                except BufferError:
                    p.poll(0.1)
            if i % 10000 == 0:
                p.poll(0)
        p.flush()
        self.topics[kind] = topic
        return topic

    def _sink(self, template, kind, extra):
        topic = self._topic(kind)
        d = self.rundir()
        out = os.path.join(d, "out.txt")
        conn = {"name": "snk-" + uuid.uuid4().hex[:8], "connector.class": FILE_SINK, "tasks.max": "1", "file": out, "topics": topic,
                "consumer.override.auto.offset.reset": "earliest", **extra}
        w = Worker(template, self.a.broker, d, [conn], {"connector.client.config.override.policy": "All"})
        n, first, t_end, got, f = self.a.records, None, time.time() + self.a.timeout, 0, None
        while time.time() < t_end:
            if f is None and os.path.exists(out):
                f = open(out, "rb")
            while f and (chunk := f.read(1 << 22)):
                got += chunk.count(b"\n")
            if got and first is None:
                first = (time.time(), got)
            if got >= n:
                break
            time.sleep(0.02)
        else:
            w.stop()
            raise SystemExit(f"only {got} of {n} lines arrived; {open(w.dir / 'worker.log').read()[-2000:]}")
        wall = time.time() - first[0]
        total = time.time() - w.t0
        w.stop()
        return dict(ready_s=w.ready_s, wall_s=wall, total_s=total, rate=(n - first[1]) / max(wall, 1e-3), cpu_s=w.cpu_s, rss_mib=w.rss_mib)

    def sink(self, t): return self._sink(t, "text", {})
    def sink_smt(self, t): return self._sink(t, "json", {**JSON_PLAIN, **SINK_SMT})
    def sink_json(self, t): return self._sink(t, "jsonschema", {**JSON, **SINK_SMT})

    def many(self, template):
        """Create many small source connectors over REST: time until all their tasks run, and the memory they take."""
        d, n = self.rundir(), self.a.connectors
        w = Worker(template, self.a.broker, d)
        t0 = time.time()
        for i in range(n):
            path = os.path.join(d, f"f{i}.txt")
            open(path, "w").write("a\nb\n")
            http(w.url + "/connectors", "POST", {"name": f"c{i}", "config": {
                "connector.class": FILE_SOURCE, "tasks.max": "1", "file": path, "topic": "many-out"}})
        posted = time.time() - t0
        while time.time() - t0 < self.a.timeout:
            _, st = http(w.url + "/connectors?expand=status")
            up = sum(1 for c in st.values() if c["status"]["tasks"] and all(x["state"] == "RUNNING" for x in c["status"]["tasks"]))
            if up == n:
                break
            time.sleep(0.05)
        wall = time.time() - t0
        time.sleep(2)
        cpu0 = proc_cpu(w.p.pid)
        time.sleep(5)
        idle_cpu = (proc_cpu(w.p.pid) - cpu0) / 5
        w.stop()
        return dict(ready_s=w.ready_s, wall_s=wall, posted_s=posted, cpu_s=w.cpu_s, rss_mib=w.rss_mib, idle_cores=idle_cpu)


def machine():
    """What the figures depend on, without the machine's name."""
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    memory = next(int(line.split()[1]) for line in open("/proc/meminfo") if line.startswith("MemTotal")) // 1024
    return f"{os.cpu_count()} x {model}, {memory} MiB, Linux {platform.release()}"


def row(case, figure, medians):
    ratio = f" {medians[0] / medians[1]:14.2f}" if len(medians) == 2 and medians[1] else ""
    print(f"{case:12} {figure:10} " + " ".join(f"{m:14,.3f}" for m in medians) + ratio)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--broker", required=True)
    ap.add_argument("--impl", action="append", required=True, help="NAME=COMMAND with {worker} and {connectors}")
    ap.add_argument("--cases", default="startup,source,source_smt,source_json,sink,sink_smt,sink_json,many")
    ap.add_argument("--records", type=int, default=1_000_000)
    ap.add_argument("--connectors", type=int, default=100)
    ap.add_argument("--size", type=int, default=100)
    ap.add_argument("--repeat", type=int, default=3)
    ap.add_argument("--timeout", type=int, default=300)
    ap.add_argument("--json")
    a = ap.parse_args()
    impls = dict(i.split("=", 1) for i in a.impl)
    b, out = Bench(a), {}
    try:
        for case in a.cases.split(","):
            for r in range(a.repeat):
                order = list(impls) if r % 2 == 0 else list(impls)[::-1]
                for name in order:
                    res = getattr(b, case)(impls[name])
                    out.setdefault(case, {}).setdefault(name, []).append(res)
                    print(f"  {case:12} {name:8} " + " ".join(f"{k}={v:,.3f}" if v < 1000 else f"{k}={v:,.0f}" for k, v in res.items()), flush=True)
    finally:
        shutil.rmtree(b.tmp, ignore_errors=True)
    print(f"\n{'case':12} {'figure':10} " + " ".join(f"{n:>14}" for n in impls) + ("          ratio" if len(impls) == 2 else ""))
    for case, per in out.items():
        for key in next(iter(per.values()))[0]:
            row(case, key, [statistics.median(x[key] for x in per[n]) for n in impls])
        if "rate" in next(iter(per.values()))[0] and "startup" in out:
            work = [statistics.median(x["cpu_s"] for x in per[n]) - statistics.median(x["cpu_s"] for x in out["startup"][n]) for n in impls]
            row(case, "cpu_s/M", [w / a.records * 1e6 for w in work])
    if a.json:
        about = {"date": datetime.date.today().isoformat(), "machine": machine(), "records": a.records, "size": a.size, "repeat": a.repeat,
                 "connectors": a.connectors}
        with open(a.json, "w") as f:
            json.dump({"about": about, "runs": out}, f, indent=1)
            f.write("\n")


if __name__ == "__main__":
    main()
