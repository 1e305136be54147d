"""Norms of vectors and matrices."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..kernels.blas import without_threads
from ..numpy_protocol import implements
from ..primitive import primitive
from .axes import put_axes_back
from .ordering import max, min
from .reduction import sum


def _norm_sample(rng):
    for p in (2, 3, 1.5):
        yield (rng.normal(size=(3, 4)),), {"axis": -1, "p": p}
    yield (rng.normal(size=(2, 3, 4)),), {"axis": (0, 2), "keepdims": True}
    yield (rng.normal(size=(2, 3)),), {}


@primitive(formula="(Σ |x|ᵖ)^(1/p)", kinks="0 where the norm is 0", sample=_norm_sample)
def p_norm(x, /, axis=None, keepdims=False, p=2):
    """The p-norm of vectors, ``(Σ |x|ᵖ)^(1/p)``; its derivative where the norm is 0 is 0.

    Parameters
    ----------
    x : array_like or Tensor
    axis : int or tuple of int, optional
        All axes unless given.
    keepdims : bool
        Keep the reduced axes, with size one.
    p : float
        Finite and not 0.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([[3.0, 4.0], [0.0, 0.0]], requires_grad=True)
    >>> y = mg.p_norm(x, axis=1)
    >>> y.sum().backward()
    >>> y.data
    array([5., 0.])
    >>> x.grad
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    with without_threads:
        return np.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=p)


@p_norm.vjp("x", "ȳ · sign(x) (|x| / y)ᵖ⁻¹")
def p_norm_x(g, y, x, x_shape, axis, keepdims, p):
    g, y = put_axes_back(g, x_shape, axis, keepdims), put_axes_back(y, x_shape, axis, keepdims)
    away = np.where(y == 0, 1, y)
    if p == 2:
        return g * (x / away)
    return g * np.sign(x) * np.where(x == 0, 1, np.abs(x) / away) ** (p - 1)


@implements(np.linalg.vector_norm)
def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    """As `numpy.linalg.vector_norm`; its derivative at 0 is 0.

    Parameters
    ----------
    x : array_like or Tensor
    axis : int or tuple of int, optional
        All axes unless given.
    keepdims : bool
        Keep the reduced axes, with size one.
    ord : float
        Infinity: the largest absolute value (at a tie the gradient goes to the first); 0: how
        many are not 0.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = mg.Tensor([1.0, -3.0, 3.0], requires_grad=True)
    >>> y = mg.vector_norm(x, ord=np.inf)
    >>> y.backward()
    >>> y.item(), x.grad
    (3.0, array([ 0., -1.,  0.]))
    """
    if ord == np.inf:
        return max(np.absolute(x), axis=axis, keepdims=keepdims)
    if ord == -np.inf:
        return min(np.absolute(x), axis=axis, keepdims=keepdims)
    if ord == 0:
        return sum(np.absolute(np.sign(x)), axis=axis, keepdims=keepdims)
    if ord == 1:
        return sum(np.absolute(x), axis=axis, keepdims=keepdims)
    return p_norm(x, axis=axis, keepdims=keepdims, p=ord)


@implements(np.linalg.matrix_norm)
def matrix_norm(x, /, *, keepdims=False, ord="fro"):
    """As `numpy.linalg.matrix_norm`, without the norms that need singular values (2, −2, nuc).

    Parameters
    ----------
    x : (..., M, N) array_like or Tensor
    keepdims : bool
        Keep the reduced axes, with size one.
    ord : {"fro", 1, -1, inf, -inf}
        The root of the sum of squares; the largest or smallest sum of absolute values down a
        column (±1) or along a row (±∞).

    Raises
    ------
    ValueError
        If the order is another.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = [[1.0, -2.0], [2.0, 4.0]]
    >>> [mg.matrix_norm(x, ord=order).item() for order in ("fro", 1, np.inf)]
    [5.0, 6.0, 6.0]
    """
    if ord == "fro":
        return p_norm(x, axis=(-2, -1), keepdims=keepdims)
    if ord not in (1, -1, np.inf, -np.inf):
        raise ValueError(f"a matrix norm is of order 'fro', 1, -1, inf or -inf, not {ord!r}")
    extreme = max if ord > 0 else min
    sums = sum(np.absolute(x), axis=-2 if abs(ord) == 1 else -1, keepdims=True)
    result = extreme(sums, axis=(-2, -1), keepdims=True)
    return result if keepdims else np.squeeze(result, (-2, -1))


@implements(np.linalg.norm)
def norm(x, ord=None, axis=None, keepdims=False):
    """As `numpy.linalg.norm`: of vectors any order, of matrices ``"fro"``, ±1 and ±∞.

    Parameters
    ----------
    x : array_like or Tensor
    ord : float or "fro", optional
        The root of the sum of squares unless given.
    axis : int or pair of int, optional
        Those of the vectors, or of the matrices; x is one vector or matrix unless given.
    keepdims : bool
        Keep the reduced axes, with size one.

    Raises
    ------
    ValueError
        If an order is given, no axis, and x is neither a vector nor a matrix; or the order is not
        one of those.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([3.0, 4.0], requires_grad=True)
    >>> y = mg.norm(x)
    >>> y.backward()
    >>> y.item(), x.grad
    (5.0, array([0.6, 0.8]))
    """
    if ord is None:
        return p_norm(x, axis=axis, keepdims=keepdims)
    if axis is None:
        if np.ndim(x) not in (1, 2):
            raise ValueError(
                f"a norm of order {ord!r} is of a vector or a matrix, not of the shape "
                f"{np.shape(x)}: say which axis, or axes, with axis="
            )
        axis = tuple(range(np.ndim(x)))
    axes = normalize_axis_tuple(axis, np.ndim(x))
    if len(axes) == 1:
        return vector_norm(x, axis=axes[0], keepdims=keepdims, ord=ord)
    result = matrix_norm(np.moveaxis(x, axes, (-2, -1)), keepdims=keepdims, ord=ord)
    return np.moveaxis(result, (-2, -1), axes) if keepdims else result
