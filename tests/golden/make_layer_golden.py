#!/usr/bin/python3
"""Makes layer_golden.inc: what layers compute, and their gradients.

    /usr/bin/python3 tests/golden/make_layer_golden.py

needs python3-numpy and python3-torch. Values are those of torch.nn.functional, gradients torch.autograd's. Moving
averages follow Keras (momentum 0.99, the variance of a batch divided by its rows), which PyTorch's do not.
"""
import sys

import numpy as np
import torch
import torch.nn.functional as F

sys.dont_write_bytecode = True
from golden_text import array, braces, number, write  # noqa: E402

torch.set_default_dtype(torch.float64)
ROWS, SIZE, EPSILON, MOMENTUM = 4, 3, 1e-3, 0.99

HEAD = """/* Written by make_layer_golden.py: 4 rows of 3 numbers, in double precision.
 *
 * normalized: y = norm(x kernel) gamma + beta, norm that of batch_normalization or layer_normalization with epsilon
 * 1e-3; .loss is the mean of (y - target)^2, the gradients are those of it. moving_mean, moving_variance: Keras' after
 * one step from 0 and 1; inference: of x kernel by them.
 *
 * dense: act(x kernel + bias). embedded: rows of kernel by the indices 2 0 2 1, and the gradient of the mean of
 * (rows - target)^2 by kernel. activations: of activation_x, in the order of LUGE_ACTIVATION_MAP; leaky_relu 0.2, elu 1.
 *
 * By PyTorch VERSION.
 */
typedef struct normalized_golden {
    double y[12], loss, kernel_gradient[9], gamma_gradient[3], beta_gradient[3];
} normalized_golden;"""


def numbers(random, *shape):
    return torch.tensor(random.randint(-96, 96, size=shape) / 64.0)


def flat(t):
    return list(t.detach().numpy().reshape(-1))


def normalized(name, norm, x, kernel, gamma, beta, target):
    w = [t.clone().requires_grad_() for t in (kernel, gamma, beta)]
    y = norm(x @ w[0], w[1], w[2])
    loss = F.mse_loss(y, target)
    loss.backward()
    lines = ["static const normalized_golden %s_golden = {" % name, "  .loss = %s," % number(loss.item())]
    lines += braces("y", flat(y)) + braces("kernel_gradient", flat(w[0].grad))
    return lines + braces("gamma_gradient", flat(w[1].grad)) + braces("beta_gradient", flat(w[2].grad)) + ["};"]


def activations(x):
    functions = [lambda v: v, lambda v: (v > 0).double(), torch.sigmoid, torch.tanh, torch.relu,
                 lambda v: F.softmax(v, 0), lambda v: F.log_softmax(v, 0), lambda v: F.leaky_relu(v, 0.2), F.elu, F.selu,
                 F.gelu, F.silu, lambda v: F.softplus(v, threshold=800), F.softsign, torch.exp]
    return np.concatenate([flat(f(x)) for f in functions])


def main():
    random = np.random.RandomState(3)
    x, kernel, target = numbers(random, ROWS, SIZE), numbers(random, SIZE, SIZE), numbers(random, ROWS, SIZE)
    gamma, beta, bias = numbers(random, SIZE), numbers(random, SIZE), numbers(random, SIZE)
    z = x @ kernel
    mean, variance = (1 - MOMENTUM) * z.mean(0), MOMENTUM + (1 - MOMENTUM) * z.var(0, unbiased=False)
    indices, table = torch.tensor([2, 0, 2, 1]), kernel.clone().requires_grad_()
    embedded = F.embedding(indices, table)
    F.mse_loss(embedded, target).backward()
    points = torch.tensor([-3, -1, -0.25, 0, 0.5, 1, 2.5])
    lines = HEAD.replace("VERSION", torch.__version__).split("\n")
    for name, values in (("x", x), ("kernel", kernel), ("target", target), ("gamma", gamma), ("beta", beta),
                         ("bias", bias), ("moving_mean", mean), ("moving_variance", variance),
                         ("inference", F.batch_norm(z, mean, variance, gamma, beta, eps=EPSILON)),
                         ("dense", torch.tanh(z + bias)), ("embedded", embedded), ("embedded_gradient", table.grad),
                         ("activation_x", points), ("activations", activations(points))):
        values = list(values) if isinstance(values, np.ndarray) else flat(values)
        lines += array("static const double layer_golden_%s[%d]" % (name, len(values)), values)
    lines += normalized("batch_normalization", lambda v, g, b: F.batch_norm(v, None, None, g, b, True, 0, EPSILON),
                        x, kernel, gamma, beta, target)
    lines += normalized("layer_normalization", lambda v, g, b: F.layer_norm(v, (SIZE,), g, b, EPSILON),
                        x, kernel, gamma, beta, target)
    write("layer_golden.inc", lines)


main()
