"""Products of vectors, matrices and tensors."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..kernels.products import matmul as product
from ..numpy_protocol import implements
from ..primitive import primitive
from ..tensor import Tensor
from ..unbroadcasting import unbroadcast
from .samples import calls, normal


@primitive(
    formula="a @ b",
    linear="ab",
    numpy=(np.matmul, np.linalg.matmul),
    sample=calls(
        normal((3, 4), (4, 2)),
        normal((4,), (4,)),
        normal((4,), (4, 2)),
        normal((3, 4), (4,)),
        normal((2, 3, 4), (4, 2)),
        normal((2, 1, 3, 4), (5, 4, 2)),
        normal((2, 3, 4), (4,)),
        normal((4,), (2, 4, 3)),
        normal((3, 0), (0, 2)),
        normal((2, 3, 0), (0, 2)),
        normal((4,), (3, 4, 0)),
    ),
)
def matmul(a, b, /):
    """As `numpy.matmul`: matrices and vectors, and stacks of them, which are broadcast.

    Parameters
    ----------
    a, b : array_like or Tensor
        Of one axis or more.

    Examples
    --------
    >>> import minigrad as mg
    >>> a = mg.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> b = mg.Tensor([1.0, -1.0], requires_grad=True)
    >>> y = mg.matmul(a, b)
    >>> y.sum().backward()
    >>> y.data, b.grad
    (array([-1., -1.]), array([4., 6.]))
    >>> a.grad
    array([[ 1., -1.],
           [ 1., -1.]])
    """
    return product(a, b)


@matmul.vjp("a", "ȳ bᵀ")
def matmul_a(g, a_shape, b):
    if np.ndim(b) == 1:
        return np.expand_dims(g, -1) * b
    if len(a_shape) == 1:
        return unbroadcast(matmul(b, np.expand_dims(g, -1))[..., 0], a_shape)
    return unbroadcast(matmul(g, np.swapaxes(b, -1, -2)), a_shape)


@matmul.vjp("b", "aᵀ ȳ")
def matmul_b(g, a, b_shape):
    if np.ndim(a) == 1:
        if len(b_shape) == 1:
            return g * a
        return np.expand_dims(a, -1) * np.expand_dims(g, -2)
    if len(b_shape) == 1:
        return unbroadcast(matmul(np.expand_dims(g, -2), a)[..., 0, :], b_shape)
    if len(b_shape) == 2 and np.ndim(a) > 2:
        # One product of matrices instead of a stack of them that is summed afterwards.
        rows = math.prod(a.shape[:-1])
        a, g = np.reshape(a, (rows, a.shape[-1])), np.reshape(g, (rows, g.shape[-1]))
    return unbroadcast(matmul(np.swapaxes(a, -1, -2), g), b_shape)


def _as_array(x):
    # A Python number takes part in NumPy's products as an array, with an array's dtype.
    return x if isinstance(x, Tensor) else np.asarray(x)


@implements(np.dot)
def dot(a, b):
    """As `numpy.dot`: the last axis of a with the last but one of b, all pairs of them.

    Parameters
    ----------
    a, b : array_like or Tensor
        A number just multiplies.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> a = mg.Tensor([1.0, 2.0], requires_grad=True)
    >>> y = mg.dot(a, [3.0, 4.0])
    >>> y.backward()
    >>> y.item(), a.grad
    (11.0, array([3., 4.]))
    >>> mg.dot(np.zeros((2, 3)), np.zeros((5, 3, 4))).shape
    (2, 5, 4)
    """
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(_as_array(a), _as_array(b))
    if np.ndim(b) <= 2 and (np.ndim(a) <= 2 or np.ndim(b) == 1):
        return matmul(a, b)
    return tensordot(a, b, (-1, -2 if np.ndim(b) > 1 else -1))


@implements(np.inner)
def inner(a, b):
    """As `numpy.inner`: the last axis of a with the last of b, all pairs of them.

    Parameters
    ----------
    a, b : array_like or Tensor
        A number just multiplies.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.inner([[1.0, 0.0], [0.0, 2.0]], [3.0, 4.0])
    array([3., 8.])
    """
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(_as_array(a), _as_array(b))
    return tensordot(a, b, (-1, -1))


@implements(np.vdot)
def vdot(a, b):
    """As `numpy.vdot`: both flattened, then their sum of products.

    Parameters
    ----------
    a, b : array_like or Tensor
        Of equally many elements.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.vdot([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [0.0, 1.0]]).item()
    5.0
    """
    return matmul(np.ravel(a), np.ravel(b))


@implements(np.outer)
def outer(a, b):
    """As `numpy.outer`: every element of a times every one of b.

    Parameters
    ----------
    a, b : array_like or Tensor
        Flattened.

    Examples
    --------
    >>> import minigrad as mg
    >>> a = mg.Tensor([1.0, 2.0], requires_grad=True)
    >>> y = mg.outer(a, [10.0, 1.0])
    >>> y.sum().backward()
    >>> y.data
    array([[10.,  1.],
           [20.,  2.]])
    >>> a.grad
    array([11., 11.])
    """
    return np.multiply(np.reshape(a, (-1, 1)), np.reshape(b, (1, -1)))


implements(np.linalg.outer)(outer)


@implements(np.tensordot)
def tensordot(a, b, axes=2):
    """As `numpy.tensordot`: a sum of products over some axes of a and as many of b.

    Parameters
    ----------
    a, b : array_like or Tensor
    axes : int or (axes of a, axes of b)
        The last so many of a with the first of b, or which with which.

    Raises
    ------
    ValueError
        If the axes differ in size.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> mg.tensordot(np.ones((2, 3, 4)), np.ones((4, 3, 5)), ([1, 2], [1, 0]))
    array([[12., 12., 12., 12., 12.],
           [12., 12., 12., 12., 12.]])
    """
    a_shape, b_shape = np.shape(a), np.shape(b)
    if np.ndim(axes) == 0:
        axes = tuple(range(len(a_shape) - axes, len(a_shape))), tuple(range(axes))
    a_axes = normalize_axis_tuple(axes[0], len(a_shape))
    b_axes = normalize_axis_tuple(axes[1], len(b_shape))
    a_sizes, b_sizes = [a_shape[i] for i in a_axes], [b_shape[i] for i in b_axes]
    if a_sizes != b_sizes:
        raise ValueError(
            f"tensordot sums over axes of equal sizes, not {a_sizes} of {a_shape} and "
            f"{b_sizes} of {b_shape}"
        )
    a_kept = [i for i in range(len(a_shape)) if i not in a_axes]
    b_kept = [i for i in range(len(b_shape)) if i not in b_axes]
    rows, columns = [a_shape[i] for i in a_kept], [b_shape[i] for i in b_kept]
    summed = math.prod(a_sizes)
    left = np.reshape(np.transpose(a, (*a_kept, *a_axes)), (math.prod(rows), summed))
    right = np.reshape(np.transpose(b, (*b_axes, *b_kept)), (summed, math.prod(columns)))
    return np.reshape(matmul(left, right), (*rows, *columns))


implements(np.linalg.tensordot)(tensordot)


@implements(np.kron)
def kron(a, b):
    """As `numpy.kron`: a with a copy of b, scaled by it, in place of each element.

    Parameters
    ----------
    a, b : array_like or Tensor

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.kron([1, 10], [1, 2])
    array([ 1,  2, 10, 20])
    """
    ndim = max(np.ndim(a), np.ndim(b))
    a_shape = (1,) * (ndim - np.ndim(a)) + np.shape(a)
    b_shape = (1,) * (ndim - np.ndim(b)) + np.shape(b)
    a = np.reshape(a, [n for size in a_shape for n in (size, 1)])
    b = np.reshape(b, [n for size in b_shape for n in (1, size)])
    return np.reshape(np.multiply(a, b), [m * n for m, n in zip(a_shape, b_shape, strict=True)])


@implements(np.cross)
def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """As `numpy.cross`, for vectors of three components.

    Parameters
    ----------
    a, b : array_like or Tensor
    axisa, axisb, axisc : int
        Where the components lie in a, in b and in the result.
    axis : int, optional
        All three at once.

    Raises
    ------
    ValueError
        If the vectors do not have three components.

    Examples
    --------
    >>> import minigrad as mg
    >>> a = mg.Tensor([1.0, 0.0, 0.0], requires_grad=True)
    >>> y = mg.cross(a, [0.0, 1.0, 0.0])
    >>> y.backward([0.0, 0.0, 1.0])
    >>> y.data, a.grad
    (array([0., 0., 1.]), array([1., 0., 0.]))
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        raise ValueError(
            f"cross takes vectors of three components, not {a.shape[-1]} and {b.shape[-1]}"
        )
    order, back = [1, 2, 0], [2, 0, 1]
    product = a[..., order] * b[..., back] - a[..., back] * b[..., order]
    return np.moveaxis(product, -1, axisc)


@implements(np.linalg.cross)
def _linalg_cross(a, b, /, *, axis=-1):
    return cross(a, b, axis=axis)


@implements(np.linalg.multi_dot)
def multi_dot(arrays):
    """As `numpy.linalg.multi_dot`, from left to right.

    Parameters
    ----------
    arrays : sequence of array_like or Tensor
        Matrices; the first and the last may be vectors.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> mg.multi_dot([[1.0, 2.0], np.eye(2), [[1.0], [1.0]]])
    array([3.])
    """
    return functools.reduce(dot, arrays)
