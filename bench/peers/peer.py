"""What contestants in Python share: the data that bench_step --data wrote, and the conversation of workload.h."""
import json
import os
import sys
import time

import numpy as np


class Data:
    """One workload: batches of features x and targets t, kernels [in, out] and biases to begin with."""

    def __init__(self, name, folder):
        path = os.path.join(folder, name)
        with open(path + ".json") as f:
            self.__dict__.update(json.load(f))
        x = np.fromfile(path + ".x", np.float32).reshape(self.data_rows, self.widths[0])
        t = np.fromfile(path + ".t", np.int32 if self.classes else np.float32)
        weights = np.fromfile(path + ".w", np.float32)
        self.batches = self.data_rows // self.rows
        self.x = [x[i * self.rows:(i + 1) * self.rows] for i in range(self.batches)]
        self.t = [t[i * self.rows:(i + 1) * self.rows] for i in range(self.batches)]
        self.kernels, self.biases, at = [], [], 0
        for n, m in zip(self.widths, self.widths[1:]):
            self.kernels.append(weights[at:at + n * m].reshape(n, m))
            self.biases.append(weights[at + n * m:at + (n + 1) * m])
            at += (n + 1) * m


def libraries(*words):
    """Files of this process whose name has one of the words: what it really calculates with."""
    with open("/proc/self/maps") as f:
        files = {os.path.realpath(line.split()[-1]) for line in f if "/" in line}
    return ", ".join(sorted(f for f in files if any(w in os.path.basename(f) for w in words)))


def time_steps(step, batches, seconds):
    n = 1
    while True:
        start = time.perf_counter()
        for i in range(n):
            step(i % batches)
        took = time.perf_counter() - start
        if took > seconds / 5:
            break
        n *= 2
    if took > seconds:
        return took / n
    n = int(n * seconds / took) + 1
    start = time.perf_counter()
    for i in range(n):
        step(i % batches)
    return (time.perf_counter() - start) / n


def latency(step, batches, n):
    for i in range(n // 10 + 1):
        step(i % batches)
    took = []
    for i in range(n):
        start = time.perf_counter()
        step(i % batches)
        took.append(time.perf_counter() - start)
    took.sort()
    return {"p50": took[n // 2], "p99": took[int(0.99 * n)]}


def serve(step, batches, about):
    """step(batch) returns a function of no arguments for the loss, so that reading it is not timed."""
    next_batch = 0
    print(json.dumps({"about": about}), flush=True)
    for line in sys.stdin:
        verb, _, number = line.strip().partition(" ")
        if verb == "end":
            break
        if verb == "losses":
            losses = []
            for _ in range(int(float(number))):
                losses.append(float(step(next_batch)()))
                next_batch = (next_batch + 1) % batches
            answer = {"losses": losses}
        elif verb == "time":
            answer = {"seconds": time_steps(step, batches, float(number))}
        elif verb == "latency":
            answer = latency(step, batches, int(number))
        else:
            answer = {}
        print(json.dumps(answer), flush=True)
    with open("/proc/self/status") as f:
        peak = [int(line.split()[1]) for line in f if line.startswith("VmHWM:")]
    print(json.dumps({"peak_bytes": 1024 * peak[0]}))
