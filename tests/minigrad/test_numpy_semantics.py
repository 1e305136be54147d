"""NumPy's functions on Tensors: NumPy's values, shapes and dtypes, and the right gradient."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg

from .differences import central_differences, scaled_error

RNG = np.random.default_rng(7)
MATRIX = RNG.permutation(np.linspace(0.3, 1.9, 12)).reshape(3, 4)
OTHER = RNG.uniform(0.5, 1.5, (3, 4))
STACK = RNG.permutation(np.linspace(-1.9, 1.9, 24)).reshape(2, 3, 4)
SQUARE = RNG.normal(size=(3, 3)) + 3 * np.eye(3)
VECTOR = np.array([0.7, -1.2, 0.4])
INDEX = np.array([[0, 2, 2, 1]])

# On a matrix (3, 4) of positive numbers.
ON_MATRIX = {
    "sum of two axes": lambda x: np.sum(x, axis=(0, 1), keepdims=True),
    "sum to float32": lambda x: np.sum(x, 0, np.float32),
    "mean": lambda x: np.mean(x, axis=-1),
    "prod": lambda x: np.prod(x, axis=0),
    "max of negative axis": lambda x: np.max(x, axis=-2, keepdims=True),
    "amin": lambda x: np.amin(x),
    "ptp": lambda x: np.ptp(x, axis=1),
    "var with ddof": lambda x: np.var(x, axis=0, ddof=1),
    "std": lambda x: np.std(x, keepdims=True),
    "median, even": lambda x: np.median(x, axis=1),
    "median, odd": lambda x: np.median(x, axis=0, keepdims=True),
    "median of all": lambda x: np.median(x),
    "median of two axes": lambda x: np.median(x, axis=(0, 1)),
    "average": lambda x: np.average(x, axis=0),
    "average with weights": lambda x: np.average(x, weights=OTHER),
    "average, weights of an axis": lambda x: np.average(x, 0, [1.0, 2.0, 3.0], keepdims=True),
    "average of the weights": lambda x: np.average(OTHER, axis=1, weights=x),
    "average returned": lambda x: np.average(x, 1, x, returned=True)[1],
    "nansum": lambda x: np.nansum(np.where(x > 1, np.nan, x), axis=0),
    "cumsum": lambda x: np.cumsum(x),
    "cumsum of an axis": lambda x: np.cumsum(x, axis=-1),
    "cumprod": lambda x: np.cumprod(x),
    "cumprod of an axis": lambda x: np.cumprod(x, 0),
    "add.reduce": lambda x: np.add.reduce(x),
    "maximum.reduce": lambda x: np.maximum.reduce(x, axis=1),
    "multiply.accumulate": lambda x: np.multiply.accumulate(x),
    "diff": lambda x: np.diff(x),
    "diff twice": lambda x: np.diff(x, 2, axis=0),
    "diff with ends": lambda x: np.diff(x, axis=1, prepend=0, append=np.ones((3, 1))),
    "trapezoid": lambda x: np.trapezoid(x, dx=0.5),
    "trapezoid of an axis": lambda x: np.trapezoid(x, [0.0, 1.0, 3.0], axis=0),
    "trapezoid over positions": lambda x: np.trapezoid(OTHER, x, axis=0),
    "sort": lambda x: np.sort(x, axis=0),
    "sort flat": lambda x: np.sort(x, axis=None),
    "reshape": lambda x: np.reshape(x, (2, -1)),
    "ravel": lambda x: np.ravel(x),
    "transpose": lambda x: np.transpose(x, (1, 0)),
    "moveaxis": lambda x: np.moveaxis(x, 0, -1),
    "swapaxes": lambda x: np.swapaxes(x, 0, 1),
    "matrix_transpose": lambda x: np.matrix_transpose(x),
    "expand_dims": lambda x: np.expand_dims(x, (0, -1)),
    "squeeze": lambda x: np.squeeze(x[:, None, :1]),
    "squeeze an axis": lambda x: np.squeeze(x[None, :, :1], 0),
    "atleast_3d": lambda x: np.atleast_3d(x),
    "atleast_2d": lambda x: np.atleast_2d(x[0], x)[0],
    "broadcast_to": lambda x: np.broadcast_to(x, (2, 3, 4)),
    "broadcast_arrays": lambda x: np.broadcast_arrays(x[:1], np.ones((3, 1)))[0],
    "concatenate": lambda x: np.concatenate((x, OTHER, x), axis=-1),
    "concatenate flat": lambda x: np.concatenate([x, VECTOR], axis=None),
    "concatenate to float32": lambda x: np.concatenate([x, x], dtype=np.float32),
    "stack": lambda x: np.stack([x, OTHER], axis=-1),
    "vstack": lambda x: np.vstack([x, x[0]]),
    "hstack": lambda x: np.hstack([x, x]),
    "hstack of vectors": lambda x: np.hstack([x[0], x[1]]),
    "dstack": lambda x: np.dstack([x, x]),
    "column_stack": lambda x: np.column_stack([x[:, 0], x]),
    "append": lambda x: np.append(x, 1.0),
    "split": lambda x: np.split(x, 2, axis=1)[1],
    "split at places": lambda x: np.split(x, [1, 3], axis=1)[1],
    "array_split": lambda x: np.array_split(x, 2)[0],
    "hsplit": lambda x: np.hsplit(x, 2)[0],
    "vsplit": lambda x: np.vsplit(x, 3)[2],
    "flip": lambda x: np.flip(x),
    "fliplr": lambda x: np.fliplr(x),
    "flipud": lambda x: np.flipud(x),
    "roll": lambda x: np.roll(x, (1, -2), axis=(0, 1)),
    "roll flat": lambda x: np.roll(x, 5),
    "rot90": lambda x: np.rot90(x),
    "rot90 thrice": lambda x: np.rot90(x, 3),
    "rot90 twice": lambda x: np.rot90(x, -2, axes=(1, 0)),
    "tile": lambda x: np.tile(x, 2),
    "tile in three axes": lambda x: np.tile(x, (2, 1, 3)),
    "tile a vector": lambda x: np.tile(x[0], (2, 2)),
    "repeat": lambda x: np.repeat(x, 2),
    "repeat by counts": lambda x: np.repeat(x, [0, 1, 2], axis=0),
    "pad": lambda x: np.pad(x, 1),
    "pad with a value": lambda x: np.pad(x, ((0, 1), (2, 0)), constant_values=3.0),
    "pad reflect": lambda x: np.pad(x, ((5, 1), (2, 3)), mode="reflect"),
    "pad wrap": lambda x: np.pad(x, (1, 2), "wrap"),
    "take": lambda x: np.take(x, [[0, 5], [5, -1]]),
    "take of an axis": lambda x: np.take(x, INDEX, axis=1),
    "take, wrapped": lambda x: np.take(x, [7, -9], axis=1, mode="wrap"),
    "take, clipped": lambda x: np.take(x, [7, -9], axis=1, mode="clip"),
    "take_along_axis": lambda x: np.take_along_axis(x, INDEX, axis=0),
    "compress": lambda x: np.compress([True, False, True], x, axis=0),
    "extract": lambda x: np.extract(OTHER > 1, x),
    "where": lambda x: np.where(OTHER > 1, x, 2 * x[0]),
    "select": lambda x: np.select([x > 1.5, x > 0.9], [x, x * x], 7.0),
    "clip": lambda x: np.clip(x, 0.7, 1.4),
    "clip by keywords": lambda x: np.clip(x, min=0.7, max=OTHER),
    "clip below": lambda x: np.clip(x, a_min=1.0, a_max=None),
    "tril": lambda x: np.tril(x, -1),
    "triu": lambda x: np.triu(x, 1),
    "diag of a matrix": lambda x: np.diag(x, 1),
    "diag of a vector": lambda x: np.diag(x[0], -2),
    "diagonal": lambda x: np.diagonal(x, -1),
    "trace": lambda x: np.trace(x, 1),
    "full_like": lambda x: np.full_like(x, x[0, 0]),
    "dot": lambda x: np.dot(x, OTHER.T),
    "dot of a vector": lambda x: np.dot(VECTOR, x),
    "dot of a number": lambda x: np.dot(2.0, x),
    "vdot": lambda x: np.vdot(x, OTHER),
    "inner": lambda x: np.inner(x, OTHER),
    "outer": lambda x: np.outer(x, VECTOR),
    "tensordot": lambda x: np.tensordot(x, OTHER),
    "tensordot of axes": lambda x: np.tensordot(x, OTHER, ((0,), (0,))),
    "tensordot outer": lambda x: np.tensordot(x, VECTOR, 0),
    "kron": lambda x: np.kron(x, VECTOR),
    "kron on the right": lambda x: np.kron(SQUARE, x),
    "cross": lambda x: np.cross(x, OTHER, axis=0),
    "norm": lambda x: np.linalg.norm(x),
    "norm fro": lambda x: np.linalg.norm(x, "fro"),
    "norm 1": lambda x: np.linalg.norm(x, 1),
    "norm inf": lambda x: np.linalg.norm(x, np.inf, keepdims=True),
    "norm −inf": lambda x: np.linalg.norm(x, -np.inf),
    "norm of rows": lambda x: np.linalg.norm(x, axis=1, keepdims=True),
    "norm 3 of columns": lambda x: np.linalg.norm(x, 3, axis=0),
    "norm inf of columns": lambda x: np.linalg.norm(x, np.inf, 0),
    "norm 0": lambda x: np.linalg.norm(x, 0, axis=1),
    "vector_norm": lambda x: np.linalg.vector_norm(x, ord=1),
    "matrix_norm": lambda x: np.linalg.matrix_norm(x),
    "divmod": lambda x: divmod(x, 0.8)[1],
    "np.divmod": lambda x: np.divmod(x, 0.8)[1],
    "logaddexp": lambda x: np.logaddexp(x, OTHER),
    "float_power": lambda x: np.float_power(x, 1.5),
    "remainder": lambda x: np.remainder(x, OTHER),
    "hypot": lambda x: np.hypot(x, OTHER),
    "arctan2": lambda x: np.arctan2(x, OTHER),
    "nan_to_num": lambda x: np.nan_to_num(x),
    "copy": lambda x: np.copy(x),
    "round": lambda x: np.round(x, 1),
}

# On a square, well-conditioned matrix (3, 3).
ON_SQUARE = {
    "inv": lambda a: np.linalg.inv(a),
    "solve": lambda a: np.linalg.solve(a, VECTOR),
    "solve, right side": lambda a: np.linalg.solve(SQUARE, a),
    "det": lambda a: np.linalg.det(a),
    "slogdet": lambda a: np.linalg.slogdet(a)[1],
    "cholesky": lambda a: np.linalg.cholesky(a @ np.swapaxes(a, 0, 1)),
    "matrix_power": lambda a: np.linalg.matrix_power(a, 5),
    "matrix_power, negative": lambda a: np.linalg.matrix_power(a, -2),
    "matrix_power, zeroth": lambda a: np.linalg.matrix_power(a, 0) * a,
    "multi_dot": lambda a: np.linalg.multi_dot([VECTOR, a, SQUARE, a]),
    "cross of last axis": lambda a: np.cross(a, VECTOR),
    "linalg.cross": lambda a: np.linalg.cross(a, SQUARE, axis=0),
    "linalg.trace": lambda a: np.linalg.trace(a),
    "linalg.diagonal": lambda a: np.linalg.diagonal(a, offset=1),
    "einsum diagonal": lambda a: np.einsum("ii->i", a),
    "einsum trace": lambda a: np.einsum("ii", a),
    "einsum transpose": lambda a: np.einsum("ba", a),
    "einsum implicit": lambda a: np.einsum("ij,jk", a, SQUARE),
    "einsum lonely index": lambda a: np.einsum("ij,kl->il", a, SQUARE),
    "einsum ellipsis": lambda a: np.einsum("...j,j", a, VECTOR),
    "einsum ellipses": lambda a: np.einsum("i...,...i->...", a, SQUARE),
    "einsum lists": lambda a: np.einsum(a, [0, 1], SQUARE, [1, 2], [2, 0]),
    "einsum lists, implicit": lambda a: np.einsum(a, [0, Ellipsis], SQUARE, [0, Ellipsis]),
    "einsum three": lambda a: np.einsum("ij,jk,lk->il", a, SQUARE, a),
    "einsum repeated pair": lambda a: np.einsum("ii,jj->ij", a, a),
    "einsum not optimized": lambda a: np.einsum("ij,j->i", a, VECTOR, optimize=False),
}

# On an array (2, 3, 4).
ON_STACK = {
    "transpose": lambda x: np.transpose(x, (1, -1, 0)),
    "moveaxis": lambda x: np.moveaxis(x, [0, 1], [-1, 0]),
    "diagonal": lambda x: np.diagonal(x, 1, 0, 2),
    "trace": lambda x: np.trace(x, 0, 1, 2),
    "tril": lambda x: np.tril(x),
    "dsplit": lambda x: np.dsplit(x, 2)[1],
    "dot": lambda x: np.dot(x, np.ones((5, 4, 2))),
    "dot, one side": lambda x: np.dot(x, np.ones(4)),
    "inner": lambda x: np.inner(x, OTHER),
    "matmul": lambda x: np.matmul(x, OTHER.T),
    "tensordot": lambda x: np.tensordot(x, OTHER, ([1, 2], [0, 1])),
    "einsum": lambda x: np.einsum("bij,bkj->bik", x, x),
    "einsum over a broadcast axis": lambda x: np.einsum("...ij,...j->...i", x, np.ones((2, 4))),
    "einsum over a stretched axis": lambda x: np.einsum("bij,bij->ij", x, x[:1]),
    "max of two axes": lambda x: np.max(x, axis=(0, 2)),
    "min of two axes": lambda x: np.min(x, axis=(-1, 0), keepdims=True),
    "prod of two axes": lambda x: np.prod(x, axis=(0, -1)),
    "std of two axes": lambda x: np.std(x, (0, 2), ddof=1),
    "median of two axes": lambda x: np.median(x, (2, 0), keepdims=True),
    "cumprod": lambda x: np.cumprod(x, axis=1),
    "trapezoid": lambda x: np.trapezoid(x, [0.0, 1.0, 4.0], axis=1),
    "norm of matrices": lambda x: np.linalg.norm(x, axis=(0, 2)),
    "norm 1 of matrices": lambda x: np.linalg.norm(x, 1, axis=(2, 0), keepdims=True),
    "average, weights of two axes": lambda x: np.average(x, (2, 1), np.arange(12.0).reshape(4, 3)),
    "flip": lambda x: np.flip(x, (0, -1)),
    "rot90": lambda x: np.rot90(x, axes=(0, 2)),
    "array_split": lambda x: np.array_split(x, 3, axis=-1)[2],
    "indexing": lambda x: x[1, ..., None, [0, 0, 3]],
    "a mask of two axes": lambda x: x[np.arange(6).reshape(2, 3) % 2 == 0],
    "arrays apart": lambda x: x[[[0], [1]], :, [1, 1]],
    "indexing with a Tensor": lambda x: x[:, mg.Tensor([2, 2]).data],
}

CASES = [
    pytest.param(function, array, id=name)
    for table, array in ((ON_MATRIX, MATRIX), (ON_SQUARE, SQUARE), (ON_STACK, STACK))
    for name, function in table.items()
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("function", "array"), CASES)
def test_values_shapes_and_dtypes_are_numpys(function, array, dtype):
    array = array.astype(dtype)
    expected = function(array)
    actual = function(mg.Tensor(array, requires_grad=True))
    assert isinstance(actual, mg.Tensor)
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual.data, expected, rtol=1e-5 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize(("function", "array"), CASES)
def test_gradients_agree_with_central_differences(function, array):
    x = mg.Tensor(array, requires_grad=True)
    y = function(x)
    cotangent = np.random.default_rng(0).normal(size=y.shape)
    if y.dtype == np.float32:
        pytest.skip("float32 is too coarse for differences")
    y.backward(cotangent)
    expected = central_differences(function, [array], cotangent, 0)
    assert scaled_error(x.grad, expected) < 1e-8


def test_a_result_in_integers_leaves_the_tape():
    x = mg.Tensor([1.5, 2.5], requires_grad=True)
    assert np.sum(x, dtype=int).requires_grad is False
    assert x.astype(int).requires_grad is False
