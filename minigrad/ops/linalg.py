"""Inverses, determinants and factors of matrices: the linear algebra that stays small."""

from __future__ import annotations

import numpy as np

from ..kernels.blas import without_threads
from ..numpy_protocol import implements
from ..primitive import primitive
from ..unbroadcasting import unbroadcast
from .arrays import plain
from .products import matmul


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
    """As `numpy.linalg.inv`.

    Parameters
    ----------
    a : (..., M, M) array_like or Tensor

    Raises
    ------
    LinAlgError
        If a matrix is singular.

    Examples
    --------
    >>> import minigrad as mg
    >>> a = mg.Tensor([[2.0, 0.0], [0.0, 4.0]], requires_grad=True)
    >>> y = mg.inv(a)
    >>> y.sum().backward()
    >>> y.data
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    >>> a.grad
    array([[-0.25  , -0.125 ],
           [-0.125 , -0.0625]])
    """
    with without_threads:
        return np.linalg.inv(a)


@inv.vjp("a", "−yᵀ ȳ yᵀ")
def inv_a(g, y):
    return -_transposed(y) @ g @ _transposed(y)


def _solve_sample(rng):
    for a, b in [((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 3, 3), (3, 2)), ((3, 3), (2, 3, 1))]:
        yield (rng.normal(size=a) + 3 * np.eye(3), rng.normal(size=b)), {}


@primitive(formula="a⁻¹ b", linear="b", numpy=np.linalg.solve, sample=_solve_sample)
def solve(a, b, /):
    """As `numpy.linalg.solve`: the x with ``a x = b``.

    Parameters
    ----------
    a : (..., M, M) array_like or Tensor
    b : (M,) or (..., M, K) array_like or Tensor

    Raises
    ------
    LinAlgError
        If a matrix is singular.

    Examples
    --------
    >>> import minigrad as mg
    >>> b = mg.Tensor([2.0, 4.0], requires_grad=True)
    >>> y = mg.solve([[2.0, 0.0], [0.0, 4.0]], b)
    >>> y.sum().backward()
    >>> y.data, b.grad
    (array([1., 1.]), array([0.5 , 0.25]))
    """
    with without_threads:
        return np.linalg.solve(a, b)


@solve.vjp("a", "−(a⁻ᵀ ȳ) yᵀ")
def solve_a(g, y, a, a_shape, b_shape):
    pulled = _solve_transposed(a, g, b_shape)
    if len(b_shape) == 1:
        pulled, y = np.expand_dims(pulled, -1), np.expand_dims(y, -1)
    return unbroadcast(-pulled @ _transposed(y), a_shape)


@solve.vjp("b", "a⁻ᵀ ȳ")
def solve_b(g, a, b_shape):
    return unbroadcast(_solve_transposed(a, g, b_shape), b_shape)


def _solve_transposed(a, g, b_shape):
    # A stack of matrices with one vector: NumPy would take the stacked vectors for a matrix.
    if len(b_shape) == 1:
        return np.linalg.solve(_transposed(a), np.expand_dims(g, -1))[..., 0]
    return np.linalg.solve(_transposed(a), g)


@primitive(
    formula="det a", numpy=np.linalg.det, sample=_matrices((3, 3), (2, 2, 2), (1, 1), (0, 0))
)
def det(a, /):
    """As `numpy.linalg.det`; differentiable at singular matrices too.

    Parameters
    ----------
    a : (..., M, M) array_like or Tensor

    Examples
    --------
    >>> import minigrad as mg
    >>> a = mg.Tensor([[1.0, 2.0], [2.0, 4.0]], requires_grad=True)
    >>> y = mg.det(a)
    >>> y.backward()
    >>> abs(y.item())
    0.0
    >>> a.grad
    array([[ 4., -2.],
           [-2.,  1.]])
    """
    with without_threads:
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
    """The logarithm of the absolute value of the determinant, which itself may be out of range.

    Parameters
    ----------
    a : (..., M, M) array_like or Tensor
        A singular matrix gives −∞, and has no gradient: its inverse does not exist.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> a = mg.Tensor(1e-200 * np.eye(2), requires_grad=True)
    >>> y = mg.log_abs_det(a)
    >>> round(y.item(), 4), mg.det(a).item()
    (-921.034, 0.0)
    """
    with without_threads:
        return np.linalg.slogdet(a)[1]


@log_abs_det.vjp("a", "ȳ · a⁻ᵀ")
def log_abs_det_a(g, a):
    return np.expand_dims(g, (-2, -1)) * _transposed(np.linalg.inv(a))


@implements(np.linalg.slogdet)
def slogdet(a):
    """As `numpy.linalg.slogdet`: the sign, a plain array, and the logarithm of the size.

    Parameters
    ----------
    a : (..., M, M) array_like or Tensor

    Returns
    -------
    A named tuple of `sign` and `logabsdet`

    Examples
    --------
    >>> import minigrad as mg
    >>> sign, logarithm = mg.slogdet([[0.0, 2.0], [1.0, 0.0]])
    >>> float(sign), round(float(logarithm), 4)
    (-1.0, 0.6931)
    """
    result = np.linalg.slogdet(plain(a))
    return type(result)(result[0], log_abs_det(a))


def _cholesky_sample(rng):
    for shape in [(3, 3), (2, 2, 2), (1, 1)]:
        root = rng.normal(size=shape)
        yield (root @ _transposed(root) + shape[-1] * np.eye(shape[-1]),), {}


@primitive(formula="the lower L with L Lᵀ = a", numpy=np.linalg.cholesky, sample=_cholesky_sample)
def cholesky(a, /):
    """As `numpy.linalg.cholesky`: only the lower triangle of `a` is read, and has a gradient.

    Parameters
    ----------
    a : (..., M, M) array_like or Tensor
        Symmetric, with positive eigenvalues.

    Raises
    ------
    LinAlgError
        If an eigenvalue is not positive.

    Examples
    --------
    >>> import minigrad as mg
    >>> a = mg.Tensor([[4.0, 2.0], [2.0, 5.0]], requires_grad=True)
    >>> y = mg.cholesky(a)
    >>> y.sum().backward()
    >>> y.data
    array([[2., 0.],
           [1., 2.]])
    >>> a.grad
    array([[0.1875, 0.    ],
           [0.25  , 0.25  ]])
    """
    with without_threads:
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
    """As `numpy.linalg.matrix_power`: by repeated squaring; a negative power is one of the inverse.

    Parameters
    ----------
    a : (..., M, M) array_like or Tensor
    n : int

    Raises
    ------
    TypeError
        If n is not an integer.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> a = np.array([[1, 1], [1, 0]])
    >>> mg.matrix_power(a, 10)  # Fibonacci's numbers
    array([[89, 55],
           [55, 34]])
    """
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
