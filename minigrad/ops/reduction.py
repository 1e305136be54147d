"""Reductions over axes."""

from __future__ import annotations

import numpy as np

from ..primitive import primitive
from .samples import calls


def _axes(axis, ndim):
    """The axes a reduction acts on, as a tuple of non-negative numbers."""
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    return tuple(sorted(a % ndim if ndim else 0 for a in axes))


def _spread(values, shape, axis, keepdims):
    """Put reduced axes back with size one, so that values broadcast against the input."""
    if keepdims or not shape:
        return values
    axes = _axes(axis, len(shape))
    return np.reshape(values, tuple(1 if i in axes else n for i, n in enumerate(shape)))


def _reductions(rng, low=-2.0, high=2.0):
    def draw(*shape):
        return rng.permutation(np.linspace(low, high, int(np.prod(shape)) + 2)[1:-1]).reshape(shape)

    yield (draw(3, 4),), {}
    yield (draw(3, 4),), {"axis": 0}
    yield (draw(2, 3, 4),), {"axis": (0, -1)}
    yield (draw(2, 3, 4),), {"axis": -2, "keepdims": True}
    yield (draw(1),), {"axis": 0}
    yield (rng.uniform(low, high, ()),), {}


# ---- sums -------------------------------------------------------------------------------------


@primitive(formula="Σ x", linear="x", numpy=np.sum, sample=_reductions)
def sum(x, /, axis=None, dtype=None, out=None, keepdims=False):
    """As `numpy.sum`."""
    return np.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)


@sum.vjp("x", "ȳ, repeated")
def sum_x(g, x_shape, axis, keepdims):
    return np.broadcast_to(_spread(g, x_shape, axis, keepdims), x_shape)


@primitive(formula="Σ x / n", linear="x", numpy=np.mean, sample=_reductions)
def mean(x, /, axis=None, dtype=None, out=None, keepdims=False):
    """As `numpy.mean`."""
    return np.mean(x, axis=axis, dtype=dtype, keepdims=keepdims)


@mean.vjp("x", "ȳ / n, repeated")
def mean_x(g, x_shape, axis, keepdims):
    count = int(np.prod([x_shape[a] for a in _axes(axis, len(x_shape))])) if x_shape else 1
    return np.broadcast_to(_spread(g / count, x_shape, axis, keepdims), x_shape)


@primitive(formula="x₀ + … + xᵢ", linear="x", numpy=np.cumsum, sample=calls(
    lambda rng: ((rng.normal(size=(3, 4)),), {}),
    lambda rng: ((rng.normal(size=(3, 4)),), {"axis": 0}),
    lambda rng: ((rng.normal(size=(2, 3, 4)),), {"axis": -1}),
))  # fmt: skip
def cumsum(x, /, axis=None, dtype=None, out=None):
    """As `numpy.cumsum`."""
    return np.cumsum(x, axis=axis, dtype=dtype)


@cumsum.vjp("x", "ȳᵢ + … + ȳₙ")
def cumsum_x(g, x_shape, axis):
    if axis is None:
        return np.reshape(np.flip(np.cumsum(np.flip(g))), x_shape)
    return np.flip(np.cumsum(np.flip(g, axis), axis), axis)
