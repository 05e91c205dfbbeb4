"""Joins the figures of both sides: a table for people, a JSON file for everybody."""
import json, statistics, sys

cases, java, ours, out = sys.argv[1:]
figures = [dict(line.split("\t") for line in open(file).read().splitlines()) for file in (java, ours)]
rows = []
for index, case in enumerate(json.load(open(cases))):
    ns = [float(side[str(index)]) for side in figures]
    rows.append({"name": case["name"], "shape": case["shape"], "java_ns": round(ns[0], 1), "aqueduct_ns": round(ns[1], 1), "ratio": round(ns[0] / ns[1], 2)})
print("| what | record | Java ns | Aqueduct ns | times less |\n|---|---|---|---|---|")
for row in rows:
    print(f"| {row['name']} | {row['shape']} | {row['java_ns']:,.0f} | {row['aqueduct_ns']:,.0f} | {row['ratio']:.1f} |")
ratios = [row["ratio"] for row in rows]
print(f"\nmedian {statistics.median(ratios):.2f}, least {min(ratios):.2f}")
with open(out, "w") as file:
    json.dump({"rows": rows, "median": statistics.median(ratios), "least": min(ratios)}, file, indent=1)
    file.write("\n")
