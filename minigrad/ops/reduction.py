"""Reductions over axes."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..numpy_protocol import implements
from ..primitive import primitive
from .indexing import getitem
from .samples import calls


def _axes(axis, ndim):
    """The axes a reduction acts on, as a tuple of non-negative numbers."""
    if axis is None or not ndim:
        return tuple(range(ndim))
    return tuple(sorted(normalize_axis_tuple(axis, ndim)))


def _count(shape, axis):
    """How many elements each result of a reduction is made of."""
    return math.prod([shape[i] for i in _axes(axis, len(shape))])


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


# ---- sums --------------------------------------------------------------------------------------


@primitive(formula="Σ x", linear="x", numpy=np.sum, sample=_reductions)
def sum(x, /, axis=None, dtype=None, keepdims=False):
    """As `numpy.sum`."""
    return np.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)


@sum.vjp("x", "ȳ, repeated")
def sum_x(g, x_shape, axis, keepdims):
    return np.broadcast_to(_spread(g, x_shape, axis, keepdims), x_shape)


@primitive(formula="Σ x / n", linear="x", numpy=np.mean, sample=_reductions)
def mean(x, /, axis=None, dtype=None, keepdims=False):
    """As `numpy.mean`."""
    return np.mean(x, axis=axis, dtype=dtype, keepdims=keepdims)


@mean.vjp("x", "ȳ / n, repeated")
def mean_x(g, x_shape, axis, keepdims):
    return np.broadcast_to(_spread(g / _count(x_shape, axis), x_shape, axis, keepdims), x_shape)


@primitive(formula="x₀ + … + xᵢ", linear="x", numpy=np.cumsum, sample=calls(
    lambda rng: ((rng.normal(size=(3, 4)),), {}),
    lambda rng: ((rng.normal(size=(3, 4)),), {"axis": 0}),
    lambda rng: ((rng.normal(size=(2, 3, 4)),), {"axis": -1}),
))  # fmt: skip
def cumsum(x, /, axis=None, dtype=None):
    """As `numpy.cumsum`."""
    return np.cumsum(x, axis=axis, dtype=dtype)


@cumsum.vjp("x", "ȳᵢ + … + ȳₙ")
def cumsum_x(g, x_shape, axis):
    if axis is None:
        return np.reshape(np.flip(np.cumsum(np.flip(g))), x_shape)
    return np.flip(np.cumsum(np.flip(g, axis), axis), axis)


# ---- products ----------------------------------------------------------------------------------


def _recurrence_sample(rng):
    for shape in [(3, 4), (2, 1), (3, 0), (2, 3, 5)]:
        yield (rng.normal(size=shape), rng.normal(size=shape)), {}


@primitive(formula="yᵢ = aᵢ yᵢ₋₁ + bᵢ", linear="b", sample=_recurrence_sample)
def linear_recurrence(a, b, /):
    """Run ``y[i] = a[i] · y[i − 1] + b[i]`` from 0 along the last axis of two equal shapes.

    Its derivative is the same recurrence run backwards, which is what makes the derivative of a
    product exact where a factor is zero.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.linear_recurrence([2.0, 2.0, 2.0], [1.0, 1.0, 1.0])
    array([1., 3., 7.])
    """
    a, b = np.asarray(a), np.asarray(b)
    y = np.array(b, np.result_type(a, b))
    for i in range(1, y.shape[-1]):
        y[..., i] += a[..., i] * y[..., i - 1]
    return y


def _run_back(g, a):
    """The gradient of each bᵢ: rᵢ = ḡᵢ + aᵢ₊₁ rᵢ₊₁."""
    following = np.concatenate((a[..., 1:], np.ones_like(a[..., :1])), -1)
    return np.flip(linear_recurrence(np.flip(following, -1), np.flip(g, -1)), -1)


def _shifted(y, first):
    """What stands one place to the left along the last axis, and `first` at the start."""
    return np.concatenate((np.full_like(y[..., :1], first), y[..., :-1]), -1)


@linear_recurrence.vjp("a", "rᵢ · yᵢ₋₁, rᵢ = ȳᵢ + aᵢ₊₁ rᵢ₊₁")
def linear_recurrence_a(g, y, a):
    return _run_back(g, a) * _shifted(y, 0)


@linear_recurrence.vjp("b", "rᵢ = ȳᵢ + aᵢ₊₁ rᵢ₊₁")
def linear_recurrence_b(g, a):
    return _run_back(g, a)


def _with_zeros(rng):
    x = rng.normal(size=(3, 4))
    x[0, 1] = x[1, 0] = x[1, 3] = 0
    yield (x,), {"axis": 1}
    yield (x,), {"axis": None}


def _cumprod_sample(rng):
    yield from _with_zeros(rng)
    yield (rng.normal(size=(2, 3, 4)),), {"axis": -2}


@primitive(formula="x₀ · … · xᵢ", numpy=np.cumprod, sample=_cumprod_sample)
def cumprod(x, /, axis=None, dtype=None):
    """As `numpy.cumprod`."""
    return np.cumprod(x, axis=axis, dtype=dtype)


@cumprod.vjp("x", "rᵢ · yᵢ₋₁, rᵢ = ȳᵢ + xᵢ₊₁ rᵢ₊₁")
def cumprod_x(g, y, x, x_shape, axis):
    if axis is None:
        return np.reshape(_run_back(g, np.ravel(x)) * _shifted(y, 1), x_shape)
    g, y, x = np.moveaxis(g, axis, -1), np.moveaxis(y, axis, -1), np.moveaxis(x, axis, -1)
    return np.moveaxis(_run_back(g, x) * _shifted(y, 1), -1, axis)


def _prod_sample(rng):
    yield from _with_zeros(rng)
    yield from _reductions(rng)


@primitive(formula="Π x", numpy=np.prod, sample=_prod_sample)
def prod(x, /, axis=None, dtype=None, keepdims=False):
    """As `numpy.prod`."""
    return np.prod(x, axis=axis, dtype=dtype, keepdims=keepdims)


@prod.vjp("x", "ȳ · the product of the others")
def prod_x(g, y, x, x_shape, axis, keepdims):
    g, y = _spread(g, x_shape, axis, keepdims), _spread(y, x_shape, axis, keepdims)
    if np.all(x):
        return g * y / x
    # With a zero among them, the others are multiplied from the left and from the right.
    axes = _axes(axis, len(x_shape))
    order = [i for i in range(len(x_shape)) if i not in axes] + list(axes)
    rows = np.transpose(x, order)
    lanes = np.reshape(rows, (*rows.shape[: len(order) - len(axes)], -1))
    left = _shifted(np.cumprod(lanes, -1), 1)
    right = np.flip(_shifted(np.cumprod(np.flip(lanes, -1), -1), 1), -1)
    return g * np.transpose(np.reshape(left * right, rows.shape), np.argsort(order))


# ---- spread ------------------------------------------------------------------------------------


def _variances(rng):
    for inputs, options in _reductions(rng):
        yield inputs, options
        yield (rng.normal(size=(4, 3)),), {"axis": 0, "ddof": 1}


@primitive(formula="Σ (x − mean)² / (n − ddof)", numpy=np.var, sample=_variances)
def var(x, /, axis=None, dtype=None, ddof=0, keepdims=False):
    """As `numpy.var`."""
    return np.var(x, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims)


@var.vjp("x", "ȳ · 2 (x − mean) / (n − ddof)")
def var_x(g, x, x_shape, axis, ddof, keepdims):
    centred = x - np.mean(x, axis=axis, keepdims=True)
    return _spread(g, x_shape, axis, keepdims) * centred * (2 / (_count(x_shape, axis) - ddof))


@primitive(
    formula="√(Σ (x − mean)² / (n − ddof))",
    kinks="0 where all are equal",
    numpy=np.std,
    sample=calls(
        lambda rng: ((rng.normal(size=(3, 4)),), {}),
        lambda rng: ((rng.normal(size=(3, 4)),), {"axis": 0, "ddof": 1}),
        lambda rng: ((rng.normal(size=(2, 3, 4)),), {"axis": (0, -1), "keepdims": True}),
    ),
)
def std(x, /, axis=None, dtype=None, ddof=0, keepdims=False):
    """As `numpy.std`; its derivative where all values are equal is 0."""
    return np.std(x, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims)


@std.vjp("x", "ȳ · (x − mean) / (y (n − ddof))")
def std_x(g, y, x, x_shape, axis, ddof, keepdims):
    centred = x - np.mean(x, axis=axis, keepdims=True)
    scale = g / np.where(y == 0, 1, y) * (y != 0) / (_count(x_shape, axis) - ddof)
    return _spread(scale, x_shape, axis, keepdims) * centred


# ---- built on these ----------------------------------------------------------------------------


@implements(np.average)
def average(x, axis=None, weights=None, returned=False, *, keepdims=False):
    """As `numpy.average`; gradients flow to the weights too."""
    if weights is None:
        result = mean(x, axis=axis, keepdims=keepdims)
        scale = np.full_like(result, _count(np.shape(x), axis))
        return (result, scale) if returned else result
    if np.shape(weights) != np.shape(x):
        axes = (axis,) if axis is not None and np.ndim(axis) == 0 else axis
        if axes is None or np.shape(weights) != tuple([np.shape(x)[i] for i in axes]):
            raise ValueError(
                f"weights of shape {np.shape(weights)} for values of shape {np.shape(x)} over "
                f"axis {axis}: give them the shape of the values, or of that axis"
            )
        order = np.argsort([i % np.ndim(x) for i in axes])
        weights = _spread_weights(np.transpose(weights, order), np.shape(x), axis)
    weights = np.broadcast_to(weights, np.shape(x))
    scale = sum(weights, axis=axis, keepdims=keepdims)
    if np.any(scale == 0):
        raise ZeroDivisionError("the weights sum to zero, so there is no average")
    result = sum(np.multiply(x, weights), axis=axis, keepdims=keepdims) / scale
    return (result, scale) if returned else result


def _spread_weights(weights, shape, axis):
    axes = _axes(axis, len(shape))
    return np.reshape(weights, [n if i in axes else 1 for i, n in enumerate(shape)])


@implements(np.nansum)
def nansum(x, axis=None, dtype=None, keepdims=False):
    """As `numpy.nansum`: NaN counts as zero and gets no gradient."""
    return sum(np.where(np.isnan(x), 0, x), axis=axis, dtype=dtype, keepdims=keepdims)


@implements(np.diff)
def diff(x, n=1, axis=-1, prepend=None, append=None):
    """As `numpy.diff`."""
    if n < 0:
        raise ValueError(f"a difference is taken n ≥ 0 times, not {n}")
    axis = normalize_axis_index(axis, np.ndim(x))
    edge = (*np.shape(x)[:axis], 1, *np.shape(x)[axis + 1 :])
    ends = [
        np.broadcast_to(end, edge) if np.ndim(end) == 0 else end
        for end in (prepend, x, append)
        if end is not None
    ]
    x = np.concatenate(ends, axis) if len(ends) > 1 else x
    before = (slice(None),) * axis
    for _ in range(n):
        x = np.subtract(getitem(x, (*before, slice(1, None))), getitem(x, (*before, slice(-1))))
    return x


@implements(np.trapezoid)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """As `numpy.trapezoid`."""
    axis = normalize_axis_index(axis, np.ndim(y))
    if x is not None:
        steps = diff(x, axis=axis if np.ndim(x) > 1 else -1)
        dx = steps if np.ndim(x) > 1 else np.reshape(steps, (-1,) + (1,) * (np.ndim(y) - axis - 1))
    before = (slice(None),) * axis
    heights = getitem(y, (*before, slice(1, None))) + getitem(y, (*before, slice(-1)))
    return sum(dx * heights / 2, axis=axis)
