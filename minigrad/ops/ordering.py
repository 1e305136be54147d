"""The largest, the smallest, and all in order: gradients go where the values came from."""

from __future__ import annotations

import math

import numpy as np

from ..numpy_protocol import implements
from ..primitive import primitive
from .axes import put_axes_back, reduced_axes, reduced_count
from .indexing import scatter
from .samples import calls, normal, reductions

# ---- the largest and the smallest -------------------------------------------------------------


def _first(position, x, axis):
    """The index, one array an axis, of the first element in C order that `position` finds."""
    axes = reduced_axes(axis, x.ndim)
    kept = [i for i in range(x.ndim) if i not in axes]
    reduced = tuple([x.shape[i] for i in axes])
    lanes = np.transpose(x, (*kept, *axes)).reshape(
        [x.shape[i] for i in kept] + [math.prod(reduced)]
    )
    found = np.unravel_index(position(lanes, -1), reduced) if axes else ()
    mesh = np.meshgrid(*[np.arange(x.shape[i]) for i in kept], indexing="ij", sparse=True)
    return tuple(
        [found[axes.index(i)] if i in axes else mesh[kept.index(i)] for i in range(x.ndim)]
    )


def _extreme(position, x, axis, keepdims):
    x = np.asarray(x)
    place = _first(position, x, axis)
    return put_axes_back(x[place], x.shape, axis) if keepdims else x[place], place


def _put_back(g, x_shape, place, axis, keepdims):
    if keepdims:
        g = np.squeeze(g, reduced_axes(axis, len(x_shape)))
    return scatter(g, place, x_shape, unique=True)


def _max_branches(x, axis=None, **_):
    return np.stack(np.broadcast_arrays(*_first(np.argmax, np.asarray(x), axis)))


def _min_branches(x, axis=None, **_):
    return np.stack(np.broadcast_arrays(*_first(np.argmin, np.asarray(x), axis)))


@primitive(
    formula="the largest x",
    kinks="all to the first of equals, in C order; NaN wins",
    numpy=(np.max, np.amax),
    saves=("place",),
    branches=_max_branches,
    sample=reductions,
)
def max(x, /, axis=None, keepdims=False):
    """As `numpy.max`; at a tie the gradient goes to the first element in C order.

    Parameters
    ----------
    x : array_like or Tensor
        If there is NaN among the values, that is the largest.
    axis : int or tuple of int, optional
        All axes unless given.
    keepdims : bool
        Keep the reduced axes, with size one.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 0.0]], requires_grad=True)
    >>> y = mg.max(x, axis=1)
    >>> y.sum().backward()
    >>> y.data
    array([3., 2.])
    >>> x.grad
    array([[0., 1., 0.],
           [1., 0., 0.]])
    """
    return _extreme(np.argmax, x, axis, keepdims)


@max.vjp("x", "ȳ where the largest stood")
def max_x(g, x_shape, place, axis, keepdims):
    return _put_back(g, x_shape, place, axis, keepdims)


@primitive(
    formula="the smallest x",
    kinks="all to the first of equals, in C order; NaN wins",
    numpy=(np.min, np.amin),
    saves=("place",),
    branches=_min_branches,
    sample=reductions,
)
def min(x, /, axis=None, keepdims=False):
    """As `numpy.min`; at a tie the gradient goes to the first element in C order.

    Parameters
    ----------
    x : array_like or Tensor
        If there is NaN among the values, that is the smallest.
    axis : int or tuple of int, optional
        All axes unless given.
    keepdims : bool
        Keep the reduced axes, with size one.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([2.0, 1.0, 1.0], requires_grad=True)
    >>> mg.min(x).backward()
    >>> x.grad
    array([0., 1., 0.])
    """
    return _extreme(np.argmin, x, axis, keepdims)


@min.vjp("x", "ȳ where the smallest stood")
def min_x(g, x_shape, place, axis, keepdims):
    return _put_back(g, x_shape, place, axis, keepdims)


@implements(np.ptp)
def ptp(x, axis=None, keepdims=False):
    """As `numpy.ptp`: the largest less the smallest.

    Parameters
    ----------
    x : array_like or Tensor
    axis : int or tuple of int, optional
        All axes unless given.
    keepdims : bool
        Keep the reduced axes, with size one.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([3.0, -1.0, 2.0], requires_grad=True)
    >>> y = mg.ptp(x)
    >>> y.backward()
    >>> y.item(), x.grad
    (4.0, array([ 1., -1.,  0.]))
    """
    return max(x, axis=axis, keepdims=keepdims) - min(x, axis=axis, keepdims=keepdims)


amax, amin = max, min


# ---- order ------------------------------------------------------------------------------------


@primitive(
    formula="x in ascending order",
    kinks="equals keep their order; NaN comes last",
    saves=("order",),
    branches=lambda x, axis=-1, **_: np.argsort(x, axis=axis, kind="stable"),
    sample=calls(
        normal((3, 4)),
        normal((3, 4), axis=0),
        normal((3, 4), axis=None),
    ),
)
def sort(x, /, axis=-1):
    """As `numpy.sort`, stable.

    Parameters
    ----------
    x : array_like or Tensor
        NaN comes last.
    axis : int or None
        ``None`` sorts the flattened array.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([3.0, 1.0, 1.0], requires_grad=True)
    >>> mg.sort(x).backward([1.0, 10.0, 100.0])
    >>> x.grad
    array([100.,   1.,  10.])
    """
    x = np.asarray(x)
    if axis is None:
        x, axis = x.ravel(), 0
    order = np.argsort(x, axis=axis, kind="stable")
    return np.take_along_axis(x, order, axis), order


@sort.vjp("x", "ȳ in the order of x")
def sort_x(g, x_shape, order, axis):
    if axis is None:
        return np.reshape(np.take(g, np.argsort(order)), x_shape)
    return np.take_along_axis(g, np.argsort(order, axis=axis), axis)


@implements(np.sort)
def _sort(a, axis=-1, kind=None, *, stable=None):
    # Every kind gives the same values; the stable one fixes where the gradients go.
    return sort(a, axis=axis)


@implements(np.median)
def median(x, axis=None, keepdims=False):
    """As `numpy.median`; the gradient goes to the element, or half each to the two, in the middle.

    Parameters
    ----------
    x : array_like or Tensor
        If there is NaN among the values, the median is NaN.
    axis : int or tuple of int, optional
        All axes unless given.
    keepdims : bool
        Keep the reduced axes, with size one.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([9.0, 1.0, 4.0, 2.0], requires_grad=True)
    >>> y = mg.median(x)
    >>> y.backward()
    >>> y.item(), x.grad
    (3.0, array([0. , 0. , 0.5, 0.5]))
    """
    shape = np.shape(x)
    axes = reduced_axes(axis, len(shape))
    kept = [i for i in range(len(shape)) if i not in axes]
    lanes = np.reshape(
        np.transpose(x, (*kept, *axes)), [*(shape[i] for i in kept), reduced_count(shape, axis)]
    )
    lanes = sort(lanes)
    size = lanes.shape[-1]
    middle = (lanes[..., (size - 1) // 2] + lanes[..., size // 2]) / 2
    middle = np.where(np.isnan(lanes[..., -1]), lanes[..., -1], middle)
    return put_axes_back(middle, shape, axis) if keepdims else middle
