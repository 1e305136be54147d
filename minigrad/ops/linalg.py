"""Linear algebra: products of matrices, and the decompositions that stay small."""

from __future__ import annotations

import builtins
import functools
import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..numpy_protocol import implements
from ..primitive import primitive
from ..tensor import Tensor
from .ordering import max, min
from .reduction import _spread, sum
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


# ---- products ---------------------------------------------------------------------------------


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
    ndim = builtins.max(np.ndim(a), np.ndim(b))
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


@implements(np.linalg.multi_dot)
def multi_dot(arrays):
    """As `numpy.linalg.multi_dot`, from left to right."""
    return functools.reduce(dot, arrays)


# ---- norms ------------------------------------------------------------------------------------


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


# ---- inverses and determinants ----------------------------------------------------------------


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
    plain = a.array if isinstance(a, Tensor) else a
    return np.linalg.cond(plain) if plain.size else np.ones(1)


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
    plain = a.array if isinstance(a, Tensor) else a
    result = np.linalg.slogdet(plain)
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
