"""golden_text.py: numbers and tables as C initializers, for the scripts beside it."""
import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
WIDTH = 119


def number(v):
    """The shortest text that reads back as the same double."""
    v = float(v)
    return str(int(v)) if v == int(v) and abs(v) < 1e6 else repr(v)


def numbers(values):
    return [number(v) for v in np.asarray(values, dtype=np.float64).reshape(-1)]


def wrap(words, indent=""):
    """Words with commas between, in lines of the width."""
    lines, line = [], indent
    for k, word in enumerate(words):
        text = word + ("," if k + 1 < len(words) else "")
        if line.strip() and len(line) + 1 + len(text) >= WIDTH:
            lines.append(line)
            line = indent
        line += (" " if line.strip() else "") + text
    return lines + [line]


def array(declaration, values, indent="    "):
    words = values if values and isinstance(values[0], str) else numbers(values)
    return [declaration + " = {"] + wrap(words, indent) + ["};"]


def braces(name, values, indent="  "):
    """.name = { values }, over as many lines as it takes."""
    lines = wrap(numbers(values), indent + "  ")
    if len(lines) == 1:
        return ["%s.%s = { %s }," % (indent, name, lines[0].strip())]
    return ["%s.%s = {" % (indent, name)] + lines + [indent + "},"]


def write(name, lines):
    with open(os.path.join(HERE, name), "w", encoding="ascii") as f:
        f.write("\n".join(lines) + "\n")
