"""Functions that move elements about: reshaping, joining, splitting, repeating."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..numpy_protocol import implements
from ..primitive import primitive
from ..tensor import Tensor
from .elementwise import astype, positive
from .indexing import _array, getitem
from .samples import calls


def _one(size, /, **options):
    """A sample of one array."""
    return lambda rng: ((rng.normal(size=size),), options)


# ---- another shape ----------------------------------------------------------------------------


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
    return reshape(x, np.squeeze(_array(x), axis).shape)


@implements(np.expand_dims)
def expand_dims(x, axis):
    """As `numpy.expand_dims`."""
    return reshape(x, np.expand_dims(_array(x), axis).shape)


def _reshaped_as(function):
    """One of the ``atleast`` functions: of one array, or of several, as NumPy's."""

    def reshaped(*arrays):
        made = tuple([reshape(x, function(_array(x)).shape) for x in arrays])
        return made[0] if len(made) == 1 else made

    reshaped.__name__ = reshaped.__qualname__ = function.__name__
    reshaped.__doc__ = f"As `numpy.{function.__name__}`."
    return implements(function)(reshaped)


atleast_1d = _reshaped_as(np.atleast_1d)
atleast_2d = _reshaped_as(np.atleast_2d)
atleast_3d = _reshaped_as(np.atleast_3d)


# ---- the axes in another order ----------------------------------------------------------------


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


# ---- repeating --------------------------------------------------------------------------------


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
    source = np.repeat(np.arange(np.shape(x)[axis]), _array(repeats))
    return getitem(x, (slice(None),) * axis + (source,))


# ---- joining ----------------------------------------------------------------------------------


@primitive(
    formula="the arrays, end to end",
    linear=("arrays",),
    sample=calls(
        lambda rng: ((rng.normal(size=(2, 3)), rng.normal(size=(1, 3))), {}),
        lambda rng: ((rng.normal(size=(2, 3)), rng.normal(size=(2, 0)), rng.normal(size=(2, 2))),
                     {"axis": -1}),
    ),
)  # fmt: skip
def join(*arrays, axis=0, dtype=None):
    """The arrays end to end along an axis: `concatenate`, with the arrays as arguments."""
    return np.concatenate(arrays, axis, dtype=dtype)


@join.vjp("arrays", "the part of ȳ that came from it")
def join_arrays(g, index, arrays_shape, axis):
    axis %= g.ndim
    start = 0
    for shape in arrays_shape[:index]:
        start += shape[axis]
    return g[(slice(None),) * axis + (slice(start, start + arrays_shape[index][axis]),)]


@implements(np.concatenate)
def concatenate(arrays, axis=0, *, dtype=None):
    """As `numpy.concatenate`."""
    if axis is None:
        arrays, axis = [ravel(x) for x in arrays], 0
    return join(*arrays, axis=axis, dtype=dtype)


@implements(np.stack)
def stack(arrays, axis=0):
    """As `numpy.stack`."""
    arrays = list(arrays)
    shapes = {np.shape(x) for x in arrays}
    if len(shapes) != 1:
        raise ValueError(f"stack needs arrays of one shape, not {list(map(np.shape, arrays))}")
    (shape,) = shapes
    axis = normalize_axis_index(axis, len(shape) + 1)
    shape = (*shape[:axis], 1, *shape[axis:])
    return join(*[reshape(x, shape) for x in arrays], axis=axis)


@implements(np.vstack)
def vstack(arrays):
    """As `numpy.vstack`."""
    return join(*[atleast_2d(x) for x in arrays], axis=0)


@implements(np.hstack)
def hstack(arrays):
    """As `numpy.hstack`."""
    arrays = [atleast_1d(x) for x in arrays]
    return join(*arrays, axis=0 if np.ndim(arrays[0]) == 1 else 1)


@implements(np.dstack)
def dstack(arrays):
    """As `numpy.dstack`."""
    return join(*[atleast_3d(x) for x in arrays], axis=2)


@implements(np.column_stack)
def column_stack(arrays):
    """As `numpy.column_stack`."""
    columns = [x if np.ndim(x) >= 2 else reshape(x, (-1, 1)) for x in arrays]
    return join(*columns, axis=1)


@implements(np.append)
def append(x, values, axis=None):
    """As `numpy.append`: `values` behind `x`."""
    return concatenate((x, values), axis)


# ---- splitting --------------------------------------------------------------------------------


@implements(np.array_split)
def array_split(x, indices_or_sections, axis=0):
    """As `numpy.array_split`: a list."""
    axis = normalize_axis_index(axis, np.ndim(x))
    parts = np.array_split(np.arange(np.shape(x)[axis]), indices_or_sections)
    return [
        getitem(
            x, (slice(None),) * axis + (slice(part[0], part[-1] + 1) if part.size else slice(0),)
        )
        for part in parts
    ]


@implements(np.split)
def split(x, indices_or_sections, axis=0):
    """As `numpy.split`: a list of parts, equal ones if their number is given."""
    size = np.shape(x)[axis]
    if np.ndim(indices_or_sections) == 0 and size % indices_or_sections:
        raise ValueError(
            f"an axis of size {size} is not divided evenly by {indices_or_sections}: "
            "choose a divisor, or array_split"
        )
    return array_split(x, indices_or_sections, axis)


@implements(np.vsplit)
def vsplit(x, indices_or_sections):
    """As `numpy.vsplit`."""
    _needs_axes(x, 2, "vsplit")
    return split(x, indices_or_sections, 0)


@implements(np.hsplit)
def hsplit(x, indices_or_sections):
    """As `numpy.hsplit`."""
    _needs_axes(x, 1, "hsplit")
    return split(x, indices_or_sections, 1 if np.ndim(x) > 1 else 0)


@implements(np.dsplit)
def dsplit(x, indices_or_sections):
    """As `numpy.dsplit`."""
    _needs_axes(x, 3, "dsplit")
    return split(x, indices_or_sections, 2)


def _needs_axes(x, least, name):
    if np.ndim(x) < least:
        raise ValueError(f"{name} needs an array of {least} axes or more, not {np.ndim(x)}")


# ---- of the same shape ------------------------------------------------------------------------


def _constant_like(function):
    """`zeros_like` and its like: a Tensor without a gradient for a Tensor."""

    def made(x, dtype=None, *, shape=None):
        result = function(_array(x), dtype, shape=shape)
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
    value = astype(fill_value, _array(x).dtype if dtype is None else dtype)
    made = broadcast_to(value, shape)
    if isinstance(made, Tensor):
        return made
    return Tensor(made.copy()) if isinstance(x, Tensor) else made.copy()
