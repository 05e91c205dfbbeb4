"""Joins the figures of both sides, the best turn of each: a table for people, a JSON file for everybody."""
import glob, json, statistics, sys

cases, scratch, out = sys.argv[1:]


def best(side):
    turns = [dict(line.split("\t")[:2] for line in open(file).read().splitlines()) for file in glob.glob(f"{scratch}/{side}.*")]
    return {case: min(float(turn[case]) for turn in turns) for case in turns[0]}


java, ours = best("java"), best("ours")
rows = []
for index, case in enumerate(json.load(open(cases))):
    ns = java[str(index)], ours[str(index)]
    rows.append({"name": case["name"], "shape": case["shape"], "java_ns": round(ns[0], 1), "aqueduct_ns": round(ns[1], 1), "ratio": round(ns[0] / ns[1], 2)})
print("| what | record | Java ns | Aqueduct ns | times less |\n|---|---|---|---|---|")
for row in rows:
    print(f"| {row['name']} | {row['shape']} | {row['java_ns']:,.0f} | {row['aqueduct_ns']:,.0f} | {row['ratio']:.1f} |")
ratios = [row["ratio"] for row in rows]
slower = sum(ratio < 1 for ratio in ratios)
print(f"\nmedian {statistics.median(ratios):.2f}, least {min(ratios):.2f}, slower than Java: {slower} of {len(ratios)}")
with open(out, "w") as file:
    json.dump({"rows": rows, "median": statistics.median(ratios), "least": min(ratios)}, file, indent=1)
    file.write("\n")
