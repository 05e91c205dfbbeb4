#!/usr/bin/env python3
"""Asks a Java worker and ours to validate the same new configurations of connectors, and compares all they answer but the documentation.

  validate.py JAVA_URL OUR_URL SEED COUNT     both are workers that run; ends with `N passed, N failed`

The configurations are put together from the recorded ones (conformance/connector_config.jsonl) and from the keys that answers name. With
CREATE=1 they are sent as connectors to be created, too, and what is created is deleted again.
"""
import collections
import json
import os
import pathlib
import random
import sys
import urllib.error
import urllib.parse
import urllib.request

RECORDED = pathlib.Path(__file__).resolve().parents[2] / "conformance" / "connector_config.jsonl"
ODD = ["", " ", "x", "0", "1", "-1", "3", "true", "false", "TRUE", "yes", "a,b", "a,a", "a,", ",a", "a.*", "a[", "2147483648", "9223372036854775808", "1.5", "none", "all", "nope", "null", "\\", "é", "a b", " 3 ", "int32", "V2",
       "org.apache.kafka.connect.json.JsonConverter", "StringConverter", "java.lang.String", "id:x,name:y", "a:int8,b:string", "yyyy-MM-dd", "QQ", "unix", "Timestamp", "move", "${topic}", "earliest", "PLAINTEXT", "-9223372036854775808", "%", "t\tt"]
TRANSFORMS = ["InsertField$Value", "InsertField$Key", "ReplaceField$Value", "MaskField$Value", "ValueToKey", "HoistField$Key", "ExtractField$Value", "SetSchemaMetadata$Value", "TimestampRouter", "RegexRouter", "Flatten$Value", "Cast$Value",
              "TimestampConverter$Value", "Filter", "HeaderFrom$Value", "InsertHeader", "DropHeaders"]
PREDICATES = ["TopicNameMatches", "HasHeaderKey", "RecordIsTombstone"]
CONVERTERS = ["org.apache.kafka.connect.json.JsonConverter", "org.apache.kafka.connect.storage.StringConverter", "org.apache.kafka.connect.converters.ByteArrayConverter", "org.apache.kafka.connect.converters.IntegerConverter",
              "JsonConverter", "Integer", "LongConverter", "org.apache.kafka.connect.converters.BooleanConverter", "SimpleHeaderConverter", "nope", "java.lang.Object"]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        recorded = [json.loads(line) for line in open(RECORDED, encoding="utf-8")]
        self.configs = [case["config"] for case in recorded if case["op"] == "validate"]
        self.values = collections.defaultdict(set)
        for config in self.configs:
            for key, value in config.items():
                self.values[key].add(value)
        self.keys = set(self.values)

    def one(self, choices):
        return self.random.choice(sorted(choices))

    def value(self, key):
        kind = self.random.random()
        if kind < 0.5 and self.values.get(key):
            return self.one(self.values[key])
        if key.startswith("transforms.") and key.endswith(".type") and kind < 0.95:
            return self.one(["", "org.apache.kafka.connect.transforms."]) + self.one(TRANSFORMS)
        if key.startswith("predicates.") and key.endswith(".type") and kind < 0.95:
            return self.one(["", "org.apache.kafka.connect.transforms.predicates."]) + self.one(PREDICATES)
        if key.endswith("converter") and kind < 0.9:
            return self.one(CONVERTERS)
        return self.one(ODD)

    def config(self):
        config = dict(self.random.choice(self.configs))
        for _ in range(self.random.randint(1, 5)):
            kind = self.random.random()
            if kind < 0.35:
                key = self.one(self.keys)
                config[key] = self.value(key)
            elif kind < 0.6:
                config.update(self.transform())
            elif kind < 0.7:
                config.update(self.predicate())
            elif kind < 0.8:
                config |= {key: value for key, value in self.random.choice(self.configs).items() if self.random.random() < 0.5}
            elif config:
                key = self.one(config)
                if self.random.random() < 0.4 and key not in ("connector.class", "name"):
                    del config[key]
                else:
                    config[key] = self.value(key)
        return config

    def transform(self):
        alias = self.one(["t", "x", "a.b", "y"])
        config = {"transforms": self.one([alias, f"{alias},y", f"y, {alias}"]), f"transforms.{alias}.type": self.value("transforms.x.type")}
        for key in self.random.sample(sorted(key for key in self.keys if key.startswith("transforms.")), 3):
            last = key.split(".", 2)[2]
            config[f"transforms.{alias}.{last}"] = self.value(key)
        return config

    def predicate(self):
        config = {"predicates": self.one(["p", "p,q", "q"]), "predicates.p.type": self.value("predicates.p.type"), "predicates.p.pattern": self.one(["a.*", "a["]), "predicates.p.name": self.one(["h", ""])}
        config[f"transforms.{self.one(['t', 'x'])}.predicate"] = self.one(["p", "q", "nope", ""])
        return config

    def learn(self, answer):
        """Keys that an answer names are tried, too."""
        for item in answer.get("configs", []):
            self.keys.add(item["definition"]["name"])


def ask(method, url, body=None):
    request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode(),
                                     headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            text, status = response.read(), response.status
    except urllib.error.HTTPError as error:
        text, status = error.read(), error.code
    try:
        return [status, json.loads(text) if text else None]
    except ValueError:
        return [status, text.decode(errors="replace")]


def differences(one, other, path=""):
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(set(one) | set(other)):
            if key != "documentation":
                yield from differences(one.get(key, "(none)"), other.get(key, "(none)"), f"{path}/{key}")
    elif isinstance(one, list) and isinstance(other, list):
        names = [[item["definition"]["name"] if isinstance(item, dict) and "definition" in item else None for item in items] for items in (one, other)]
        if any(names[0]) and names[0] != names[1]:
            yield f"{path}: names {[n for n in names[0] if n not in names[1]]} and {[n for n in names[1] if n not in names[0]]}, or their order"
            return
        if len(one) != len(other):
            yield f"{path}: {one!r:.300} and {other!r:.300}"
            return
        for number, (left, right) in enumerate(zip(one, other)):
            yield from differences(left, right, f"{path}/{names[0][number] or number}")
    elif one != other:
        yield f"{path}: {one!r:.400} and {other!r:.400}"


def main():
    java, ours, seed, count = sys.argv[1].rstrip("/"), sys.argv[2].rstrip("/"), sys.argv[3], int(sys.argv[4])
    maker = Maker(seed)
    failed = 0
    for number in range(count):
        config = maker.config()
        name = urllib.parse.quote(config.get("connector.class", "x").rsplit(".", 1)[-1] or "x", safe="")
        path = f"/connector-plugins/{name}/config/validate"
        answers = [list(ask("PUT", base + path, config)) for base in (java, ours)]
        if isinstance(answers[0][1], dict):
            maker.learn(answers[0][1])
        found = list(differences(*answers))
        if os.environ.get("CREATE"):
            connector = urllib.parse.quote(f"made-{number}")
            made = [ask("PUT", f"{base}/connectors/{connector}/config", {key: value for key, value in config.items() if key != "name"}) for base in (java, ours)]
            for part in made:
                if isinstance(part[1], dict):
                    part[1].pop("tasks", None)
            found += [f"create {line}" for line in differences(*made)]
            for base, answer in zip((java, ours), made):
                if answer[0] < 300:
                    ask("DELETE", f"{base}/connectors/{connector}")
        if found:
            failed += 1
            print(f"{seed}/{number} {json.dumps(config)}\n  " + "\n  ".join(found), flush=True)
    print(f"{count - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
