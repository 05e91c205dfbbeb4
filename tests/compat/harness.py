#!/usr/bin/env python3
"""Replays recorded dialogues with a Java Connect worker against any implementation, and compares what can be seen from outside.

  harness.py check  --cmd 'NAME {mode} {worker} {connectors}' --bootstrap HOST:PORT SCENARIO.json...
  harness.py record --java LIBS[:LIBS2] --bootstrap HOST:PORT SCENARIO.json...

`check` plays each scenario's steps and compares with their "expect" members; `record` plays them against the Java
worker and writes those members anew.  conformance/rest/README.md says what a scenario is; run.sh plays the ones
that must pass.

Needs Python >= 3.9 and the PyPI package `confluent-kafka`; nothing else.
"""
import argparse, base64, concurrent.futures, glob, http.client, json, os, random, re, shlex
import shutil, signal, socket, string, subprocess, sys, tempfile, time, warnings

try:
    import confluent_kafka as ck
    from confluent_kafka.admin import AdminClient, NewTopic, ConfigResource, OffsetSpec  # noqa: F401
except ImportError:
    sys.exit("harness.py needs confluent-kafka:  pip install confluent-kafka")

warnings.filterwarnings("ignore", category=DeprecationWarning)
QUIET = {"log_level": 0}
TRACE = "<trace>"
HEADERS_COMPARED = ("content-type", "location", "allow", "www-authenticate",
                    "access-control-allow-origin", "access-control-allow-methods", "x-frame-options",
                    "cache-control")


# ------------------------------------------------------------------ small helpers

def log(*a):
    print(*a, flush=True)


def to_json_bytes(b):
    """bytes -> JSON-able: None, text, or {"base64": ...}"""
    if b is None:
        return None
    if isinstance(b, str):
        b = b.encode()
    try:
        s = b.decode("utf-8")
        if all(c == "\t" or c == "\n" or ord(c) >= 32 for c in s):
            return s
    except UnicodeDecodeError:
        pass
    return {"base64": base64.b64encode(b).decode()}


def from_json_bytes(v):
    if v is None:
        return None
    if isinstance(v, dict) and set(v) == {"base64"}:
        return base64.b64decode(v["base64"])
    if isinstance(v, str):
        return v.encode("utf-8")
    return json.dumps(v, separators=(",", ":"), ensure_ascii=False).encode()


def pointer_get(doc, ptr):
    """JSON pointer -> value; KeyError where absent."""
    cur = doc
    if ptr in ("", "/"):
        return cur
    for part in ptr.strip("/").split("/"):
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(cur, list):
            i = int(part)
            if i >= len(cur):
                raise KeyError(ptr)
            cur = cur[i]
        elif isinstance(cur, dict):
            cur = cur[part]
        else:
            raise KeyError(ptr)
    return cur


def pointer_apply(doc, ptr, fn):
    """Apply fn to every value that ptr (with * wildcards) names; returns the new doc."""
    parts = [p.replace("~1", "/").replace("~0", "~") for p in ptr.strip("/").split("/")] if ptr.strip("/") else []

    def go(cur, rest):
        if not rest:
            return fn(cur)
        p, rest = rest[0], rest[1:]
        if isinstance(cur, dict):
            for k in list(cur):
                if p == "*" or k == p:
                    cur[k] = go(cur[k], rest)
        elif isinstance(cur, list):
            for i in range(len(cur)):
                if p == "*" or str(i) == p:
                    cur[i] = go(cur[i], rest)
        return cur

    return go(doc, parts)


def diff(exp, act, path=""):
    """List of (path, expected, actual)."""
    if isinstance(exp, dict) and isinstance(act, dict):
        out = []
        for k in exp:
            if k not in act:
                out.append((path + "/" + str(k), exp[k], "<absent>"))
            else:
                out += diff(exp[k], act[k], path + "/" + str(k))
        for k in act:
            if k not in exp:
                out.append((path + "/" + str(k), "<absent>", act[k]))
        return out
    if isinstance(exp, list) and isinstance(act, list):
        out = []
        for i in range(max(len(exp), len(act))):
            if i >= len(exp):
                out.append(("%s/%d" % (path, i), "<absent>", act[i]))
            elif i >= len(act):
                out.append(("%s/%d" % (path, i), exp[i], "<absent>"))
            else:
                out += diff(exp[i], act[i], "%s/%d" % (path, i))
        return out
    if type(exp) is not type(act) or exp != act:
        return [(path or "/", exp, act)]
    return []


TAKEN = set()


def free_port(lo=None, hi=None):
    if lo:
        for _ in range(1000):
            p = random.randint(lo, hi)
            if p in TAKEN:
                continue
            TAKEN.add(p)
            with socket.socket() as s:
                try:
                    s.bind(("127.0.0.1", p))
                    return p
                except OSError:
                    continue
        raise RuntimeError("no free port in %d-%d" % (lo, hi))
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def properties_text(props):
    def esc(s, key):
        out = []
        for i, c in enumerate(s):
            if c == "\\":
                out.append("\\\\")
            elif c == "\n":
                out.append("\\n")
            elif c == "\r":
                out.append("\\r")
            elif c == "\t":
                out.append("\\t")
            elif ord(c) > 126:
                out.append("".join("\\u%04x" % u for u in utf16(c)))
            elif key and c in " :=#!":
                out.append("\\" + c)
            elif not key and i == 0 and c == " ":
                out.append("\\ ")
            else:
                out.append(c)
        return "".join(out)

    def utf16(c):
        b = c.encode("utf-16-be")
        return [b[i] << 8 | b[i + 1] for i in range(0, len(b), 2)]

    return "".join("%s=%s\n" % (esc(k, True), esc(str(v), False)) for k, v in props.items() if v is not None)


# ------------------------------------------------------------------ one running worker

RUNNING = set()


def end_all(*_):
    """Ended from outside: no worker may stay behind."""
    for proc in list(RUNNING):
        proc.kill()
    os._exit(143)


class Worker:
    def __init__(self, run, n):
        self.run, self.n = run, n
        self.port = free_port(*run.opt.rest_ports) if run.opt.rest_ports else free_port()
        self.dir = os.path.join(run.dir, "w%d" % n)
        os.makedirs(self.dir, exist_ok=True)
        self.proc = None
        self.logpath = os.path.join(self.dir, "worker.log")

    def props(self):
        run, sc = self.run, self.run.sc
        p = {
            "bootstrap.servers": run.opt.bootstrap,
            "listeners": "http://127.0.0.1:%d" % self.port,
            "key.converter": "org.apache.kafka.connect.json.JsonConverter",
            "value.converter": "org.apache.kafka.connect.json.JsonConverter",
            "offset.flush.interval.ms": "1000",
            "plugin.discovery": "service_load",
        }
        if sc["mode"] == "standalone":
            p["offset.storage.file.filename"] = os.path.join(run.dir, "standalone.offsets")
        else:
            p.update({
                "group.id": "g-" + run.id,
                "config.storage.topic": "cfg-" + run.id,
                "offset.storage.topic": "off-" + run.id,
                "status.storage.topic": "sta-" + run.id,
                "config.storage.replication.factor": "1",
                "offset.storage.replication.factor": "1",
                "status.storage.replication.factor": "1",
                "offset.storage.partitions": "3",
                "status.storage.partitions": "2",
                "scheduled.rebalance.max.delay.ms": "0",
            })
        for k, v in run.subst(sc.get("worker", {})).items():
            if v is None:
                p.pop(k, None)
            else:
                p[k] = v
        return p

    def start(self, connectors=None, await_="ready", timeout=90):
        for attempt in range(4):
            try:
                return self.start_once(connectors, await_, timeout)
            except RuntimeError:  # somebody else took the port meanwhile?
                if attempt == 3 or not re.search(r"(?i)address (is )?(already )?in use|AddrInUse|os error 98", self.tail(6000)):
                    raise
                self.stop()
                self.port = free_port(*self.run.opt.rest_ports) if self.run.opt.rest_ports else free_port()

    def start_once(self, connectors, await_, timeout):
        run, sc = self.run, self.run.sc
        wp = os.path.join(self.dir, "worker.properties")
        with open(wp, "w") as f:
            f.write(properties_text(self.props()))
        cps = []
        if connectors is None:
            connectors = sc.get("connectors", [])
        for i, c in enumerate(connectors):
            if "@file" in c:  # a file that an earlier step wrote
                cps.append(os.path.join(run.dir, run.subst(c["@file"])))
                continue
            cp = os.path.join(self.dir, "connector%d.properties" % i)
            with open(cp, "w") as f:
                f.write(properties_text(run.subst(c)))
            cps.append(cp)
        cmd = run.opt.command(sc["mode"], wp, cps)
        self.logfile = open(self.logpath, "ab")
        self.logfile.write(("\n=== start: %s\n" % cmd).encode())
        self.logfile.flush()
        env = dict(os.environ)
        env.update(run.opt.env)
        self.proc = subprocess.Popen(cmd, stdout=self.logfile, stderr=subprocess.STDOUT, cwd=run.dir,
                                     start_new_session=True, env=env, stdin=subprocess.DEVNULL)
        RUNNING.add(self.proc)
        if await_ == "exit":
            try:
                return self.proc.wait(timeout)
            except subprocess.TimeoutExpired:
                return "still running"
        end = time.time() + timeout
        while time.time() < end:
            if self.proc.poll() is not None:
                raise RuntimeError("worker %d exited with %s at start; log tail:\n%s"
                                   % (self.n, self.proc.returncode, self.tail(600)))
            try:
                st, _, _ = raw_http(self.port, "GET", "/", {}, None, 5)
                if st == 200:
                    st, _, _ = raw_http(self.port, "GET", "/connectors", {}, None, 5)
                    if st == 200:
                        return None
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.1)
        raise RuntimeError("worker %d did not get ready; log tail:\n%s" % (self.n, self.tail(600)))

    def stop(self, sig=signal.SIGTERM, timeout=60):
        if self.proc is None:
            return
        if self.proc.poll() is None:
            self.proc.send_signal(sig)
            try:
                self.proc.wait(timeout)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait(10)
        RUNNING.discard(self.proc)
        self.proc = None

    def tail(self, n=2500):
        try:
            with open(self.logpath, "rb") as f:
                return f.read()[-n:].decode("utf-8", "replace")
        except OSError:
            return ""


def raw_http(port, method, path, headers, body, timeout=100):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        c.putrequest(method, path, skip_accept_encoding=True)
        for k, v in headers.items():
            if v is not None:
                c.putheader(k, v)
        if body is not None:
            c.putheader("Content-Length", str(len(body)))
        elif method in ("POST", "PUT", "PATCH"):
            c.putheader("Content-Length", "0")
        c.endheaders(body)
        r = c.getresponse()
        data = r.read()
        return r.status, r.getheaders(), data
    finally:
        c.close()


# ------------------------------------------------------------------ one scenario run

class Fail(Exception):
    pass


class Run:
    def __init__(self, opt, path):
        self.opt, self.path = opt, path
        with open(path, encoding="utf-8") as f:
            self.sc = json.load(f)
        self.sc.setdefault("mode", "standalone")
        self.id = "r" + "".join(random.choices(string.ascii_lowercase + string.digits, k=8))
        base = opt.tmp or tempfile.gettempdir()
        self.dir = tempfile.mkdtemp(prefix="cnt-", dir=base)
        self.workers = []
        self.passed, self.failed, self.lines, self.notes = 0, 0, [], []
        self._admin = None

    # ---- text substitution: ${X} -> real, and back
    def table(self):
        t = {"DIR": self.dir, "RUN": self.id, "BOOTSTRAP": self.opt.bootstrap}
        for w in self.workers:
            t["REST%d" % w.n] = "127.0.0.1:%d" % w.port
        if self.workers:
            t["REST"] = "127.0.0.1:%d" % self.workers[0].port
        return t

    def subst(self, v):
        if isinstance(v, str):
            for k, r in self.table().items():
                v = v.replace("${%s}" % k, r)
            return v
        if isinstance(v, dict):
            return {self.subst(k): self.subst(x) for k, x in v.items()}
        if isinstance(v, list):
            return [self.subst(x) for x in v]
        return v

    def unsubst(self, v):
        if isinstance(v, str):
            v = v.replace(self.dir, "${DIR}").replace(self.id, "${RUN}").replace(self.opt.bootstrap, "${BOOTSTRAP}")
            for w in self.workers:
                v = v.replace("127.0.0.1:%d" % w.port, "${REST}").replace("localhost:%d" % w.port, "${REST}")
            return v
        if isinstance(v, dict):
            return {self.unsubst(k): self.unsubst(x) for k, x in v.items()}
        if isinstance(v, list):
            return [self.unsubst(x) for x in v]
        return v

    def normal(self, v, key=None):
        """Hide what may differ between two good implementations."""
        if isinstance(v, dict):
            v = {k: self.normal(x, k) for k, x in v.items()}
            if "worker_id" in v and "version" in v:  # null for a moment after a start
                v["version"] = "<version>"
            if str(v.get("name", "")).endswith("plugin.version"):
                for k in ("default_value", "value"):
                    if isinstance(v.get(k), str):
                        v[k] = "<version>"
                if v.get("recommended_values"):
                    v["recommended_values"] = ["<version>" for _ in v["recommended_values"]]
            return v
        if isinstance(v, list):
            return [self.normal(x) for x in v]
        if key == "trace" and isinstance(v, str):
            return TRACE
        if key == "documentation" and isinstance(v, str) and v:
            return "<text>"  # only that there is one
        if key == "worker_id" and isinstance(v, str):
            return "${REST}" if re.fullmatch(r"\$\{REST\}|[^:\s]+:\d+", v) else v
        if key == "version" and isinstance(v, str):
            return "<version>"
        if key == "commit" and isinstance(v, str):
            return "<commit>"
        if key == "kafka_cluster_id" and isinstance(v, str):
            return "<cluster>"
        if key == "last_modified" and isinstance(v, (int, float)) and not isinstance(v, bool):
            return "<timestamp>"
        if isinstance(v, str):
            v = re.sub(r"(?s)Invalid regex: .*?(?=\nYou can also|$)", "Invalid regex: <text>", v) if "Invalid regex: " in v else v
            v = re.sub(r"began at \d{4}-[0-9T:.\-]+Z", "began at <time>", v)
        return v

    # ---- kafka
    @property
    def admin(self):
        if self._admin is None:
            self._admin = AdminClient({"bootstrap.servers": self.opt.bootstrap, **QUIET})
        return self._admin

    # ---- steps
    def limit(self, st, default):
        return min(st.get("wait", default), self.opt.max_wait)

    def worker(self, st):
        n = st.get("worker", 1)
        for w in self.workers:
            if w.n == n:
                return w
        raise Fail("no worker %s" % n)

    def do_start(self, st):
        n = st.get("worker", 1)
        w = next((x for x in self.workers if x.n == n), None)
        if w is None:
            w = Worker(self, n)
            self.workers.append(w)
        rc = w.start(st.get("connectors"), st.get("await", "ready"), st.get("wait", 90))
        if st.get("await") == "exit":
            if rc == "still running":
                w.stop()
                return {"exit": "still running"}
            return {"exit": "zero" if rc == 0 else "nonzero"}

    def do_stop(self, st):
        self.worker(st).stop()

    def do_kill(self, st):
        self.worker(st).stop(signal.SIGKILL)

    def do_sleep(self, st):
        time.sleep(st["seconds"])

    def file(self, st):
        p = os.path.join(self.dir, self.subst(st["file"]))
        os.makedirs(os.path.dirname(p), exist_ok=True)
        return p

    def do_write(self, st):
        with open(self.file(st), "wb") as f:
            f.write(from_json_bytes(self.subst(st["text"])))

    def do_append(self, st):
        with open(self.file(st), "ab") as f:
            f.write(from_json_bytes(self.subst(st["text"])))

    def do_properties(self, st):
        with open(self.file(st), "w") as f:
            f.write(properties_text(self.subst(st["props"])))

    def do_delete_file(self, st):
        os.remove(self.file(st))

    def do_read(self, st):
        """A file's text; waits until it has `lines` lines (and stays so for `settle` seconds)."""
        end = time.time() + self.limit(st, 30)
        p = self.file(st)
        while True:
            try:
                with open(p, "rb") as f:
                    data = f.read()
            except OSError:
                data = None
            n = -1 if data is None else data.count(b"\n")
            if "lines" not in st or n >= st["lines"] or time.time() > end:
                break
            time.sleep(0.1)
        if st.get("settle", 0.5) and data is not None:
            time.sleep(st.get("settle", 0.5))
            with open(p, "rb") as f:
                data = f.read()
        t = to_json_bytes(data)
        if isinstance(t, str):
            ls = self.unsubst(t).split("\n")
            if st.get("unique"):  # at least once
                ls = sorted(set(ls[:-1])) + ls[-1:]
            elif st.get("sort"):
                ls = sorted(ls[:-1]) + ls[-1:]
            return {"lines": ls}
        return {"content": t}

    def do_log(self, st):
        """Whether the worker's log (all workers) has the pattern."""
        end = time.time() + self.limit(st, 10)
        pat = re.compile(self.subst(st["pattern"]))
        while True:
            text = "".join(w.tail(4_000_000) for w in self.workers)
            hit = bool(pat.search(text))
            if hit or time.time() > end:
                return {"found": hit}
            time.sleep(0.2)

    def do_create_topic(self, st):
        f = self.admin.create_topics([NewTopic(self.subst(st["topic"]), st.get("partitions", 1), 1,
                                               config=st.get("config", {}))])
        for x in f.values():
            x.result(30)
        time.sleep(0.3)

    def do_delete_topic(self, st):
        for x in self.admin.delete_topics([self.subst(st["topic"])]).values():
            x.result(30)

    def do_topic(self, st):
        """Partitions and chosen configs of a topic."""
        name = self.subst(st["topic"])
        end = time.time() + self.limit(st, 20)
        while True:
            md = self.admin.list_topics(timeout=10)
            if name in md.topics or time.time() > end:
                break
            time.sleep(0.3)
        if name not in md.topics:
            return {"exists": False}
        t = md.topics[name]
        res = ConfigResource(ConfigResource.Type.TOPIC, name)
        conf = list(self.admin.describe_configs([res]).values())[0].result(20)
        return {"exists": True, "partitions": len(t.partitions), "replication": len(t.partitions[0].replicas),
                "config": {k: conf[k].value for k in st.get("configs", ["cleanup.policy"])}}

    def do_produce(self, st):
        errs = []
        p = ck.Producer({"bootstrap.servers": self.opt.bootstrap, **QUIET})
        for r in st["records"]:
            kw = {}
            if "partition" in r:
                kw["partition"] = r["partition"]
            if "timestamp" in r:
                kw["timestamp"] = r["timestamp"]
            if "headers" in r:
                kw["headers"] = [(k, from_json_bytes(self.subst(v))) for k, v in r["headers"]]
            p.produce(self.subst(st["topic"]), key=from_json_bytes(self.subst(r.get("key"))),
                      value=from_json_bytes(self.subst(r.get("value"))),
                      on_delivery=lambda e, m: errs.append(e) if e else None, **kw)
            p.poll(0)
        p.flush(30)
        if errs:
            raise Fail("produce: %s" % errs[0])

    def do_consume(self, st):
        """All records of a topic from its beginning: waits until there are `count`, then settles."""
        topic = self.subst(st["topic"])
        c = ck.Consumer({"bootstrap.servers": self.opt.bootstrap, "group.id": "harness-" + self.id,
                         "enable.auto.commit": False, "auto.offset.reset": "earliest",
                         "isolation.level": st.get("isolation", "read_committed"), **QUIET})
        recs, end = [], time.time() + self.limit(st, 30)
        try:
            parts = None
            while time.time() < end:
                md = c.list_topics(topic, timeout=10).topics.get(topic)
                if md and not md.error and md.partitions:
                    parts = [ck.TopicPartition(topic, i, ck.OFFSET_BEGINNING) for i in md.partitions]
                    break
                time.sleep(0.3)
            if parts is None:
                return {"exists": False}
            c.assign(parts)
            settle_end = None
            while True:
                m = c.poll(0.1)
                now = time.time()
                if m is not None and not m.error():
                    recs.append(m)
                    continue
                if len(recs) >= st.get("count", 0):
                    settle_end = settle_end or now + st.get("settle", 0.7)
                    if now > settle_end:
                        break
                elif now > end:
                    break
        finally:
            c.close()
        recs.sort(key=lambda m: (m.partition(), m.offset()))
        fields = st.get("fields", ["key", "value", "headers"])
        out = []
        for m in recs:
            o = {}
            for fld in fields:
                if fld == "key":
                    o["key"] = self.text(m.key(), st)
                elif fld == "value":
                    o["value"] = self.text(m.value(), st)
                elif fld == "partition":
                    o["partition"] = m.partition()
                elif fld == "offset":
                    o["offset"] = m.offset()
                elif fld == "timestamp":
                    o["timestamp"] = m.timestamp()[1]
                elif fld == "headers":
                    hs = []
                    for k, v in m.headers() or []:
                        if k == "__connect.errors.exception.stacktrace" and v:
                            hs.append([k, TRACE])
                        elif k in st.get("loose_headers", []):
                            hs.append([k, "<any>" if v else None])
                        else:
                            hs.append([k, self.unsubst(to_json_bytes(v))])
                    if hs:
                        o["headers"] = hs
            out.append(o)
        if st.get("sort"):
            out.sort(key=lambda o: json.dumps(o, sort_keys=True))
        if st.get("last_per_key"):
            d = {}
            for o in out:
                d[json.dumps(o["key"])] = o
            out = [d[k] for k in sorted(d)]
        return {"records": out}

    def text(self, b, st):
        v = to_json_bytes(b)
        if isinstance(v, str):
            v = self.unsubst(v)
            if st.get("as_json"):
                try:
                    return self.normal(self.mask_internal(json.loads(v)))
                except ValueError:
                    pass
        return v

    @staticmethod
    def mask_internal(v):
        """Volatile members of records of the three internal topics."""
        if isinstance(v, dict):
            v = dict(v)
            for k in ("creation-timestamp", "started", "discoverTimestamp"):
                if isinstance(v.get(k), int):
                    v[k] = "<timestamp>"
            if "worker_id" in v and isinstance(v.get("generation"), int):
                v["generation"] = "<n>"
            if "algorithm" in v and isinstance(v.get("key"), str):
                v["key"] = "<key>"
            return {k: Run.mask_internal(x) for k, x in v.items()}
        return v

    def do_group(self, st):
        """What DescribeGroups says of a group."""
        name = self.subst(st["group"])
        end = time.time() + self.limit(st, 20)
        while True:
            gs = self.admin.list_groups(name, timeout=10)
            o = {"exists": False}
            if gs:
                g = gs[0]
                o = {"exists": True, "state": g.state, "protocol_type": g.protocol_type, "protocol": g.protocol,
                     "members": len(g.members), "client_ids": sorted(self.unsubst(m.client_id) for m in g.members)}
            if st.get("state") is None or o.get("state") == st["state"] or time.time() > end:
                if st.get("members") is None or o.get("members") == st["members"] or time.time() > end:
                    break
            time.sleep(0.3)
        for k in st.get("ignore", []):
            o.pop(k, None)
        return o

    def do_committed(self, st):
        """Committed offsets of a consumer group, waits for `until` total."""
        end = time.time() + self.limit(st, 30)
        while True:
            c = ck.Consumer({"bootstrap.servers": self.opt.bootstrap, "group.id": self.subst(st["group"]), **QUIET})
            try:
                tps = [ck.TopicPartition(self.subst(t), p) for t, p in st["partitions"]]
                got = [[self.unsubst(x.topic), x.partition, x.offset if x.offset >= 0 else None]
                       for x in c.committed(tps, timeout=10)]
            finally:
                c.close()
            if "total" not in st or sum(x[2] or 0 for x in got) >= st["total"] or time.time() > end:
                return {"offsets": got}
            time.sleep(0.3)

    def request(self, st):
        w = self.worker(st)
        method, path = self.subst(st["req"]).split(" ", 1)
        headers, body = {"Accept": "application/json"}, None
        if "json" in st:
            body = json.dumps(self.subst(st["json"]), ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json"
        elif "body" in st:
            body = from_json_bytes(self.subst(st["body"]))
            headers["Content-Type"] = "application/json"
        for k, v in self.subst(st.get("headers", {})).items():
            for k2 in list(headers):
                if k2.lower() == k.lower():
                    del headers[k2]
            if v is not None:
                headers[k] = v
        status, hs, data = raw_http(w.port, method, path, headers, body)
        o = {"status": status}
        want = [h.lower() for h in st.get("check_headers", HEADERS_COMPARED)]
        hh = {}
        for k, v in hs:
            k = k.lower()
            if k not in want:
                continue
            v = self.unsubst(v)
            if k == "content-type":
                v = v.replace("; ", ";").lower()
            if k in ("allow", "access-control-allow-methods"):
                v = ",".join(sorted(x.strip() for x in v.split(",")))
            hh[k] = v
        if hh:
            o["headers"] = hh
        if data:
            try:
                o["json"] = self.normal(self.unsubst(json.loads(data)))
            except ValueError:
                o["text"] = self.unsubst(data.decode("utf-8", "replace"))
                ct = hh.get("content-type", "")
                if ct.startswith("text/html"):
                    o["text"] = "<html>"
        if st.get("only_status"):
            return {"status": status}
        for ptr in st.get("ignore", []):
            if "json" in o:
                o["json"] = pointer_apply(o["json"], ptr, lambda v: "<any>")
        for ptr in st.get("loose", []):
            if "json" in o:
                o["json"] = pointer_apply(o["json"], ptr, lambda v: "<any text>" if isinstance(v, str) else v)
        for f in st.get("filter", []):  # keep the list elements whose member `key` matches
            if "json" in o:
                o["json"] = pointer_apply(o["json"], f["ptr"], lambda v: [
                    x for x in v if re.search(f["match"], str(x.get(f["key"])))] if isinstance(v, list) else v)
        for ptr, pat in st.get("cut", {}).items():  # keep only what the pattern matches
            if "json" in o:
                def cut(v):
                    m = re.search(self.subst(pat), v) if isinstance(v, str) else None
                    return m.group(0) if m else v
                o["json"] = pointer_apply(o["json"], ptr, cut)
        for ptr in st.get("sort", []):
            if "json" in o:
                o["json"] = pointer_apply(o["json"], ptr, lambda v: sorted(
                    v, key=lambda x: json.dumps(x, sort_keys=True)) if isinstance(v, list) else v)
        return o

    @staticmethod
    def rebalance(o):
        m = o.get("json")
        return (o["status"] == 409 and isinstance(m, dict) and
                re.search(r"rebalance|stale configuration|no known leader", str(m.get("message"))))

    def do_http(self, st, expect=None):
        """Retries rebalance 409s; with `until` (record) or an expectation (check) polls."""
        t0 = time.time()
        end = time.time() + self.limit(st, 45)
        while True:
            o = self.request(st)
            ok = True
            if self.rebalance(o) and not st.get("expect_rebalance"):
                ok = False
            elif expect is not None:
                ok = not diff(expect, o)
                if not ok and not ("until" in st or st.get("poll")):
                    # a read right after a write gets a moment, nothing else does
                    ok = not st["req"].startswith("GET ") or time.time() > t0 + 2
            elif "until" in st:
                for ptr, want in st["until"].items():
                    try:
                        got = o["status"] if ptr == "status" else pointer_get(o.get("json"), ptr)
                    except (KeyError, ValueError):
                        got = None
                        if want == "<absent>":
                            continue
                    if isinstance(want, dict) and "len" in want:
                        ok = ok and got is not None and len(got) == want["len"]
                    elif got != self.unsubst(self.subst(want)):
                        ok = False
            if ok or time.time() > end:
                if not ok and expect is None:
                    raise Fail("until not reached; last: %s" % json.dumps(o)[:1500])
                return o
            time.sleep(0.15)

    # ---- whole
    def execute(self, record):
        name = self.sc.get("name") or os.path.basename(self.path)
        t0 = time.time()
        try:
            for i, st in enumerate(self.sc["steps"]):
                t1 = time.time()
                self.step(i, st, record)
                if time.time() - t1 > 8:
                    self.notes.append("step %d (%s) took %.0f s" % (i, self.title(st), time.time() - t1))
        except Exception as e:  # the rest cannot run
            self.failed += 1
            self.lines.append("  step %d (%s): %s: %s" % (i, self.title(st), type(e).__name__, e))
            rest = sum(1 for s in self.sc["steps"][i + 1:] if "expect" in s)
            if rest and not record:
                self.failed += rest
                self.lines.append("  %d further steps not run" % rest)
            for w in self.workers:
                tail = [x for x in w.tail(40000).splitlines() if " HTTP/1.1\" " not in x]
                self.lines.append("  log of worker %d ends:\n    %s" % (w.n, "\n    ".join(x[:220] for x in tail[-6:])))
        finally:
            for w in self.workers:
                try:
                    w.stop(timeout=40 if record else 20)
                except Exception as e:
                    self.notes.append("stop: %s" % e)
                TAKEN.discard(w.port)
            if record and not self.failed:
                with open(self.path, "w", encoding="utf-8") as f:
                    json.dump(self.sc, f, indent=1, ensure_ascii=False)
                    f.write("\n")
            if self.opt.keep:
                self.notes.append("kept " + self.dir)
            else:
                shutil.rmtree(self.dir, ignore_errors=True)
        log("%s %s: %d passed, %d failed (%.0f s)" % ("ok  " if not self.failed else "FAIL", name, self.passed,
                                                     self.failed, time.time() - t0))
        for ln in self.lines:
            log(ln)
        if self.opt.verbose:
            for ln in self.notes:
                log("  note: " + ln)
        return self

    @staticmethod
    def title(st):
        return st.get("about") or st.get("req") or " ".join(
            str(st[k]) for k in ("do", "file", "topic", "group", "pattern") if k in st)

    def step(self, i, st, record):
        kind = st.get("do") or ("http" if "req" in st else None)
        fn = getattr(self, "do_" + str(kind), None)
        if fn is None:
            raise Fail("unknown step kind %r" % kind)
        if record:
            o = fn(st)
            if o is not None:
                st["expect"] = o
                self.passed += 1
            return
        exp = st.get("expect")
        if kind == "http":
            o = self.do_http(st, exp)
        elif exp is not None and kind in ("group", "topic", "consume", "committed", "read", "log"):
            end = time.time() + self.limit(st, 15)
            while True:
                o = fn(st)
                if not self.compare(exp, o) or time.time() > end:
                    break
                time.sleep(0.3)
        else:
            o = fn(st)
        if exp is None:
            return
        d = self.compare(exp, o)
        if not d:
            self.passed += 1
            return
        self.failed += 1
        self.lines.append("  step %d (%s):" % (i, self.title(st)))
        for p, e, a in d[:self.opt.max_diffs]:
            self.lines.append("    at %s\n      expected %s\n      actual   %s" % (
                p, json.dumps(e, ensure_ascii=False)[:1200], json.dumps(a, ensure_ascii=False)[:1200]))
        if len(d) > self.opt.max_diffs:
            self.lines.append("    ... and %d more differences" % (len(d) - self.opt.max_diffs))

    def compare(self, exp, o):
        return diff(exp, o)


# ------------------------------------------------------------------ command line

class Options:
    pass


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("what", choices=["record", "check"])
    ap.add_argument("scenarios", nargs="+", help="scenario files, or folders of them")
    ap.add_argument("--bootstrap", required=True, help="HOST:PORT of a running broker")
    ap.add_argument("--cmd", help="command template of the implementation; {mode} is standalone or distributed, "
                                  "{worker} the worker file, {connectors} the connector files")
    ap.add_argument("--java", help="folders of jars (colon-separated): run Java Connect")
    ap.add_argument("--java-opts", default="-Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1")
    ap.add_argument("--log4j2", help="log4j2 configuration file for --java")
    ap.add_argument("--env", action="append", default=[], help="K=V for the worker's environment")
    ap.add_argument("--rest-ports", help="LO-HI range to take REST ports from (default: any free)")
    ap.add_argument("--tmp", help="where to make temporary folders")
    ap.add_argument("--jobs", type=int, default=1)
    ap.add_argument("--only", help="regular expression on scenario file names")
    ap.add_argument("--keep", action="store_true", help="keep the temporary folders")
    ap.add_argument("--max-diffs", type=int, default=8)
    ap.add_argument("--max-wait", type=float, default=90, help="longest wait of one step, in seconds")
    ap.add_argument("--report", help="write a JSON summary here")
    ap.add_argument("-v", "--verbose", action="store_true")
    a = ap.parse_args()
    signal.signal(signal.SIGTERM, end_all)
    signal.signal(signal.SIGINT, end_all)
    if bool(a.cmd) == bool(a.java):
        ap.error("give exactly one of --cmd and --java")
    opt = a
    opt.rest_ports = tuple(int(x) for x in a.rest_ports.split("-")) if a.rest_ports else None
    opt.env = dict(e.split("=", 1) for e in a.env)

    def command(mode, worker, connectors):
        if a.java:
            cls = "org.apache.kafka.connect.cli.Connect" + mode.capitalize()
            cp = ":".join(os.path.join(x, "*") for x in a.java.split(":"))
            lg = ["-Dlog4j2.configurationFile=" + os.path.abspath(a.log4j2)] if a.log4j2 else []
            return ["java"] + shlex.split(a.java_opts) + lg + ["-cp", cp, cls, worker] + connectors
        out = []
        for tok in shlex.split(a.cmd):
            if tok == "{connectors}":
                out += connectors
            else:
                out.append(tok.replace("{mode}", mode).replace("{worker}", worker))
        return out

    opt.command = command
    files = []
    for s in a.scenarios:
        files += sorted(glob.glob(os.path.join(s, "**", "*.json"), recursive=True)) if os.path.isdir(s) else [s]
    if a.only:
        files = [f for f in files if re.search(a.only, os.path.basename(f))]
    runs = []
    with concurrent.futures.ThreadPoolExecutor(max(1, a.jobs)) as ex:
        for r in ex.map(lambda f: Run(opt, f).execute(a.what == "record"), files):
            runs.append(r)
    passed, failed = sum(r.passed for r in runs), sum(r.failed for r in runs)
    log("%d passed, %d failed" % (passed, failed))
    if a.report:
        with open(a.report, "w") as f:
            json.dump({"passed": passed, "failed": failed, "scenarios": [
                {"file": os.path.basename(r.path), "passed": r.passed, "failed": r.failed, "lines": r.lines}
                for r in runs]}, f, indent=1)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
