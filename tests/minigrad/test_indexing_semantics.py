"""Indexing is NumPy's, for every kind of index; gradients go where the elements came from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import minigrad as mg

some = settings(max_examples=100, deadline=None)
shapes = arrays.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4)
filled_shapes = arrays.array_shapes(min_dims=1, max_dims=4, max_side=4)


@st.composite
def shapes_and_indices(draw):
    """Basic, integer, boolean and mixed indices of random shapes."""
    shape = draw(filled_shapes)
    kind = draw(st.sampled_from(["basic", "integer", "boolean", "mixed"]))
    if kind == "basic":
        return shape, draw(arrays.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True))
    if kind == "integer":
        return shape, draw(arrays.integer_array_indices(shape))
    if kind == "boolean":
        axes = draw(st.integers(1, len(shape)))
        return shape, draw(arrays.arrays(bool, shape[:axes]))
    picked = draw(st.lists(st.integers(-shape[0], shape[0] - 1), max_size=5))
    rest = draw(arrays.basic_indices(shape[1:], allow_newaxis=True)) if len(shape) > 1 else ()
    return shape, (picked, *(rest if isinstance(rest, tuple) else (rest,)))


@some
@given(shapes_and_indices())
def test_getitem_gives_numpys_elements_and_sums_repetitions(case):
    shape, index = case
    x = mg.Tensor(np.arange(np.prod(shape), dtype=float).reshape(shape), requires_grad=True)
    picked = x[index]
    np.testing.assert_array_equal(picked.data, x.data[index])
    cotangent = np.random.default_rng(0).normal(size=picked.shape)
    picked.backward(cotangent)
    expected = np.zeros(shape)
    np.add.at(expected, index, cotangent)
    np.testing.assert_allclose(x.grad, expected, atol=1e-12)


@some
@given(shapes_and_indices(), st.booleans())
def test_put_gives_what_numpys_assignment_makes(case, scalar):
    shape, index = case
    rng = np.random.default_rng(0)
    x, written = rng.normal(size=shape), np.zeros(shape)[index]
    values = rng.normal(size=() if scalar else written.shape)
    leaves = mg.Tensor(x, requires_grad=True), mg.Tensor(values, requires_grad=True)
    result = mg.put(leaves[0], index, leaves[1])
    expected = x.copy()
    expected[index] = values
    np.testing.assert_array_equal(result.data, expected)
    assert not np.shares_memory(mg.put(x, index, values), x)
    # All of the gradient arrives: the kept elements' at x, the written ones' at the values.
    to_x, to_values = mg.grad(result, leaves, [np.ones(shape)])
    kept = np.ones(shape, bool)
    kept[index] = False
    np.testing.assert_array_equal(to_x.data, kept)
    assert to_values.data.sum() == shape_size(shape) - kept.sum()


def shape_size(shape):
    return int(np.prod(shape))


@some
@given(st.data(), filled_shapes)
def test_take_along_axis_and_its_opposite(data, shape):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = np.random.default_rng(0).normal(size=shape)
    order = np.argsort(x, axis)
    picked = mg.take_along_axis(mg.Tensor(x), order, axis)
    np.testing.assert_array_equal(picked.data, np.sort(x, axis))
    expected = x.copy()
    np.put_along_axis(expected, order, 7.0, axis)
    np.testing.assert_array_equal(mg.put_along_axis(x, order, 7.0, axis), expected)


@pytest.mark.parametrize(
    "index",
    [
        np.array([0, 2, 2]),
        np.array([True, False, True]),
        [0, 2, 2],
        (slice(None), np.array([1, 1])),
    ],
    ids=["integers", "mask", "list", "tuple"],
)
def test_an_index_written_to_afterwards_changes_no_gradient(index):
    x = mg.Tensor(np.arange(9.0).reshape(3, 3), requires_grad=True)
    y = x[index]
    expected = np.zeros((3, 3))
    np.add.at(expected, index, 1.0)
    for part in index if isinstance(index, tuple) else (index,):
        if not isinstance(part, slice):
            part[0] = part[-1] = 0
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, expected)


@pytest.mark.parametrize(
    "index",
    [3, (0, 0, 0), [0, 5], 1.0, "a", np.array([0.5]), np.ones(4, bool), ([0, 1], [0, 1, 2])],
    ids=str,
)
def test_a_bad_index_is_an_index_error(index):
    with pytest.raises(IndexError):
        mg.Tensor(np.zeros((3, 4)), requires_grad=True)[index]


def test_integer_and_boolean_tensors_are_indices():
    x = mg.Tensor(np.arange(6.0).reshape(3, 2), requires_grad=True)
    np.testing.assert_array_equal(x[mg.Tensor([2, 0])].data, x.data[[2, 0]])
    np.testing.assert_array_equal(x[mg.Tensor([True, False, True]), 1].data, [1.0, 5.0])
    np.testing.assert_array_equal(x[[mg.Tensor(1), 0]].data, x.data[[1, 0]])
    np.testing.assert_array_equal(x[mg.Tensor(1)].data, x.data[1])


def test_put_keeps_the_last_of_repeated_values_and_the_dtype():
    x = mg.Tensor(np.zeros(3, np.float32), requires_grad=True)
    values = mg.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = mg.put(x, [1, 1, 2], values)
    np.testing.assert_array_equal(y.data, np.array([0, 2, 3], np.float32))
    assert y.dtype == np.float32
    y.sum().backward()
    np.testing.assert_array_equal(values.grad, [0.0, 1.0, 1.0])
    np.testing.assert_array_equal(x.grad, [1.0, 0.0, 0.0])


def test_take_refuses_what_numpy_refuses():
    x = mg.Tensor(np.zeros((3, 4)))
    with pytest.raises(IndexError):
        np.take(x, 5, axis=1)
    with pytest.raises(IndexError, match="axis 2"):
        np.take(x, 0, axis=2)
    with pytest.raises(ValueError, match="mode"):
        np.take(x, 0, mode="clamp")
    with pytest.raises(ValueError, match="axes"):
        np.take_along_axis(x, np.array([0]), 0)


def test_a_single_argument_where_gives_positions():
    x = mg.Tensor([0.0, 2.0, 3.0], requires_grad=True)
    (positions,) = mg.where(x)
    np.testing.assert_array_equal(np.where(x)[0], positions)
    assert isinstance(positions, np.ndarray)
    np.testing.assert_array_equal(positions, [1, 2])
