"""On random shapes, axes and values, Tensors do what NumPy does, and sums of gradients hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import minigrad as mg

few = settings(max_examples=40, deadline=None)
shapes = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
filled = arrays.array_shapes(min_dims=0, max_dims=4, min_side=1, max_side=4)
dtypes = st.sampled_from([np.float32, np.float64])
modes = st.sampled_from(["constant", "edge", "reflect", "symmetric", "wrap"])


def values(shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def axes_of(shape):
    """``None``, one axis or several, from either end."""
    if not shape:
        return st.none()
    one = st.integers(-len(shape), len(shape) - 1)
    return st.none() | one | arrays.valid_tuple_axes(len(shape))


def one_axis_of(shape):
    return st.integers(-len(shape), len(shape) - 1)


def same(function, *given_arrays):
    """`function` on Tensors gives NumPy's values, shape and dtype, and a gradient of each shape."""
    expected = function(*given_arrays)
    leaves = [mg.Tensor(x, requires_grad=True) for x in given_arrays]
    actual = function(*leaves)
    assert isinstance(actual, mg.Tensor)
    assert (actual.shape, actual.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_allclose(actual.data, expected, rtol=1e-4, atol=1e-5)
    actual.backward(np.ones(actual.shape))
    for leaf in (leaf for leaf in leaves if leaf.grad is not None):
        assert (leaf.grad.shape, leaf.grad.dtype) == (leaf.shape, leaf.dtype)
    return leaves


@pytest.mark.parametrize("reduce", [np.sum, np.mean, np.prod, np.max, np.min, np.var, np.std])
@few
@given(st.data(), filled, dtypes, st.booleans())
def test_reductions(reduce, data, shape, dtype, keepdims):
    axis = data.draw(axes_of(shape))
    same(lambda x: np.asarray(reduce(x, axis=axis, keepdims=keepdims)) if _plain(x)
         else reduce(x, axis=axis, keepdims=keepdims), values(shape, dtype))  # fmt: skip


def _plain(x):
    return isinstance(x, np.ndarray)


@few
@given(st.data(), shapes, dtypes)
def test_sums_and_products_of_nothing(data, shape, dtype):
    axis = data.draw(axes_of(shape))
    for reduce in (np.sum, np.prod):
        x = mg.Tensor(np.ones(shape, dtype), requires_grad=True)
        y = reduce(x, axis=axis)
        np.testing.assert_array_equal(y.data, reduce(np.ones(shape, dtype), axis=axis))
        y.backward(np.ones(y.shape))
        np.testing.assert_array_equal(x.grad, np.ones(shape, dtype))


@few
@given(st.data(), shapes.filter(len), dtypes)
def test_accumulations_and_sorting(data, shape, dtype):
    axis = data.draw(one_axis_of(shape) | st.none())
    for function in (np.cumsum, np.cumprod, np.sort, np.flip):
        same(lambda x, function=function: function(x, axis=axis), values(shape, dtype))


@few
@given(st.data(), filled.filter(len))
def test_the_largest_takes_the_whole_gradient_once(data, shape):
    axis = data.draw(axes_of(shape))
    x = mg.Tensor(np.random.default_rng(0).integers(0, 3, shape).astype(float), requires_grad=True)
    y = np.max(x, axis=axis, keepdims=True)
    y.backward(np.ones(y.shape))
    assert set(np.unique(x.grad)) <= {0.0, 1.0}
    np.testing.assert_array_equal(np.sum(x.grad, axis=axis, keepdims=True), np.ones(y.shape))
    np.testing.assert_array_equal((x.grad * x.data).sum(axis=axis, keepdims=True), y.data)


@few
@given(arrays.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3, min_side=0))
def test_arithmetic_broadcasts_and_gradients_are_summed_back(case):
    (first, second), result = case.input_shapes, case.result_shape
    left, right = same(np.add, values(first), values(second))
    size = int(np.prod(result))
    assert left.grad.sum() == right.grad.sum() == size
    same(np.multiply, values(first, np.float32), values(second, np.float32))
    same(lambda x: np.broadcast_to(x, result), values(first))
    same(lambda x, y: np.broadcast_arrays(x, y)[0], values(first), values(second))
    same(lambda x, y: np.where(x > 0, x, y), values(first), values(second, seed=1))


@few
@given(arrays.mutually_broadcastable_shapes(signature=np.matmul.signature, max_dims=2, max_side=3))
def test_matmul_takes_every_batch_that_numpy_takes(case):
    first, second = case.input_shapes
    same(lambda a, b: np.asarray(a @ b) if _plain(a) else a @ b,
         values(first), values(second, seed=1))  # fmt: skip


@few
@given(st.data(), shapes.filter(len), dtypes)
def test_joining_and_splitting_are_inverse(data, shape, dtype):
    axis = data.draw(one_axis_of(shape))
    parts = data.draw(st.integers(1, 4))
    x = mg.Tensor(values(shape, dtype), requires_grad=True)
    y = np.concatenate(np.array_split(x, parts, axis), axis)
    np.testing.assert_array_equal(y.data, x.data)
    cotangent = values(shape, dtype, seed=1)
    y.backward(cotangent)
    np.testing.assert_array_equal(x.grad, cotangent)
    same(lambda x: np.stack([x, x], axis), values(shape, dtype))


@few
@given(st.data(), filled.filter(len), modes)
def test_padding_in_every_mode(data, shape, mode):
    width = st.tuples(st.integers(0, 5), st.integers(0, 5))
    pad_width = data.draw(st.lists(width, min_size=len(shape), max_size=len(shape)))
    same(lambda x: np.pad(x, pad_width, mode=mode), values(shape))


@few
@given(st.data(), filled.filter(len))
def test_moving_elements_about_keeps_every_gradient(data, shape):
    order = data.draw(st.permutations(range(len(shape))))
    axis = data.draw(one_axis_of(shape))
    other = data.draw(one_axis_of(shape))
    shift = data.draw(st.integers(-5, 5))
    counts = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=5))
    for function in (
        lambda x: np.transpose(x, order),
        lambda x: np.swapaxes(x, axis, other),
        lambda x: np.moveaxis(x, axis, other),
        lambda x: np.roll(x, shift, axis),
        lambda x: np.expand_dims(x, axis),
        lambda x: np.squeeze(np.expand_dims(x, axis), axis),
        lambda x: np.ravel(x),
        lambda x: np.atleast_3d(x),
        lambda x: np.tile(x, counts),
        lambda x: np.repeat(x, counts[0], axis=axis),
    ):
        (leaf,) = same(function, values(shape))
        # Each of these gives every element the same number of times.
        assert len(np.unique(leaf.grad)) == 1


@few
@given(st.data())
def test_einsum_takes_what_numpy_takes(data):
    sizes = dict(zip("ijkl", data.draw(st.tuples(*[st.integers(1, 3)] * 4)), strict=True))
    letters = st.text("ijkl", min_size=0, max_size=3)
    terms = data.draw(st.lists(letters, min_size=1, max_size=3))
    used = sorted(set("".join(terms)))
    result = data.draw(st.lists(st.sampled_from(used), unique=True)) if used else []
    subscripts = ",".join(terms)
    if data.draw(st.booleans()):
        subscripts += "->" + "".join(result)
    operands = [values([sizes[i] for i in term], seed=n) for n, term in enumerate(terms)]
    same(lambda *xs: np.asarray(np.einsum(subscripts, *xs)) if _plain(xs[0])
         else np.einsum(subscripts, *xs), *operands)  # fmt: skip


@few
@given(st.data(), filled.filter(lambda shape: len(shape) >= 2))
def test_diagonals_and_triangles(data, shape):
    first, second = data.draw(arrays.valid_tuple_axes(len(shape), min_size=2, max_size=2))
    offset = data.draw(st.integers(-4, 4))
    same(lambda x: np.diagonal(x, offset, first, second), values(shape))
    same(lambda x: np.asarray(np.trace(x, offset, first, second)) if _plain(x)
         else np.trace(x, offset, first, second), values(shape))  # fmt: skip
    same(lambda x: np.tril(x, offset), values(shape))
    same(lambda x: np.triu(x, offset), values(shape))
    same(lambda x: np.diag(np.ravel(x), offset), values(shape))
