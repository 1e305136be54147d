"""Along an axis: running sums and products, and differences."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..numpy_protocol import implements
from ..primitive import primitive
from .indexing import getitem
from .samples import calls, normal

# ---- running sums -----------------------------------------------------------------------------


@primitive(formula="x₀ + … + xᵢ", linear="x", numpy=np.cumsum, sample=calls(
    normal((3, 4)),
    normal((3, 4), axis=0),
    normal((2, 3, 4), axis=-1),
))  # fmt: skip
def cumsum(x, /, axis=None, dtype=None):
    """As `numpy.cumsum`: an element gets the gradients of all sums from its own on.

    Parameters
    ----------
    x : array_like or Tensor
    axis : int, optional
        Along which to add up; the flattened array unless given.
    dtype : dtype, optional
        Of the result.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> y = mg.cumsum(x)
    >>> y.sum().backward()
    >>> y.data, x.grad
    (array([1., 3., 6.]), array([3., 2., 1.]))
    """
    return np.cumsum(x, axis=axis, dtype=dtype)


@cumsum.vjp("x", "ȳᵢ + … + ȳₙ")
def cumsum_x(g, x_shape, axis):
    if axis is None:
        return np.reshape(np.flip(np.cumsum(np.flip(g))), x_shape)
    return np.flip(np.cumsum(np.flip(g, axis), axis), axis)


# ---- running products -------------------------------------------------------------------------


def _recurrence_sample(rng):
    for shape in [(3, 4), (2, 1), (3, 0), (2, 3, 5)]:
        yield (rng.normal(size=shape), rng.normal(size=shape)), {}


@primitive(formula="yᵢ = aᵢ yᵢ₋₁ + bᵢ", linear="b", sample=_recurrence_sample)
def linear_recurrence(a, b, /):
    """Run ``y[i] = a[i] · y[i − 1] + b[i]`` from 0 along the last axis of two equal shapes.

    Its derivative is the same recurrence run backwards, which is what makes the derivative of a
    product exact where a factor is zero.

    Parameters
    ----------
    a, b : (..., L) array_like or Tensor

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
    """As `numpy.cumprod`; the gradient is exact where factors are zero, of any order.

    Parameters
    ----------
    x : array_like or Tensor
    axis : int, optional
        Along which to multiply; the flattened array unless given.
    dtype : dtype, optional
        Of the result.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([2.0, 0.0, 3.0], requires_grad=True)
    >>> y = mg.cumprod(x)
    >>> y.sum().backward()
    >>> y.data, x.grad
    (array([2., 0., 0.]), array([1., 8., 0.]))
    """
    return np.cumprod(x, axis=axis, dtype=dtype)


@cumprod.vjp("x", "rᵢ · yᵢ₋₁, rᵢ = ȳᵢ + xᵢ₊₁ rᵢ₊₁")
def cumprod_x(g, y, x, x_shape, axis):
    if axis is None:
        return np.reshape(_run_back(g, np.ravel(x)) * _shifted(y, 1), x_shape)
    g, y, x = np.moveaxis(g, axis, -1), np.moveaxis(y, axis, -1), np.moveaxis(x, axis, -1)
    return np.moveaxis(_run_back(g, x) * _shifted(y, 1), -1, axis)


# ---- differences ------------------------------------------------------------------------------


@implements(np.diff)
def diff(x, n=1, axis=-1, prepend=None, append=None):
    """As `numpy.diff`: each element less the one before it.

    Parameters
    ----------
    x : array_like or Tensor
    n : int
        How many times.
    axis : int
    prepend, append : array_like or Tensor, optional
        What to set before or behind x first.

    Raises
    ------
    ValueError
        If n is negative.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 4.0, 9.0], requires_grad=True)
    >>> y = mg.diff(x)
    >>> y.sum().backward()  # the last less the first
    >>> y.data, x.grad
    (array([3., 5.]), array([-1.,  0.,  1.]))
    >>> mg.diff([1, 4, 9, 16], n=2)
    array([2, 2])
    """
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
    """As `numpy.trapezoid`: the area under straight lines between the points.

    Parameters
    ----------
    y : array_like or Tensor
        Heights.
    x : array_like or Tensor, optional
        Where they stand; gradients flow to it too.
    dx : float
        Or how far apart they are.
    axis : int

    Examples
    --------
    >>> import minigrad as mg
    >>> y = mg.Tensor([0.0, 2.0, 0.0], requires_grad=True)
    >>> area = mg.trapezoid(y, [0.0, 1.0, 3.0])
    >>> area.backward()
    >>> area.item(), y.grad
    (3.0, array([0.5, 1.5, 1. ]))
    """
    axis = normalize_axis_index(axis, np.ndim(y))
    if x is not None:
        steps = diff(x, axis=axis if np.ndim(x) > 1 else -1)
        dx = steps if np.ndim(x) > 1 else np.reshape(steps, (-1,) + (1,) * (np.ndim(y) - axis - 1))
    before = (slice(None),) * axis
    heights = getitem(y, (*before, slice(1, None))) + getitem(y, (*before, slice(-1)))
    return np.sum(dx * heights / 2, axis=axis)
