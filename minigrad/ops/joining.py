"""Joining arrays, and splitting them."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..numpy_protocol import implements
from ..primitive import primitive
from .indexing import getitem
from .samples import calls
from .shape import atleast_1d, atleast_2d, atleast_3d, ravel, reshape

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
    """The arrays end to end along an axis: `concatenate`, with the arrays as arguments.

    Parameters
    ----------
    *arrays : array_like or Tensor
    axis : int
    dtype : dtype, optional
        Of the result.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.join([1, 2], [3])
    array([1, 2, 3])
    """
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
    """As `numpy.concatenate`: the arrays end to end.

    Parameters
    ----------
    arrays : sequence of array_like or Tensor
        Of the same shape but along the axis.
    axis : int or None
        ``None`` flattens them first.
    dtype : dtype, optional
        Of the result.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 2.0], requires_grad=True)
    >>> y = mg.concatenate([x, [0.0], x])
    >>> y.backward([1.0, 2.0, 3.0, 10.0, 20.0])
    >>> y.data, x.grad
    (array([1., 2., 0., 1., 2.]), array([11., 22.]))
    """
    if axis is None:
        arrays, axis = [ravel(x) for x in arrays], 0
    return join(*arrays, axis=axis, dtype=dtype)


@implements(np.stack)
def stack(arrays, axis=0):
    """As `numpy.stack`: the arrays one behind the other along a new axis.

    Parameters
    ----------
    arrays : sequence of array_like or Tensor
        Of one shape.
    axis : int
        Where the new axis stands in the result.

    Raises
    ------
    ValueError
        If the shapes differ, or there are none.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.stack([[1, 2], [3, 4]], axis=1)
    array([[1, 3],
           [2, 4]])
    """
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
    """As `numpy.vstack`: the arrays below each other; a vector counts as a row.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.vstack([[1, 2], [[3, 4], [5, 6]]])
    array([[1, 2],
           [3, 4],
           [5, 6]])
    """
    return join(*[atleast_2d(x) for x in arrays], axis=0)


@implements(np.hstack)
def hstack(arrays):
    """As `numpy.hstack`: the arrays beside each other.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.hstack([[1, 2], [3]])
    array([1, 2, 3])
    >>> mg.hstack([[[1], [2]], [[3], [4]]])
    array([[1, 3],
           [2, 4]])
    """
    arrays = [atleast_1d(x) for x in arrays]
    return join(*arrays, axis=0 if np.ndim(arrays[0]) == 1 else 1)


@implements(np.dstack)
def dstack(arrays):
    """As `numpy.dstack`: the arrays behind each other, along the third axis.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.dstack([[1, 2], [3, 4]])
    array([[[1, 3],
            [2, 4]]])
    """
    return join(*[atleast_3d(x) for x in arrays], axis=2)


@implements(np.column_stack)
def column_stack(arrays):
    """As `numpy.column_stack`: vectors as the columns of a matrix.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.column_stack([[1, 2], [3, 4]])
    array([[1, 3],
           [2, 4]])
    """
    columns = [x if np.ndim(x) >= 2 else reshape(x, (-1, 1)) for x in arrays]
    return join(*columns, axis=1)


@implements(np.append)
def append(x, values, axis=None):
    """As `numpy.append`: a new array, `values` behind `x`.

    Parameters
    ----------
    x, values : array_like or Tensor
    axis : int, optional
        Both are flattened unless given.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.append([[1, 2]], 3)
    array([1, 2, 3])
    """
    return concatenate((x, values), axis)


# ---- splitting --------------------------------------------------------------------------------


@implements(np.array_split)
def array_split(x, indices_or_sections, axis=0):
    """As `numpy.array_split`: a list of parts, the first ones longer by one if need be.

    Parameters
    ----------
    x : array_like or Tensor
    indices_or_sections : int or sequence of int
        How many parts, or where each but the first begins.
    axis : int

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> mg.array_split(np.arange(5), 2)
    [array([0, 1, 2]), array([3, 4])]
    """
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
    """As `numpy.split`: a list of parts, equal ones if their number is given.

    Parameters
    ----------
    x : array_like or Tensor
    indices_or_sections : int or sequence of int
        How many parts, or where each but the first begins.
    axis : int

    Raises
    ------
    ValueError
        If the axis cannot be divided into that many equal parts.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    >>> first, second = mg.split(x, 2)
    >>> second.sum().backward()
    >>> x.grad
    array([0., 0., 1., 1.])
    """
    size = np.shape(x)[axis]
    if np.ndim(indices_or_sections) == 0 and size % indices_or_sections:
        raise ValueError(
            f"an axis of size {size} is not divided evenly by {indices_or_sections}: "
            "choose a divisor, or array_split"
        )
    return array_split(x, indices_or_sections, axis)


@implements(np.vsplit)
def vsplit(x, indices_or_sections):
    """As `numpy.vsplit`: `split` by rows.

    Parameters
    ----------
    x : array_like or Tensor
        Of two axes or more.
    indices_or_sections : int or sequence of int

    Examples
    --------
    >>> import minigrad as mg
    >>> top, rest = mg.vsplit([[1, 2], [3, 4], [5, 6]], [1])
    >>> top, rest.shape
    (array([[1, 2]]), (2, 2))
    """
    _needs_axes(x, 2, "vsplit")
    return split(x, indices_or_sections, 0)


@implements(np.hsplit)
def hsplit(x, indices_or_sections):
    """As `numpy.hsplit`: `split` by columns, or of a vector.

    Parameters
    ----------
    x : array_like or Tensor
    indices_or_sections : int or sequence of int

    Examples
    --------
    >>> import minigrad as mg
    >>> left, right = mg.hsplit([[1, 2], [3, 4]], 2)
    >>> left
    array([[1],
           [3]])
    """
    _needs_axes(x, 1, "hsplit")
    return split(x, indices_or_sections, 1 if np.ndim(x) > 1 else 0)


@implements(np.dsplit)
def dsplit(x, indices_or_sections):
    """As `numpy.dsplit`: `split` along the third axis.

    Parameters
    ----------
    x : array_like or Tensor
        Of three axes or more.
    indices_or_sections : int or sequence of int

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> [part.shape for part in mg.dsplit(np.zeros((2, 2, 5)), [1, 4])]
    [(2, 2, 1), (2, 2, 3), (2, 2, 1)]
    """
    _needs_axes(x, 3, "dsplit")
    return split(x, indices_or_sections, 2)


def _needs_axes(x, least, name):
    if np.ndim(x) < least:
        raise ValueError(f"{name} needs an array of {least} axes or more, not {np.ndim(x)}")
