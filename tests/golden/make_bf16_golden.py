#!/usr/bin/python3
"""Makes bf16_golden.inc: f32 numbers rounded to bf16.

    /usr/bin/python3 tests/golden/make_bf16_golden.py

needs python3-numpy and python3-torch. The rounded numbers are torch.bfloat16's; those that are finite are compared with
the nearest of the two neighbours, found in double precision. HEAD, below, is the description that goes into the file.
"""
import sys

import numpy as np
import torch

sys.dont_write_bytecode = True
from golden_text import wrap, write  # noqa: E402

HEAD = """/* Written by make_bf16_golden.py: the bits of f32 numbers, and of what they are when rounded to bf16 to nearest, ties
 * to even. A NaN is any NaN. Subnormal numbers are rounded as well: luge takes them as zero.
 *
 * Made with PyTorch %s, NumPy %s. */"""


def inputs():
    """Ties, their neighbours and whole numbers at the ends of every range of exponents; then some of all kinds."""
    bits = [0x00000000, 0x00000001, 0x00007FFF, 0x00008000, 0x00008001, 0x007F7FFF, 0x007FFFFF, 0x00400000,
            0x7F800000, 0x7F800001, 0x7FC00000, 0x7FFFFFFF, 0x7F7F7FFF, 0x7F7F8000, 0x7F7F8001, 0x7F7FFFFF, 0x7F800100]
    for exponent in (1, 2, 63, 126, 127, 128, 200, 253, 254):
        for upper in (0, 1, 2, 63, 126, 127):
            for lower in (0, 1, 0x4000, 0x7FFF, 0x8000, 0x8001, 0xC000, 0xFFFF):
                bits.append(exponent << 23 | upper << 16 | lower)
    random = np.random.RandomState(16)
    bits += [int(b) & 0x7FFFFFFF for b in random.randint(0, 1 << 32, 300, dtype=np.uint64)]
    bits = sorted(set(bits))
    return np.array(bits + [b | 0x80000000 for b in bits], dtype=np.uint32)


def nearest(x, low):
    """The nearer of a bf16 number and the next one away from zero; ties: the one whose last bit is 0."""
    words = np.array([low, low + (1 << 16)], dtype=np.uint32)
    a, b = (float(v) for v in words.view(np.float32))
    b = b if np.isfinite(b) else np.copysign(2.0 ** 128, x)  # where infinity would be, were there more exponents
    down, up = abs(x - a), abs(b - x)
    return low if down < up or (down == up and not low >> 16 & 1) else low + (1 << 16)


def main():
    bits = inputs()
    x = bits.view(np.float32)
    rounded = torch.from_numpy(x.copy()).to(torch.bfloat16).to(torch.float32).numpy()
    out = rounded.view(np.uint32)
    for v, b, r in zip(x, bits, out):
        if np.isnan(v):
            assert np.isnan(np.uint32(r).reshape(1).view(np.float32)[0])
        elif np.isfinite(v):
            assert nearest(float(v), int(b) & 0xFFFF0000) == int(r), hex(int(b))
        else:
            assert b == r
    words = ["{ 0x%08x, 0x%08x }" % (b, r) for b, r in zip(bits, out)]
    lines = [HEAD % (torch.__version__.split("a")[0], np.__version__), ""]
    lines += ["static const uint32_t bf16_golden[][2] = {"] + wrap(words, "    ") + ["};"]
    write("bf16_golden.inc", lines)
    print("%d numbers" % len(words))


main()
