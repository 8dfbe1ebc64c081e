#!/usr/bin/python3
"""Makes optimizer_golden.inc and its parts: 25 steps of a small network by each optimizer.

    /usr/bin/python3 tests/golden/make_optimizer_golden.py

needs python3-numpy and python3-torch. A network 4-5-4-3 (tanh, relu, linear) in double precision, mean squared error
over all elements, trained on the same six rows. The rows "torch" are torch.optim; the rows "keras" are NumPy loops over
the formulas that Keras 3 documents, with the gradients written out by hand and compared with torch.autograd first.
HEAD, below, is the description that goes into the file.
"""
import math
import sys

import numpy as np
import torch

sys.dont_write_bytecode = True
from golden_text import array, braces, number, wrap, write  # noqa: E402

STEPS, ROWS, SIZES, SEED = 25, 6, (4, 5, 4, 3), 2
torch.set_default_dtype(torch.float64)

HEAD = """/* Written by make_optimizer_golden.py: 25 steps of one small network by each optimizer, in double precision.
 *
 * The network is dense 4-5 tanh, dense 5-4 relu, dense 4-3 linear: y = act(x kernel + bias), kernels [in,out]. The data
 * loss is the mean of (y - target)^2 over all elements of the batch; every step sees the rows of optimizer_golden_x and
 * _y in their order, all six, or, if .batch is set, .batch of them: rows (step * batch) % 6 and on.
 *
 * A row's .losses[i] is the loss of step i before its update, l1 and l2 terms included. Its .parameters are those after
 * the last step, as kernel0, bias0, kernel1, bias1, kernel2, bias2, each in row order; so is optimizer_golden_start.
 * Where .average_momentum is set, .parameters are the averages instead.
 *
 * A setting that is not named is 0 or NULL and does not apply. g is the gradient, w a parameter, t counts updates from
 * 1, lr is .learning_rate, wd .weight_decay, eps .epsilon. All apply to kernels and biases alike, but l1 and l2 only to
 * kernels: loss += l1 sum|w| + l2 sum w^2.
 *
 * "torch", as torch.optim (1.13) computes. wd is added to the gradient, g += wd w, but adamw does w *= 1 - lr wd.
 *   sgd      b = momentum b + g (b = g at t = 1); w -= lr b; nesterov: w -= lr (g + momentum b)
 *   adagrad  a += g^2 (from .initial_accumulator); w -= lr g / (sqrt(a) + eps)
 *   rmsprop  v = rho v + (1 - rho) g^2; d = sqrt(v) + eps; w -= lr g / d; momentum: b = momentum b + g / d, w -= lr b;
 *            centered: m = rho m + (1 - rho) g, d = sqrt(v - m^2) + eps
 *   adam(w)  m, v averages by beta1, beta2 from 0; d = sqrt(v) / sqrt(1 - beta2^t) + eps;
 *            w -= lr / (1 - beta1^t) m / d;
 *            amsgrad: u = max(u, v) of the uncorrected v, d = sqrt(u) / sqrt(1 - beta2^t) + eps
 *   clip_value        g = min(max(g, -clip), clip)
 *   global_clip_norm  g *= min(1, clip / (n + 1e-6)), n the norm of all gradients as one vector
 *
 * "keras", as Keras 3 documents. Clipping comes first, then w -= lr wd w, then the update.
 *   sgd      momentum: b = momentum b - lr g; w += b; nesterov: w += momentum b - lr g
 *   adagrad  a += g^2 (from .initial_accumulator); w -= lr g / sqrt(a + eps)
 *   rmsprop  v = rho v + (1 - rho) g^2; d = sqrt(v + eps); w -= lr g / d; momentum: b = momentum b + lr g / d, w -= b;
 *            centered: m = rho m + (1 - rho) g, d = sqrt(v - m^2 + eps)
 *   adam(w)  m, v averages by beta1, beta2 from 0; w -= lr sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + eps);
 *            amsgrad: u = max(u, v) in v's place
 *   clip_value        g = min(max(g, -clip), clip)
 *   clip_norm         of each kernel and bias: g *= clip / max(norm of g, clip)
 *   global_clip_norm  g *= clip min(1 / n, 1 / clip), n the norm of all gradients as one vector
 *   accumulation_steps  the mean gradient of that many steps is used for one update, in the last of them
 *   average_momentum  after each update: average = momentum average + (1 - momentum) w; after the first, average = w
 *   schedule          lr of step i = 0, 1, ..., which counts steps without an update, too
 *     "exponential"   learning_rate decay_rate^(i / decay_steps), with .staircase the exponent floor(i / decay_steps)
 *     "cosine"        learning_rate ((1 - alpha) (1 + cos(pi p)) / 2 + alpha), p = min(i, decay_steps) / decay_steps;
 *                     with .warmup_steps, learning_rate + (warmup_target - learning_rate) i / warmup_steps before that
 *                     step, and from it on the cosine of warmup_target for i - warmup_steps
 *
 * MADE
 */
typedef struct optimizer_golden {
    const char *convention, *name;
    struct {
        const char *optimizer, *schedule;
        double learning_rate, momentum, rho, beta1, beta2, epsilon, initial_accumulator, weight_decay;
        double clip_value, clip_norm, global_clip_norm, l1, l2, average_momentum;
        double decay_steps, decay_rate, alpha, warmup_target, warmup_steps;
        int nesterov, centered, amsgrad, staircase, accumulation_steps, batch;
    } settings;
    double losses[25], parameters[64];
} optimizer_golden;
"""

# ---- the network ----------------------------------------------------------------------------------------------------


def sixty_fourths(random, shape, high):
    """Exact in any text, and never 0, where the derivative of |w| is a matter of taste."""
    values = random.randint(-int(high * 64), int(high * 64), size=shape)
    return (values + (values >= 0)) / 64.0


def make_inputs():
    random = np.random.RandomState(SEED)  # this one turns every relu on for some rows and off for others
    x, y = sixty_fourths(random, (ROWS, SIZES[0]), 1.5), sixty_fourths(random, (ROWS, SIZES[-1]), 1.5)
    start = []
    for rows, columns in zip(SIZES, SIZES[1:]):
        start += [sixty_fourths(random, (rows, columns), 0.75), sixty_fourths(random, (columns,), 0.25)]
    return x, y, start


X, Y, START = make_inputs()


def gradients(w, x, y, l1=0.0, l2=0.0):
    """The loss, and its gradients by hand."""
    h0 = np.tanh(x @ w[0] + w[1])
    z1 = h0 @ w[2] + w[3]
    h1 = np.maximum(z1, 0)
    e = h1 @ w[4] + w[5] - y
    loss = np.mean(e * e)
    d2 = 2 * e / e.size
    d1 = (d2 @ w[4].T) * (z1 > 0)
    d0 = (d1 @ w[2].T) * (1 - h0 * h0)
    g = [x.T @ d0, d0.sum(0), h0.T @ d1, d1.sum(0), h1.T @ d2, d2.sum(0)]
    for k in (0, 2, 4):
        loss += l1 * np.abs(w[k]).sum() + l2 * np.square(w[k]).sum()
        g[k] = g[k] + l1 * np.sign(w[k]) + 2 * l2 * w[k]
    return loss, g


def torch_loss(w, x, y, l1=0.0, l2=0.0):
    h = torch.tanh(x @ w[0] + w[1])
    h = torch.relu(h @ w[2] + w[3])
    penalty = sum(l1 * k.abs().sum() + l2 * k.square().sum() for k in w[::2])
    return torch.nn.functional.mse_loss(h @ w[4] + w[5], y) + penalty


def check_gradients():
    w = [torch.tensor(a, requires_grad=True) for a in START]
    loss = torch_loss(w, torch.tensor(X), torch.tensor(Y), 0.25, 0.5)
    loss.backward()
    by_hand, g = gradients(START, X, Y, 0.25, 0.5)
    assert abs(by_hand - loss.item()) < 1e-14
    assert all(np.abs(a - b.grad.numpy()).max() < 1e-14 for a, b in zip(g, w))


# ---- PyTorch --------------------------------------------------------------------------------------------------------


def torch_run(s, start):
    w = [torch.tensor(a, requires_grad=True) for a in start]
    x, y = torch.tensor(X), torch.tensor(Y)
    options = {"lr": s["learning_rate"], "weight_decay": s.get("weight_decay", 0)}
    kind = s["optimizer"]
    if kind in ("sgd", "rmsprop"):
        options["momentum"] = s.get("momentum", 0)
    if kind == "sgd":
        options["nesterov"] = bool(s.get("nesterov"))
    else:
        options["eps"] = s["epsilon"]
    if kind == "adagrad":
        options["initial_accumulator_value"] = s.get("initial_accumulator", 0)
    if kind == "rmsprop":
        options.update(alpha=s["rho"], centered=bool(s.get("centered")))
    if kind in ("adam", "adamw"):
        options.update(betas=(s["beta1"], s["beta2"]), amsgrad=bool(s.get("amsgrad")))
    names = {"sgd": "SGD", "adagrad": "Adagrad", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW"}
    optimizer, losses = getattr(torch.optim, names[kind])(w, **options), []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = torch_loss(w, x, y)
        loss.backward()
        losses.append(loss.item())
        if "clip_value" in s:
            torch.nn.utils.clip_grad_value_(w, s["clip_value"])
        if "global_clip_norm" in s:
            torch.nn.utils.clip_grad_norm_(w, s["global_clip_norm"])
        optimizer.step()
    return losses, [p.detach().numpy() for p in w]


# ---- Keras' formulas ------------------------------------------------------------------------------------------------


def keras_rate(s, step):
    lr = s["learning_rate"]
    if s.get("schedule") == "exponential":
        p = step / s["decay_steps"]
        return lr * s["decay_rate"] ** (math.floor(p) if s.get("staircase") else p)
    if s.get("schedule") == "cosine":
        warm, alpha = s.get("warmup_steps", 0), s.get("alpha", 0)
        if step < warm:
            return lr + (s["warmup_target"] - lr) * step / warm
        p = min(step - warm, s["decay_steps"]) / s["decay_steps"]
        return (s["warmup_target"] if warm else lr) * ((1 - alpha) * 0.5 * (1 + math.cos(math.pi * p)) + alpha)
    return lr


def keras_clip(s, g):
    if "clip_value" in s:
        return [np.clip(a, -s["clip_value"], s["clip_value"]) for a in g]
    if "clip_norm" in s:
        return [a * s["clip_norm"] / max(np.sqrt(np.square(a).sum()), s["clip_norm"]) for a in g]
    if "global_clip_norm" in s:
        norm, clip = np.sqrt(sum(np.square(a).sum() for a in g)), s["global_clip_norm"]
        return [a * (clip * min(1 / norm, 1 / clip)) for a in g]
    return g


class Keras:
    """One parameter's state and update."""

    def __init__(self, s, shape):
        self.s, self.m, self.v, self.b, self.u = s, *(np.zeros(shape) for _ in range(4))
        self.a = np.full(shape, s.get("initial_accumulator", 0.0))

    def update(self, w, g, lr, t):
        w = w - lr * self.s.get("weight_decay", 0) * w
        return getattr(self, self.s["optimizer"])(w, g, lr, t)

    def sgd(self, w, g, lr, t):
        momentum = self.s.get("momentum", 0)
        self.b = momentum * self.b - lr * g
        return w + (momentum * self.b - lr * g if self.s.get("nesterov") else self.b)

    def adagrad(self, w, g, lr, t):
        self.a = self.a + g * g
        return w - lr * g / np.sqrt(self.a + self.s["epsilon"])

    def rmsprop(self, w, g, lr, t):
        rho, momentum = self.s["rho"], self.s.get("momentum", 0)
        self.v = rho * self.v + (1 - rho) * g * g
        self.m = rho * self.m + (1 - rho) * g
        spread = self.v - self.m * self.m if self.s.get("centered") else self.v
        self.b = momentum * self.b + lr * g / np.sqrt(spread + self.s["epsilon"])
        return w - self.b

    def adam(self, w, g, lr, t):
        beta1, beta2 = self.s["beta1"], self.s["beta2"]
        self.m = self.m + (1 - beta1) * (g - self.m)
        self.v = self.v + (1 - beta2) * (g * g - self.v)
        self.u = np.maximum(self.u, self.v) if self.s.get("amsgrad") else self.v
        rate = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t)
        return w - rate * self.m / (np.sqrt(self.u) + self.s["epsilon"])

    adamw = adam


def keras_run(s, start):
    w, losses, t = [a.copy() for a in start], [], 0
    states = [Keras(s, a.shape) for a in w]
    every, batch, held, average = s.get("accumulation_steps", 1), s.get("batch", ROWS), None, None
    for step in range(STEPS):
        first = step * batch % ROWS
        loss, g = gradients(w, X[first:first + batch], Y[first:first + batch], s.get("l1", 0), s.get("l2", 0))
        losses.append(loss)
        held = g if held is None else [a + b for a, b in zip(held, g)]
        if (step + 1) % every:
            continue
        g, held, t = keras_clip(s, [a / every for a in held]), None, t + 1
        w = [state.update(a, b, keras_rate(s, step), t) for state, a, b in zip(states, w, g)]
        m = s.get("average_momentum", 0) if average else 0
        average = [m * a + (1 - m) * b for a, b in zip(average or w, w)]
    return losses, average if "average_momentum" in s else w


# ---- the rows -------------------------------------------------------------------------------------------------------

SGD, MOMENTUM = {"optimizer": "sgd", "learning_rate": 0.05}, {"momentum": 0.9}
BETAS = {"optimizer": "", "learning_rate": 0.01, "beta1": 0.9, "beta2": 0.999}


def torch_rows():
    adagrad = {"optimizer": "adagrad", "learning_rate": 0.05, "epsilon": 1e-10}
    rmsprop = {"optimizer": "rmsprop", "learning_rate": 0.01, "rho": 0.99, "epsilon": 1e-8}
    adam, adamw = dict(BETAS, optimizer="adam", epsilon=1e-8), dict(BETAS, optimizer="adamw", epsilon=1e-8)
    yield "sgd", SGD
    yield "sgd_momentum", dict(SGD, **MOMENTUM)
    yield "sgd_nesterov", dict(SGD, **MOMENTUM, nesterov=1)
    yield "sgd_weight_decay", dict(SGD, weight_decay=0.01)
    yield "sgd_momentum_weight_decay", dict(SGD, **MOMENTUM, weight_decay=0.01)
    yield "adagrad", adagrad
    yield "adagrad_accumulator", dict(adagrad, initial_accumulator=0.1)
    yield "rmsprop", rmsprop
    yield "rmsprop_centered", dict(rmsprop, centered=1)
    yield "rmsprop_momentum", dict(rmsprop, **MOMENTUM)
    yield "rmsprop_all", dict(rmsprop, **MOMENTUM, centered=1, weight_decay=0.01)
    yield "adam", adam
    yield "adam_amsgrad", dict(adam, beta2=0.8, amsgrad=1)
    yield "adam_beta2", dict(adam, beta2=0.8)
    yield "adam_weight_decay", dict(adam, weight_decay=0.01)
    yield "adamw", dict(adamw, weight_decay=0.01)
    yield "adamw_beta2", dict(adamw, beta2=0.8, weight_decay=0.01)
    yield "adamw_amsgrad", dict(adamw, beta2=0.8, weight_decay=0.01, amsgrad=1)
    yield "sgd_clip_value", dict(SGD, clip_value=0.05)
    yield "sgd_global_clip_norm", dict(SGD, global_clip_norm=0.1)


def keras_rows():
    adagrad = {"optimizer": "adagrad", "learning_rate": 0.05, "initial_accumulator": 0.1, "epsilon": 1e-7}
    rmsprop = {"optimizer": "rmsprop", "learning_rate": 0.01, "rho": 0.9, "epsilon": 1e-7}
    adam, adamw = dict(BETAS, optimizer="adam", epsilon=1e-7), dict(BETAS, optimizer="adamw", epsilon=1e-7)
    exponential = dict(SGD, learning_rate=0.1, schedule="exponential", decay_steps=10, decay_rate=0.5)
    cosine = dict(SGD, learning_rate=0.1, schedule="cosine", decay_steps=15, alpha=0.1)
    yield "sgd", SGD
    yield "sgd_momentum", dict(SGD, **MOMENTUM)
    yield "sgd_nesterov", dict(SGD, **MOMENTUM, nesterov=1)
    yield "adagrad", adagrad
    yield "rmsprop", rmsprop
    yield "rmsprop_centered", dict(rmsprop, centered=1)
    yield "rmsprop_momentum", dict(rmsprop, **MOMENTUM)
    yield "rmsprop_centered_momentum", dict(rmsprop, **MOMENTUM, centered=1)
    yield "adam", adam
    yield "adam_amsgrad", dict(adam, beta2=0.8, amsgrad=1)
    yield "adam_beta2", dict(adam, beta2=0.8)
    yield "adamw", dict(adamw, weight_decay=0.004)
    yield "sgd_weight_decay", dict(SGD, weight_decay=0.01)
    yield "sgd_nesterov_weight_decay", dict(SGD, **MOMENTUM, nesterov=1, weight_decay=0.01)
    yield "adagrad_weight_decay", dict(adagrad, weight_decay=0.01)
    yield "rmsprop_weight_decay", dict(rmsprop, weight_decay=0.01)
    yield "adam_weight_decay", dict(adam, weight_decay=0.01)
    yield "sgd_clip_value", dict(SGD, clip_value=0.05)
    yield "sgd_clip_norm", dict(SGD, clip_norm=0.1)
    yield "sgd_global_clip_norm", dict(SGD, global_clip_norm=0.1)
    yield "adam_global_clip_norm", dict(adam, global_clip_norm=0.1)
    yield "sgd_l1_l2", dict(SGD, l1=0.001, l2=0.01)
    yield "sgd_l1", dict(SGD, l1=0.001)
    yield "sgd_l2", dict(SGD, l2=0.01)
    yield "sgd_accumulate", dict(SGD, accumulation_steps=3, batch=2)
    yield "adam_accumulate", dict(adam, accumulation_steps=3, batch=2)
    yield "sgd_batches", dict(SGD, batch=2)
    yield "sgd_average", dict(SGD, average_momentum=0.9)
    yield "sgd_exponential", exponential
    yield "sgd_exponential_staircase", dict(exponential, staircase=1)
    yield "sgd_exponential_accumulate", dict(exponential, accumulation_steps=3, batch=2)
    yield "sgd_cosine", cosine
    yield "sgd_cosine_warmup", dict(cosine, learning_rate=0.01, warmup_target=0.1, warmup_steps=5)


def flat(parameters):
    return np.concatenate([a.reshape(-1) for a in parameters])


def moved(run, settings, result):
    """How far the result goes when the start is moved by about 1e-14: more than a correct program may be off by."""
    random = np.random.RandomState(1)
    start = [a + 1e-14 * random.randn(*a.shape) for a in START]
    losses, w = run(settings, start)
    return max(np.abs(flat(w) - flat(result[1])).max(), np.abs(np.array(losses) - result[0]).max())


def row(convention, name, settings, result):
    texts = ['.%s = %s' % (k, '"%s"' % v if isinstance(v, str) else number(v)) for k, v in settings.items()]
    lines = wrap(["  .settings = { " + texts[0]] + texts[1:-1] + [texts[-1] + " }"])
    lines = ['{ .convention = "%s", .name = "%s",' % (convention, name)] + lines[:-1] + [lines[-1] + ","]
    return lines + braces("losses", result[0]) + braces("parameters", flat(result[1])) + ["},"]


def main():
    check_gradients()
    parts, part, worst, count = [], [], 0.0, {}
    for convention, run, rows in (("torch", torch_run, torch_rows()), ("keras", keras_run, keras_rows())):
        seen = []
        for name, settings in rows:
            result = run(settings, START)
            worst = max(worst, moved(run, settings, result))
            assert result[0][-1] < result[0][0] or "batch" in settings, name
            # No setting may be without effect.
            assert all(np.abs(flat(result[1]) - other).max() > 1e-6 for other in seen), name
            seen.append(flat(result[1]))
            count[convention] = count.get(convention, 0) + 1
            lines = row(convention, name, settings, result)
            if len(part) + len(lines) > 590:
                parts.append(part)
                part = []
            part += lines
    parts.append(part)
    start = flat(START)
    assert start.size == 64 and STEPS == 25
    made = ("%d rows of PyTorch %s and %d by NumPy %s. Moving the start by 1e-14 moves no number by more than %.1g."
            % (count["torch"], torch.__version__, count["keras"], np.__version__, worst))
    lines = HEAD.replace("MADE", made).rstrip("\n").split("\n")
    lines += array("static const double optimizer_golden_x[6 * 4]", list(X.reshape(-1)))
    lines += array("static const double optimizer_golden_y[6 * 3]", list(Y.reshape(-1)))
    lines += array("static const double optimizer_golden_start[64]", list(start))
    lines += ["static const optimizer_golden optimizer_golden_rows[] = {"]
    for k, part in enumerate(parts):
        write("optimizer_golden_%d.inc" % k, ["/* Written by make_optimizer_golden.py. */"] + part)
        lines.append('#include "optimizer_golden_%d.inc"' % k)
    write("optimizer_golden.inc", lines + ["};"])
    print(made, "Parts:", len(parts))


if __name__ == "__main__":
    main()
