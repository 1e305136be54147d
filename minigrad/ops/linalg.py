"""Linear algebra: products of matrices, and the decompositions that stay small."""

from __future__ import annotations

import numpy as np

from ..numpy_protocol import implements
from ..primitive import primitive
from .samples import calls


def _array_pair(first, second):
    return lambda rng: ((rng.normal(size=first), rng.normal(size=second)), {})


# ---- products ---------------------------------------------------------------------------------


@primitive(
    formula="a @ b",
    linear="ab",
    numpy=(np.matmul, np.linalg.matmul),
    broadcasts=True,
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
        return np.matmul(b, np.expand_dims(g, -1))[..., 0]
    return np.matmul(g, np.swapaxes(b, -1, -2))


@matmul.vjp("b", "aᵀ ȳ")
def matmul_b(g, a, b_shape):
    if np.ndim(a) == 1:
        if len(b_shape) == 1:
            return g * a
        return np.expand_dims(a, -1) * np.expand_dims(g, -2)
    if len(b_shape) == 1:
        return np.matmul(np.expand_dims(g, -2), a)[..., 0, :]
    if len(b_shape) == 2 and np.ndim(a) > 2:
        # One product of matrices instead of a stack of them that is summed afterwards.
        a, g = np.reshape(a, (-1, a.shape[-1])), np.reshape(g, (-1, g.shape[-1]))
    return np.matmul(np.swapaxes(a, -1, -2), g)


@implements(np.tensordot)
def tensordot(a, b, axes=2):
    """As `numpy.tensordot`."""
    a_shape, b_shape = np.shape(a), np.shape(b)
    if np.ndim(axes) == 0 and not isinstance(axes, (tuple, list)):
        axes = range(len(a_shape) - axes, len(a_shape)), range(axes)
    a_axes, b_axes = [np.atleast_1d(list(x) if isinstance(x, range) else x).astype(int) % max(1, n)
                      for x, n in zip(axes, (len(a_shape), len(b_shape)), strict=True)]
    if [a_shape[i] for i in a_axes] != [b_shape[i] for i in b_axes]:
        raise ValueError(
            f"tensordot sums over axes of equal sizes, not {[a_shape[i] for i in a_axes]} of "
            f"{a_shape} and {[b_shape[i] for i in b_axes]} of {b_shape}"
        )
    a_kept = [i for i in range(len(a_shape)) if i not in a_axes]
    b_kept = [i for i in range(len(b_shape)) if i not in b_axes]
    summed = int(np.prod([a_shape[i] for i in a_axes]))
    rows = [a_shape[i] for i in a_kept]
    columns = [b_shape[i] for i in b_kept]
    left = np.reshape(np.transpose(a, (*a_kept, *a_axes)), (int(np.prod(rows)), summed))
    right = np.reshape(np.transpose(b, (*b_axes, *b_kept)), (summed, int(np.prod(columns))))
    return np.reshape(matmul(left, right), (*rows, *columns))


@implements(np.dot)
def dot(a, b):
    """As `numpy.dot`."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    if np.ndim(b) <= 2 and (np.ndim(a) <= 2 or np.ndim(b) == 1):
        return matmul(a, b)
    return tensordot(a, b, (-1, -2 if np.ndim(b) > 1 else -1))
