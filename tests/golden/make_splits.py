#!/usr/bin/env python3
"""Writes splits/NAME.txt: which rows of a table are tested on, in ten splits of 80/20, and how scikit-learn does there.

usage: make_splits.py [FOLDER-OF-TABLES]        (NumPy, scikit-learn)

A file's first line is "peer METRIC MEAN": what MLPClassifier or MLPRegressor with defaults (random_state: the number
of the split) behind StandardScaler reach on average. Each further line has the tested rows of one split, counted
from 1 below the header: those of train_test_split with random_state 0 to 9, stratified for classes.
"""
import csv
import os
import sys
import warnings

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")  # that it stops before it converges
here = os.path.dirname(os.path.abspath(__file__))
folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "../../../shared/data/tabular")

for name, file, regression in (
    ("breast-cancer", "breast-cancer.csv", False),
    ("iris", "iris.csv", False),
    ("wine-quality", "wine-quality-red.csv", True),
):
    with open(os.path.join(folder, file), newline="") as f:
        rows = list(csv.reader(f))[1:]
    x = np.array([row[:-1] for row in rows], float)
    y = np.array([row[-1] for row in rows], float if regression else str)
    lines, scores = [], []
    for seed in range(10):
        train, test = train_test_split(np.arange(len(y)), test_size=0.2, random_state=seed,
                                       stratify=None if regression else y)
        network = (MLPRegressor if regression else MLPClassifier)(random_state=seed)
        answer = make_pipeline(StandardScaler(), network).fit(x[train], y[train]).predict(x[test])
        scores.append(np.sqrt(np.mean((answer - y[test]) ** 2)) if regression else np.mean(answer == y[test]))
        lines.append(" ".join(str(i + 1) for i in sorted(test)))
    with open(os.path.join(here, "splits", name + ".txt"), "w") as f:
        f.write("peer %s %.4f\n%s\n" % ("rmse" if regression else "accuracy", np.mean(scores), "\n".join(lines)))
    print("%s %.4f" % (name, np.mean(scores)))
