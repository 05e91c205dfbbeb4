#!/usr/bin/env python3
"""Makes new cases out of the recorded ones: the parts of many of them put together anew, texts cut and joined, numbers at their edges.

  vary.py FILE SEED COUNT    FILE is a name in conformance/ (transforms, values, …); cases without `expected` go to standard output

The same seed gives the same cases. What is expected of them only Java can say: see Oracle.java.
"""
import base64
import copy
import json
import pathlib
import random
import sys

RECORDED = pathlib.Path(__file__).resolve().parents[2] / "conformance"
EDGES = [0, 1, -1, 2, 9, 10, 100, 127, 128, -128, -129, 255, 32767, 32768, -32768, -32769, 65535, 2**31 - 1, 2**31, -2**31, -2**31 - 1,
         2**32, 2**53, 2**53 + 1, 2**63 - 1, -2**63, 1700000000123, 1699920000000, 86399999, 86400000, 951782400000, -62135596800000]
FLOATS = ["0.0", "-0.0", "1.0", "-1.0", "0.1", "1.5", "2.5", "-2.5", "1.0E10", "9.999999E9", "1.0E-5", "3.4028235E38", "1.4E-45", "NaN",
          "Infinity", "-Infinity", "127.9", "128.0", "-128.9", "32767.5", "2.14748365E9", "9.223372E18", "0.001", "1.0E7", "9999999.0", "123456.789"]
DOUBLES = FLOATS + ["1.7976931348623157E308", "4.9E-324", "9.223372036854775807E18", "2147483647.5", "1.0E21", "123456789.125", "1.0E22"]
TEXT_PARTS = ["", " ", "  ", "true", "false", "TRUE", "null", "0", "1", "-1", "+1", "127", "128", "-129", "1.5", "-0", "1e3", "1E400", ".5", "5.", "0x10", "1_000",
              "[", "]", "{", "}", ",", ":", "\"", "\\", "\\\"", "\\\\", "'", "a", "b", "abc", "key", "NaN", "Infinity", "2024-01-02", "2024-01-02T03:04:05.006Z",
              "03:04:05.006Z", "T", "Z", "-", "+", "é", "日本", "\t", "\n", "\u0000", "\U0001F600", "9223372036854775808", "99999999999999999999", "1L", "1f", "1d",
              "[1,2]", "{\"a\":1}", "[]", "{}", "/", "%", "$", "1,000", "\u00a0", "\u2003", "٣"]
PATTERN_PARTS = ["a", "b", "x", ".", "\\d", "\\w", "\\s", "\\D", "\\b", "\\B", "^", "$", "[a-c]", "[^x]", "[\\w.-]", "[a-z&&[^m]]", "(", ")", "(?:", "(?<n>", "(?=", "(?!",
                 "(?<=", "(?<!", "(?>", "(?i)", "(?s)", "(?m)", "(?x)", "(?i:", "|", "*", "+", "?", "*?", "+?", "??", "*+", "++", "{2}", "{1,}", "{0,2}", "{1,2}?", "{2}+", "\\1", "\\2",
                 "\\k<n>", "\\p{L}", "\\p{Lu}", "\\p{Alpha}", "\\P{L}", "\\p{IsLatin}", "\\Q", "\\E", "\\.", "\\-", "-", "_", "orders", "\\A", "\\z", "\\Z", "\\G", "\\R", "\\h", "\\v",
                 "\\x41", "\\u0041", "\\t", "\\cA", "\\0101", "é", "\\e", "#", " ", "[", "]", "\\", "\\X", "\\N{DIGIT ONE}", "[[a-c]x]", "[^a-c&&b]", "[]a]", "[a-]", "\\p{javaLowerCase}"]
INPUT_PARTS = ["a", "b", "x", "m", "1", "22", " ", ".", "-", "_", "orders", "topic", "A", "B", "é", "É", "\n", "\r\n", "aa", "ab", "abc", "日本", "\t", "#", "prod.db", "", "ſ", "K"]
REPLACEMENT_PARTS = ["$1", "$0", "$2", "${n}", "${x}", "$", "\\", "\\$", "x", "_", "$1x", "$11", "${", "-", "a"]
DATE_LETTERS = "GyYMLwWDdFEuaHkKhmsSzZX"
DATE_LITERALS = ["-", "/", ":", " ", ".", "'T'", "''", "'o''clock'", ", ", "'Z'", "'", "é", "Q", "b"]
DATE_TEXTS = ["2024", "24", "1", "01", "12", "13", "31", "32", "0", "-1", "-", "/", ":", " ", ".", "T", "Z", "UTC", "GMT", "GMT+1", "GMT+01:00", "+0100", "-0800", "+01", "+01:30", "PST",
              "AM", "PM", "am", "AD", "BC", "January", "Jan", "Mon", "Monday", "monday", "123", "999", "23", "24", "60", "3", "7", "é", "", "'", "o'clock", "366", "99999"]


class Maker:
    def __init__(self, file, seed):
        self.random = random.Random(f"{file} {seed}")
        self.file = file
        self.recorded = [json.loads(line) for line in open(RECORDED / f"{file}.jsonl", encoding="utf-8")]
        self.pairs = list(self.all_pairs())

    def one(self, choices):
        return self.random.choice(choices)

    def chance(self, share):
        return self.random.random() < share

    @staticmethod
    def all_pairs():
        """Every schema with its value that was recorded anywhere."""
        seen = set()
        for file in ("transforms", "json_converter_from", "values", "simple_converters"):
            for line in open(RECORDED / f"{file}.jsonl", encoding="utf-8"):
                text = json.loads(line).get("input")
                if not isinstance(text, dict):
                    continue
                for schema, value in (("valueSchema", "value"), ("keySchema", "key"), ("schema", "value")):
                    if schema in text and value in text:
                        key = json.dumps((text[schema], text[value]))
                        if key not in seen:
                            seen.add(key)
                            yield text[schema], text[value]

    # ---- parts

    def text(self, parts=TEXT_PARTS, most=5):
        return "".join(self.one(parts) for _ in range(self.random.randint(1, most)))

    def changed_text(self, text, parts=TEXT_PARTS):
        kind = self.random.randrange(5)
        at = self.random.randint(0, len(text))
        if kind == 0:
            return text[:at] + self.one(parts) + text[at:]
        if kind == 1 and text:
            end = min(len(text), at + self.random.randint(1, 3))
            return text[:at] + text[end:]
        if kind == 2 and text:
            end = min(len(text), at + self.random.randint(1, 3))
            return text[:at] + self.one(parts) + text[end:]
        if kind == 3:
            return text + text[at:]
        return self.text(parts)

    def integer(self):
        number = self.one(EDGES)
        return number + self.random.randint(-2, 2) if self.chance(0.5) else self.random.randint(-10**self.random.randint(1, 18), 10**self.random.randint(1, 18))

    def wrapped(self, bits):
        number = self.integer()
        return (number + 2 ** (bits - 1)) % 2 ** bits - 2 ** (bits - 1)

    def decimal(self):
        digits = self.random.randint(1, 25)
        return {"scale": self.random.randint(-3, 8), "unscaled": str(self.random.randint(-10**digits, 10**digits))}

    def scalar(self, kind):
        if kind.startswith("int"):
            return {kind: self.wrapped(int(kind[3:]))}
        if kind in ("float32", "float64"):
            text = self.one(FLOATS if kind == "float32" else DOUBLES)
            return {kind: text if self.chance(0.7) else repr(self.random.uniform(-1, 1) * 10 ** self.random.randint(-8, 12))}
        if kind == "boolean":
            return {kind: self.chance(0.5)}
        if kind == "string":
            return {kind: self.text()}
        if kind == "decimal":
            return {kind: self.decimal()}
        if kind == "epochms":
            return {kind: self.one(EDGES)}
        return None

    def changed_value(self, value):
        """The same shape, other leaves."""
        if not isinstance(value, dict) or not value:
            return value
        kind = next(iter(value))
        if kind in ("array", "map", "struct"):
            value = dict(value)
            if kind == "array":
                value[kind] = [self.changed_value(item) if self.chance(0.5) else item for item in value[kind]]
                if value[kind] and self.chance(0.2):
                    value[kind] = value[kind] + [self.one(value[kind])]
            else:
                pairs = [[key, self.changed_value(item) if self.chance(0.5) else item] for key, item in value[kind]]
                if kind == "map" and pairs and self.chance(0.1):
                    del pairs[self.random.randrange(len(pairs))]
                value[kind] = pairs
            return value
        if kind == "string" and self.chance(0.6):
            return {kind: self.changed_text(value[kind])}
        if kind == "epochms":
            day = 86_400_000
            number = value[kind]
            # What is a day stays one, what is a time of day as well.
            return {kind: self.random.randint(-30_000, 60_000) * day if number % day == 0 else self.random.randrange(day) if 0 <= number < day else self.integer() % 2**45}
        return self.scalar(kind) or value

    def schema_and_value(self, depth=2):
        """A pair out of the recorded ones, changed, or one made from nothing."""
        if self.chance(0.7):
            schema, value = self.one(self.pairs)
            return schema, self.changed_value(value) if self.chance(0.7) else value
        return self.made(depth)

    def made(self, depth, needs_schema=False):
        kind = self.random.randrange(6)
        schemaless = not needs_schema and self.chance(0.25)
        if kind < 3 or depth == 0:
            kind = self.one(["int8", "int16", "int32", "int64", "float32", "float64", "boolean", "string"])
            schema = {"type": kind.upper(), "optional": self.chance(0.4)}
            value = None if schema["optional"] and self.chance(0.2) else self.scalar(kind)
            if self.chance(0.15):
                schema["default"] = self.scalar(kind)
            if self.chance(0.15):
                schema |= self.one([{"name": "a.b.C"}, {"version": 3}, {"doc": "what it is"}, {"parameters": {"p": "q"}}, {"name": "n", "version": 1}])
        elif kind == 3:
            logical, base = self.one([("Date", "INT32"), ("Time", "INT32"), ("Timestamp", "INT64"), ("Decimal", "BYTES")])
            schema = {"type": base, "optional": self.chance(0.4), "name": "org.apache.kafka.connect.data." + logical, "version": 1}
            day = 86_400_000
            if logical == "Decimal":
                scale = self.random.randint(-2, 6)
                schema["parameters"] = {"scale": str(scale)}
                value = {"decimal": self.decimal() | {"scale": scale}}
            else:
                value = {"epochms": {"Date": self.random.randint(-40_000, 60_000) * day, "Time": self.random.randrange(day), "Timestamp": self.integer() % 2**44}[logical]}
            if schema["optional"] and self.chance(0.2):
                value = None
        elif kind == 4:
            inner, first = self.made(depth - 1, True)
            values = [first] + [self.changed_value(first) for _ in range(self.random.randint(0, 2))]
            if self.chance(0.5):
                schema = {"type": "ARRAY", "optional": self.chance(0.3), "valueSchema": inner}
                value = {"array": values}
            else:
                schema = {"type": "MAP", "optional": self.chance(0.3), "keySchema": {"type": "STRING", "optional": False}, "valueSchema": inner}
                value = {"map": [[{"string": f"k{n}"}, item] for n, item in enumerate(values)]}
        else:
            fields, pairs = [], []
            for name in self.random.sample(["id", "name", "a", "b", "ts", "inner", "price", "a.b"], self.random.randint(1, 4)):
                inner, item = self.made(depth - 1, True)
                fields.append({"name": name, "schema": inner})
                pairs.append([name, item])
            schema = {"type": "STRUCT", "optional": self.chance(0.3), "fields": fields}
            if self.chance(0.5):
                schema["name"] = self.one(["Small", "com.example.Thing"])
            value = {"struct": pairs}
        if schemaless:
            return None, self.without_schema(value)
        return schema, value

    def without_schema(self, value):
        if isinstance(value, dict) and "struct" in value:
            return {"map": [[{"string": name}, self.without_schema(item)] for name, item in value["struct"]]}
        if isinstance(value, dict) and "map" in value:
            return {"map": [[key, self.without_schema(item)] for key, item in value["map"]]}
        if isinstance(value, dict) and "array" in value:
            return {"array": [self.without_schema(item) for item in value["array"]]}
        return value

    def config(self, same):
        """A configuration of the cases `same`, with a value or two of others among them."""
        config = dict(self.one(same)["config"])
        others = [case["config"] for case in self.random.sample(same, min(3, len(same)))]
        for other in others:
            for key, value in other.items():
                if self.chance(0.25):
                    config[key] = value
        if config and self.chance(0.1):
            del config[self.one(list(config))]
        if config and self.chance(0.1):
            key = self.one(list(config))
            if isinstance(config[key], str):
                config[key] = self.changed_text(config[key], [",", ":", " ", ".", "a", "$", "int8", "string", "id", "\\"])
        return config

    # ---- a case of each file

    def transforms(self):
        case = copy.deepcopy(self.one(self.recorded))
        same = [other for other in self.recorded if other["class"].split("$")[0] == case["class"].split("$")[0]]
        if self.chance(0.6):
            case["config"] = self.config(same)
        record = case["input"]
        if self.chance(0.5):
            record = case["input"] = copy.deepcopy(self.one(same)["input"])
        side = ("keySchema", "key") if "$Key" in case["class"] else ("valueSchema", "value")
        if self.chance(0.4):
            record[side[0]], record[side[1]] = self.schema_and_value()
        elif self.chance(0.6):
            record[side[1]] = self.changed_value(record[side[1]])
        if self.chance(0.15):
            record["timestamp"] = self.one([None, 0, -1, self.wrapped(64)])
        if self.chance(0.1):
            record["topic"] = self.text(["orders", ".", "-", "a", "1", "_", "$", "\\", "é"])
        if "DropHeaders" in case["class"] or "Header" in case["class"] or self.chance(0.05):
            for _ in range(self.random.randint(0, 3)):
                schema, value = self.schema_and_value(1)
                record["headers"].append({"key": self.one(["h", "a", "id", "name", "x-1"]), "schema": schema, "value": value})
        return case

    def predicates(self):
        case = copy.deepcopy(self.one(self.recorded))
        same = [other for other in self.recorded if other["class"] == case["class"]]
        case["config"] = self.config(same)
        if "pattern" in case["config"] and self.chance(0.5):
            case["config"]["pattern"] = self.text(PATTERN_PARTS, 4)
            case["input"]["topic"] = self.text(INPUT_PARTS, 3)
        else:
            case["input"] = copy.deepcopy(self.one(self.recorded)["input"])
        return case

    def json_converter_from(self):
        case = copy.deepcopy(self.one(self.recorded))
        case["config"] = self.config(self.recorded)
        schema, value = self.schema_and_value(3)
        if self.chance(0.05):
            schema = None
        case["input"] = {"schema": schema, "value": value}
        return case

    def json_converter_to(self):
        case = copy.deepcopy(self.one(self.recorded))
        if self.chance(0.3):
            case["config"] = self.config(self.recorded)
        text = (case["input"] or {}).get("utf8")
        parts = ["{", "}", "[", "]", ",", ":", "\"", "null", "true", "0", "1", "-", "1.5", "1e5", "\"a\"", "\\u0041", "\\", "\"schema\"", "\"payload\"", "\"type\"", "\"int32\"", "\"optional\"", " ", "99999999999",
                 "\"fields\"", "\"items\"", "é", "\\n", "\\ud800", "01", "+1", ".5", "NaN", "'", "//", "\t", "\n", "1E400", "-0", "-0.0", "\"default\"", "\"name\"", "\"version\""]
        for _ in range(self.random.randint(1, 2)):
            if text is not None:
                text = self.changed_text(text, parts) if self.chance(0.6) else self.swapped(text)
        if text is not None:
            case["input"] = {"utf8": text}
        return case

    def swapped(self, text):
        """A piece of JSON in the place of another."""
        try:
            document = json.loads(text)
        except ValueError:
            return text
        places = []

        def walk(node):
            for key in list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
                places.append((node, key))
                walk(node[key])

        walk(document)
        if not places:
            return text
        node, key = self.one(places)
        other, other_key = self.one(places)
        node[key] = copy.deepcopy(other[other_key]) if self.chance(0.5) else self.one([None, True, 0, -1, 1.5, "", "a", [], {}, [1], {"a": 1}, "int32", 2**40, 1e300, "AQI=", "struct", "string"])
        return json.dumps(document)

    def simple_converters(self):
        case = copy.deepcopy(self.one(self.recorded))
        other = self.one(self.recorded)
        case["class"] = other["class"]
        case["config"] = self.config([entry for entry in self.recorded if entry["class"] == case["class"]])
        if case["op"] == "from":
            schema, value = self.schema_and_value()
            case["input"] = {"schema": schema, "value": value}
        elif self.chance(0.7):
            if case["class"].endswith("StringConverter") and self.chance(0.4):
                case["config"] = {"converter.encoding": self.one(["UTF-16", "UTF-16BE", "UTF-16LE", "UTF-32", "UTF-32LE", "UTF-8", "ISO-8859-1", "US-ASCII"])}
            case["input"] = {"base64": self.base64()} if self.chance(0.5) else {"utf8": self.text()}
        return case if case["config"].get("converter.encoding") != "Shift_JIS" else copy.deepcopy(other)

    def base64(self):
        edges = [0xD8, 0xDC, 0xDB, 0xDF, 0xFF, 0xFE, 0xEF, 0xBB, 0xBF, 0xC0, 0xE0, 0xED, 0xF0, 0xF4, 0x80, 0xA0, 0x00, 0x10, 0x41, 0x7F]
        size = self.one([0, 1, 2, 3, 4, 5, 7, 8, 9])
        return base64.b64encode(bytes(self.one(edges) if self.chance(0.6) else self.random.randrange(256) for _ in range(size))).decode()

    def values(self):
        case = copy.deepcopy(self.one(self.recorded))
        op, text = case["op"], case["input"]
        if op == "parseString":
            case["input"] = self.changed_text(text or "") if self.chance(0.5) else self.text()
        elif op == "inferSchema":
            case["input"] = self.without_schema(self.schema_and_value()[1])
        elif op == "simpleHeaderConverter.toConnectHeader":
            recorded = (text or {}).get("utf8") or ""
            case["input"] = {"utf8": self.changed_text(recorded) if self.chance(0.5) else self.text()}
        else:
            schema, value = self.schema_and_value()
            if self.chance(0.4):
                schema, value = self.one([None, {"type": "STRING", "optional": False}]), {"string": self.text() if self.chance(0.5) else self.changed_text(self.parsed_text())}
            case["input"] = {"schema": schema, "value": value}
            if "scale" in case:
                case["scale"] = self.random.randint(-3, 10)
        return case

    def parsed_text(self):
        return self.one([case["input"] for case in self.recorded if case["op"] == "parseString" and case["input"]])

    def java_regex(self):
        case = {"pattern": self.text(PATTERN_PARTS, 7), "input": self.text(INPUT_PARTS, 5)}
        if self.chance(0.4):
            recorded = self.one(self.recorded)
            case = {"pattern": self.changed_text(recorded["pattern"], PATTERN_PARTS), "input": recorded["input"]}
        if self.chance(0.6):
            case["replacement"] = self.text(REPLACEMENT_PARTS, 3)
        return case

    def simple_date_format(self):
        def pattern():
            return "".join(self.one(DATE_LETTERS) * self.one([1, 1, 2, 2, 3, 4, 5]) if self.chance(0.65) else self.one(DATE_LITERALS) for _ in range(self.random.randint(1, 7)))
        recorded = self.one(self.recorded)
        text = pattern() if self.chance(0.6) else recorded["pattern"]
        if self.chance(0.4):
            return {"op": "format", "pattern": text, "epochms": self.integer() % 2**46 - 2**44}
        if recorded["op"] == "parse" and self.chance(0.5):
            return {"op": "parse", "pattern": recorded["pattern"], "text": self.changed_text(recorded["text"], DATE_TEXTS)}
        return {"op": "parse", "pattern": text, "text": self.text(DATE_TEXTS, 7)}

    def schema(self):
        kind = self.random.randrange(4)
        if kind == 0:
            schema, value = self.schema_and_value()
            if self.chance(0.5):
                value = self.schema_and_value()[1]
            return {"op": "validateValue", "name": self.one([None, "field"]), "schema": schema or self.made(1, True)[0], "value": value}
        if kind == 1:
            source, value = self.made(2, True)
            target = self.made(2, True)[0] if self.chance(0.4) else self.changed_schema(source)
            return {"op": "project", "source": source, "value": value, "target": target}
        if kind == 2:
            one = self.made(2, True)[0]
            return {"op": "schemaEquals", "a": one, "b": self.changed_schema(one)}
        if self.chance(0.5):
            return {"op": "decimalToBytes", "value": {"decimal": self.decimal()}, "scale": self.random.randint(-2, 6)}
        return {"op": "decimalFromBytes", "value": {"bytes": self.base64()}, "scale": self.random.randint(-2, 6)}

    def changed_schema(self, schema):
        schema = copy.deepcopy(schema)
        if "fields" in schema and schema["fields"] and self.chance(0.7):
            field = self.one(schema["fields"])
            field["schema"] = self.changed_schema(field["schema"])
            if self.chance(0.2):
                schema["fields"].append({"name": "more", "schema": self.made(1, True)[0]})
            return schema
        if "valueSchema" in schema and self.chance(0.7):
            schema["valueSchema"] = self.changed_schema(schema["valueSchema"])
            return schema
        change = self.random.randrange(5)
        if change == 0:
            schema["optional"] = not schema["optional"]
        elif change == 1:
            schema["name"] = self.one(["a.b.C", "n", "org.apache.kafka.connect.data.Date"])
        elif change == 2:
            schema["version"] = self.random.randint(1, 3)
        elif change == 3 and schema["type"] in ("INT8", "INT16", "INT32", "INT64", "FLOAT32", "FLOAT64", "STRING", "BOOLEAN"):
            schema.pop("default", None)
            schema["type"] = self.one(["INT8", "INT16", "INT32", "INT64", "FLOAT32", "FLOAT64", "STRING", "BOOLEAN", "BYTES"])
        elif change == 4 and schema["type"].lower() in ("int8", "int16", "int32", "int64", "string", "boolean") and "name" not in schema:
            schema["default"] = self.scalar(schema["type"].lower())
        return schema

    # Names of classes stay recorded ones: what else a class loader finds, and how it says so, is the JVM's.
    def config_file(self):
        case = copy.deepcopy(self.one([entry for entry in self.recorded if entry["op"] == "parseType" and entry["type"] != "CLASS"]))
        kinds = ("string", "int32", "int64", "int16", "float64", "boolean")
        case["value"] = {"string": self.text()} if self.chance(0.6) else self.scalar(self.one(kinds))
        return case

    def make(self, number, seed):
        case = (self.config_file if self.file == "config" else getattr(self, self.file))()
        case.pop("expected", None)
        case.pop("id", None)
        return {"id": f"{self.file}/{seed}/{number}"} | case


def main():
    file, seed, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    maker = Maker(file, seed)
    for number in range(count):
        print(json.dumps(maker.make(number, seed)))


if __name__ == "__main__":
    main()
