#!/usr/bin/python3
"""Makes loss_golden.inc: values and gradients of the losses.

    /usr/bin/python3 tests/golden/make_loss_golden.py

needs python3-numpy, python3-torch and python3-sklearn. Values are those of torch.nn.functional wherever it has the loss
in this form, applied to predictions that were clipped or divided first; gradients are torch.autograd's; some values are
compared with scikit-learn's as well. HEAD, below, is the description that goes into the file.
"""
import sys

import numpy as np
import sklearn
import torch
import torch.nn.functional as F
from sklearn import metrics

sys.dont_write_bytecode = True
from golden_text import braces, number, wrap, write  # noqa: E402

ROWS, COLUMNS, EPSILON = 5, 3, 1e-7
torch.set_default_dtype(torch.float64)

HEAD = """/* Written by make_loss_golden.py: losses of 5 rows of 3 predictions y and targets t, in double precision.
 *
 * A row's .rows[i] is the loss of row i without its weight. .value is the loss of the batch: sum of weight * loss / 5,
 * the number of rows (half_sum: the sum alone), with loss_golden_weights[i] as row i's weight where .weighted is 1,
 * otherwise 1. .gradient is that of .value by the 15 .predictions. Of sparse_categorical_crossentropy the first five
 * .targets are the classes of the rows; else there are 15. e = y - t; means are those over a row's three columns;
 * eps = 1e-7.
 *
 *   mean_squared_error        mean e^2
 *   half_mean_squared_error   sum e^2 / 2
 *   half_sum_squared_error    sum e^2 / 2; the batch's is their sum
 *   mean_absolute_error       mean |e|
 *   huber                     mean of e^2 / 2 where |e| <= delta, else delta |e| - delta^2 / 2
 *   hinge                     mean max(0, 1 - t y); where all targets are 0 or 1, 2 t - 1 stands for t
 *   kl_divergence             sum t log(t / y), both clipped to [eps, 1]
 *   binary_crossentropy       mean -(t log p + (1 - t) log(1 - p)); t (1 - s) + s / 2 for t where smoothing s is set.
 *                             p = y clipped to [eps, 1 - eps], or with .from_logits p = 1 / (1 + exp(-y)), unclipped
 *   categorical_crossentropy  sum -t log p; t (1 - s) + s / 3 for t where smoothing is set. p = y / sum of the row's y,
 *                             clipped to [eps, 1 - eps], or with .from_logits p = softmax(y), unclipped
 *   sparse_categorical_crossentropy  the same with t = 1 for the class and 0 for the others
 *
 * The gradient is 0 where clipping changed a value. No prediction lies on a kink or on the bound of a clipping.
 *
 * MADE
 */
typedef struct loss_golden {
    const char *name, *loss; /* name: the loss and what is special */
    double delta, smoothing;
    int from_logits, weighted;
    double predictions[15], targets[15], rows[5], value, gradient[15];
} loss_golden;
static const double loss_golden_weights[5] = { WEIGHTS };
static const loss_golden loss_golden_rows[] = {"""

# ---- inputs ---------------------------------------------------------------------------------------------------------

WEIGHTS = [0.5, 2, 0, 1.25, 3]
ANY = [[0.5, -1.25, 2], [-0.375, 0.75, 3.5], [1.5, -2.5, 0.0625], [-4, 0.25, 1.125], [0.875, -0.125, -1.75]]
ANY_TARGETS = [[0.25, -1, 0.5], [-1.5, 1, 3.25], [1.75, 0.5, 0.125], [-3.5, -0.5, 2.25], [1, 0.375, -1.5]]
ZERO_ONE = [[1, 0, 0], [0, 1, 1], [1, 1, 0], [0, 0, 1], [1, 0, 1]]
# The third and fourth rows have what clipping is for.
PROBABILITIES = [[0.75, 0.125, 0.4], [0.05, 0.9, 0.99], [1, 0, 0], [1e-9, 1, 0.3], [0.6, 1e-5, 1 - 1e-9]]
LOGITS = [[1.5, -2, 0.25], [-3, 4.5, 0.125], [40, -40, -800], [0.5, 800, 0.75], [-1.25, 2.5, -0.5]]
ONE_HOT = [[1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0, 1], [0, 1, 0]]
CLASSES = [0, 2, 1, 2, 1]
SOFT = [[0.5, 0.25, 0.25], [0.125, 0.25, 0.625], [0, 1, 0], [0.1, 0.2, 0.7], [0.375, 0.5, 0.125]]
DISTRIBUTIONS = [[0.7, 0.2, 0.1], [0.25, 0.25, 0.5], [0.999, 0.001, 0], [2, 0.9, 5], [1e-9, 0.5, 0.5]]
CLASS_LOGITS = [[2, -1, 0.5], [0.25, 0.5, 0.75], [30, -40, 800], [-1, -1.5, 3], [0, 5, -5]]


def clip(y, high=1 - EPSILON):
    return torch.clamp(y, EPSILON, high)


# ---- the losses: the three columns of a row to the row's loss -------------------------------------------------------


def half_squared(y, t):
    return F.mse_loss(y, t, reduction="none").sum(1) / 2


def huber(delta):
    return lambda y, t: F.huber_loss(y, t, reduction="none", delta=delta).mean(1)


def hinge(y, t):
    t = 2 * t - 1 if bool(((t == 0) | (t == 1)).all()) else t
    # max(0, margin - x), with x = t y
    return F.hinge_embedding_loss(t * y, -torch.ones_like(y), reduction="none").mean(1)


def kl_divergence(y, t):
    return F.kl_div(clip(y, 1).log(), clip(t, 1), reduction="none").sum(1)


def binary(smoothing, from_logits):
    def f(y, t):
        t = t * (1 - smoothing) + smoothing / 2
        if from_logits:
            return F.binary_cross_entropy_with_logits(y, t, reduction="none").mean(1)
        return F.binary_cross_entropy(clip(y), t, reduction="none").mean(1)
    return f


def categorical(smoothing, from_logits):
    def f(y, t):
        if from_logits:
            return F.cross_entropy(y, t, reduction="none", label_smoothing=smoothing)
        t = (t if t.dim() == 2 else F.one_hot(t, COLUMNS).double()) * (1 - smoothing) + smoothing / COLUMNS
        return -(t * clip(y / y.sum(1, keepdim=True)).log()).sum(1)
    return f


# ---- the rows -------------------------------------------------------------------------------------------------------


def rows():
    """Name, loss, settings, function, predictions, targets."""
    yield "mean_squared_error", "mean_squared_error", {}, lambda y, t: F.mse_loss(
        y, t, reduction="none").mean(1), ANY, ANY_TARGETS
    yield "half_mean_squared_error", "half_mean_squared_error", {}, half_squared, ANY, ANY_TARGETS
    yield "half_sum_squared_error", "half_sum_squared_error", {}, half_squared, ANY, ANY_TARGETS
    yield "mean_absolute_error", "mean_absolute_error", {}, lambda y, t: F.l1_loss(
        y, t, reduction="none").mean(1), ANY, ANY_TARGETS
    yield "huber", "huber", {"delta": 1}, huber(1), ANY, ANY_TARGETS
    yield "huber_half", "huber", {"delta": 0.5}, huber(0.5), ANY, ANY_TARGETS
    yield "hinge", "hinge", {}, hinge, ANY, ZERO_ONE
    yield "hinge_signed", "hinge", {}, hinge, ANY, [[2 * t - 1 for t in row] for row in ZERO_ONE]
    yield "kl_divergence", "kl_divergence", {}, kl_divergence, DISTRIBUTIONS, SOFT
    for s in (0, 0.1):
        settings, tail = ({"smoothing": s}, "_smoothed") if s else ({}, "")
        logits = dict(settings, from_logits=1)
        loss = "binary_crossentropy"
        yield loss + tail, loss, settings, binary(s, 0), PROBABILITIES, ZERO_ONE
        yield loss + "_logits" + tail, loss, logits, binary(s, 1), LOGITS, ZERO_ONE
        loss = "categorical_crossentropy"
        yield loss + tail, loss, settings, categorical(s, 0), DISTRIBUTIONS, ONE_HOT
        yield loss + "_soft" + tail, loss, settings, categorical(s, 0), DISTRIBUTIONS, SOFT
        yield loss + "_logits" + tail, loss, logits, categorical(s, 1), CLASS_LOGITS, ONE_HOT
        yield loss + "_soft_logits" + tail, loss, logits, categorical(s, 1), CLASS_LOGITS, SOFT
        loss = "sparse_categorical_crossentropy"
        yield loss + tail, loss, settings, categorical(s, 0), DISTRIBUTIONS, CLASSES
        yield loss + "_logits" + tail, loss, logits, categorical(s, 1), CLASS_LOGITS, CLASSES


def computed(loss, function, predictions, targets, weighted):
    sparse = targets is CLASSES
    y = torch.tensor(predictions, dtype=torch.float64, requires_grad=True)
    t = torch.tensor(targets, dtype=torch.int64 if sparse else torch.float64)
    each = function(y, t)
    weight = torch.tensor(WEIGHTS) if weighted else torch.ones(ROWS)
    value = (weight * each).sum() / (1 if loss == "half_sum_squared_error" else ROWS)
    value.backward()
    return each.detach().numpy(), value.item(), y.grad.numpy()


def check(results):
    """Some of the values in another way."""
    def near(name, expected):
        assert abs(results[name][1] - expected) < 1e-9, name
    near("mean_squared_error", metrics.mean_squared_error(ANY_TARGETS, ANY))
    near("mean_squared_error_weighted", metrics.mean_squared_error(ANY_TARGETS, ANY, sample_weight=WEIGHTS)
         * sum(WEIGHTS) / ROWS)
    near("mean_absolute_error", metrics.mean_absolute_error(ANY_TARGETS, ANY))
    p = np.array(DISTRIBUTIONS) / np.sum(DISTRIBUTIONS, 1, keepdims=True)
    near("categorical_crossentropy", np.mean(-np.log(np.clip(p[range(ROWS), CLASSES], EPSILON, 1 - EPSILON))))
    near("binary_crossentropy", np.mean([metrics.log_loss(t, np.clip(y, EPSILON, 1 - EPSILON), labels=[0, 1])
                                         for y, t in zip(np.transpose(PROBABILITIES), np.transpose(ZERO_ONE))]))
    z = np.array(CLASS_LOGITS, dtype=np.longdouble)
    soft = z - np.log(np.exp(z - z.max(1, keepdims=True)).sum(1, keepdims=True)) - z.max(1, keepdims=True)
    near("categorical_crossentropy_logits", -soft[range(ROWS), CLASSES].mean())
    near("sparse_categorical_crossentropy_logits", results["categorical_crossentropy_logits"][1])
    near("hinge_signed", results["hinge"][1])


def main():
    lines, results = [], {}
    for name, loss, settings, function, predictions, targets in rows():
        for weighted in (0, 1):
            full = name + "_weighted" * weighted
            result = results[full] = computed(loss, function, predictions, targets, weighted)
            texts = ['.name = "%s"' % full, '.loss = "%s"' % loss, ".weighted = %d" % weighted]
            lines += wrap(["{ " + texts[0]] + texts[1:] + [".%s = %s" % (k, number(v)) for k, v in settings.items()])
            lines[-1] += ","
            lines += braces("predictions", predictions) + braces("targets", targets)
            lines += braces("rows", result[0]) + ["  .value = %s," % number(result[1])] + braces("gradient", result[2])
            lines.append("},")
    check(results)
    made = "%d rows by PyTorch %s and NumPy %s; some compared with scikit-learn %s." % (
        len(results), torch.__version__, np.__version__, sklearn.__version__)
    head = HEAD.replace("MADE", made).replace("WEIGHTS", ", ".join(map(str, WEIGHTS)))
    write("loss_golden.inc", head.split("\n") + lines + ["};"])
    print(made)


main()
