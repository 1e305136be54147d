"""Rectified linear units, compiled: NumPy's loops for them are not as fast as memory."""

from __future__ import annotations

import numpy as np

from minigrad.kernels.arguments import flat, inputs
from minigrad.kernels.kernel import kernel
from minigrad.kernels.threads import run

Array = np.ndarray

# The elements of a task.
PART = 1 << 14


@kernel
def rectify(first, last, x, y):
    """Each task is `PART` elements."""
    zero = x.dtype.type(0)
    for i in range(first * PART, min(last * PART, x.size)):
        y[np.uintp(i)] = zero if x[np.uintp(i)] <= zero else x[np.uintp(i)]


def relu(x: Array) -> Array:
    """See `minigrad.kernels.reference.relu`."""
    (x,) = inputs(x)
    y = np.empty(x.shape, x.dtype)
    run(rectify, -(-x.size // PART), 3 * x.size, *flat(x, y))
    return y


@kernel
def multiply_by_sign(first, last, g, x, slope, y):
    """Each task is `PART` elements."""
    zero, one = x.dtype.type(0), x.dtype.type(1)
    for i in range(first * PART, min(last * PART, x.size)):
        y[np.uintp(i)] = g[np.uintp(i)] * (one if x[np.uintp(i)] > zero else slope)


def gate(g: Array, x: Array, slope: float) -> Array:
    """See `minigrad.kernels.reference.gate`."""
    g, x = inputs(g, x)
    y = np.empty(x.shape, x.dtype)
    slope = x.dtype.type(slope)
    run(multiply_by_sign, -(-x.size // PART), 4 * x.size, *flat(g, x), slope, y.reshape(-1))
    return y
