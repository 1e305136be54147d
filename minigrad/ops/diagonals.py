"""Triangles and diagonals of matrices."""

from __future__ import annotations

import numpy as np

from ..numpy_protocol import implements
from .arrays import plain
from .choosing import where
from .indexing import getitem, scatter


def _below(x, k):
    """Where a matrix of x's last two sizes (a vector's counts twice) is not above a diagonal."""
    rows, columns = (np.shape(x) * 2)[-2:] if np.ndim(x) == 1 else np.shape(x)[-2:]
    return np.tri(rows, columns, k, bool)


@implements(np.tril)
def tril(x, k=0):
    """As `numpy.tril`: zero above the k-th diagonal.

    Parameters
    ----------
    x : (..., M, N) array_like or Tensor
    k : int
        0 is the main diagonal, positive above it.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> mg.tril(x).sum().backward()
    >>> x.grad
    array([[1., 0.],
           [1., 1.]])
    """
    return where(_below(x, k), x, np.zeros((), plain(x).dtype))


@implements(np.triu)
def triu(x, k=0):
    """As `numpy.triu`: zero below the k-th diagonal.

    Parameters
    ----------
    x : (..., M, N) array_like or Tensor
    k : int
        0 is the main diagonal, positive above it.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.triu([[1, 2, 3], [4, 5, 6], [7, 8, 9]], 1)
    array([[0, 2, 3],
           [0, 0, 6],
           [0, 0, 0]])
    """
    return where(_below(x, k - 1), np.zeros((), plain(x).dtype), x)


@implements(np.diagonal)
def diagonal(x, offset=0, axis1=0, axis2=1):
    """As `numpy.diagonal`: the diagonals of two axes, along a new last axis.

    Parameters
    ----------
    x : array_like or Tensor
    offset : int
        Positive: to the right of the main diagonal; negative: below it.
    axis1, axis2 : int
        The rows and the columns.

    Raises
    ------
    ValueError
        If x has less than two axes.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> y = mg.diagonal(x)
    >>> y.backward([1.0, 10.0])
    >>> y.data
    array([1., 4.])
    >>> x.grad
    array([[ 1.,  0.],
           [ 0., 10.]])
    """
    if np.ndim(x) < 2:
        raise ValueError(f"a diagonal needs two axes, and the shape is {np.shape(x)}")
    x = np.moveaxis(x, (axis1, axis2), (-2, -1))
    rows, columns = np.shape(x)[-2:]
    length = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    steps = np.arange(length)
    return getitem(x, (Ellipsis, steps - min(offset, 0), steps + max(offset, 0)))


implements(np.linalg.diagonal)(
    lambda x, /, *, offset=0: diagonal(x, offset=offset, axis1=-2, axis2=-1)
)


@implements(np.trace)
def trace(x, offset=0, axis1=0, axis2=1, dtype=None):
    """As `numpy.trace`: the sum of a diagonal.

    Parameters
    ----------
    x : array_like or Tensor
    offset, axis1, axis2 : int
        As in `diagonal`.
    dtype : dtype, optional
        Of the result.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.trace([[1, 2], [3, 4]]), mg.trace([[1, 2], [3, 4]], offset=1)
    (np.int64(5), np.int64(2))
    """
    return np.sum(diagonal(x, offset, axis1, axis2), axis=-1, dtype=dtype)


implements(np.linalg.trace)(lambda x, /, *, offset=0, dtype=None: trace(x, offset, -2, -1, dtype))


@implements(np.diag)
def diag(x, k=0):
    """As `numpy.diag`: the diagonal of a matrix, or the matrix of a diagonal.

    Parameters
    ----------
    x : (N,) or (M, N) array_like or Tensor
    k : int
        Which diagonal: 0 is the main one, positive above it.

    Raises
    ------
    ValueError
        If x has another number of axes.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.diag([[1, 2], [3, 4]])
    array([1, 4])
    >>> mg.diag([1.0, 2.0], k=1)
    array([[0., 1., 0.],
           [0., 0., 2.],
           [0., 0., 0.]])
    """
    if np.ndim(x) == 2:
        return diagonal(x, k)
    if np.ndim(x) != 1:
        raise ValueError(f"diag takes one or two axes, not the shape {np.shape(x)}")
    size = np.shape(x)[0] + abs(k)
    steps = np.arange(np.shape(x)[0])
    return scatter(x, (steps - min(k, 0), steps + max(k, 0)), (size, size))
