"""Norms, inverses and determinants: the linear algebra that stays small."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..numpy_protocol import implements
from ..primitive import primitive
from .arrays import plain
from .ordering import max, min
from .products import _unbroadcast, matmul
from .reduction import _spread, sum

# ---- norms -------------------------------------------------------------------------------------


def _norm_sample(rng):
    for p in (2, 3, 1.5):
        yield (rng.normal(size=(3, 4)),), {"axis": -1, "p": p}
    yield (rng.normal(size=(2, 3, 4)),), {"axis": (0, 2), "keepdims": True}
    yield (rng.normal(size=(2, 3)),), {}


@primitive(formula="(Σ |x|ᵖ)^(1/p)", kinks="0 where the norm is 0", sample=_norm_sample)
def p_norm(x, /, axis=None, keepdims=False, p=2):
    """The p-norm of vectors, p finite and not 0; its derivative at 0 is 0."""
    return np.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=p)


@p_norm.vjp("x", "ȳ · sign(x) (|x| / y)ᵖ⁻¹")
def p_norm_x(g, y, x, x_shape, axis, keepdims, p):
    g, y = _spread(g, x_shape, axis, keepdims), _spread(y, x_shape, axis, keepdims)
    away = np.where(y == 0, 1, y)
    if p == 2:
        return g * (x / away)
    return g * np.sign(x) * np.where(x == 0, 1, np.abs(x) / away) ** (p - 1)


@implements(np.linalg.vector_norm)
def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    """As `numpy.linalg.vector_norm`; its derivative at 0 is 0, and a largest element that stands
    twice gives its first place the whole gradient."""
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
    """As `numpy.linalg.matrix_norm`, without the norms that need singular values (2, −2, nuc)."""
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
    """As `numpy.linalg.norm`: of vectors any order, of matrices ``"fro"``, ±1 and ±∞."""
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


# ---- inverses and determinants -----------------------------------------------------------------


def _matrices(*shapes):
    """Samples of well-conditioned matrices."""

    def sample(rng):
        for shape in shapes:
            yield (rng.normal(size=shape) + 3 * np.eye(shape[-1]),), {}

    return sample


def _transposed(a):
    return np.swapaxes(a, -1, -2)


@primitive(formula="a⁻¹", numpy=np.linalg.inv, sample=_matrices((3, 3), (2, 2, 2), (1, 1), (0, 0)))
def inv(a, /):
    """As `numpy.linalg.inv`."""
    return np.linalg.inv(a)


@inv.vjp("a", "−yᵀ ȳ yᵀ")
def inv_a(g, y):
    return -_transposed(y) @ g @ _transposed(y)


def _solve_sample(rng):
    for a, b in [((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 3, 3), (3, 2)), ((3, 3), (2, 3, 1))]:
        yield (rng.normal(size=a) + 3 * np.eye(3), rng.normal(size=b)), {}


@primitive(formula="a⁻¹ b", linear="b", numpy=np.linalg.solve, sample=_solve_sample)
def solve(a, b, /):
    """As `numpy.linalg.solve`."""
    return np.linalg.solve(a, b)


@solve.vjp("a", "−(a⁻ᵀ ȳ) yᵀ")
def solve_a(g, y, a, a_shape, b_shape):
    pulled = _solve_transposed(a, g, b_shape)
    if len(b_shape) == 1:
        pulled, y = np.expand_dims(pulled, -1), np.expand_dims(y, -1)
    return _unbroadcast(-pulled @ _transposed(y), a_shape)


@solve.vjp("b", "a⁻ᵀ ȳ")
def solve_b(g, a, b_shape):
    return _unbroadcast(_solve_transposed(a, g, b_shape), b_shape)


def _solve_transposed(a, g, b_shape):
    # A stack of matrices with one vector: NumPy would take the stacked vectors for a matrix.
    if len(b_shape) == 1:
        return np.linalg.solve(_transposed(a), np.expand_dims(g, -1))[..., 0]
    return np.linalg.solve(_transposed(a), g)


@primitive(
    formula="det a", numpy=np.linalg.det, sample=_matrices((3, 3), (2, 2, 2), (1, 1), (0, 0))
)
def det(a, /):
    """As `numpy.linalg.det`; differentiable at singular matrices too."""
    return np.linalg.det(a)


@det.vjp("a", "ȳ · the cofactors of a")
def det_a(g, y, a):
    g, y = np.expand_dims(g, (-2, -1)), np.expand_dims(y, (-2, -1))
    if np.all(_condition(a) < 1e8):
        return g * y * _transposed(np.linalg.inv(a))
    return g * _cofactors(a)


def _condition(a):
    a = plain(a)
    return np.linalg.cond(a) if a.size else np.ones(1)


def _cofactors(a):
    """The signed determinants of what is left without a row and a column: they need no inverse."""
    size = a.shape[-1]
    others = np.array([[j for j in range(size) if j != i] for i in range(size)], int)
    rows = []
    for i in range(size):
        minors = a[..., others[i][None, :, None], others[:, None, :]]
        rows.append(np.linalg.det(minors) * (-1.0) ** (i + np.arange(size)))
    return np.stack(rows, -2)


@primitive(formula="ln |det a|", sample=_matrices((3, 3), (2, 2, 2)))
def log_abs_det(a, /):
    """The logarithm of the absolute value of the determinant."""
    return np.linalg.slogdet(a)[1]


@log_abs_det.vjp("a", "ȳ · a⁻ᵀ")
def log_abs_det_a(g, a):
    return np.expand_dims(g, (-2, -1)) * _transposed(np.linalg.inv(a))


@implements(np.linalg.slogdet)
def slogdet(a):
    """As `numpy.linalg.slogdet`: the sign, a plain array, and the logarithm."""
    result = np.linalg.slogdet(plain(a))
    return type(result)(result[0], log_abs_det(a))


def _cholesky_sample(rng):
    for shape in [(3, 3), (2, 2, 2), (1, 1)]:
        root = rng.normal(size=shape)
        yield (root @ _transposed(root) + shape[-1] * np.eye(shape[-1]),), {}


@primitive(formula="the lower L with L Lᵀ = a", numpy=np.linalg.cholesky, sample=_cholesky_sample)
def cholesky(a, /):
    """As `numpy.linalg.cholesky`: only the lower triangle of `a` is read, and has a gradient."""
    return np.linalg.cholesky(a)


@cholesky.vjp("a", "L⁻ᵀ Φ(Lᵀ ȳ) L⁻¹, folded onto the lower triangle")
def cholesky_a(g, y):
    inverse = np.linalg.inv(y)
    size = y.shape[-1]
    # Φ takes the lower triangle and half of the diagonal.
    halves = np.tri(size) - np.eye(size) / 2
    pulled = _transposed(inverse) @ (halves * (_transposed(y) @ g)) @ inverse
    return halves * (pulled + _transposed(pulled))


@implements(np.linalg.matrix_power)
def matrix_power(a, n):
    """As `numpy.linalg.matrix_power`."""
    if not isinstance(n, (int, np.integer)):
        raise TypeError(f"the power of a matrix is an integer, not {n!r}")
    if n < 0:
        a, n = inv(a), -n
    result = None
    while n:
        if n % 2:
            result = a if result is None else matmul(result, a)
        n //= 2
        if n:
            a = matmul(a, a)
    if result is None:
        size = np.shape(a)[-1]
        return np.zeros_like(a) + np.eye(size, dtype=getattr(a, "dtype", None))
    return result
