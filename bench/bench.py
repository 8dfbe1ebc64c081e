#!/usr/bin/env python3
"""Measures luge against its peers in one run; writes the results as Markdown and JSON.

bench.py [PART ...] [--quick] [--only NAME] [--peers A,B] [--rounds N] [--out FOLDER] [--build FOLDER]

Parts: step gemm infer read start scaling; all by default. Each part replaces its own share of the results.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import contest
import machine
import report
import scaling

HERE = os.path.dirname(os.path.abspath(__file__))
PARTS = ["step", "gemm", "infer", "read", "start", "scaling"]
WORKLOADS = ["xor", "cancer", "book", "fashion-sgd", "fashion-adam", "five-eight", "wide"]
SHAPES = ["32,10,30", "100,10,50", "256,10,100", "100,50,784", "128,100,784", "256,100,784", "256,1024,784",
          "256,1024,1024", "11272,196,784", "1024,1024,1024"]
TORCH, SKLEARN, FANN, BF16 = "PyTorch", "scikit-learn", "FANN", "luge, bf16"
FUSED = {"fused_openblas": "fused OpenBLAS", "fused_dnnl": "fused oneDNN"}
PLAIN = "fused loops"


class Bench:
    def __init__(self, options):
        self.options = options
        self.programs = os.path.join(os.path.abspath(options.build), "bench")
        self.left_out, self.failed = {}, []
        self.rounds = options.rounds or (1 if options.quick else 5)
        self.seconds = 0.01 if options.quick else 0.3
        self.thread_counts = [1, 2] if len(os.sched_getaffinity(0)) > 1 else [1]
        self.python = {name: self.python_with(module)
                       for name, module in ((TORCH, "torch"), (SKLEARN, "sklearn"), ("NumPy", "numpy"),
                                            ("pandas", "pandas"))}

    def program(self, name):
        path = os.path.join(self.programs, name)
        return path if os.path.exists(path) else None

    def wants(self, name):
        return not self.options.peers or name in self.options.peers.split(",")

    def python_with(self, module):
        for python in ("/usr/bin/python3", sys.executable):
            find = f"import importlib.util, sys; sys.exit(not importlib.util.find_spec('{module}'))"
            if os.path.exists(python) and subprocess.run([python, "-c", find]).returncode == 0:
                return python
        return None

    def leave_out(self, name, why):
        if name not in self.left_out:
            print(f"  {name} is left out: {why}", flush=True)
        self.left_out[name] = why

    def peer_script(self, name, script, *arguments):
        """The command of a peer in Python, or None."""
        if not self.wants(name):
            return None
        if not self.python[name]:
            self.leave_out(name, "not installed")
            return None
        return [self.python[name], os.path.join(HERE, "peers", script), *map(str, arguments)]

    def note_failures(self, where, failed):
        for name, why in failed.items():
            self.failed.append(f"{where}: {name}: {why}")
            print(f"  {where}: {name} is not counted: {why}", flush=True)

    # ---- training steps

    def entries(self, w, threads, folder):
        name, serve = w["name"], [self.program("bench_step"), "--serve"]
        found = [(contest.LUGE, [*serve, name, str(threads)], 5, 1e-3)]
        if name == "wide":
            found.append((BF16, [*serve, "wide-bf16", str(threads)], 5, 0.05))
        for label, script in ((TORCH, "torch_step.py"), (SKLEARN, "sklearn_step.py")):
            command = self.peer_script(label, script, name, threads, folder)
            if command:
                found.append((label, command, 5, 1e-3))
        for program, label in FUSED.items():
            if self.wants(label) and not self.program(program):
                self.leave_out(label, "its library is not installed")
            elif self.wants(label):
                found.append((label, [self.program(program), name, str(threads)], 5, 1e-3))
        if self.options.peers and self.wants(PLAIN):  # slow: for tests
            found.append((PLAIN, [self.program("fused_loops"), name, str(threads)], 5, 1e-3))
        if threads == 1 and self.wants(FANN):
            if self.program("fann"):
                found.append((FANN, [self.program("fann"), name, "1"], 0 if w["relu"] else 1, 1e-3))
            else:
                self.leave_out(FANN, "not installed")
        return found

    def step(self, results):
        results.setdefault("workloads", {})
        for name in self.options.only or WORKLOADS:
            with tempfile.TemporaryDirectory() as folder:
                w = contest.ask_once([self.program("bench_step"), "--data", name, folder])
                if not w:
                    sys.exit(f"no workload {name}")
                with open(os.path.join(folder, name + ".json"), "w") as f:
                    json.dump(w, f)
                w["threads"] = {}
                for threads in self.thread_counts:
                    ranking, failed = contest.contest(self.entries(w, threads, folder), threads, self.rounds,
                                                      self.seconds)
                    self.note_failures(f"{name}, {threads} threads", failed)
                    w["threads"][str(threads)] = ranking
                    line = "  ".join(f"{k} {1e6 * r['seconds']:,.2f}" for k, r in ranking.items() if "seconds" in r)
                    print(f"  {name:13} {threads}: {line} us", flush=True)
            w["when"] = machine.moment()
            results["workloads"][name] = w

    def limits(self, product=True):
        found = {}
        for threads in self.thread_counts:
            limit = contest.ask_once([self.program("bench_limits"), str(threads)], threads) or {}
            if product and self.program("fused_dnnl"):
                best = contest.ask_once([self.program("fused_dnnl"), "product", str(threads)], threads)
                limit["product"] = (best or {}).get("gflops")
            found[str(threads)] = limit
        return found

    # ---- matrix products

    def gemm(self, results):
        program = self.program("bench_gemm")
        shapes = ["32,10,30"] if self.options.quick else self.options.only or SHAPES
        for threads in map(str, self.thread_counts):
            kept = results.setdefault(threads, {"head": "", "rows": {}})
            for shape in shapes:
                done = subprocess.run([program, threads, shape], env=contest.environment(threads),
                                      capture_output=True, text=True)
                lines = done.stdout.rstrip().split("\n")
                kept["head"], kept["rows"][shape] = "\n".join(lines[:3]), "\n".join(lines[3:])
                print(done.stdout, flush=True)

    # ---- forward passes

    def infer(self, results):
        results["rows"] = {}
        with tempfile.TemporaryDirectory() as folder:
            w = contest.ask_once([self.program("bench_step"), "--data", "fashion-adam", folder])
            with open(os.path.join(folder, "fashion-adam.json"), "w") as f:
                json.dump(w, f)
            for rows in (1, 10000):
                for threads in self.thread_counts:
                    entries = [(contest.LUGE, [self.program("bench_infer"), str(rows), str(threads)], 2, 1e-4)]
                    command = self.peer_script(TORCH, "torch_step.py", "rows", rows, threads, folder)
                    if command:
                        entries.append((TORCH, command, 5, 1e-3))
                    entries += [(label, [self.program(p), "rows", str(rows), str(threads)], 2, 1e-4)
                                for p, label in FUSED.items() if self.program(p) and self.wants(label)]
                    calls = (100 if self.options.quick else 20000) if rows == 1 else 0
                    ranking, failed = contest.contest(entries, threads, self.rounds, self.seconds, calls)
                    self.note_failures(f"{rows} rows, {threads} threads", failed)
                    results["rows"].setdefault(str(rows), {})[str(threads)] = ranking
                    print(f"  {rows} rows, {threads} threads: " + "  ".join(
                        f"{k} {1e6 * r.get('p50', r.get('seconds', 0)):,.2f}" for k, r in ranking.items()) + " us")

    # ---- reading

    def read(self, results):
        with tempfile.TemporaryDirectory() as folder:
            program = self.program("bench_read")
            subprocess.run([program, "make", folder], check=True)
            csv, idx = os.path.join(folder, "numbers.csv"), os.path.join(folder, "images.idx")
            readers = [("csv", "luge, numbers only", [program, "csv", csv]), ("csv", "luge, any table", [program, "table", csv]),
                       ("csv", "pandas", self.peer_script("pandas", "read.py", "pandas", csv)),
                       ("csv", "NumPy", self.peer_script("NumPy", "read.py", "numpy", csv)),
                       ("idx", "luge", [program, "idx", idx]),
                       ("idx", "NumPy", self.peer_script("NumPy", "read.py", "idx", idx))]
            took = {}
            for _ in range(min(self.rounds, 3)):
                for kind, name, command in readers:
                    answer = contest.ask_once(command) if command else None
                    if answer:
                        took.setdefault((kind, name), []).append(answer["seconds"])
            results["readers"] = [{"file": kind, "reader": name, "seconds": statistics.median(s),
                                   "bytes": os.path.getsize(csv if kind == "csv" else idx)}
                                  for (kind, name), s in took.items()]
        for r in results["readers"]:
            print(f"  {r['file']} {r['reader']:20} {1e-6 * r['bytes'] / r['seconds']:8,.0f} MB/s")

    # ---- starting, sizes

    def start(self, results):
        luge = os.path.join(self.options.build, "luge")
        commands = {"true": ["/bin/true"], "luge --version": [luge, "--version"],
                    "luge train --help": [luge, "train", "--help"]}
        if self.python[TORCH] and self.wants(TORCH) and not self.options.quick:
            commands["python3 -c 'import torch'"] = [self.python[TORCH], "-c", "import torch"]
        took = {name: [] for name in commands}
        for i in range(3 if self.options.quick else 200):
            for name, command in commands.items():
                if name.startswith("python") and i >= 5:
                    continue
                start = time.perf_counter()
                subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
                took[name].append(time.perf_counter() - start)
        results["seconds"] = {name: statistics.median(s) for name, s in took.items()}
        results["bytes"] = self.sizes()
        for name, seconds in results["seconds"].items():
            print(f"  {name:28} {1e3 * seconds:10.2f} ms")

    def sizes(self):
        """Bytes without debugging symbols, and of what peers need at least."""
        found = {}
        build = os.path.abspath(self.options.build)
        with tempfile.TemporaryDirectory() as folder:
            for name in ("libluge.so", "libluge_extra.so", "luge"):
                copy = os.path.join(folder, name)
                shutil.copyfile(os.path.join(build, name), copy)
                if subprocess.run(["strip", copy]).returncode == 0:
                    found[name] = os.path.getsize(copy)
        where = "/usr/lib/x86_64-linux-gnu/"
        for path in ("libtorch_cpu.so.1.13", "libdnnl.so.2", "openblas-openmp/libopenblas.so.0", "libfloatfann.so.2"):
            if os.path.exists(where + path):
                found[os.path.basename(path)] = os.path.getsize(where + path)
        return found

    def scaling(self, results):
        results["limits"] = self.limits(product=False)
        chosen = [what for what in scaling.POINTS if what in (self.options.only or scaling.POINTS)]
        scaling.measure(self.program("bench_scale"), chosen or scaling.POINTS, self.thread_counts, self.options.quick,
                        results)
        scaling.draw(results, os.path.join(self.options.out, "scaling.svg"))


def main():
    parser = argparse.ArgumentParser(description="Measures luge against its peers.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=" ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="a look whether all works; the figures mean nothing")
    parser.add_argument("--only", action="append", metavar="NAME", help="this workload (gemm: shape; scaling: batch, width or depth) and keep the other results; may "
                        "be repeated")
    parser.add_argument("--peers", metavar="A,B", help="these contestants beside luge; \"none\" for none")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--out", default=os.path.join(HERE, "results"), metavar="FOLDER")
    parser.add_argument("--build", default=os.path.join(HERE, "..", "build"), metavar="FOLDER")
    options = parser.parse_args()
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"no part \"{part}\"; there are {' '.join(PARTS)}")
    bench = Bench(options)
    os.makedirs(options.out, exist_ok=True)
    path = os.path.join(options.out, machine.slug() + ".json")
    all_results = {"parts": {}}
    if os.path.exists(path):
        with open(path) as f:
            all_results = json.load(f)
    all_results["machine"] = machine.describe()
    for part in options.parts or PARTS:
        print(f"{part}", flush=True)
        began = time.time()
        results = all_results["parts"].get(part, {}) if options.only else {}
        if part == "step" and not options.quick and not (options.only and "limits" in results):
            results["limits"] = bench.limits()
        getattr(bench, part)(results)
        results["when"], results["quick"] = machine.moment(), options.quick
        all_results["parts"][part] = results
        print(f"  {time.time() - began:.0f} s\n", flush=True)
    all_results["left_out"] = bench.left_out
    with open(path, "w") as f:
        json.dump(all_results, f, indent=1)
        f.write("\n")
    with open(path[:-len(".json")] + ".md", "w") as f:
        f.write(report.markdown(all_results))
    print(f"written: {os.path.relpath(path[:-len('.json')])}.md and .json")
    if bench.failed:
        sys.exit("not counted: " + "; ".join(bench.failed))


if __name__ == "__main__":
    main()
