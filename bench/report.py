"""Results as Markdown."""
import contest

ROWS = {"1": "one row", "10000": "10,000 rows"}


def number(x):
    """Three digits that matter, thousands apart."""
    if x is None:
        return "-"
    if x == 0 or x >= 100:
        return f"{x:,.0f}"
    return f"{x:.1f}" if x >= 10 else f"{x:.2f}" if x >= 0.1 else f"{x:.3f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def names_in(rankings):
    found = []
    for ranking in rankings:
        found += [name for name in ranking if name not in found]
    return found


def count(threads):
    return "one thread" if threads == "1" else f"{threads} threads"


def when(part):
    w = part["when"]
    quick = "; a quick look, whose figures mean nothing" if part.get("quick") else ""
    return f"Measured {w['date']}, commit {w['commit']}, load of the machine {w['load']}{quick}."


def about(machine):
    packages = ", ".join(f"{k} {v}" for k, v in machine["packages"].items())
    return [f"{machine['model']}, {machine['cores']} cores, {machine['caches']}, {machine['memory_gb']} GB of memory; "
            f"{machine['system']}; {machine['compiler']}.", "",
            f"Instruction sets: {' '.join(machine['flags'])}.", "", f"Packages: {packages or 'none'}.", ""]


# ---- training steps

def step_table(workloads, threads):
    rankings = {name: w["threads"][threads] for name, w in workloads.items() if threads in w["threads"]}
    peers = [n for n in names_in(rankings.values()) if n != contest.LUGE]
    rows = []
    for name, ranking in rankings.items():
        mine = ranking.get(contest.LUGE, {})
        row = [name, number(1e6 * mine["seconds"]) if "seconds" in mine else "-"]
        for peer in peers:
            r = ranking.get(peer, {})
            row.append(f"{number(1e6 * r['seconds'])} ({number(r.get('ratio'))})" if "seconds" in r else "-")
        ratios = [r["ratio"] for peer, r in ranking.items() if not peer.startswith(contest.LUGE) and "ratio" in r]
        rows.append(row + [number(min(ratios)) if ratios else "-"])
    return table(["us per step", "luge", *peers, "best of them / luge"], rows)


def traffic(w):
    """Bytes that a step moves at least: a batch once, parameters (with Adam and its moments) read and written, and
    with Adam the gradient, too."""
    return 4.0 * (w["rows"] * w["widths"][0] + w["parameters"] * (8 if w["adam"] else 2))


def share_table(workloads, limits):
    rows = []
    for name, w in workloads.items():
        for threads, ranking in w["threads"].items():
            limit, seconds = limits.get(threads, {}), ranking.get(contest.LUGE, {}).get("seconds")
            if not seconds or not limit.get("gflops"):
                continue
            rate = 1e-9 * w["flops"] / seconds
            product = limit.get("product")
            rows.append([name, threads, number(w["flops"] / limit["gflops"] * 1e-3), number(1e6 * seconds), number(rate),
                         f"{100 * rate / limit['gflops']:.0f} %", f"{100 * rate / product:.0f} %" if product else "-",
                         f"{100e-9 * traffic(w) / seconds / limit['copy_memory']:.0f} %"])
    return table(["workload", "threads", "limit, us", "luge, us", "GFLOP/s", "of the peak", "of oneDNN's best product",
                  "of copying"], rows)


def memory_table(workloads):
    rankings = {name: w["threads"].get("1", {}) for name, w in workloads.items()}
    names = names_in(rankings.values())
    rows = [[name] + [number(1e-6 * r.get(n, {}).get("peak_bytes")) if r.get(n, {}).get("peak_bytes") else "-"
                      for n in names] for name, r in rankings.items()]
    return table(["MB", *names], rows)


def step(part):
    workloads, limits = part["workloads"], part.get("limits", {})
    lines = ["## Training steps", "", when(part), "", "Microseconds per step; in parentheses how many times luge's "
             "time, the median over rounds. Above 1.00 luge is ahead. All compute the same losses, to a thousandth "
             "(FANN: the same first one, where its hidden layers can be the same).", ""]
    for threads in sorted({t for w in workloads.values() for t in w["threads"]}):
        lines += ["### " + count(threads).capitalize(), ""] + step_table(workloads, threads)
    lines += ["### How close to the machine", ""]
    for threads, limit in limits.items():
        if limit.get("gflops"):
            product = f"; oneDNN's best product {number(limit['product'])} GFLOP/s" if limit.get("product") else ""
            lines += [f"- {count(threads)}: multiply-adds in registers {number(limit['gflops'])} GFLOP/s{product}; "
                      f"copying, read and written together, {number(limit['copy_l1'])} GB/s in the first level of "
                      f"cache, {number(limit['copy_l2'])} in the second, {number(limit['copy_memory'])} beyond."]
    lines += [""] + share_table(workloads, limits)
    return lines + ["### Peak memory of the process, one thread", "", "Includes the data (51 MB with 784 inputs, five-eight "
                    "35 MB) and all libraries.", ""] + memory_table(workloads)


# ---- the rest

def gemm(part):
    lines = ["## Matrix products", "", when(part), ""]
    lines += ["Rows, columns and inner size m, n, k of a layer of n units on k inputs and m rows; fwd: X W, dW: X^T D, dX: "
              "D W^T; with a T where W is stored turned. Best rates; `ours`: the median of luge's rate over theirs.", ""]
    for threads in ("1", "2"):
        if threads in part:
            lines += ["```", part[threads]["head"], *part[threads]["rows"].values(), "```", ""]
    return lines


def infer(part):
    lines = ["## Forward pass of 784-100-10", "", when(part), ""]
    one, many = part["rows"].get("1", {}), part["rows"].get("10000", {})
    if one:
        lines += table(["one row", "threads", "median, us", "99th percentile, us"],
                       [[name, threads, number(1e6 * r["p50"]), number(1e6 * r["p99"])]
                        for threads, ranking in one.items() for name, r in ranking.items() if "p50" in r])
    if many:
        lines += table(["10,000 rows", "threads", "ms", "rows a second", "times luge's time"],
                       [[name, threads, number(1e3 * r["seconds"]), number(10000 / r["seconds"]), number(r.get("ratio"))]
                        for threads, ranking in many.items() for name, r in ranking.items() if "seconds" in r])
    return lines


def read(part):
    return ["## Reading data", "", when(part), "", "Files that the system has in memory; one thread. csv: 40,000 rows "
            "of 31 numbers; idx: 60,000 pictures of 28 x 28.", ""] + table(
        ["file", "reader", "MB", "ms", "MB/s"],
        [[r["file"], r["reader"], number(1e-6 * r["bytes"]), number(1e3 * r["seconds"]),
          number(1e-6 * r["bytes"] / r["seconds"])] for r in part["readers"]])


def start(part):
    return (["## Starting, and size", "", when(part), ""]
            + table(["command", "ms from start to end"], [[n, number(1e3 * s)] for n, s in part["seconds"].items()])
            + table(["file", "KB, stripped"], [[n, number(1e-3 * b)] for n, b in part["bytes"].items()]))


def scaling(part):
    lines = ["## Scaling up", "", when(part), "", "A step of `depth` dense layers of `width` ReLU units on `width` "
             "inputs, softmax, gradient descent; one of batch 256, width 256, depth 3 changes. Memory: what the planner "
             "says (arena, scratch, variables) with the inputs, and by how much the process grew.", "",
             "![Picoseconds per multiply-add against batch, width and depth](scaling.svg)", ""]
    by_point = {}
    for p in part["points"]:
        by_point.setdefault((p["what"], p["batch"], p["width"], p["depth"]), {})[p["threads"]] = p
    rows = []
    for (what, batch, width, depth), at in by_point.items():
        one = at.get(1) or next(iter(at.values()))
        value = {"batch": batch, "width": width, "depth": depth}[what]
        row = [f"{what} {value:,}"]
        for threads in (1, 2):
            p = at.get(threads)
            row += [number(1e6 * p["seconds"]), number(1e12 * p["seconds"] / p["multiply_adds"])] if p else ["-", "-"]
        row += [number(1e-6 * (one["planned"] + one["inputs"])), number(1e-6 * one["measured"])]
        rows.append(row)
    lines += table(["", "us, one thread", "ps a multiply-add", "us, 2 threads", "ps a multiply-add", "MB planned",
                    "MB measured"], rows)
    skipped = sorted({f"{p['what']} {p[p['what']]:,} ({p['threads']})" for p in part["skipped"]})
    if skipped:
        lines += ["Left out, since a step would take more than 10 s or 8 GB (threads in parentheses): "
                  + ", ".join(skipped) + ".", ""]
    return lines


WRITERS = {"step": step, "gemm": gemm, "infer": infer, "read": read, "start": start, "scaling": scaling}


def markdown(results):
    lines = ["# Measured speed", "", "Written by `./dev bench`; docs/performance.md says what each number means.", ""]
    lines += about(results["machine"])
    for name, why in results.get("left_out", {}).items():
        lines += [f"{name} is left out: {why}.", ""]
    for name, writer in WRITERS.items():
        if name in results["parts"]:
            lines += writer(results["parts"][name])
    return "\n".join(lines).rstrip("\n") + "\n"
