#!/usr/bin/python3
"""Makes op_golden.inc: what NumPy and PyTorch compute for the samples of the operator tests.

    /usr/bin/python3 tests/golden/make_op_golden.py

needs python3-numpy and python3-torch. Every number comes from a function of theirs (torch.nn.functional, torch.optim,
torch.autograd, numpy); only the updates in Keras' form, which neither has, are loops over Keras' published formulas.
The inputs are those of tests/samples/data.c, made from the sample's name; a hash of them is written along, so that
either side notices when the other has changed. Nothing here depends on a random generator or the machine.
"""
import math
import os
import struct

import numpy as np
import torch
import torch.nn.functional as F

M64 = (1 << 64) - 1
INF, NAN = math.inf, math.nan
torch.set_default_dtype(torch.float64)

# ---- inputs, as in tests/samples/data.c ---------------------------------------------------------------------------


def mix(x):
    x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & M64
    x = ((x ^ x >> 27) * 0x94D049BB133111EB) & M64
    return x ^ x >> 31


def fnv(h, data):
    for byte in data:
        h = ((h ^ byte) * 0x100000001B3) & M64
    return h


FNV0 = 0xCBF29CE484222325
SMALL = [0, -0.0, 1, -1, 0.5, -0.5, 88, -88, 89, -89, 104, -104, 709, -709, 710, -710, INF, -INF, NAN]
SPECIAL = SMALL + [2.0**-140, -(2.0**-140), 2.0**-100, -(2.0**-100), 2.0**100, -(2.0**100), 2.0**127, -(2.0**-126)]


class Input:
    """shape; kind u(niform), a(way), d(istinct), i(ntegers), s(pecial), b(ounded); torch dtype of the operand"""

    def __init__(self, shape, kind="u", low=-2, high=2, dtype=torch.float64):
        self.shape, self.kind, self.low, self.high, self.dtype = tuple(shape), kind, low, high, dtype

    def values(self, name, number):
        size = int(np.prod(self.shape, dtype=np.int64))
        seed = mix((fnv(FNV0, name.encode()) + number) & M64)
        return [self.value(seed, number, k, size) for k in range(size)]

    def value(self, seed, number, k, size):
        h = mix((seed + (k + 1) * 0x9E3779B97F4A7C15) & M64)
        spread = self.low + (self.high - self.low) * ((h % 1025) / 1024)
        if self.kind == "u":
            return float(spread)
        if self.kind == "a":
            return float(spread if h >> 40 & 1 else -spread)
        if self.kind == "d":
            return ((k * 7919 + seed % 97) % size - size // 2) / 64
        if self.kind == "i":
            return float(self.low + h % (self.high - self.low + 1))
        table = SMALL if self.kind == "b" else SPECIAL
        return float(table[(k * (5 if number else 1) + number * (k // 19)) % len(table)])


def bits(value):
    return struct.pack("<Q", 0x7FF8000000000000) if value != value else struct.pack("<d", value)


def index(shape, high, dtype=torch.int64):
    return Input(shape, "i", 0, high, dtype)


# ---- the file -----------------------------------------------------------------------------------------------------

rows, values = [], []


def append(array):
    first = len(values)
    values.extend(float(v) for v in np.asarray(array, dtype=np.float64).reshape(-1))
    return first


def write_row(name, h, result, grads):
    shape = np.asarray(result).shape
    first = append(result)
    dims = ", ".join(str(d) for d in shape) or "0"
    rows.append('{ "%s", 0x%016xu, { %d, { %s } }, %d, %d, { %s } },' % (
        name, h, len(shape), dims, first, int(np.prod(shape, dtype=np.int64)), ", ".join(str(g) for g in grads)))


def case(name, function, *inputs, grad=True):
    """function: tensors to tensor (or NumPy array). grad: also its vector-Jacobian product by torch.autograd."""
    tensors, h = [], FNV0
    for number, spec in enumerate(inputs):
        data = spec.values(name, number)
        h = fnv(h, b"".join(bits(v) for v in data))
        t = torch.tensor(data, dtype=torch.float64).reshape(spec.shape).to(spec.dtype)
        tensors.append(t.requires_grad_(grad and t.is_floating_point()))
    y = function(*tensors)
    grads = [-1] * 4
    if isinstance(y, torch.Tensor) and y.requires_grad:
        c = torch.tensor(Input(y.shape, "a", 0.5, 1.5).values(name, 8)).reshape(y.shape).to(y.dtype)
        wrt = [t for t in tensors if t.requires_grad]
        made = iter(torch.autograd.grad(y, wrt, c, allow_unused=True))
        for i, t in enumerate(tensors):
            if t.requires_grad:
                g = next(made)
                grads[i] = -1 if g is None else append(g.detach().numpy())
    if isinstance(y, torch.Tensor):
        y = y.detach().numpy()
    write_row(name, h, y, grads)


# ---- elementwise --------------------------------------------------------------------------------------------------


def by_numpy(f):
    """A NumPy function of tensors; no gradient."""
    return lambda *tensors: f(*(t.detach().numpy() for t in tensors))


def unary():
    table = {
        "neg": (torch.neg, "u", -2, 2), "abs": (torch.abs, "a", 0.125, 2), "sign": (by_numpy(np.sign), "a", 0, 2),
        "step": (lambda x: (x > 0).to(x.dtype), "a", 0, 2), "exp": (torch.exp, "u", -2, 2),
        "log": (torch.log, "u", 0.25, 4), "log1p": (torch.log1p, "u", -0.5, 2), "sqrt": (torch.sqrt, "u", 0.25, 4),
        "square": (torch.square, "u", -2, 2), "reciprocal": (torch.reciprocal, "a", 0.5, 2),
        "sin": (torch.sin, "u", -8, 8), "cos": (torch.cos, "u", -8, 8), "tanh": (torch.tanh, "u", -4, 4),
        "erf": (torch.erf, "u", -3, 3), "sigmoid": (torch.sigmoid, "u", -8, 8), "relu": (F.relu, "a", 0.125, 3),
        "leaky_relu": (lambda x: F.leaky_relu(x, 0.1), "a", 0.125, 3),
        "elu": (lambda x: F.elu(x, 0.75), "a", 0.125, 3), "selu": (F.selu, "a", 0.125, 3),
        # F.softplus counts as x above its threshold
        "softplus": (lambda x: torch.logaddexp(x, torch.zeros_like(x)), "u", -8, 8),
        "softsign": (F.softsign, "a", 0.125, 4), "gelu": (F.gelu, "u", -4, 4), "silu": (F.silu, "u", -8, 8),
        "copy": (torch.clone, "u", -2, 2), "stop_gradient": (torch.Tensor.detach, "u", -2, 2),
    }
    for name, (f, kind, low, high) in table.items():
        case(name + "/basic", f, Input((3, 4), kind, low, high))
        special = "b" if name in ("sin", "cos") else "s"
        # Sine and cosine of 710 need the argument's reduction, where libraries differ by one place: kept.
        case(name + "/special", f, Input((27,), special), grad=False)


def saturated(low, high, dtype):
    """NumPy leaves a cast out of range open; the library saturates, so the golden value clips first; NaN gives 0."""
    def f(x):
        x = np.nan_to_num(np.trunc(x.detach().numpy()), nan=0.0, posinf=INF, neginf=-INF)
        y = np.empty(x.shape, dtype)
        y[...] = np.clip(x, low, np.nextafter(float(high) + 1, 0) if high < 2**53 else np.nextafter(2.0**63, 0))
        y[x >= float(high)] = high
        return y
    return f


EDGES = [0, 0.5, -0.5, 0.999, -1.5, 127.5, 128, -128.5, -129, 255.5, 256, -1, 2e9, -2e9, 2147483647.0, 2147483648.0,
         3e9, -3e9, 1e18, -1e18, 1e19, -1e19, 2.0**63, -(2.0**63), -(2.0**31)]


def casts():
    for pair, source, target, kind, low, high in [
            ("f64_f32", torch.float64, torch.float32, "u", -2, 2),
            ("f32_f64", torch.float32, torch.float64, "u", -2, 2),
            ("f64_i32", torch.float64, torch.int32, "u", -2, 2), ("f64_bool", torch.float64, torch.bool, "u", -2, 2),
            ("u8_f32", torch.uint8, torch.float32, "i", 0, 2), ("i64_i32", torch.int64, torch.int32, "i", -2, 2),
            ("i32_bool", torch.int32, torch.bool, "i", -2, 2)]:
        case("cast/" + pair, lambda x, t=target: x.to(t), Input((3, 4), kind, low, high, source), grad=False)
    for name, low, high, dtype in [("u8", 0, 255, np.uint8), ("i8", -128, 127, np.int8),
                                   ("i32", -2**31, 2**31 - 1, np.int32), ("i64", -2**63, 2**63 - 1, np.int64)]:
        f = saturated(low, high, dtype)
        case("cast/edges_" + name, lambda x, f=f: f(torch.cat((torch.tensor(EDGES), x))), Input((27,), "s"), grad=False)
    case("cast/edges_bool", lambda x: torch.cat((torch.tensor(EDGES), x)).to(torch.bool), Input((27,), "s"), grad=False)


def binary():
    def entropy(z, t):
        return F.binary_cross_entropy_with_logits(z, t, reduction="none")
    whole, fraction = ("i", -4, 4), ("u", 0.25, 0.75)
    compared = ("i", -2, 2)
    table = {
        "add": (torch.add, ("u", -2, 2), ("u", -2, 2)), "sub": (torch.sub, ("u", -2, 2), ("u", -2, 2)),
        "mul": (torch.mul, ("a", 0.25, 2), ("a", 0.25, 2)), "div": (torch.div, ("a", 0.25, 2), ("a", 0.5, 2)),
        "pow": (torch.pow, ("u", 0.5, 2), ("u", -3, 3)), "maximum": (torch.maximum, whole, fraction),
        "minimum": (torch.minimum, whole, fraction), "sigmoid_cross_entropy": (entropy, ("a", 0.125, 6), ("u", 0, 1)),
        "equal": (torch.eq, compared, compared), "not_equal": (torch.ne, compared, compared),
        "less": (torch.lt, compared, compared), "less_equal": (torch.le, compared, compared),
        "greater": (torch.gt, compared, compared), "greater_equal": (torch.ge, compared, compared),
    }
    for name, (f, a, b) in table.items():
        case(name + "/basic", f, Input((3, 4), *a), Input((3, 4), *b))
        if name == "sigmoid_cross_entropy":
            continue  # PyTorch's does not broadcast
        case(name + "/broadcast", f, Input((3, 1), *a), Input((1, 4), *b))
        special = "b" if name == "pow" else "s"
        if f(torch.ones(1), torch.ones(1)).dtype != torch.bool:
            case(name + "/special", f, Input((171,), special), Input((171,), special), grad=False)
    truth, floats = index((3, 4), 1, torch.bool), Input((3, 4), "a", 0.25, 2)
    case("where/basic", torch.where, truth, floats, floats)
    case("where/each", torch.where, index((4,), 1, torch.bool), Input((2, 1, 1), "a", 0.25, 2),
         Input((3, 1), "a", 0.25, 2))


# ---- reductions and products --------------------------------------------------------------------------------------


def reduced(name):
    """The op over axes, by PyTorch's functions, which differ in their manners."""
    def f(x, axes, keep):
        axes = tuple(range(x.dim())) if axes is None else axes
        if name in ("sum", "mean"):
            return getattr(torch, name)(x, axes, keepdim=keep)
        if name == "logsumexp":
            return torch.logsumexp(x, axes, keepdim=keep) if x.dim() else torch.logsumexp(x.reshape(1), 0)
        if name == "prod":
            for a in sorted((a % x.dim() for a in axes), reverse=True):
                x = torch.prod(x, a, keepdim=keep)
            return x
        return {"max": torch.amax, "min": torch.amin}[name](x, axes, keepdim=keep)
    return f


def reductions():
    spec = {"sum": ("u", -2, 2), "mean": ("u", -2, 2), "max": ("d", 0, 0), "min": ("d", 0, 0),
            "prod": ("a", 0.75, 1.25), "logsumexp": ("u", -4, 4)}
    for name, values_of in spec.items():
        f = reduced(name)
        for variant, shape, axes, keep in [
                ("basic", (3, 4, 2), None, False), ("axis0", (5, 3), (0,), False),
                ("axis1_keep", (3, 5), (1,), True), ("axes02", (3, 4, 2), (0, 2), False),
                ("8d", (2, 1, 2, 1, 2, 1, 2, 1), (2, 4, 5), False)]:
            case("%s/%s" % (name, variant), lambda x, a=axes, k=keep: f(x, a, k), Input(shape, *values_of))
        case(name + "/special", lambda x: f(x, (1,), False), Input((27, 1), "s", *values_of[1:]), grad=False)
        case(name + "/special_rows", lambda x: f(x, (1,), False), Input((3, 9), "s", *values_of[1:]), grad=False)
        # Equal largest elements share the gradient in torch.amax too, and a product with zeros has one.
        case(name + "/ties", lambda x: f(x, (1,), False), Input((3, 4), "i", 0, 2))
    for variant, shape, axis in [("empty", (0,), None), ("empty_axis0", (0, 3), 0)]:
        for name in ("sum", "mean", "prod"):
            case("%s/%s" % (name, variant), lambda x, n=name, a=axis: getattr(torch, n)(x) if a is None
                 else getattr(torch, n)(x, a), Input(shape, *spec[name]), grad=False)
        # NumPy names no largest of nothing unless it is told one
        case("max/" + variant, by_numpy(lambda x, a=axis: np.max(x, a, initial=-INF)), Input(shape, "d", 0, 0))
        case("min/" + variant, by_numpy(lambda x, a=axis: np.min(x, a, initial=INF)), Input(shape, "d", 0, 0))
        case("logsumexp/" + variant, lambda x: torch.logsumexp(x, 0), Input(shape, *spec["logsumexp"]), grad=False)
    case("sum_like/basic", lambda x, like: x.sum_to_size(like.shape), Input((4, 2, 3)), Input((2, 3)))
    case("sum_like/row", lambda x, like: x.sum_to_size(like.shape), Input((4, 2, 3)), Input((1, 3)))
    case("count/basic", lambda x, per: np.float64(x.numel() / per.numel()), Input((3, 4)), Input((3,)))
    case("argmax/basic", by_numpy(lambda x: np.argmax(x, 1)), Input((3, 4), "d", 0, 2))
    case("argmax/middle", by_numpy(lambda x: np.argmax(x, 1)), Input((3, 4, 2), "d", 0, 2))
    case("argmax/ties", by_numpy(lambda x: np.argmax(x, 1)), Input((5, 6), "i", 0, 2))
    case("argmax/nan", by_numpy(lambda x: np.argmax(x, 1)), Input((9, 3), "s", 0, 2))
    case("argmax/nan_all", by_numpy(lambda x: np.argmax(x, 0)), Input((27,), "s", 0, 2))


def products():
    for name, a, b, ta, tb in [
            ("basic", (3, 4), (4, 5), 0, 0), ("tn", (4, 3), (4, 5), 1, 0), ("nt", (3, 4), (5, 4), 0, 1),
            ("tt", (4, 3), (5, 4), 1, 1), ("batch", (2, 3, 4), (2, 4, 2), 0, 0),
            ("batch_tt", (2, 4, 3), (2, 2, 4), 1, 1), ("batch_shared", (2, 3, 4), (4, 2), 0, 0),
            ("shared_batch", (3, 2), (2, 3, 2), 1, 0), ("batch_both", (2, 1, 2, 3), (3, 2, 3), 0, 1),
            ("dot", (1, 4), (4, 1), 0, 0), ("outer", (3, 1), (1, 4), 0, 0), ("empty_inner", (2, 0), (0, 3), 0, 0),
            ("8d", (1, 2, 1, 1, 2, 1, 2, 3), (2, 3, 2), 0, 0)]:
        case("matmul/" + name,
             lambda x, y, s=ta, t=tb: torch.matmul(x.transpose(-1, -2) if s else x, y.transpose(-1, -2) if t else y),
             Input(a), Input(b))


# ---- shapes and places --------------------------------------------------------------------------------------------


def shapes():
    x3, x2 = Input((2, 3, 4)), Input((4, 5))
    case("reshape/basic", lambda x: x.reshape(4, 6), x3)
    case("reshape/keep_rest", lambda x: x.reshape(2, -1), x3)
    case("reshape/like", lambda x, like: x.reshape(like.shape), x3, Input((8, 3)))
    case("reshape/flatten", lambda x: torch.flatten(x, 1), x3)
    case("reshape/expand_dims", lambda x: x.unsqueeze(1), x3)
    case("reshape/squeeze", lambda x: x.squeeze(1), Input((3, 1, 4)))
    case("transpose/basic", lambda x: x.T, Input((3, 4)))
    case("transpose/rotated", lambda x: x.permute(1, 2, 0), x3)
    case("transpose/8d", lambda x: x.permute(7, 0, 6, 1, 5, 2, 4, 3), Input((2, 1, 2, 1, 2, 1, 2, 3)))
    case("expand/basic", lambda x, like: x.broadcast_to(like.shape), Input((4,)), Input((3, 4)))
    case("expand/column", lambda x, like: x.broadcast_to(like.shape), Input((3, 1)), x3)
    case("slice/basic", lambda x: x[1:3], x2)
    case("slice/step2", lambda x: x[:, ::2], x2)
    case("slice/negative", lambda x: x[:, -3:-1], x2)
    case("slice/clamped", lambda x: x[:, 1:100:3], x2)
    case("slice/middle", lambda x: x[:, -100:4:2], Input((3, 5, 2)))

    def unslice(where):
        def f(x, like):
            y = torch.zeros_like(like)
            y[where] = x
            return y
        return f
    case("unslice/basic", unslice(np.s_[1:3]), Input((2, 5)), x2)
    case("unslice/middle", unslice(np.s_[:, -4:-1:2]), Input((3, 2, 2)), Input((3, 5, 2)))
    case("concat/basic", lambda a, b: torch.cat((a, b), 0), Input((2, 3)), Input((4, 3)))
    case("concat/last", lambda a, b, c: torch.cat((a, b, c), -1), Input((2, 3)), Input((2, 1)), Input((2, 2)))
    for i in range(3):
        case("concat_part/part%d" % i, lambda w, a, b, c, i=i: torch.split(w, (3, 1, 2), 1)[i], Input((2, 6)),
             Input((2, 3)), Input((2, 1)), Input((2, 2)))
    case("gather/basic", lambda x, i: torch.index_select(x, 0, i), Input((4, 3)), index((5,), 3))
    case("gather/middle", lambda x, i: x[:, i], Input((2, 3, 2)), index((2, 2), 2))
    case("gather/scalar", lambda x, i: x[i], Input((4, 3)), index((), 3))
    case("scatter_add/basic", lambda x, i, like: torch.index_add(torch.zeros_like(like), 0, i, x), Input((5, 3)),
         index((5,), 3), Input((4, 3)))
    case("scatter_add/last", lambda x, i, like: torch.index_add(torch.zeros_like(like), 1, i, x), Input((2, 3)),
         index((3,), 3), Input((2, 4)))
    case("one_hot/basic", lambda i: F.one_hot(i, 4), index((6,), 3))
    case("one_hot/2d", lambda i: F.one_hot(i, 4), index((2, 3), 3))


# ---- losses -------------------------------------------------------------------------------------------------------


def losses():
    for op, f in [("softmax", F.softmax), ("log_softmax", F.log_softmax)]:
        for variant, shape in [("basic", (3, 5)), ("1d", (4,)), ("3d", (2, 2, 3)), ("one_class", (3, 1))]:
            case("%s/%s" % (op, variant), lambda x, f=f: f(x, -1), Input(shape, "u", -4, 4))
        case(op + "/large", lambda x, f=f: f(x, -1), Input((4, 3), "u", -1024, 1024), grad=False)
        case(op + "/special", lambda x, f=f: f(x, -1), Input((9, 3), "b", 0, 0), grad=False)
    def entropy(smoothing=0.0):
        return lambda z, t: F.cross_entropy(z, t, reduction="none", label_smoothing=smoothing)
    z, soft = Input((4, 3), "u", -4, 4), Input((4, 3), "u", 0.125, 0.5)
    name = "softmax_cross_entropy/"
    case(name + "basic", entropy(), z, index((4,), 2))
    case(name + "i64", entropy(), z, index((4,), 2))
    case(name + "i64_smoothed", entropy(0.125), z, index((4,), 2))
    case(name + "soft", entropy(), z, soft)
    case(name + "soft_smoothed", entropy(0.25), z, soft)
    case(name + "one_hot", lambda z, t: entropy()(z, F.one_hot(t, 3).double()), z, index((4,), 2))
    case(name + "one_hot_smoothed", lambda z, t: entropy(0.125)(z, F.one_hot(t, 3).double()), z, index((4,), 2))
    case(name + "1d", entropy(), Input((5,), "u", -4, 4), index((), 4))
    case(name + "3d", lambda z, t: entropy()(z.reshape(4, 3), t.reshape(4)).reshape(2, 2),
         Input((2, 2, 3), "u", -4, 4), index((2, 2), 2))
    case(name + "large", entropy(), Input((4, 3), "u", -1024, 1024), index((4,), 2), grad=False)

    any_, whole, fraction = Input((3, 4)), Input((3, 4), "i", -3, 3), Input((3, 4), "u", 0.125, 0.375)
    case("squared_error/basic", lambda y, t: F.mse_loss(y, t, reduction="sum") / 2, any_, any_)
    case("squared_error/basic1", lambda y, t: F.mse_loss(y, t, reduction="sum") / 2 / y.shape[0], any_, any_)
    case("squared_error/basic2", F.mse_loss, any_, any_)
    case("absolute_error/basic", lambda y, t: F.l1_loss(y, t, reduction="none").mean(-1), whole, fraction)
    case("huber/basic", lambda y, t: F.huber_loss(y, t, reduction="none", delta=1.5).mean(-1), whole, fraction)
    # hinge_embedding_loss of target -1 is max(0, margin - x), with x = t y
    case("hinge/basic", lambda y, t: F.hinge_embedding_loss(t * y, -torch.ones_like(y), reduction="none").mean(-1),
         whole, fraction)
    p = Input((3, 4), "u", 0.125, 0.875)
    zero_one = Input((3, 4), "i", -1, 2)
    case("kl_divergence/clipped", lambda y, t: F.kl_div(y.clamp(1e-7, 1).log(), t.clamp(1e-7, 1),
                                                        reduction="none").sum(-1), zero_one, zero_one, grad=False)
    case("kl_divergence/basic", lambda y, t: F.kl_div(y.log(), t, reduction="none").sum(-1), p, p)


# ---- fused ops: a layer, and by torch.autograd what goes back through an activation and the cross-entropies --------


def vjp(f, x, c):
    x = x.detach().requires_grad_()
    return torch.autograd.grad(f(x), x, c)[0]


def fused():
    def turned(x, t):
        return x.T if t else x
    activations = {"linear": lambda x: x, "relu": F.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}
    inverse = {"linear": lambda y: y, "relu": lambda y: y, "sigmoid": torch.logit, "tanh": torch.atanh}
    for name, f in activations.items():
        for t in range(4):
            ta, tb = t & 1, t >> 1
            a, b = Input((4, 3) if ta else (3, 4), "u", -1, 1), Input((5, 4) if tb else (4, 5), "u", -1, 1)
            variant = "%s_%s%s_3x4x5" % (name, "nt"[ta], "nt"[tb])
            case("dense/" + variant, lambda x, w, c, f=f, ta=ta, tb=tb: f(F.linear(turned(x, ta), turned(w, tb).T, c)),
                 a, b, Input((5,), "u", -2, 2), grad=False)
            y = Input((3, 5), *(("u", 0.125, 0.875) if name == "sigmoid" else ("a", 0.125, 0.875)))
            case("dense_backprop/" + variant, lambda g, w, y, f=f, h=inverse[name], ta=ta, tb=tb:
                 vjp(f, h(y), turned(g, ta) @ turned(w, tb)), a, b, y, grad=False)
    z, soft, rows = Input((4, 3), "u", -4, 4), Input((4, 3), "u", 0.125, 0.5), Input((4,), "u", 0.25, 2)
    for variant, t, smoothing in [("basic", index((4,), 2), 0.0), ("i64_smoothed", index((4,), 2), 0.125),
                                  ("soft", soft, 0.0), ("soft_smoothed", soft, 0.25)]:
        case("softmax_cross_entropy_gradient/" + variant, lambda z, t, g, s=smoothing: vjp(
            lambda z: F.cross_entropy(z, t, reduction="none", label_smoothing=s), z, g), z, t, rows, grad=False)
    case("sigmoid_cross_entropy_gradient/basic", lambda z, t, g: vjp(
        lambda z: F.binary_cross_entropy_with_logits(z, t, reduction="none"), z, g), Input((3, 4), "a", 0.125, 6),
        Input((3, 4), "u", 0, 1), Input((3, 4), "u", 0.25, 2), grad=False)


# ---- updates: five steps on six weights ---------------------------------------------------------------------------

STEPS, WEIGHTS = 5, 6


def update_inputs(name):
    """Weights, and the gradient of each step: inputs 0 and 1 of the name; and the hash of both."""
    w = Input((WEIGHTS,), "u", -2, 2).values(name, 0)
    g = Input((STEPS, WEIGHTS), "a", 0.125, 2).values(name, 1)
    h = fnv(FNV0, b"".join(bits(v) for v in w + g))
    return np.array(w), np.array(g).reshape(STEPS, WEIGHTS), h


def torch_update(name, optimizer, **options):
    """The weights after each step of torch.optim's optimizer."""
    w, g, h = update_inputs(name)
    p = torch.tensor(w, requires_grad=True)
    made = optimizer([p], **options)
    result = []
    for step in g:
        p.grad = torch.tensor(step)
        made.step()
        result.append(p.detach().numpy().copy())
    write_row(name, h, np.array(result), [-1] * 4)


def keras_sgd(lr, momentum=0.0, nesterov=False):
    m = 0.0

    def step(w, g, t):
        nonlocal m
        if momentum == 0.0:
            return w - lr * g
        m = momentum * m - lr * g
        return w + momentum * m - lr * g if nesterov else w + m
    return step


def keras_adagrad(lr, epsilon=1e-7):
    acc = 0.0

    def step(w, g, t):
        nonlocal acc
        acc = acc + np.square(g)
        return w - lr * g / np.sqrt(acc + epsilon)
    return step


def keras_rmsprop(lr, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False):
    velocity, average, buffer = 0.0, 0.0, 0.0

    def step(w, g, t):
        nonlocal velocity, average, buffer
        velocity = rho * velocity + (1 - rho) * np.square(g)
        denominator = velocity + epsilon
        if centered:
            average = rho * average + (1 - rho) * g
            denominator = velocity - np.square(average) + epsilon
        increment = lr * g / np.sqrt(denominator)
        if momentum > 0:
            buffer = momentum * buffer + increment
            return w - buffer
        return w - increment
    return step


def keras_adam(lr, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False, weight_decay=None):
    m, v, v_hat = 0.0, 0.0, 0.0

    def step(w, g, t):
        nonlocal m, v, v_hat
        if weight_decay is not None:
            w = w - w * weight_decay * lr
        alpha = lr * np.sqrt(1 - np.power(beta_2, t)) / (1 - np.power(beta_1, t))
        m = m + (g - m) * (1 - beta_1)
        v = v + (np.square(g) - v) * (1 - beta_2)
        v_hat = np.maximum(v_hat, v) if amsgrad else v
        return w - m * alpha / (np.sqrt(v_hat) + epsilon)
    return step


def keras_update(name, step):
    w, g, h = update_inputs(name)
    result = []
    for t in range(STEPS):
        w = step(w, g[t], t + 1)
        result.append(w)
    write_row(name, h, np.array(result), [-1] * 4)


def updates():
    lr, optim = 0.125, torch.optim
    torch_update("update_sgd/torch", optim.SGD, lr=lr)
    torch_update("update_sgd/torch_momentum", optim.SGD, lr=lr, momentum=0.9)
    torch_update("update_sgd/torch_nesterov", optim.SGD, lr=lr, momentum=0.75, nesterov=True)
    torch_update("update_adagrad/torch", optim.Adagrad, lr=lr)
    torch_update("update_adagrad/torch_epsilon", optim.Adagrad, lr=lr, eps=0.25)
    torch_update("update_rmsprop/torch", optim.RMSprop, lr=lr)
    torch_update("update_rmsprop/torch_momentum", optim.RMSprop, lr=lr, momentum=0.9, alpha=0.75)
    torch_update("update_rmsprop/torch_centred", optim.RMSprop, lr=lr, centered=True, eps=0.25)
    torch_update("update_rmsprop/torch_both", optim.RMSprop, lr=lr, centered=True, momentum=0.5)
    torch_update("update_adam/torch", optim.Adam, lr=lr)
    torch_update("update_adam/torch_betas", optim.Adam, lr=lr, betas=(0.5, 0.75), eps=0.25)
    torch_update("update_adam/torch_amsgrad", optim.Adam, lr=lr, betas=(0.5, 0.25), amsgrad=True)
    torch_update("update_adamw/torch", optim.AdamW, lr=lr)
    torch_update("update_adamw/torch_decay", optim.AdamW, lr=lr, weight_decay=0.25)
    torch_update("update_adamw/torch_amsgrad", optim.AdamW, lr=lr, betas=(0.5, 0.25), amsgrad=True)
    keras_update("update_sgd/keras", keras_sgd(lr))
    keras_update("update_sgd/keras_momentum", keras_sgd(lr, 0.9))
    keras_update("update_sgd/keras_nesterov", keras_sgd(lr, 0.75, True))
    keras_update("update_adagrad/keras", keras_adagrad(lr))
    keras_update("update_adagrad/keras_epsilon", keras_adagrad(lr, 0.25))
    keras_update("update_rmsprop/keras", keras_rmsprop(lr))
    keras_update("update_rmsprop/keras_momentum", keras_rmsprop(lr, 0.75, 0.9))
    keras_update("update_rmsprop/keras_centred", keras_rmsprop(lr, epsilon=0.25, centered=True))
    keras_update("update_rmsprop/keras_both", keras_rmsprop(lr, momentum=0.5, centered=True))
    keras_update("update_adam/keras", keras_adam(lr))
    keras_update("update_adam/keras_betas", keras_adam(lr, 0.5, 0.75, 0.25))
    keras_update("update_adam/keras_amsgrad", keras_adam(lr, 0.5, 0.25, amsgrad=True))
    keras_update("update_adamw/keras", keras_adam(lr, weight_decay=0.004))
    keras_update("update_adamw/keras_decay", keras_adam(lr, weight_decay=0.25))
    keras_update("update_adamw/keras_amsgrad", keras_adam(lr, 0.5, 0.25, amsgrad=True, weight_decay=0.004))


# ---- output -------------------------------------------------------------------------------------------------------


def number(v):
    if v != v:
        return "GOLDEN_NAN"
    if v in (INF, -INF):
        return "-GOLDEN_INF" if v < 0 else "GOLDEN_INF"
    return str(int(v)) if v == int(v) and abs(v) < 1e6 else "%.17g" % v


def lines_of_values():
    line = ""
    for v in values:
        text = number(v) + ","
        if len(line) + len(text) + 1 > 119:
            yield line
            line = ""
        line += (" " if line else "") + text
    yield line


def main():
    for make in (unary, casts, binary, reductions, products, shapes, losses, updates, fused):
        make()
    here = os.path.dirname(os.path.abspath(__file__))
    lines, parts, limit = list(lines_of_values()), 0, 590
    for first in range(0, len(lines), limit):
        with open(os.path.join(here, "op_golden_values_%d.inc" % parts), "w") as f:
            f.write("/* Written by make_op_golden.py. */\n" + "\n".join(lines[first:first + limit]) + "\n")
        parts += 1
    with open(os.path.join(here, "op_golden.inc"), "w") as f:
        f.write("/* Written by make_op_golden.py from PyTorch %s and NumPy %s. */\n"
                % (torch.__version__, np.__version__))
        f.write("const op_golden op_golden_rows[] = {\n" + "\n".join(rows) + "\n};\n")
        f.write("const double op_golden_values[] = {\n")
        f.writelines('#include "op_golden_values_%d.inc"\n' % i for i in range(parts))
        f.write("};\n")


main()
