"""Steps of optimizers, compiled: each array is read and written once, where NumPy takes turns.

The formulas are in `layers.optim`; there g is ``sign·gradient + decay·values``. A task is `PART`
elements; each of them is on its own, so that `new` may be `values`.
"""

from __future__ import annotations

import numpy as np

from minigrad.kernels.arguments import flat, prepared
from minigrad.kernels.instructions import lanes_of, load_part, square_root, store_part
from minigrad.kernels.kernel import kernel
from minigrad.kernels.threads import run

Array = np.ndarray

PART = 1 << 14


@kernel
def momentum_parts(
    first, last, gradient, velocity, values, new, lr, momentum, share, sign, decay
):  # fmt: skip
    """See `momentum_step`."""
    for i in range(first * PART, min(last * PART, values.size), lanes_of(values)):
        there = values.size - i
        value = load_part(values, i, there)
        direction = load_part(gradient, i, there) * sign
        if decay != 0:  # 0 · ∞ would be NaN
            direction = direction + value * decay
        moved = load_part(velocity, i, there) * momentum + direction * share
        store_part(velocity, i, moved, there)
        store_part(new, i, value - moved * lr, there)


def momentum_step(
    values: Array,
    gradient: Array,
    velocity: Array,
    new: Array,
    *,
    lr: float,
    momentum: float,
    share: float,
    sign: float,
    decay: float,
) -> None:
    """Of SGD: ``v ← μ·v + share·g``, ``new = values − lr·v``."""
    arrays = flat(prepared(gradient, values.dtype), velocity, values, new)
    run(
        momentum_parts, -(-values.size // PART), 5 * values.size,
        *arrays, lr, momentum, share, sign, decay,
    )  # fmt: skip


@kernel
def adam_parts(
    first, last, gradient, mean, square, values, new, rest1, rest2, size, eps, shrink, sign, decay
):  # fmt: skip
    """See `adam_step`."""
    for i in range(first * PART, min(last * PART, values.size), lanes_of(values)):
        there = values.size - i
        value = load_part(values, i, there)
        direction = load_part(gradient, i, there) * sign
        if decay != 0:  # 0 · ∞ would be NaN
            direction = direction + value * decay
        m, v = load_part(mean, i, there), load_part(square, i, there)
        m = m + (direction - m) * rest1
        v = v + (direction * direction - v) * rest2
        store_part(mean, i, m, there)
        store_part(square, i, v, there)
        step = m * size / (square_root(v) + eps)
        store_part(new, i, value * shrink - step, there)


def adam_step(
    values: Array,
    gradient: Array,
    mean: Array,
    square: Array,
    new: Array,
    *,
    rest1: float,
    rest2: float,
    size: float,
    eps: float,
    shrink: float,
    sign: float,
    decay: float,
) -> None:
    """Of Adam: ``m ← m + rest₁·(g − m)``, ``v ← v + rest₂·(g² − v)``.

    And ``new = shrink·values − size·m / (√v + ε)``.
    """
    arrays = flat(prepared(gradient, values.dtype), mean, square, values, new)
    run(
        adam_parts, -(-values.size // PART), 7 * values.size,
        *arrays, rest1, rest2, size, eps, shrink, sign, decay,
    )  # fmt: skip
