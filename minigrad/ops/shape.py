"""Functions that move elements about: another shape, the axes or the elements in another order."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..numpy_protocol import implements
from ..primitive import primitive
from .arrays import plain
from .elementwise import positive
from .namesake import namesake
from .samples import calls, normal

# ---- another shape ----------------------------------------------------------------------------


@primitive(
    formula="x in another shape",
    linear="x",
    numpy=np.reshape,
    sample=calls(
        normal((3, 4), shape=(2, -1)), normal((3, 4), shape=12), normal((), shape=(1, 1)),
        normal((2, 0), shape=(0, 5)),
    ),
)  # fmt: skip
def reshape(x, /, shape):
    """As `numpy.reshape` (in C order).

    Parameters
    ----------
    x : array_like or Tensor
    shape : int or tuple of int
        One size may be −1: what is left over.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    >>> y = mg.reshape(x, (2, -1))
    >>> y.backward([[1.0, 2.0], [3.0, 4.0]])
    >>> y.shape, x.grad
    ((2, 2), array([1., 2., 3., 4.]))
    """
    return np.reshape(x, shape)


@reshape.vjp("x", "ȳ in x's shape")
def reshape_x(g, x_shape):
    return np.reshape(g, x_shape)


@implements(np.ravel)
def ravel(x):
    """As `numpy.ravel` (in C order): all in one axis.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.ravel([[1, 2], [3, 4]])
    array([1, 2, 3, 4])
    >>> mg.ravel(5.0)
    array([5.])
    """
    return reshape(x, -1)


@implements(np.squeeze)
def squeeze(x, axis=None):
    """As `numpy.squeeze`: axes of size one left out.

    Parameters
    ----------
    x : array_like or Tensor
    axis : int or tuple of int, optional
        Those to leave out; all of size one unless given.

    Raises
    ------
    ValueError
        If an axis that is named has another size.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = np.zeros((1, 3, 1))
    >>> mg.squeeze(x).shape, mg.squeeze(x, -1).shape
    ((3,), (1, 3))
    """
    return reshape(x, np.squeeze(plain(x), axis).shape)


@implements(np.expand_dims)
def expand_dims(x, axis):
    """As `numpy.expand_dims`: new axes of size one.

    Parameters
    ----------
    x : array_like or Tensor
    axis : int or tuple of int
        Where they stand in the result.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> mg.expand_dims([1, 2], 1)
    array([[1],
           [2]])
    >>> mg.expand_dims(np.zeros((2, 3)), (0, -1)).shape
    (1, 2, 3, 1)
    """
    return reshape(x, np.expand_dims(plain(x), axis).shape)


def _reshaped_as(function, statement, *examples):
    """One of the ``atleast`` functions: of one array, or of several, as NumPy's."""

    @implements(function)
    @namesake(function, statement, *examples)
    def reshaped(*arrays):
        made = tuple([reshape(x, function(plain(x)).shape) for x in arrays])
        return made[0] if len(made) == 1 else made

    return reshaped


atleast_1d = _reshaped_as(
    np.atleast_1d,
    "a number becomes an array of one.",
    ">>> mg.atleast_1d(3.0), mg.atleast_1d([[1.0, 2.0]])",
    "(array([3.]), array([[1., 2.]]))",
)
atleast_2d = _reshaped_as(
    np.atleast_2d,
    "a vector becomes a row.",
    ">>> [x.shape for x in mg.atleast_2d(3.0, [1.0, 2.0])]",
    "[(1, 1), (1, 2)]",
)
atleast_3d = _reshaped_as(
    np.atleast_3d,
    "a matrix gets a third axis behind its two, a vector one on either side.",
    ">>> [x.shape for x in mg.atleast_3d([1.0, 2.0], np.zeros((4, 5)))]",
    "[(1, 2, 1), (4, 5, 1)]",
)


# ---- the axes in another order ----------------------------------------------------------------


@primitive(
    formula="x with its axes in another order",
    linear="x",
    numpy=(np.transpose, np.permute_dims),
    sample=calls(
        normal((3, 4)), normal((2, 3, 4), axes=(2, 0, 1)), normal((2, 3, 4), axes=(-1, 0, 1))
    ),
)
def transpose(x, /, axes=None):
    """As `numpy.transpose`.

    Parameters
    ----------
    x : array_like or Tensor
    axes : sequence of int, optional
        Which axis of x comes where; the reverse order unless given.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = mg.Tensor(np.zeros((2, 3, 4)), requires_grad=True)
    >>> y = mg.transpose(x, (2, 0, 1))
    >>> y.sum().backward()
    >>> y.shape, x.grad.shape
    ((4, 2, 3), (2, 3, 4))
    """
    return np.transpose(x, axes)


@transpose.vjp("x", "ȳ with its axes back in order")
def transpose_x(g, axes):
    if axes is None:
        return np.transpose(g)
    return np.transpose(g, np.argsort([axis % g.ndim for axis in axes]))


@implements(np.swapaxes)
def swapaxes(x, axis1, axis2):
    """As `numpy.swapaxes`.

    Parameters
    ----------
    x : array_like or Tensor
    axis1, axis2 : int
        The two that change places.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> mg.swapaxes(np.zeros((2, 3, 4)), 0, -1).shape
    (4, 3, 2)
    """
    order = list(range(np.ndim(x)))
    first = normalize_axis_index(axis1, len(order))
    second = normalize_axis_index(axis2, len(order))
    order[first], order[second] = second, first
    return transpose(x, tuple(order))


@implements(np.moveaxis)
def moveaxis(x, source, destination):
    """As `numpy.moveaxis`: the axes that are not named keep their order.

    Parameters
    ----------
    x : array_like or Tensor
    source, destination : int or sequence of int
        Where axes stand, and where they go.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> channels_last = np.zeros((8, 32, 24, 3))
    >>> mg.moveaxis(channels_last, -1, 1).shape
    (8, 3, 32, 24)
    """
    # NumPy moves the axes of an array whose sizes are the numbers of its axes.
    ndim = np.ndim(x)
    numbered = np.broadcast_to(np.empty(()), range(ndim))
    return transpose(x, np.moveaxis(numbered, source, destination).shape)


@implements(np.matrix_transpose)
def matrix_transpose(x, /):
    """As `numpy.matrix_transpose`: the last two axes exchanged, of a whole stack of matrices.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> mg.matrix_transpose(np.zeros((5, 2, 3))).shape
    (5, 3, 2)
    """
    return swapaxes(x, -1, -2)


implements(np.linalg.matrix_transpose)(matrix_transpose)


# ---- the elements in another order ------------------------------------------------------------


@primitive(
    formula="x in the opposite order",
    linear="x",
    numpy=np.flip,
    sample=calls(normal((3, 4)), normal((3, 4), axis=-1), normal((2, 3, 4), axis=(0, 2))),
)
def flip(x, /, axis=None):
    """As `numpy.flip`.

    Parameters
    ----------
    x : array_like or Tensor
    axis : int or tuple of int, optional
        Along which the order is turned round; all axes unless given.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> y = mg.flip(x)
    >>> y.backward([1.0, 10.0, 100.0])
    >>> y.data, x.grad
    (array([3., 2., 1.]), array([100.,  10.,   1.]))
    """
    return np.flip(x, axis)


@flip.vjp("x", "ȳ in the opposite order")
def flip_x(g, axis):
    return np.flip(g, axis)


@implements(np.flipud)
def flipud(x):
    """As `numpy.flipud`: the rows upside down.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.flipud([[1, 2], [3, 4]])
    array([[3, 4],
           [1, 2]])
    """
    return flip(x, 0)


@implements(np.fliplr)
def fliplr(x):
    """As `numpy.fliplr`: the columns from right to left.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.fliplr([[1, 2], [3, 4]])
    array([[2, 1],
           [4, 3]])
    """
    return flip(x, 1)


@implements(np.rot90)
def rot90(x, k=1, axes=(0, 1)):
    """As `numpy.rot90`: quarter turns, counterclockwise.

    Parameters
    ----------
    x : array_like or Tensor
    k : int
        How many; the other way round if negative.
    axes : pair of int
        The plane that is turned.

    Raises
    ------
    ValueError
        If both axes are the same.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.rot90([[1, 2], [3, 4]])
    array([[2, 4],
           [1, 3]])
    """
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
        normal((3, 4), shift=2),
        normal((3, 4), shift=-1, axis=0),
        normal((3, 4), shift=(1, 2), axis=(0, 1)),
    ),
)
def roll(x, /, shift, axis=None):
    """As `numpy.roll`: what leaves at one end comes in at the other.

    Parameters
    ----------
    x : array_like or Tensor
    shift : int or tuple of int
        By how many places, along each axis that is named.
    axis : int or tuple of int, optional
        The flattened array is moved unless given.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> y = mg.roll(x, 1)
    >>> y.backward([1.0, 10.0, 100.0])
    >>> y.data, x.grad
    (array([3., 1., 2.]), array([ 10., 100.,   1.]))
    """
    return np.roll(x, shift, axis)


@roll.vjp("x", "ȳ moved back")
def roll_x(g, shift, axis):
    return np.roll(g, tuple(np.negative(shift)) if np.ndim(shift) else -shift, axis)
