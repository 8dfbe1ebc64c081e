"""Cost of a training step against batch, width and depth, one at a time, and the picture of it."""
import os
import subprocess
import tempfile

import contest

HERE = os.path.dirname(os.path.abspath(__file__))
MIDDLE = {"batch": 256, "width": 256, "depth": 3}
POINTS = {
    "batch": [4 ** i for i in range(9)],
    "width": [2 ** i for i in range(3, 14)],
    "depth": [1, 2, 3, 5, 10, 20, 50, 100],
}
MOST_SECONDS, MOST_BYTES = 10, 8e9


def expected_bytes(batch, width, depth):
    """Weights and their gradients, activations and theirs: an upper bound."""
    return 4.0 * depth * (2 * width * width + 3 * batch * width)


def measure(program, chosen, thread_counts, quick, results):
    for kind in ("points", "skipped"):
        results[kind] = [p for p in results.get(kind, []) if p["what"] not in chosen]
    for what in chosen:
        values = POINTS[what]
        for threads in thread_counts:
            cost = 1e-10  # of a multiply-add; the last point tells
            for value in values[:2] if quick else values:
                size = dict(MIDDLE, **{what: value})
                macs = size["batch"] * size["width"] ** 2 * (3 * size["depth"] - 1)
                point = {"what": what, "threads": threads, **size}
                if macs * cost > MOST_SECONDS or expected_bytes(**size) > MOST_BYTES:
                    results["skipped"].append(point)
                    continue
                answer = contest.ask_once([program, *(str(size[k]) for k in ("batch", "width", "depth")), str(threads),
                                           "0.01" if quick else "0.3"], threads)
                if not answer:
                    results["skipped"].append(point)
                    continue
                cost = answer["seconds"] / answer["multiply_adds"]
                results["points"].append({**point, **answer})
                print(f"  {what} {value:6,}, {threads} threads: {1e6 * answer['seconds']:14,.1f} us, "
                      f"{1e12 * cost:8.1f} ps a multiply-add", flush=True)


def draw(results, path):
    """By gnuplot; without it there is no picture."""
    with tempfile.TemporaryDirectory() as folder:
        for what in POINTS:
            for threads in (1, 2):
                with open(os.path.join(folder, f"{what}{threads}"), "w") as f:
                    f.write("# value, picoseconds of a multiply-add\n")
                    for p in results["points"]:
                        if p["what"] == what and p["threads"] == threads:
                            f.write(f"{p[what]} {1e12 * p['seconds'] / p['multiply_adds']:.5g}\n")
        peaks = [results["limits"].get(threads, {}).get("gflops", 1) for threads in ("1", "2")]
        command = ["gnuplot", "-e", f"folder='{folder}'; output='{path}'; peak1={peaks[0]}; peak2={peaks[1]}",
                   os.path.join(HERE, "scaling.gp")]
        try:
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                print("  no picture: " + done.stderr.strip())
        except OSError:
            print("  no picture: gnuplot is not installed")
