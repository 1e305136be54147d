"""One array repeated, or filled, to another shape."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..numpy_protocol import implements
from ..primitive import primitive
from ..tensor import Tensor
from .arrays import plain
from .indexing import getitem
from .namesake import namesake
from .rounding import astype
from .samples import calls, normal
from .shape import ravel, reshape

# ---- repeating --------------------------------------------------------------------------------


@primitive(
    formula="x, repeated along new and stretched axes",
    linear="x",
    numpy=np.broadcast_to,
    broadcasts=True,
    sample=calls(
        normal((3, 1), shape=(2, 3, 4)), normal((), shape=(2, 3)), normal((3,), shape=(0, 3))
    ),
)
def broadcast_to(x, /, shape):
    """As `numpy.broadcast_to`: the gradient is summed over the repetitions.

    Parameters
    ----------
    x : array_like or Tensor
    shape : tuple of int
        Sizes of one are stretched, and axes added in front.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 2.0], requires_grad=True)
    >>> mg.broadcast_to(x, (3, 2)).sum().backward()
    >>> x.grad
    array([3., 3.])
    """
    return np.broadcast_to(x, shape)


@broadcast_to.vjp("x", "ȳ, summed over the repetitions")
def broadcast_to_x(g):
    return g


@implements(np.broadcast_arrays)
def broadcast_arrays(*arrays):
    """As `numpy.broadcast_arrays`: all of them, stretched to one shape, as a tuple.

    Examples
    --------
    >>> import minigrad as mg
    >>> column, row = mg.broadcast_arrays([[1], [2]], [10, 20, 30])
    >>> column.shape, row.shape
    ((2, 3), (2, 3))
    >>> column
    array([[1, 1, 1],
           [2, 2, 2]])
    """
    shape = np.broadcast_shapes(*[np.shape(x) for x in arrays])
    return tuple([broadcast_to(x, shape) for x in arrays])


@implements(np.tile)
def tile(x, reps):
    """As `numpy.tile`: the whole of x again and again.

    Parameters
    ----------
    x : array_like or Tensor
    reps : int or tuple of int
        How often along each axis, the last one last.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 2.0], requires_grad=True)
    >>> y = mg.tile(x, 3)
    >>> y.sum().backward()
    >>> y.data, x.grad
    (array([1., 2., 1., 2., 1., 2.]), array([3., 3.]))
    """
    reps = tuple(np.atleast_1d(reps).tolist())
    shape = (1,) * (len(reps) - np.ndim(x)) + np.shape(x)
    reps = (1,) * (len(shape) - len(reps)) + reps
    apart = tuple([n for size in shape for n in (1, size)])
    stretched = tuple([n for pair in zip(reps, shape, strict=True) for n in pair])
    whole = tuple([times * size for times, size in zip(reps, shape, strict=True)])
    return reshape(broadcast_to(reshape(x, apart), stretched), whole)


@implements(np.repeat)
def repeat(x, repeats, axis=None):
    """As `numpy.repeat`: each element of x again and again.

    Parameters
    ----------
    x : array_like or Tensor
    repeats : int or sequence of int
        How often; a number for each element, or one for all.
    axis : int, optional
        The flattened array is repeated unless given.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 2.0], requires_grad=True)
    >>> y = mg.repeat(x, [3, 1])
    >>> y.sum().backward()
    >>> y.data, x.grad
    (array([1., 1., 1., 2.]), array([3., 1.]))
    """
    if axis is None:
        x, axis = ravel(x), 0
    axis = normalize_axis_index(axis, np.ndim(x))
    source = np.repeat(np.arange(np.shape(x)[axis]), plain(repeats))
    return getitem(x, (slice(None),) * axis + (source,))


# ---- of the same shape ------------------------------------------------------------------------


def _constant_like(function, statement, *examples):
    """`zeros_like` and its like: a Tensor without a gradient for a Tensor."""

    @implements(function)
    @namesake(function, statement, *examples)
    def made(x, dtype=None, *, shape=None):
        result = function(plain(x), dtype, shape=shape)
        return Tensor(result) if isinstance(x, Tensor) else result

    return made


zeros_like = _constant_like(
    np.zeros_like,
    "of the shape and dtype of x, but without its gradient.",
    ">>> y = mg.zeros_like(mg.Tensor([1.0, 2.0], requires_grad=True))",
    ">>> y.data, y.requires_grad",
    "(array([0., 0.]), False)",
)
ones_like = _constant_like(
    np.ones_like,
    "of the shape and dtype of x, but without its gradient.",
    ">>> mg.ones_like(np.float32([1.5, 2.5]))",
    "array([1., 1.], dtype=float32)",
)
empty_like = _constant_like(
    np.empty_like,
    "of the shape and dtype of x, filled with what happens to be in memory.",
    ">>> y = mg.empty_like(np.float32([1.5, 2.5]))",
    ">>> y.shape, y.dtype",
    "((2,), dtype('float32'))",
)


@implements(np.full_like)
def full_like(x, fill_value, dtype=None, *, shape=None):
    """As `numpy.full_like`; gradients flow to `fill_value`.

    Parameters
    ----------
    x : array_like or Tensor
        Whose shape and dtype count.
    fill_value : array_like or Tensor
    dtype, shape : optional
        In place of those of x.

    Examples
    --------
    >>> import minigrad as mg
    >>> value = mg.Tensor(7.0, requires_grad=True)
    >>> y = mg.full_like([[1.0, 2.0]], value)
    >>> y.sum().backward()
    >>> y.data, float(value.grad)
    (array([[7., 7.]]), 2.0)
    """
    shape = np.shape(x) if shape is None else shape
    value = astype(fill_value, plain(x).dtype if dtype is None else dtype)
    made = broadcast_to(value, shape)
    if isinstance(made, Tensor):
        return made
    return Tensor(made.copy()) if isinstance(x, Tensor) else made.copy()
