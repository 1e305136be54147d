"""Picking elements out of an array, and putting them back."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..numpy_protocol import implements
from ..primitive import primitive
from ..tensor import Tensor
from .arrays import plain
from .choosing import where
from .elementwise import positive
from .rounding import astype


def _frozen(index):
    """The index with its arrays, lists and Tensors copied, so that later writes change nothing."""
    if isinstance(index, tuple):
        return tuple([_frozen_item(item) for item in index])
    return _frozen_item(index)


def _frozen_item(item):
    if isinstance(item, Tensor):
        return item.array.copy()
    if isinstance(item, (list, tuple)):
        array = np.array([_frozen_item(i) for i in item])
        return array if array.size else array.astype(np.intp)
    return item.copy() if isinstance(item, np.ndarray) else item


def _may_repeat(index):
    """Whether the same element may be picked twice: only integer arrays can do that."""
    items = index if isinstance(index, tuple) else (index,)
    return any(isinstance(i, np.ndarray) and i.dtype.kind in "iu" and i.size > 1 for i in items)


_INDICES = (
    (slice(1, None, 2), Ellipsis, -1),
    1,
    (None, Ellipsis, [0, 0, 1]),
    ([[0, 2], [2, 0]], slice(None), [[1], [0]]),
    (slice(None), np.array([True, False, True])),
    Ellipsis,
)


def _index_sample(rng):
    for index in _INDICES:
        yield (rng.normal(size=(3, 3, 4)),), {"index": index}


@primitive(formula="x[index]", linear="x", saves=("picked",), sample=_index_sample)
def getitem(x, /, index):
    """``x[index]``, with every kind of index that NumPy has.

    Parameters
    ----------
    x : array_like or Tensor
    index : int, slice, Ellipsis, None, array_like of int or bool, or a tuple of these
        Where an index repeats, the gradients add up.

    Raises
    ------
    IndexError
        If an index is out of range, or there are more of them than axes.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> x[[0, 0, 2]].sum().backward()
    >>> x.grad
    array([2., 0., 1.])
    """
    index = _frozen(index)
    return np.asarray(x)[index], index


@getitem.vjp("x", "ȳ put back at index, repetitions summed")
def getitem_x(g, x_shape, picked):
    return scatter(g, picked, x_shape)


def _scatter_sample(rng):
    for index in _INDICES:
        picked = np.empty((3, 3, 4))[_frozen(index)]
        yield (rng.normal(size=picked.shape),), {"index": index, "shape": (3, 3, 4)}


@primitive(
    formula="zeros with x added at index", linear="x", saves=("placed",), sample=_scatter_sample
)
def scatter(x, /, index, shape, unique=False):
    """Zeros of a shape, with `x` added at `index`: the adjoint of `getitem`.

    Parameters
    ----------
    x : array_like or Tensor
        Of the shape that an array of `shape` has at `index`.
    index
        As in `getitem`. Where it repeats, values add up.
    shape : tuple of int
        Of the result.
    unique : bool
        Trust that no element is named twice, which is faster.

    Examples
    --------
    >>> import minigrad as mg, numpy as np
    >>> mg.scatter(np.array([1.0, 2.0, 4.0]), [0, 0, 2], (3,))
    array([3., 0., 4.])
    """
    index = _frozen(index)
    x = np.asarray(x)
    if unique or not _may_repeat(index):
        result = np.zeros(shape, x.dtype)
        result[index] = x
        return result, index
    # Counting with weights is far faster than np.add.at.
    size = int(np.prod(shape))
    positions = np.arange(size).reshape(shape)[index]
    weights = np.broadcast_to(x, positions.shape)
    result = np.bincount(positions.ravel(), weights.ravel(), minlength=size)
    return result.astype(x.dtype, copy=False).reshape(shape), index


@scatter.vjp("x", "ȳ[index]")
def scatter_x(g, placed):
    return getitem(g, placed)


def put(x, index, values):
    """A new array or Tensor: `x` with ``x[index]`` replaced by `values`.

    Where an index repeats, its last value stands, as in NumPy's assignment.

    Parameters
    ----------
    x : array_like or Tensor
    index
        As in `getitem`.
    values : array_like or Tensor
        Broadcast to the shape of ``x[index]``; gradients flow to them, too.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> y = mg.put(x, slice(0, 2), 0.0)
    >>> y.sum().backward()
    >>> y.data, x.grad
    (array([0., 0., 3.]), array([0., 0., 1.]))
    """
    array = plain(x)
    places = np.arange(array.size).reshape(array.shape)[_frozen(index)]
    written = np.broadcast_to(plain(values), places.shape)
    if not written.size:
        return positive(x)
    # For each element of x, which of the values it takes: -1 for none.
    source = np.full(array.shape, -1)
    source.reshape(-1)[places.ravel()] = np.arange(places.size)
    own = np.arange(plain(values).size).reshape(np.shape(values))
    own = np.broadcast_to(own, places.shape).ravel()[source]
    return where(source < 0, x, getitem(np.ravel(astype(values, array.dtype)), own))


@implements(np.take)
def take(x, indices, axis=None, mode="raise"):
    """As `numpy.take`: an element that is taken twice gets both gradients.

    Parameters
    ----------
    x : array_like or Tensor
    indices : array_like of int
    axis : int, optional
        The flattened array is taken from unless given.
    mode : {"raise", "wrap", "clip"}
        What happens to an index out of range.

    Raises
    ------
    IndexError
        If an index is out of range, and the mode "raise".
    ValueError
        If the mode is unknown.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> y = mg.take(x, [0, 0, 4], mode="wrap")
    >>> y.sum().backward()
    >>> y.data, x.grad
    (array([1., 1., 2.]), array([2., 1., 0.]))
    """
    indices = plain(indices)
    if axis is None:
        x, axis = np.ravel(x), 0
    axis = normalize_axis_index(axis, np.ndim(x))
    size = np.shape(x)[axis]
    if indices.dtype.kind == "b" or not indices.size:
        indices = indices.astype(np.intp)
    if mode == "wrap":
        indices = indices % size
    elif mode == "clip":
        indices = np.clip(indices, 0, size - 1)
    elif mode != "raise":
        raise ValueError(f"mode is 'raise', 'wrap' or 'clip', not {mode!r}")
    return getitem(x, (slice(None),) * axis + (indices,))


def _along_axis(x, indices, axis):
    """The full index that `take_along_axis` and `put_along_axis` stand for."""
    indices = plain(indices)
    axis = normalize_axis_index(axis, np.ndim(x))
    if indices.dtype.kind not in "iu":
        raise IndexError(f"indices along an axis are integers, not {indices.dtype}")
    if indices.ndim != np.ndim(x):
        raise ValueError(
            f"indices of shape {indices.shape} for an array of shape {np.shape(x)}: "
            "give them as many axes"
        )
    mesh = list(np.meshgrid(*[np.arange(n) for n in np.shape(x)], indexing="ij", sparse=True))
    mesh[axis] = indices
    return tuple(mesh)


@implements(np.take_along_axis)
def take_along_axis(x, indices, axis=-1):
    """As `numpy.take_along_axis`: one index for each line of x, such as `argmax` gives.

    Parameters
    ----------
    x : array_like or Tensor
    indices : array_like of int
        Of as many axes as x.
    axis : int or None
        ``None`` takes from the flattened array.

    Raises
    ------
    IndexError
        If an index is out of range, or no integer.
    ValueError
        If indices have another number of axes.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> logits = mg.Tensor([[0.0, 5.0], [3.0, 1.0]], requires_grad=True)
    >>> best = mg.take_along_axis(logits, np.array([[1], [0]]), axis=1)
    >>> best.sum().backward()
    >>> best.data
    array([[5.],
           [3.]])
    >>> logits.grad
    array([[0., 1.],
           [1., 0.]])
    """
    if axis is None:
        x, axis = np.ravel(x), 0
    return getitem(x, _along_axis(x, indices, axis))


@implements(np.put_along_axis)
def put_along_axis(x, indices, values, axis):
    """A new array or Tensor: what `numpy.put_along_axis` would have made of `x`.

    Parameters
    ----------
    x : array_like or Tensor
    indices : array_like of int
        Of as many axes as x.
    values : array_like or Tensor
        Broadcast to the shape of the indices.
    axis : int or None
        ``None`` puts into the flattened array.

    Examples
    --------
    >>> import minigrad as mg, numpy as np
    >>> mg.put_along_axis(np.zeros((2, 2)), np.array([[0], [1]]), 7.0, axis=1)
    array([[7., 0.],
           [0., 7.]])
    """
    if axis is None:
        return np.reshape(put(np.ravel(x), plain(indices), values), np.shape(x))
    return put(x, _along_axis(x, indices, axis), values)


@implements(np.extract)
def extract(condition, x):
    """As `numpy.extract`: the elements where a condition holds.

    Parameters
    ----------
    condition : array_like of bool
        As long as x when both are flattened.
    x : array_like or Tensor

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, -2.0, 3.0], requires_grad=True)
    >>> y = mg.extract(x > 0, x)
    >>> y.sum().backward()
    >>> y.data, x.grad
    (array([1., 3.]), array([1., 0., 1.]))
    """
    return getitem(np.ravel(x), np.flatnonzero(plain(condition)))


@implements(np.compress)
def compress(condition, x, axis=None):
    """As `numpy.compress`: the rows, or what else lies along an axis, where a condition holds.

    Parameters
    ----------
    condition : (L,) array_like of bool
        May be shorter than the axis: what is left over is dropped.
    x : array_like or Tensor
    axis : int, optional
        The flattened array is taken from unless given.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.compress([False, True], [[1, 2], [3, 4], [5, 6]], axis=0)
    array([[3, 4]])
    """
    return take(x, np.flatnonzero(plain(condition)), axis)
