"""scikit-learn's MLPClassifier on a workload: its own forward pass, backpropagation and update, step by step, without
the checks, the shuffling and the gathering that fit and partial_fit do around them.

sklearn_step.py NAME THREADS FOLDER
"""
import sys
import warnings

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

import peer

warnings.filterwarnings("ignore")
data = peer.Data(sys.argv[1], sys.argv[3])
m = MLPClassifier(data.widths[1:-1], activation="relu" if data.relu else "logistic",
                  solver="adam" if data.adam else "sgd", alpha=0, batch_size=data.rows, learning_rate_init=data.rate)
m.partial_fit(data.x[0], data.t[0].astype(int), classes=np.arange(data.widths[-1] if data.classes else 2))
for mine, kernel in zip(m.coefs_, data.kernels):
    mine[:] = kernel
for mine, bias in zip(m.intercepts_, data.biases):
    mine[:] = bias
params = m.coefs_ + m.intercepts_
if data.adam:
    # Its epsilon is not corrected for the first steps as those of the others are: at the first step the same.
    optimizer = AdamOptimizer(params, data.rate, epsilon=1e-8 * (1 - 0.999) ** 0.5)
else:
    optimizer = SGDOptimizer(params, data.rate, "constant", 0, False)
ts = [m._label_binarizer.transform(t.astype(int)) for t in data.t]
activations = [None] * len(data.widths)
deltas = [None] * (len(data.widths) - 1)
kernel_grads = [np.empty_like(k) for k in m.coefs_]
bias_grads = [np.empty_like(b) for b in m.intercepts_]


def step(i):
    global kernel_grads, bias_grads
    activations[0] = data.x[i]
    loss, kernel_grads, bias_grads = m._backprop(data.x[i], ts[i], activations, deltas, kernel_grads, bias_grads)
    optimizer.update_params(params, kernel_grads + bias_grads)
    return lambda: loss


peer.serve(step, data.batches, f"scikit-learn {sklearn.__version__}; " + peer.libraries("blas"))
