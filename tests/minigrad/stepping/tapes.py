"""Random tapes: small programs of operations that fan out, branch and join."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

import minigrad as mg

_UNARY = (mg.exp, mg.tanh, mg.relu, mg.square, mg.sin, lambda x: x * 0.5, lambda x: x + 1.0)
_BINARY = (mg.add, mg.multiply, mg.subtract, mg.maximum)


def build(choices, seed=0):
    """The output and the leaves of the program that a list of numbers stands for."""
    rng = np.random.default_rng(seed)
    leaves = [
        mg.Tensor(rng.uniform(-1, 1, shape), requires_grad=True, name=name)
        for name, shape in (("x", (2, 3)), ("w", (1, 3)), ("b", ()))
    ]
    made = list(leaves)
    for kind, first, second in choices:
        a, b = made[first % len(made)], made[second % len(made)]
        new = _UNARY[kind % 7](a) if kind % 2 else _BINARY[kind % 4](a, b)
        made.append(mg.tanh(new))
    total = sum((tensor.sum() for tensor in made[3:]), leaves[0].sum())
    return total, leaves


numbers = st.integers(0, 50)
programs = st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=8)
