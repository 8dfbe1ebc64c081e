#!/usr/bin/python3
"""Makes breast_cancer_split.inc: which rows of breast-cancer.csv a textbook trains, validates and tests with.

    /usr/bin/python3 tests/golden/make_breast_cancer_split.py [breast-cancer.csv]

needs python3-numpy and python3-sklearn. "Do it! Deep learning" takes scikit-learn's breast cancer data and splits it by
train_test_split twice, stratified by y, with test_size=0.2 and random_state=42: into all training rows and the test
rows, then all training rows into those to train and to validate with.

The rows of the file are matched to scikit-learn's by their 30 values: they are the same rows in the same order. (Rows
are numbered from 0, the line of names not counted.) The book's target is 1 for benign (B), 0 for malignant (M).

The book's two networks are trained here too, by its rules, which are:
- each of the 30 inputs minus its mean, divided by its deviation, both of the 364 training rows; the deviation divides
  by the number of rows (364, not 363);
- full batch; the loss is the mean cross-entropy of the sigmoid of the last layer, so that the gradients of weights and
  biases are divided by m = 364;
- the L2 term's gradient l2 w / m is added to that: it is divided by m as well (the penalty is l2 / (2 m) sum w^2, in
  Keras' form, loss + l2 sum w^2, a regularizer of 0.01 / 728); with l2 w alone the first network gets 90 of 91 right;
- biases have no L2 term; all gradients are computed before any weight changes; plain gradient descent, rate 0.1;
- a row counts as benign where the value before the last sigmoid is above 0;
- SingleLayer: 30-1, weights 1, bias 0, 10,000 epochs. DualLayer: 30-10-1, both layers sigmoid, all weights 1, all
  biases 0, 20,000 epochs; its ten hidden units stay equal.
"""
import csv
import os
import sys

import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

sys.dont_write_bytecode = True
from golden_text import HERE, array, number, write  # noqa: E402

RATE, L2, M = 0.1, 0.01, 364
EPOCHS = {"single": 10000, "dual": 20000}
TRACED = (1, 2, 3, 10, 100, 1000, 10000, 20000)

HEAD = """/* Written by make_breast_cancer_split.py: the rows of breast-cancer.csv (from 0, the line of names not counted)
 * that "Do it! Deep learning" trains, validates and tests with, in its order, and what its two networks reach.
 *
 * ORDER Benign (B) is 1, malignant (M) 0.
COUNTS
 *
 * The networks, full batch, rate 0.1, plain gradient descent, inputs standardized by mean and deviation (dividing by
 * 364) of the training rows, mean cross-entropy of the last sigmoid; "single": 30-1, weights 1, bias 0, 10,000 epochs;
 * "dual": 30-10-1, both sigmoid, weights 1, biases 0, 20,000 epochs. L2 of 0.01 adds 0.01 w / 364 to the gradients of
 * weights, not of biases: in the form loss + l2 sum w^2 that is l2 = 0.01 / 728.
 * A row of the trace, after so many epochs: cross-entropy and right answers of the 364 and of the 91 rows, the penalty
 * 0.01 / 728 sum w^2, and the bias of the last layer.
RESULTS
 *
 * By NumPy NUMPY and scikit-learn SKLEARN. */"""


def read(path):
    with open(path, newline="", encoding="ascii") as f:
        rows = list(csv.reader(f))[1:]
    return np.array([[float(v) for v in row[:30]] for row in rows]), np.array([int(row[30] == "B") for row in rows])


def split(y):
    everything = np.arange(len(y))
    rest, test = train_test_split(everything, stratify=y, test_size=0.2, random_state=42)
    train, validation = train_test_split(rest, stratify=y[rest], test_size=0.2, random_state=42)
    return train, validation, test


def in_file(x, y, bundled, target):
    """For each row of scikit-learn's data its row in the file."""
    place = {row.tobytes(): k for k, row in enumerate(x)}
    assert len(place) == len(x) == len(bundled) == 569
    order = np.array([place[row.tobytes()] for row in bundled])
    assert (y[order] == target).all()
    return order


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class Network:
    def __init__(self, sizes):
        self.w = [np.ones(pair) for pair in zip(sizes, sizes[1:])]
        self.b = [np.zeros(n) for n in sizes[1:]]

    def values(self, x):
        """What each layer gets, and the last layer's value before its sigmoid."""
        h = [x]
        for w, b in zip(self.w[:-1], self.b[:-1]):
            h.append(sigmoid(h[-1] @ w + b))
        return h, h[-1] @ self.w[-1] + self.b[-1]

    def epoch(self, x, y):
        h, z = self.values(x)
        d, changes = sigmoid(z) - y, []
        for k in reversed(range(len(self.w))):
            changes.append((k, h[k].T @ d / M + L2 * self.w[k] / M, d.sum(0) / M))
            d = d @ self.w[k].T * h[k] * (1 - h[k])
        for k, dw, db in changes:
            self.w[k] = self.w[k] - RATE * dw
            self.b[k] = self.b[k] - RATE * db

    def score(self, x, y):
        z = self.values(x)[1]
        loss = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))
        return loss.mean(), int(((z > 0) == y).sum())


def train(name, sizes, x, y, x_val, y_val, rows):
    network = Network(sizes)
    counts = []
    for epoch in range(1, EPOCHS[name] + 1):
        network.epoch(x, y)
        counts.append(int(((network.values(x_val)[1] > 0) == y_val).sum()))
        if epoch in TRACED:
            a, b = network.score(x, y), network.score(x_val, y_val)
            penalty = L2 / 2 / M * sum(np.square(w).sum() for w in network.w)
            numbers = (a[0], a[1], b[0], b[1], penalty, network.b[-1][0])
            rows.append('    { "%s", %d, %s },' % (name, epoch, ", ".join(map(number, numbers))))
    since = max([k for k, n in enumerate(counts) if n != counts[-1]], default=-1) + 2
    margin = np.abs(network.values(x_val)[1]).min()
    return (' * %s: %d of 91 right, %.15f, from epoch %d on; the least certain answer is %.2g from the border.'
            % (name, counts[-1], counts[-1] / 91, since, margin))


def main():
    default = os.path.join(HERE, "..", "..", "..", "shared", "data", "tabular", "breast-cancer.csv")
    x, y = read(sys.argv[1] if len(sys.argv) > 1 else default)
    data = load_breast_cancer()
    order = in_file(x, y, data.data, data.target)
    same = "The file has scikit-learn's rows in %s order." % ("the same" if (order == np.arange(569)).all() else "another")
    parts = [order[part] for part in split(data.target)]
    assert [len(part) for part in parts] == [364, 91, 114]
    assert (np.sort(np.concatenate(parts)) == np.arange(569)).all()
    mean, deviation = x[parts[0]].mean(0), x[parts[0]].std(0)
    given = [a for part in parts[:2] for a in ((x[part] - mean) / deviation, y[part][:, None])]
    trace = []
    results = [train("single", (30, 1), *given, trace), train("dual", (30, 10, 1), *given, trace)]
    names = ("train", "validation", "test")
    counts = [" * %s: %d rows, %d of them benign." % (n, len(p), y[p].sum()) for n, p in zip(names, parts)]
    head = HEAD.replace("ORDER", same).replace("COUNTS", "\n".join(counts)).replace("RESULTS", "\n".join(results))
    lines = head.replace("NUMPY", np.__version__).replace("SKLEARN", sklearn.__version__).split("\n")
    for name, part in zip(names, parts):
        lines += array("static const int64_t breast_cancer_%s[%d]" % (name, len(part)), list(part))
    lines += ["static const struct breast_cancer_trace {", "    const char *network;", "    int epochs;",
              "    double loss, right, validation_loss, validation_right, penalty, bias;", "} breast_cancer_traces[] = {"]
    write("breast_cancer_split.inc", lines + trace + ["};"])
    print("\n".join([same] + counts + results))


main()
