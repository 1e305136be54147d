"""One array repeated, or filled, to another shape."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..numpy_protocol import implements
from ..primitive import primitive
from ..tensor import Tensor
from .arrays import plain
from .indexing import getitem
from .rounding import astype
from .samples import calls
from .shape import _one, ravel, reshape

# ---- repeating ---------------------------------------------------------------------------------


@primitive(
    formula="x, repeated along new and stretched axes",
    linear="x",
    numpy=np.broadcast_to,
    broadcasts=True,
    sample=calls(_one((3, 1), shape=(2, 3, 4)), _one((), shape=(2, 3)), _one((3,), shape=(0, 3))),
)
def broadcast_to(x, /, shape):
    """As `numpy.broadcast_to`."""
    return np.broadcast_to(x, shape)


@broadcast_to.vjp("x", "ȳ, summed over the repetitions")
def broadcast_to_x(g):
    return g


@implements(np.broadcast_arrays)
def broadcast_arrays(*arrays):
    """As `numpy.broadcast_arrays`: a tuple."""
    shape = np.broadcast_shapes(*[np.shape(x) for x in arrays])
    return tuple([broadcast_to(x, shape) for x in arrays])


@implements(np.tile)
def tile(x, reps):
    """As `numpy.tile`."""
    reps = tuple(np.atleast_1d(reps).tolist())
    shape = (1,) * (len(reps) - np.ndim(x)) + np.shape(x)
    reps = (1,) * (len(shape) - len(reps)) + reps
    apart = tuple([n for size in shape for n in (1, size)])
    stretched = tuple([n for pair in zip(reps, shape, strict=True) for n in pair])
    whole = tuple([times * size for times, size in zip(reps, shape, strict=True)])
    return reshape(broadcast_to(reshape(x, apart), stretched), whole)


@implements(np.repeat)
def repeat(x, repeats, axis=None):
    """As `numpy.repeat`."""
    if axis is None:
        x, axis = ravel(x), 0
    axis = normalize_axis_index(axis, np.ndim(x))
    source = np.repeat(np.arange(np.shape(x)[axis]), plain(repeats))
    return getitem(x, (slice(None),) * axis + (source,))


# ---- of the same shape -------------------------------------------------------------------------


def _constant_like(function):
    """`zeros_like` and its like: a Tensor without a gradient for a Tensor."""

    def made(x, dtype=None, *, shape=None):
        result = function(plain(x), dtype, shape=shape)
        return Tensor(result) if isinstance(x, Tensor) else result

    made.__name__ = made.__qualname__ = function.__name__
    made.__doc__ = f"As `numpy.{function.__name__}`; no gradient flows through it."
    return implements(function)(made)


zeros_like = _constant_like(np.zeros_like)
ones_like = _constant_like(np.ones_like)
empty_like = _constant_like(np.empty_like)


@implements(np.full_like)
def full_like(x, fill_value, dtype=None, *, shape=None):
    """As `numpy.full_like`; gradients flow to `fill_value`."""
    shape = np.shape(x) if shape is None else shape
    value = astype(fill_value, plain(x).dtype if dtype is None else dtype)
    made = broadcast_to(value, shape)
    if isinstance(made, Tensor):
        return made
    return Tensor(made.copy()) if isinstance(x, Tensor) else made.copy()
