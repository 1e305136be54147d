"""Functions that move elements about: another shape, the axes or the elements in another order."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..numpy_protocol import implements
from ..primitive import primitive
from .arrays import plain
from .elementwise import positive
from .samples import calls


def _one(size, /, **options):
    """A sample of one array."""
    return lambda rng: ((rng.normal(size=size),), options)


# ---- another shape -----------------------------------------------------------------------------


@primitive(
    formula="x in another shape",
    linear="x",
    numpy=np.reshape,
    sample=calls(
        _one((3, 4), shape=(2, -1)), _one((3, 4), shape=12), _one((), shape=(1, 1)),
        _one((2, 0), shape=(0, 5)),
    ),
)  # fmt: skip
def reshape(x, /, shape):
    """As `numpy.reshape` (in C order)."""
    return np.reshape(x, shape)


@reshape.vjp("x", "ȳ in x's shape")
def reshape_x(g, x_shape):
    return np.reshape(g, x_shape)


@implements(np.ravel)
def ravel(x):
    """As `numpy.ravel` (in C order)."""
    return reshape(x, -1)


@implements(np.squeeze)
def squeeze(x, axis=None):
    """As `numpy.squeeze`."""
    return reshape(x, np.squeeze(plain(x), axis).shape)


@implements(np.expand_dims)
def expand_dims(x, axis):
    """As `numpy.expand_dims`."""
    return reshape(x, np.expand_dims(plain(x), axis).shape)


def _reshaped_as(function):
    """One of the ``atleast`` functions: of one array, or of several, as NumPy's."""

    def reshaped(*arrays):
        made = tuple([reshape(x, function(plain(x)).shape) for x in arrays])
        return made[0] if len(made) == 1 else made

    reshaped.__name__ = reshaped.__qualname__ = function.__name__
    reshaped.__doc__ = f"As `numpy.{function.__name__}`."
    return implements(function)(reshaped)


atleast_1d = _reshaped_as(np.atleast_1d)
atleast_2d = _reshaped_as(np.atleast_2d)
atleast_3d = _reshaped_as(np.atleast_3d)


# ---- the axes in another order -----------------------------------------------------------------


@primitive(
    formula="x with its axes in another order",
    linear="x",
    numpy=(np.transpose, np.permute_dims),
    sample=calls(_one((3, 4)), _one((2, 3, 4), axes=(2, 0, 1)), _one((2, 3, 4), axes=(-1, 0, 1))),
)
def transpose(x, /, axes=None):
    """As `numpy.transpose`."""
    return np.transpose(x, axes)


@transpose.vjp("x", "ȳ with its axes back in order")
def transpose_x(g, axes):
    if axes is None:
        return np.transpose(g)
    return np.transpose(g, np.argsort([axis % g.ndim for axis in axes]))


@implements(np.swapaxes)
def swapaxes(x, axis1, axis2):
    """As `numpy.swapaxes`."""
    order = list(range(np.ndim(x)))
    first = normalize_axis_index(axis1, len(order))
    second = normalize_axis_index(axis2, len(order))
    order[first], order[second] = second, first
    return transpose(x, tuple(order))


@implements(np.moveaxis)
def moveaxis(x, source, destination):
    """As `numpy.moveaxis`."""
    # NumPy moves the axes of an array whose sizes are the numbers of its axes.
    ndim = np.ndim(x)
    numbered = np.broadcast_to(np.empty(()), range(ndim))
    return transpose(x, np.moveaxis(numbered, source, destination).shape)


@implements(np.matrix_transpose)
def matrix_transpose(x, /):
    """As `numpy.matrix_transpose`: the last two axes exchanged."""
    return swapaxes(x, -1, -2)


implements(np.linalg.matrix_transpose)(matrix_transpose)


# ---- the elements in another order -------------------------------------------------------------
@primitive(
    formula="x in the opposite order",
    linear="x",
    numpy=np.flip,
    sample=calls(_one((3, 4)), _one((3, 4), axis=-1), _one((2, 3, 4), axis=(0, 2))),
)
def flip(x, /, axis=None):
    """As `numpy.flip`."""
    return np.flip(x, axis)


@flip.vjp("x", "ȳ in the opposite order")
def flip_x(g, axis):
    return np.flip(g, axis)


@implements(np.flipud)
def flipud(x):
    """As `numpy.flipud`."""
    return flip(x, 0)


@implements(np.fliplr)
def fliplr(x):
    """As `numpy.fliplr`."""
    return flip(x, 1)


@implements(np.rot90)
def rot90(x, k=1, axes=(0, 1)):
    """As `numpy.rot90`."""
    first, second = axes
    if first % np.ndim(x) == second % np.ndim(x):
        raise ValueError(f"rot90 turns one axis into another, and {axes} are the same")
    if k % 4 == 2:
        return flip(x, (first, second))
    if k % 4 == 1:
        return swapaxes(flip(x, second), first, second)
    return flip(swapaxes(x, first, second), second) if k % 4 else positive(x)


@primitive(
    formula="x moved round in a ring",
    linear="x",
    numpy=np.roll,
    sample=calls(
        _one((3, 4), shift=2),
        _one((3, 4), shift=-1, axis=0),
        _one((3, 4), shift=(1, 2), axis=(0, 1)),
    ),
)
def roll(x, /, shift, axis=None):
    """As `numpy.roll`."""
    return np.roll(x, shift, axis)


@roll.vjp("x", "ȳ moved back")
def roll_x(g, shift, axis):
    return np.roll(g, tuple(np.negative(shift)) if np.ndim(shift) else -shift, axis)
