#!/usr/bin/python3
"""Makes formula_golden.inc: random formulas with their values and first and second derivatives, for the suite `formula`.

    /usr/bin/python3 tests/golden/make_formula_golden.py

needs python3-sympy. SymPy differentiates, mpmath computes with 40 digits. A formula is kept where no value on the way is
large, no kink is near, and no derivative is tiny but not 0, so that 1e-9 relative is a fair tolerance in doubles.
Functions with branches become, for SymPy, the branch that the point is on.
"""
import random

import mpmath
import sympy as sp

from golden_text import HERE

FORMULAS, SEED, DIGITS = 200, 20, 40
NAMES = ["a", "b", "c", "x", "y", "z"]
ROOT2 = sp.sqrt(2)
SELU_SCALE, SELU_ALPHA = sp.Float("1.0507009873554805", DIGITS), sp.Float("1.6732632423543772", DIGITS)


class Rejected(Exception):
    pass


def sigmoid(u):
    return 1 / (1 + sp.exp(-u))


UNARY = {
    "exp": sp.exp, "sin": sp.sin, "cos": sp.cos, "tan": sp.tan, "tanh": sp.tanh, "erf": sp.erf, "sigmoid": sigmoid,
    "square": lambda u: u**2, "softplus": lambda u: sp.log(1 + sp.exp(u)), "silu": lambda u: u * sigmoid(u),
    "gelu": lambda u: u / 2 * (1 + sp.erf(u / ROOT2)), "neg": lambda u: -u, "copy": lambda u: u,
}
POSITIVE = {  # for operands above 0
    "log": sp.log, "ln": sp.log, "sqrt": sp.sqrt, "log1p": lambda u: sp.log(1 + u), "reciprocal": lambda u: 1 / u,
    "log2": lambda u: sp.log(u) / sp.log(2), "log10": lambda u: sp.log(u) / sp.log(10),
}
BRANCHED = {  # value left of 0, right of 0; the number behind the operand
    "abs": (lambda u, p: -u, lambda u, p: u, 0), "relu": (lambda u, p: u * 0, lambda u, p: u, 0),
    "leaky_relu": (lambda u, p: p * u, lambda u, p: u, 1), "elu": (lambda u, p: p * (sp.exp(u) - 1), lambda u, p: u, 1),
    "selu": (lambda u, p: SELU_SCALE * SELU_ALPHA * (sp.exp(u) - 1), lambda u, p: SELU_SCALE * u, 0),
    "softsign": (lambda u, p: u / (1 - u), lambda u, p: u / (1 + u), 0),
}


class Maker:
    """One formula: its text, grown from the leaves, beside SymPy's expression and the value."""

    def __init__(self, rng):
        self.rng = rng
        self.names = NAMES[: rng.randint(1, 4)]
        self.point = {n: sp.Rational(rng.choice([-1, 1]) * rng.randint(2, 30), 10) for n in self.names}
        self.statements = []

    def value(self, e):
        v = mpmath.mpf(sp.N(e.subs({sp.Symbol(k): v for k, v in self.point.items()}), DIGITS))
        if abs(v) > 30:
            raise Rejected
        return v

    def number(self):
        text = self.rng.choice(["2", "3", "0.5", ".25", "1e-1", "1.5", "7.25e-1", "4.", "pi", "e"])
        known = {"pi": sp.pi, "e": sp.E}
        return text, known.get(text, sp.Rational(sp.Float(float(text), 20)) if text not in known else None)

    def leaf(self):
        bound = [s for s in self.statements if self.rng.random() < 0.3]
        if bound:
            return bound[0][0], bound[0][2]
        if self.rng.random() < 0.75:
            n = self.rng.choice(self.names)
            return n, sp.Symbol(n)
        return self.number()

    def side(self, e):
        """Whether e is above 0, where that is clear."""
        v = self.value(e)
        if abs(v) < 0.05:
            raise Rejected
        return v > 0

    def grow(self, size):
        if size <= 1:
            return self.leaf()
        text, e = self.inner(size)
        self.value(e)
        return text, e

    def inner(self, size):
        kind = self.rng.random()
        if kind < 0.40:
            return self.infix(size)
        t, u = self.grow(size - 1) if kind < 0.84 else (None, None)
        if kind < 0.62:
            f = self.rng.choice(sorted(UNARY))
            if f == "tan" and abs(mpmath.cos(self.value(u))) < 0.2:
                raise Rejected
            return ("-(%s)" % t if f == "neg" and self.rng.random() < 0.7 else "%s(%s)" % (f, t)), UNARY[f](u)
        if kind < 0.72:
            f = self.rng.choice(sorted(POSITIVE))
            if self.value(u) < 0.1:
                t, u = "%s^2 + 0.5" % self.wrap(t), u**2 + sp.Rational(1, 2)
            return "%s(%s)" % (f, t), POSITIVE[f](u)
        if kind < 0.84:
            f = self.rng.choice(sorted(BRANCHED))
            left, right, numbers = BRANCHED[f]
            p = sp.Rational(1, 8)
            return "%s(%s%s)" % (f, t, ", 0.125" * numbers), (right if self.side(u) else left)(u, p)
        return self.pair(size)

    def wrap(self, t):
        return t if t.isalnum() else "(%s)" % t

    def infix(self, size):
        k = self.rng.randint(1, size - 1)
        (t, u), (s, v) = self.grow(k), self.grow(max(1, size - 1 - k))
        sign = self.rng.choice("++--**//^")
        if sign == "^":
            n = self.rng.choice([2, 3, -1, 4, 0.5])
            if n == 0.5 and self.value(u) < 0.1 or n == -1 and abs(self.value(u)) < 0.1:
                raise Rejected
            return "%s^%s" % (self.wrap(t), n), u ** sp.Rational(str(n))
        if sign == "/" and abs(self.value(v)) < 0.1:
            raise Rejected
        text = "%s %s %s" % (self.wrap(t), sign, self.wrap(s))
        return text, {"+": u + v, "-": u - v, "*": u * v, "/": u / v if sign == "/" else 0}[sign]

    def pair(self, size):
        k = self.rng.randint(1, size - 1)
        (t, u), (s, v) = self.grow(k), self.grow(max(1, size - 1 - k))
        f = self.rng.choice(["max", "min", "maximum", "where", "pow", "sigmoid_cross_entropy", "stop_gradient"])
        if f == "pow":
            if self.value(u) < 0.1:
                t, u = "%s^2 + 0.5" % self.wrap(t), u**2 + sp.Rational(1, 2)
            return "pow(%s, %s)" % (t, s), u**v
        if f == "sigmoid_cross_entropy":
            return "%s(%s, %s)" % (f, t, s), sp.log(1 + sp.exp(u)) - u * v
        if f == "stop_gradient":
            return "stop_gradient(%s)*%s" % (t, self.wrap(s)), sp.Float(str(self.value(u)), DIGITS) * v
        first = self.side(u - v)
        if f == "where":
            return "where(%s %s %s, %s, %s^2)" % (t, self.rng.choice(["<", "<="]), s, t, self.wrap(s)), v**2 if first else u
        return "%s(%s, %s)" % (f, t, s), u if first == (f != "min") else v

    def formula(self, size):
        for k in range(self.rng.choice([0, 0, 1, 2, 3])):
            t, u = self.grow(max(2, size // 3))
            self.statements.append(("v%d" % k, t, u))
        t, u = self.grow(size)
        statements = ["%s = %s" % s[:2] for s in self.statements if s[0] in t or self.uses(s[0])]
        statements.append(("f = " if statements or self.rng.random() < 0.5 else "") + t)
        self.rng.shuffle(statements)
        return "; ".join(statements), u

    def uses(self, name):
        raise_if = [s for s in self.statements if name in s[1]]
        return bool(raise_if)


def evaluate(expressions, point):
    symbols = [sp.Symbol(n) for n in sorted(point)]
    with mpmath.workdps(DIGITS):
        run = sp.lambdify(symbols, expressions, modules="mpmath", cse=True)
        values = run(*[mpmath.mpf(point[str(s)].p) / point[str(s)].q for s in symbols])
    values = [mpmath.re(v) for v in values]
    for v in values:
        if not mpmath.isfinite(v) or abs(v) > 1e5 or 0 < abs(v) < 1e-2:
            if abs(v) < 1e-25:
                continue
            raise Rejected
    return [0.0 if abs(v) < 1e-25 else float(v) for v in values]


def make(rng):
    size = rng.choice([2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 30])
    maker = Maker(rng)
    text, e = maker.formula(size)
    names = [n for n in maker.names if any(n == w for w in "".join(c if c.isalnum() or c == "_" else " " for c in text).split())]
    if not names or len(text) > 900 or not e.free_symbols:
        raise Rejected
    first = [sp.diff(e, sp.Symbol(n)) for n in names]
    second = [sp.diff(first[i], sp.Symbol(names[k])) for i in range(len(names)) for k in range(i, len(names))]
    point = {n: maker.point[n] for n in names}
    values = evaluate([e] + first + second, {**maker.point})
    return text, point, values, len(names)


def main():
    rng = random.Random(SEED)
    rows, seen = [], set()
    while len(rows) < FORMULAS:
        try:
            row = make(rng)
        except (Rejected, ZeroDivisionError, TypeError, ValueError, OverflowError):
            continue
        if row[0] in seen:
            continue
        seen.add(row[0])
        rows.append(row)
    used = {f for f in list(UNARY) + list(POSITIVE) + list(BRANCHED) if any(f + "(" in r[0] for r in rows)}
    assert used == set(UNARY) | set(POSITIVE) | set(BRANCHED), (set(UNARY) | set(POSITIVE) | set(BRANCHED)) - used
    with open(HERE + "/formula_golden.inc", "w") as out:
        out.write("/* Written by make_formula_golden.py with SymPy %s: formula; point; value, first and second derivatives by the\n"
                  " * names of the point in their order (the upper half of the Hessian, row by row). */\n" % sp.__version__)
        out.write("static const formula_golden golden[] = {\n")
        for text, point, values, n in rows:
            at = ",".join("%s=%s" % (k, float(v)) for k, v in point.items())
            out.write('    { "%s",\n      "%s", %d, { %s } },\n' % (text, at, n, ", ".join(repr(v) for v in values)))
        out.write("};\n")
    sizes = sorted(len(r[0]) for r in rows)
    print("%d formulas of %d to %d characters, median %d" % (len(rows), sizes[0], sizes[-1], sizes[len(sizes) // 2]))


main()
