"""What a factor may stand for: the sizes of the arrays involved."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from .evidence import Evidence

_EXACT = 1e-5


def sizes(e: Evidence) -> dict[str, float]:
    """Named sizes: axes of the output and the inputs, and their products."""
    found: dict[str, float] = {}
    arrays: list[tuple[str, Any]] = [("output", e.cotangent if e.output is None else e.output)]
    arrays += [(f"input {i}", x) for i, x in enumerate(e.inputs)] or [(e.name, e.expected)]
    for name, array in arrays:
        if not isinstance(array, np.ndarray):
            continue
        shape = array.shape
        for axis, n in enumerate(shape):
            batch = "the batch size" if axis == 0 and len(shape) > 1 else f"the size of axis {axis}"
            found[f"{batch} of {name}"] = n
        for count in range(2, len(shape) + 1):
            for axes in combinations(range(len(shape)), count):
                n = int(np.prod([shape[a] for a in axes]))
                what = "number of elements" if count == len(shape) else f"size of axes {axes}"
                found[f"the {what} of {name}"] = n
    return found


def size_of_factor(k: float, e: Evidence) -> tuple[str, str]:
    """What the factor equals, and what follows; empty where it equals nothing known."""
    for name, n in sizes(e).items():
        if n < 2:
            continue
        if abs(k / n - 1) < _EXACT:
            return f", and {n} is {name}", ": it was summed where the function averages"
        if abs(k * n - 1) < _EXACT:
            return f", and {n} is {name}", ": it was averaged where the function sums"
        for text, power in (("√", 0.5), ("1/√", -0.5)):
            if abs(k / n**power - 1) < _EXACT:
                return f", and it is {text}{n}, of {name}", ": look at the scaling"
    if abs(k - 0.5) < _EXACT:
        return ", one half", ": the 2 of a square is missing, or one of two equal paths"
    if abs(k - 2) < _EXACT:
        return ", twice", ": a factor 2 too much, or one path was counted twice"
    return "", ": look for a constant factor"
