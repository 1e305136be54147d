"""What SIGNATURES settles where a derivative does not exist, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg

NAN = float("nan")


def gradient(function, values, cotangent=None):
    x = mg.Tensor(np.array(values, float), requires_grad=True)
    y = function(x)
    y.backward(np.ones(y.shape) if cotangent is None else cotangent)
    return x.grad


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        (np.max, [1, 3, 3], [0, 1, 0]),
        (np.min, [1, 3, 1], [1, 0, 0]),
        (lambda x: np.max(x, axis=0), [[3, 1], [3, 1]], [[1, 1], [0, 0]]),
        (lambda x: np.max(x, axis=(0, 2)), [[[1, 2]], [[2, 0]]], [[[0, 1]], [[0, 0]]]),
        (lambda x: np.sort(x)[0], [2, 1, 1], [0, 1, 0]),
        (lambda x: np.sort(x)[::-1][:1], [5, 7, 7], [0, 0, 1]),
        (lambda x: np.linalg.norm(x, np.inf), [2, -2, 1], [1, 0, 0]),
        (np.linalg.norm, [0, 0], [0, 0]),
        (lambda x: np.linalg.norm(x, 3), [0, 0], [0, 0]),
        (lambda x: np.linalg.norm(x, axis=1), [[0, 0], [3, 4]], [[0, 0], [0.6, 0.8]]),
        (np.std, [2, 2, 2], [0, 0, 0]),
        (lambda x: np.hypot(x, 0.0), [0.0], [0]),
        (np.abs, [0.0], [0]),
        (mg.relu, [0.0, NAN], [0, 0]),
        (lambda x: np.clip(x, -1, 1), [-1, 0, 1, 2], [1, 1, 1, 0]),
        (lambda x: np.maximum(x, 1), [0, 1, 2], [0, 0.5, 1]),
        (lambda x: np.minimum(x, x), [3.0], [1]),
        (np.prod, [0, 2, 3], [6, 0, 0]),
        (np.prod, [0, 0, 3], [0, 0, 0]),
        (np.cumprod, [2, 0, 3], [1, 8, 0]),
        (np.round, [0.5, 1.2], [0, 0]),
        (lambda x: np.median(x), [1, 2, 2, 9], [0, 0.5, 0.5, 0]),
        (lambda x: np.nansum(x), [1, NAN], [1, 0]),
    ],
)
def test_convention_at_ties_kinks_and_zeros(function, values, expected):
    np.testing.assert_allclose(gradient(function, values), expected)


@pytest.mark.parametrize(
    "function",
    [np.max, np.min, np.sort, np.median, mg.relu, np.cumprod, lambda x: np.clip(x, 0, 1)],
)
def test_nan_survives(function):
    assert np.isnan(function(mg.Tensor([1.0, NAN, 0.5])).data).any()


def test_second_derivatives_of_products_with_zeros_are_exact():
    for zeros in ([0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [1.0, 2.0, 3.0]):
        hessian = mg.hessian(np.prod, np.array(zeros)).data
        a, b, c = zeros
        np.testing.assert_allclose(hessian, [[0, c, b], [c, 0, a], [b, a, 0]], atol=1e-12)
    last = mg.hessian(lambda x: np.cumprod(x)[-1], np.array([0.0, 2.0, 0.0])).data
    np.testing.assert_allclose(last, [[0, 0, 2], [0, 0, 0], [2, 0, 0]], atol=1e-12)


@pytest.mark.parametrize(
    "matrix",
    [[[1, 2], [2, 4]], [[0, 0], [0, 0]], [[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[0]]],
    ids=["rank one", "zero", "rank two", "one element"],
)
def test_determinants_of_singular_matrices_have_their_cofactors_for_gradient(matrix):
    matrix = np.array(matrix, float)
    size = len(matrix)
    expected = np.zeros_like(matrix)
    for i, j in np.ndindex(size, size):
        minor = np.delete(np.delete(matrix, i, 0), j, 1)
        expected[i, j] = (-1) ** (i + j) * np.linalg.det(minor)
    np.testing.assert_allclose(gradient(np.linalg.det, matrix), expected, atol=1e-12)


def test_the_second_derivative_of_a_singular_determinant():
    hessian = mg.hessian(np.linalg.det, np.array([[1.0, 2.0], [2.0, 4.0]])).data.reshape(4, 4)
    np.testing.assert_allclose(hessian, np.fliplr(np.diag([1.0, -1.0, -1.0, 1.0])), atol=1e-12)


X = mg.Tensor(np.ones((2, 3)), requires_grad=True)


@pytest.mark.parametrize(
    "call",
    [
        lambda: np.sum(X, out=np.zeros(())),
        lambda: np.sum(X, None, None, np.zeros(())),
        lambda: np.exp(X, out=np.zeros((2, 3))),
        lambda: np.exp(X, np.zeros((2, 3))),
        lambda: np.concatenate([X, X], out=np.zeros((4, 3))),
        lambda: np.clip(X, 0, 1, np.zeros((2, 3))),
        lambda: np.add(np.zeros((2, 3)), X, out=np.zeros((2, 3))),
    ],
)
def test_out_is_refused(call):
    with pytest.raises(TypeError, match="out"):
        call()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: np.sum(X, where=np.ones((2, 3), bool)), TypeError, "where"),
        (lambda: np.sum(X, initial=3.0), TypeError, "initial"),
        (lambda: np.max(X, initial=3.0), TypeError, "initial"),
        (lambda: np.sum(X, axis=2), ValueError, "axis 2"),
        (lambda: np.max(X, axis=(0, 0)), ValueError, "repeated"),
        (lambda: np.max(X[:0]), ValueError, "empty"),
        (lambda: np.squeeze(X, 0), ValueError, "size"),
        (lambda: np.reshape(X, (4, 2)), ValueError, "reshape"),
        (lambda: np.split(X, 2, axis=1), ValueError, "evenly"),
        (lambda: np.hsplit(X[0, 0], 1), ValueError, "axes"),
        (lambda: np.stack([X, X[:1]]), ValueError, "shape"),
        (lambda: np.pad(X, -1), ValueError, "≥ 0"),
        (lambda: np.pad(X, 1, mode="mean"), ValueError, "modes"),
        (lambda: np.pad(X, 1, mode="reflect", reflect_type="odd"), TypeError, "reflect_type"),
        (lambda: np.clip(X, 0, a_max=1, max=2), ValueError, "both"),
        (lambda: mg.select([X > 0], []), ValueError, "choice"),
        (lambda: np.select([X], [X]), TypeError, "boolean"),
        (lambda: np.matmul(X, X), ValueError, "matmul"),
        (lambda: np.tensordot(X, X, ((0,), (1,))), ValueError, "equal sizes"),
        (lambda: np.einsum("ij,jk", X), ValueError, "operands"),
        (lambda: np.einsum("ijk", X), ValueError, "axes"),
        (lambda: np.einsum("ij->ii", X), ValueError, "multiple times"),
        (lambda: np.einsum("ij->k", X), ValueError, "'k'"),
        (lambda: np.cross(X, np.ones((2, 2))), ValueError, "three"),
        (lambda: np.linalg.norm(X, 2), ValueError, "order"),
        (lambda: np.linalg.norm(X[None], 1), ValueError, "axis="),
        (lambda: np.linalg.matrix_power(X @ X.T, 0.5), TypeError, "integer"),
        (lambda: np.average(X, weights=[1.0, 2.0]), ValueError, "weights"),
        (lambda: np.diff(X, -1), ValueError, "n ≥ 0"),
        (lambda: np.add.at(X, 0, 1.0), TypeError, r"add\.at"),
        (lambda: np.fft.fft(X), TypeError, "fft"),
        (lambda: np.linalg.svd(X), TypeError, "svd"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_the_reason(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x > 0.5, lambda x: np.equal(x, 1), np.isnan, np.argmax, np.argsort, np.nonzero,
        np.count_nonzero, np.unique, np.any, np.shape, np.ndim, np.tril_indices_from,
        lambda x: np.allclose(x, x), lambda x: x.argmin(axis=0), lambda x: np.searchsorted(x[0], 1),
    ],
)  # fmt: skip
def test_facts_without_a_derivative_come_as_plain_results(call):
    plain, given = np.arange(9.0).reshape(3, 3), mg.Tensor(np.arange(9.0).reshape(3, 3), True)
    result = call(given)
    assert not isinstance(result, mg.Tensor)
    np.testing.assert_array_equal(result, call(plain))


EXPECTED = """
    abs absolute all allclose any append arccos arctan2 argmax argmin argsort argwhere array_split
    atleast_1d atleast_2d atleast_3d average broadcast_arrays broadcast_to cbrt ceil clip
    column_stack compress concatenate copysign count_nonzero cross cumprod cumsum diag diagonal diff
    divide dot dsplit dstack einsum equal exp exp2 expand_dims expm1 extract flip fliplr flipud
    float_power floor floor_divide fmax fmin fmod full_like greater hsplit hstack hypot inner isnan
    kron less log log10 log1p log2 logaddexp logical_and matmul max maximum mean median min minimum
    mod moveaxis multiply nan_to_num nansum negative nonzero not_equal ones_like outer pad power
    prod ptp put_along_axis ravel reciprocal remainder repeat reshape rint roll rot90 round select
    sign sin sort split sqrt square squeeze stack std subtract sum swapaxes take take_along_axis
    tanh tensordot tile trace transpose trapezoid tril triu trunc unique var vdot vsplit vstack
    where zeros_like norm inv solve det slogdet cholesky matrix_power multi_dot vector_norm
"""


def test_the_expected_names_stand_in_minigrad_too():
    assert [name for name in EXPECTED.split() if name not in mg.__all__] == []
    assert mg.argmax(mg.Tensor([1.0, 3.0, 2.0])) == 1


@pytest.mark.parametrize("make", [np.zeros_like, np.ones_like, lambda x: np.full_like(x, 3)])
def test_arrays_like_a_tensor_are_tensors_without_a_gradient(make):
    x = mg.Tensor(np.ones((2, 3), np.float32), requires_grad=True)
    made = make(x)
    assert isinstance(made, mg.Tensor)
    assert not made.requires_grad
    np.testing.assert_array_equal(made.data, make(np.ones((2, 3), np.float32)))
    assert made.dtype == np.float32
