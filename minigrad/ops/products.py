"""Products of vectors, matrices and tensors."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..numpy_protocol import implements
from ..primitive import primitive
from ..tensor import Tensor
from .samples import calls


def _array_pair(first, second):
    return lambda rng: ((rng.normal(size=first), rng.normal(size=second)), {})


def _unbroadcast(gradient, shape):
    """Sum over the axes along which a stack of matrices was repeated."""
    if gradient.shape == tuple(shape):
        return gradient
    added = gradient.ndim - len(shape)
    stretched = [i + added for i, n in enumerate(shape) if n == 1 != gradient.shape[i + added]]
    return np.reshape(np.sum(gradient, axis=(*range(added), *stretched)), shape)


@primitive(
    formula="a @ b",
    linear="ab",
    numpy=(np.matmul, np.linalg.matmul),
    sample=calls(
        _array_pair((3, 4), (4, 2)),
        _array_pair((4,), (4,)),
        _array_pair((4,), (4, 2)),
        _array_pair((3, 4), (4,)),
        _array_pair((2, 3, 4), (4, 2)),
        _array_pair((2, 1, 3, 4), (5, 4, 2)),
        _array_pair((2, 3, 4), (4,)),
        _array_pair((4,), (2, 4, 3)),
        _array_pair((3, 0), (0, 2)),
        _array_pair((2, 3, 0), (0, 2)),
        _array_pair((4,), (3, 4, 0)),
    ),
)
def matmul(a, b, /):
    """As `numpy.matmul`."""
    return np.matmul(a, b)


@matmul.vjp("a", "ȳ bᵀ")
def matmul_a(g, a_shape, b):
    if np.ndim(b) == 1:
        return np.expand_dims(g, -1) * b
    if len(a_shape) == 1:
        return _unbroadcast(np.matmul(b, np.expand_dims(g, -1))[..., 0], a_shape)
    return _unbroadcast(np.matmul(g, np.swapaxes(b, -1, -2)), a_shape)


@matmul.vjp("b", "aᵀ ȳ")
def matmul_b(g, a, b_shape):
    if np.ndim(a) == 1:
        if len(b_shape) == 1:
            return g * a
        return np.expand_dims(a, -1) * np.expand_dims(g, -2)
    if len(b_shape) == 1:
        return _unbroadcast(np.matmul(np.expand_dims(g, -2), a)[..., 0, :], b_shape)
    if len(b_shape) == 2 and np.ndim(a) > 2:
        # One product of matrices instead of a stack of them that is summed afterwards.
        rows = math.prod(a.shape[:-1])
        a, g = np.reshape(a, (rows, a.shape[-1])), np.reshape(g, (rows, g.shape[-1]))
    return _unbroadcast(np.matmul(np.swapaxes(a, -1, -2), g), b_shape)


def _as_array(x):
    # A Python number takes part in NumPy's products as an array, with an array's dtype.
    return x if isinstance(x, Tensor) else np.asarray(x)


@implements(np.dot)
def dot(a, b):
    """As `numpy.dot`."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(_as_array(a), _as_array(b))
    if np.ndim(b) <= 2 and (np.ndim(a) <= 2 or np.ndim(b) == 1):
        return matmul(a, b)
    return tensordot(a, b, (-1, -2 if np.ndim(b) > 1 else -1))


@implements(np.inner)
def inner(a, b):
    """As `numpy.inner`."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(_as_array(a), _as_array(b))
    return tensordot(a, b, (-1, -1))


@implements(np.vdot)
def vdot(a, b):
    """As `numpy.vdot`."""
    return matmul(np.ravel(a), np.ravel(b))


@implements(np.outer)
def outer(a, b):
    """As `numpy.outer`."""
    return np.multiply(np.reshape(a, (-1, 1)), np.reshape(b, (1, -1)))


implements(np.linalg.outer)(outer)


@implements(np.tensordot)
def tensordot(a, b, axes=2):
    """As `numpy.tensordot`."""
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
    """As `numpy.kron`."""
    ndim = max(np.ndim(a), np.ndim(b))
    a_shape = (1,) * (ndim - np.ndim(a)) + np.shape(a)
    b_shape = (1,) * (ndim - np.ndim(b)) + np.shape(b)
    a = np.reshape(a, [n for size in a_shape for n in (size, 1)])
    b = np.reshape(b, [n for size in b_shape for n in (1, size)])
    return np.reshape(np.multiply(a, b), [m * n for m, n in zip(a_shape, b_shape, strict=True)])


@implements(np.cross)
def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """As `numpy.cross`, for vectors of three components."""
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
    """As `numpy.linalg.multi_dot`, from left to right."""
    return functools.reduce(dot, arrays)
