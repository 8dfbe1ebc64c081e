#!/usr/bin/python3
"""Makes metrics_golden.inc: what scikit-learn computes for the cases of the suite `metrics`.

    /usr/bin/python3 tests/golden/make_metrics_golden.py

needs python3-numpy and python3-sklearn. Classes predicted are the first largest column (numpy.argmax), or above 0.5 for
one column. A row of weight 0 counts as absent: it is taken out before scikit-learn sees the rest. Where scikit-learn
refuses (AUC with a single class), the value is NaN; AUC of several columns is the mean over the classes that have one.
"""
import math
import os
import warnings

import numpy as np
import sklearn
from sklearn import metrics as sk

warnings.simplefilter("ignore")
NAMES = ["none", "accuracy", "binary_accuracy", "top_k", "precision", "recall", "f1", "auc", "mae", "mse", "rmse", "r2"]
state = 12345


def word():
    global state
    state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
    return state >> 40


def uniform(shape, steps=1000):
    """[0, 1), multiples of 1 / steps."""
    return np.array([(word() % steps) / steps for _ in range(int(np.prod(shape)))]).reshape(shape)


def integers(n, below):
    return np.array([word() % below for _ in range(n)])


def auc(y, score, w):
    return sk.roc_auc_score(y, score, sample_weight=w) if len(set(y)) == 2 else math.nan


def classification(p, y, w):
    c, m = p.shape[1], {}
    several = c > 1
    predicted = np.argmax(p, 1) if several else (p[:, 0] > 0.5).astype(int)
    average = {"average": "macro"} if several else {"pos_label": 1}
    m["accuracy"] = sk.accuracy_score(y, predicted, sample_weight=w)
    for name, function in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
        m[name] = function(y, predicted, sample_weight=w, zero_division=0, **average)
    if several:
        areas = [auc((y == k).astype(int), p[:, k], w) for k in range(c)]
        areas = [a for a in areas if not math.isnan(a)]
        m["auc"] = float(np.mean(areas)) if areas else math.nan
        if c > 2:  # of equal columns scikit-learn ranks the last first: mirrored, that is the first
            m["top_k"] = sk.top_k_accuracy_score(c - 1 - y, p[:, ::-1], k=min(5, c - 1), sample_weight=w, labels=range(c))
    else:
        m["auc"] = auc(y, p[:, 0], w)
        m["binary_accuracy"] = m["accuracy"]
    confusion = sk.confusion_matrix(y, predicted, labels=range(max(c, 2)), sample_weight=w)
    return m, [float(x) for x in confusion.reshape(-1)]


def regression(p, y, w):
    m = {"mae": sk.mean_absolute_error(y, p, sample_weight=w), "mse": sk.mean_squared_error(y, p, sample_weight=w)}
    m["rmse"] = math.sqrt(m["mse"])
    m["r2"] = sk.r2_score(y, p, sample_weight=w)
    if set(y.reshape(-1)) <= {0.0, 1.0}:
        right = ((p > 0.5) == (y > 0.5)).reshape(-1)
        m["binary_accuracy"] = sk.accuracy_score(np.ones(right.size), right, sample_weight=np.repeat(w, y.shape[1]))
    return m


# ---- the file

arrays, rows = [], []


def array(values):
    values = [float(v) for v in np.asarray(values, dtype=np.float64).reshape(-1)]
    words = ["(double)NAN" if math.isnan(v) else repr(v).removesuffix(".0") for v in values]
    text = [", ".join(words[i:i + 32]) for i in range(0, len(words), 32)]
    name = "metrics_golden_%d" % len(arrays)
    arrays.append("static const double %s[] = { %s };" % (name, ",\n".join(text)))
    return name


def case(name, p, y, w=None, f64_only=False):
    p = np.asarray(p, dtype=np.float64)
    y = np.asarray(y)
    classes = y.ndim == 1
    weights = np.ones(len(p)) if w is None else np.asarray(w, dtype=np.float64)
    there = weights > 0
    confusion = []
    if classes:
        m, confusion = classification(p[there], y[there], weights[there])
    else:
        m = regression(p[there], y[there], weights[there])
    asked = sum(1 << NAMES.index(k) for k in m)
    rows.append('    { "%s", %d, %d, %d, %d, 0x%x, %s, %s, %s, %s, %s },' % (
        name, p.shape[1], len(p), classes, f64_only, asked, array(p), array(y), array(w) if w is not None else "NULL",
        array([m.get(k, 0) for k in NAMES]), array(confusion) if classes else "NULL"))


def weights(n):
    return (integers(n, 16) % 13) / 8  # some are 0


y = integers(40, 2)
case("binary", uniform((40, 1)), y)
case("binary weights", uniform((40, 1)), y, weights(40))
case("binary ties", uniform((40, 1), 8), y)
case("binary ties weights", uniform((40, 1), 4), y, weights(40))
case("binary perfect", (y * 0.5 + 0.25).reshape(-1, 1), y)
case("binary inverted", (0.75 - y * 0.5).reshape(-1, 1), y)
case("binary constant", np.full((40, 1), 0.75), y)
case("binary none predicted", np.full((40, 1), 0.5), y)
case("binary one class", uniform((9, 1)), np.ones(9, dtype=int))
case("binary other class", uniform((9, 1)), np.zeros(9, dtype=int))
case("binary one row", [[0.875]], [1])
y = integers(48, 4)
case("classes", uniform((48, 4)), y)
case("classes weights", uniform((48, 4)), y, weights(48))
case("classes ties", uniform((48, 4), 4), y)
case("classes ties weights", uniform((48, 4), 4), y, weights(48))
case("classes perfect", np.eye(4)[y], y)
case("classes constant", np.full((48, 4), 0.25), y)
case("classes missing", uniform((30, 5)), integers(30, 3) + 1)
case("classes missing everywhere", np.hstack([uniform((30, 3)), np.full((30, 2), -1.0)]), integers(30, 3))
case("classes one", uniform((12, 3)), np.full(12, 2))
case("classes two", uniform((20, 2)), integers(20, 2))
case("digits", uniform((270, 10)), integers(270, 10), weights(270))
case("numbers", uniform((40, 1)), uniform((40, 1)) * 2 - 0.5)
case("numbers weights", uniform((40, 1)), uniform((40, 1)) * 2 - 0.5, weights(40))
case("numbers columns", uniform((24, 3)), uniform((24, 3)) + np.array([0, 0.5, -1]), weights(24))
case("numbers perfect", np.arange(24).reshape(8, 3), np.arange(24.0).reshape(8, 3))
case("numbers constant targets", uniform((8, 2), 16), np.full((8, 2), 0.5))
case("numbers constant and right", np.full((8, 2), 0.5), np.full((8, 2), 0.5), weights(8))
case("numbers one row", [[0.5, 2]], np.array([[1.0, 4.0]]))
case("numbers far from 0", 1e8 + uniform((60, 1)), 1e8 + uniform((60, 1), 1024), f64_only=True)
case("labels", uniform((20, 3)), integers(60, 2).reshape(20, 3).astype(float))
case("labels weights", uniform((20, 3)), integers(60, 2).reshape(20, 3).astype(float), weights(20))

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "metrics_golden.inc"), "w") as f:
    f.write("/* Written by make_metrics_golden.py from scikit-learn %s. */\n" % sklearn.__version__)
    f.write("\n".join(arrays) + "\nstatic const metrics_golden golden[] = {\n" + "\n".join(rows) + "\n};\n")
