#!/bin/sh
# bench.sh BUILD: a quick look through the benchmarks: they run, luge's losses are those of three plain loops, results
# are written as JSON and Markdown; and a contestant whose losses differ is refused.
set -u
cd "$(dirname "$0")/.." || exit 2
build=$1
python=/usr/bin/python3
[ -x "$python" ] || python=$(command -v python3) || exit 77
out=$(mktemp -d) || exit 2
trap 'rm -rf "$out"' EXIT

"$python" bench/bench.py step infer read start scaling --quick --rounds 1 --only xor --only cancer \
    --peers "fused loops" --build "$build" --out "$out" || exit 1
"$python" - "$out" <<'PYTHON' || exit 1
import glob, json, sys
sys.path.insert(0, "bench")
import contest
path, = glob.glob(sys.argv[1] + "/*.json")
parts = json.load(open(path))["parts"]
for name in ("xor", "cancer"):
    ranking = parts["step"]["workloads"][name]["threads"]["1"]
    assert set(ranking) == {"luge", "fused loops"}, ranking
    for r in ranking.values():
        assert len(r["losses"]) == 5 and r["seconds"] > 0 and r["peak_bytes"] > 100000, r
    assert ranking["fused loops"]["ratio"] > 0
assert parts["infer"]["rows"]["1"]["1"]["luge"]["p99"] >= parts["infer"]["rows"]["1"]["1"]["luge"]["p50"] > 0
assert {r["file"] for r in parts["read"]["readers"]} == {"csv", "idx"}
assert parts["start"]["seconds"]["luge --version"] > 0
assert {p["what"] for p in parts["scaling"]["points"]} == {"batch", "width", "depth"}
text = open(path[:-5] + ".md").read()
for part in ("Training steps", "Forward pass", "Reading data", "Starting", "Scaling up"):
    assert "## " + part in text, part
assert contest.disagreement([0.5, 0.4], [0.5, 0.4002], 1e-3) is None
assert "after 1 steps" in contest.disagreement([0.5, 0.4], [0.5, 0.41], 1e-3)
assert contest.disagreement([0.5], [float("nan")], 1e-3) and contest.disagreement([0.5], [], 1e-3)
PYTHON
"$python" bench/bench.py step --quick --only nothing --build "$build" --out "$out" >"$out/log" 2>&1 && exit 1
grep -q 'no workload' "$out/log"
