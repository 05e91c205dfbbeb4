#!/usr/bin/env python3
"""Measure groups of Kafka Connect workers side by side: many connectors created over REST on a few distributed workers.

    group_bench.py --broker HOST:PORT \\
        --impl java='java -Xmx1g -cp "LIBS/*" org.apache.kafka.connect.cli.ConnectDistributed {worker}' \\
        --impl aqueduct='target/release/aqueduct distributed {worker}' \\
        [--workers 3] [--connectors 500] [--repeat R] [--json OUT]

tools/bench_group.sh does all that with a broker of its own. Every run starts a fresh group on fresh topics; the implementations take turns.
Each worker has a client of its own, which posts its share of the connectors (a file source with one task each) one after another, and
asks again what is answered with 409 because of a rebalance.

wall_s      from the first POST until every connector and every task runs, as the first worker tells
posted_s    from the first POST until the last one was answered
again       answers 409 that were asked again
slowest_s   the slowest POST, with what was asked again
failed      connectors that could not start (now and then one of Java's finds no configuration for itself); they are not waited for
cpu_s       user + system seconds of all workers from the first POST until all ran
rss_mib     resident memory of one worker (mean), five seconds after that
peak_mib    the largest peak of one worker
cold_mib    resident memory of one worker (mean) before the first POST
idle_cores  processor time of all workers together during the five seconds after
load        the machine's load average before the run: what else was going on
Needs Linux (/proc) and the Python package confluent-kafka.
"""
import argparse, datetime, json, os, pathlib, shlex, shutil, statistics, subprocess, tempfile, threading, time, urllib.error, uuid
from confluent_kafka.admin import AdminClient

from connect_bench import FILE_SOURCE, PKG, free_port, http, machine, make_topic, proc_cpu, proc_rss, row


class Group:
    """Workers of one group, on topics of its own."""

    def __init__(self, template, broker, folder, workers):
        self.name = "bench-" + uuid.uuid4().hex[:10]
        self.topics = [f"{self.name}-{store}" for store in ("config", "offset", "status")]
        self.urls, self.processes, self.logs = [], [], []
        for n in range(workers):
            port, own = free_port(), pathlib.Path(folder) / f"worker-{n}"
            own.mkdir()
            (own / "worker.properties").write_text("".join(f"{k}={v}\n" for k, v in self.properties(broker, port).items()))
            self.logs.append(open(own / "worker.log", "w"))
            command = shlex.split(template.format(worker=own / "worker.properties"))
            self.processes.append(subprocess.Popen(command, stdout=self.logs[-1], stderr=self.logs[-1]))
            self.urls.append(f"http://127.0.0.1:{port}")
            # One after another, so that they do not make the topics at the same time.
            self.await_ready(n, time.time() + 120)

    def properties(self, broker, port):
        properties = {
            "bootstrap.servers": broker, "listeners": f"http://127.0.0.1:{port}", "group.id": self.name,
            "key.converter": f"{PKG}.storage.StringConverter", "value.converter": f"{PKG}.storage.StringConverter",
            "plugin.discovery": "service_load",
        }
        for store in ("config", "offset", "status"):
            properties[f"{store}.storage.topic"] = f"{self.name}-{store}"
            properties[f"{store}.storage.replication.factor"] = 1
        return properties

    def await_ready(self, n, deadline):
        while time.time() < deadline:
            if self.processes[n].poll() is not None:
                raise SystemExit(f"a worker ended: {pathlib.Path(self.logs[n].name).read_text()[-3000:]}")
            try:
                http(self.urls[n] + "/connectors", timeout=5)
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("a worker never became ready")

    def cpu(self):
        return sum(proc_cpu(p.pid) for p in self.processes)

    def rss(self, key="VmRSS"):
        return [proc_rss(p.pid, key) for p in self.processes]

    def stop(self, admin):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for log in self.logs:
            log.close()
        admin.delete_topics(self.topics)


class Client(threading.Thread):
    """Posts connectors to one worker, one after another."""

    def __init__(self, url, bodies):
        super().__init__()
        self.url, self.bodies, self.again, self.slowest, self.problem = url, bodies, 0, 0.0, None

    def run(self):
        try:
            for body in self.bodies:
                begun = time.time()
                self.post(body)
                self.slowest = max(self.slowest, time.time() - begun)
        except Exception as error:  # the main thread says it
            self.problem = error

    def post(self, body):
        while True:
            try:
                return http(self.url + "/connectors", "POST", body, timeout=120)
            except urllib.error.HTTPError as error:
                if error.code != 409:
                    raise SystemExit(f"POST: {error.code} {error.read()[:300]}") from error
                self.again += 1
                time.sleep(0.1)


def running(url):
    """How many connectors run with all their tasks, and how many will not: a connector that failed to start stays so."""
    _, all_of_them = http(url + "/connectors?expand=status", timeout=120)
    states = [c["status"] for c in all_of_them.values()]
    up = sum(1 for s in states if s["connector"]["state"] == "RUNNING" and s["tasks"] and all(t["state"] == "RUNNING" for t in s["tasks"]))
    return up, sum(1 for s in states if s["connector"]["state"] == "FAILED")


def measure(template, a, admin, scratch):
    folder = tempfile.mkdtemp(dir=scratch)
    load = os.getloadavg()[0]
    group = Group(template, a.broker, folder, a.workers)
    topic = f"{group.name}-out"
    make_topic(admin, topic)
    try:
        cold, bodies = statistics.mean(group.rss()), []
        for n in range(a.connectors):
            path = os.path.join(folder, f"f{n}.txt")
            pathlib.Path(path).write_text("a\nb\n")
            bodies.append({"name": f"c{n}", "config": {"connector.class": FILE_SOURCE, "tasks.max": "1", "file": path, "topic": topic}})
        clients = [Client(url, bodies[n :: a.workers]) for n, url in enumerate(group.urls)]
        cpu, begun = group.cpu(), time.time()
        for client in clients:
            client.start()
        for client in clients:
            client.join()
            if client.problem:
                raise client.problem
        posted = time.time() - begun
        while True:
            up, failed = running(group.urls[0])
            if up + failed == a.connectors:
                break
            if time.time() - begun > a.timeout:
                raise SystemExit(f"only {up} of {a.connectors} run after {a.timeout} s")
            time.sleep(0.2)
        wall, cpu_all = time.time() - begun, group.cpu() - cpu
        idle = group.cpu()
        time.sleep(5)
        return dict(wall_s=wall, posted_s=posted, again=sum(c.again for c in clients), slowest_s=max(c.slowest for c in clients),
                    failed=failed, cpu_s=cpu_all,
                    rss_mib=statistics.mean(group.rss()), peak_mib=max(group.rss("VmHWM")), cold_mib=cold,
                    idle_cores=(group.cpu() - idle) / 5, load=load)
    finally:
        group.stop(admin)
        admin.delete_topics([topic])


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--broker", required=True)
    ap.add_argument("--impl", action="append", required=True, help="NAME=COMMAND with {worker}")
    ap.add_argument("--workers", type=int, default=3)
    ap.add_argument("--connectors", type=int, default=500)
    ap.add_argument("--repeat", type=int, default=3)
    ap.add_argument("--timeout", type=int, default=600)
    ap.add_argument("--json")
    a = ap.parse_args()
    impls = dict(i.split("=", 1) for i in a.impl)
    admin, out, scratch = AdminClient({"bootstrap.servers": a.broker}), {}, tempfile.mkdtemp(prefix="group-bench-")
    try:
        for r in range(a.repeat):
            for name in list(impls) if r % 2 == 0 else list(impls)[::-1]:
                figures = measure(impls[name], a, admin, scratch)
                out.setdefault(name, []).append(figures)
                print(f"  {name:8} " + " ".join(f"{k}={v:,.3f}" for k, v in figures.items()), flush=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"\n{'case':12} {'figure':10} " + " ".join(f"{n:>14}" for n in impls) + ("          ratio" if len(impls) == 2 else ""))
    for key in next(iter(out.values()))[0]:
        row("group", key, [statistics.median(x[key] for x in out[n]) for n in impls])
    if a.json:
        about = {"date": datetime.date.today().isoformat(), "machine": machine(), "workers": a.workers, "connectors": a.connectors,
                 "repeat": a.repeat}
        with open(a.json, "w") as f:
            json.dump({"about": about, "runs": {"group": out}}, f, indent=1)
            f.write("\n")


if __name__ == "__main__":
    main()
