"""Seconds to read a file of data, as JSON; the fastest of several. read.py numpy|pandas|idx FILE"""
import json
import sys
import time

import numpy as np

kind, path = sys.argv[1:]
if kind == "pandas":
    import pandas


def read():
    if kind == "pandas":
        return pandas.read_csv(path, dtype=np.float32)
    if kind == "numpy":
        return np.loadtxt(path, np.float32, delimiter=",", skiprows=1)
    with open(path, "rb") as f:
        return np.frombuffer(f.read(), np.uint8, offset=16).reshape(-1, 28, 28)


best = 1e9
for _ in range(3):
    start = time.perf_counter()
    read()
    best = min(best, time.perf_counter() - start)
print(json.dumps({"seconds": best}))
