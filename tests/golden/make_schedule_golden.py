#!/usr/bin/python3
"""Makes schedule_golden.inc: rates of Keras' learning rate schedules, for the suite `schedule`.

    /usr/bin/python3 tests/golden/make_schedule_golden.py

needs python3-numpy. The formulas are those in the documentation of keras.optimizers.schedules. What part of a period has
passed is computed in fractions, without rounding, so that nothing depends on the side on which a restart falls.
"""
import os
from fractions import Fraction

import numpy as np

f64 = np.float64
STEPS = [0, 1, 2, 5, 9, 10, 11, 19, 20, 21, 30, 31, 49, 50, 51, 69, 70, 71, 99, 100, 101, 150, 310, 1210, 1000, 123457]


def passed(step, n, staircase):
    return f64(step // n) if staircase else f64(float(Fraction(step, n)))


def constant_rate(s, initial_rate):
    return initial_rate


def exponential_decay(s, initial_rate, decay_steps, decay_rate, staircase=0):
    return f64(initial_rate) * np.power(f64(decay_rate), passed(s, decay_steps, staircase))


def inverse_time_decay(s, initial_rate, decay_steps, decay_rate, staircase=0):
    return f64(initial_rate) / (1 + f64(decay_rate) * passed(s, decay_steps, staircase))


def piecewise_constant(s, boundaries, values):
    return values[int(np.searchsorted(boundaries, s, side="left"))]


def polynomial_decay(s, initial_rate, decay_steps, end_rate=1e-4, power=1.0, cycle=0):
    if cycle:
        decay_steps *= max(1, -(-s // decay_steps))
    left = 1 - Fraction(min(s, decay_steps), decay_steps)
    return (f64(initial_rate) - end_rate) * np.power(f64(float(left)), power) + end_rate


def cosine(fraction):
    return 0.5 * (1 + np.cos(np.pi * f64(float(fraction))))


def cosine_decay(s, initial_rate, decay_steps, alpha=0.0, warmup_target=None, warmup_steps=0):
    start = initial_rate
    if warmup_target is not None:
        if s < warmup_steps:
            return f64(initial_rate) + (f64(warmup_target) - initial_rate) * f64(float(Fraction(s, warmup_steps)))
        s, start = s - warmup_steps, warmup_target
    return f64(start) * ((1 - alpha) * cosine(Fraction(min(s, decay_steps), decay_steps)) + alpha)


def cosine_restarts(s, initial_rate, decay_steps, t_mul=2.0, m_mul=1.0, alpha=0.0):
    at, length, height = Fraction(s), Fraction(decay_steps), f64(1)
    while at >= length:
        at, length, height = at - length, length * Fraction(t_mul), height * m_mul
    return f64(initial_rate) * ((1 - alpha) * height * cosine(at / length) + alpha)


def shown(value):
    return "{ %s }" % ", ".join(map(repr, value)) if isinstance(value, list) else repr(value)


rows = []


def case(function, **fields):
    name = function.__name__
    named = ", ".join(".%s = %s" % (k, shown(v)) for k, v in fields.items())
    if "boundaries" in fields:
        named += ", .n_boundaries = %d" % len(fields["boundaries"])
    values = ", ".join(repr(float(function(s, **fields))) for s in STEPS)
    kind = name.upper()
    rows.append("    { { .size = sizeof(luge_schedule), .kind = LUGE_%s, %s },\n      { %s } }," % (kind, named, values))


case(constant_rate, initial_rate=0.25)
for staircase in (0, 1):
    case(exponential_decay, initial_rate=0.1, decay_steps=50, decay_rate=0.96, staircase=staircase)
    case(exponential_decay, initial_rate=0.001, decay_steps=7, decay_rate=1.01, staircase=staircase)
    case(inverse_time_decay, initial_rate=0.1, decay_steps=10, decay_rate=0.5, staircase=staircase)
case(piecewise_constant, boundaries=[10], values=[1.0, 0.5])
case(piecewise_constant, boundaries=[0, 10, 50, 1000], values=[1.0, 0.5, 0.1, 0.01, 0.001])
case(piecewise_constant, boundaries=list(range(5, 155, 10)), values=[1 / (i + 1) for i in range(16)])
case(polynomial_decay, initial_rate=0.1, decay_steps=100)
case(polynomial_decay, initial_rate=0.1, decay_steps=70, end_rate=0.01, power=0.5)
case(polynomial_decay, initial_rate=0.1, decay_steps=50, end_rate=0.01, power=2.0, cycle=1)
case(polynomial_decay, initial_rate=0.1, decay_steps=7, power=1.5, cycle=1)
case(cosine_decay, initial_rate=0.1, decay_steps=100)
case(cosine_decay, initial_rate=0.1, decay_steps=30, alpha=0.1)
case(cosine_decay, initial_rate=0.01, decay_steps=100, alpha=0.05, warmup_target=0.2, warmup_steps=20)
case(cosine_decay, initial_rate=0.0, decay_steps=50, warmup_target=0.5, warmup_steps=51)
case(cosine_decay, initial_rate=0.1, decay_steps=50, warmup_target=0.5)
case(cosine_restarts, initial_rate=0.1, decay_steps=10)
case(cosine_restarts, initial_rate=0.1, decay_steps=10, t_mul=1.0, m_mul=0.9, alpha=0.01)
case(cosine_restarts, initial_rate=0.1, decay_steps=10, t_mul=3.0, m_mul=0.8)
case(cosine_restarts, initial_rate=0.1, decay_steps=20, t_mul=1.5, m_mul=1.25, alpha=0.2)
case(cosine_restarts, initial_rate=0.1, decay_steps=1, t_mul=5.0, m_mul=0.5)

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "schedule_golden.inc"), "w") as f:
    f.write("/* Written by make_schedule_golden.py with NumPy %s. */\n" % np.__version__)
    f.write("static const int64_t golden_steps[] = { %s };\n" % ", ".join(map(str, STEPS)))
    f.write("static const schedule_golden golden[] = {\n" + "\n".join(rows) + "\n};\n")
