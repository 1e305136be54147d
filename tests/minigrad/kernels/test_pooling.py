"""Compiled pooling equals the readable loops; unpooling and spreading are adjoint to it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ..layouts import LAYOUTS
from . import geometries
from .test_kernels import (
    LOOPS,
    assert_adjoint,
    assert_same,
    compiled,
    dtypes,
    few,
    integer,
    reference,
)


class Pooling(NamedTuple):
    x: np.ndarray
    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    output_size: tuple[int, int]


@st.composite
def poolings(draw: st.DrawFn, dilated: bool = True) -> Pooling:
    case, dtype = geometries.pooling(integer(draw), LOOPS, dilated), draw(dtypes)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x = rng.standard_normal(case.x).astype(dtype)
    if draw(st.booleans()):  # ties, and the values that comparisons stumble over
        x = rng.choice(np.array([0, 1, np.nan, np.inf, -np.inf], dtype), x.shape)
    x = draw(st.sampled_from(LAYOUTS))(x)
    return Pooling(x, case.kernel_size, case.stride, case.padding, case.dilation, case.y[2:])


def settings_of(case: Pooling) -> tuple:
    """Kernel, stride, padding and dilation."""
    return case[1:5]


@few
@given(poolings())
def test_compiled_max_pool_equals_the_loops(case):
    values, winners = compiled.max_pool2d(*case)
    expected, expected_winners = reference.max_pool2d(*case)
    np.testing.assert_array_equal(values, expected)
    np.testing.assert_array_equal(winners, expected_winners)
    assert values.dtype == case.x.dtype and winners.dtype == expected_winners.dtype


@few
@given(poolings())
def test_gathering_the_winners_gives_the_maxima(case):
    values, winners = compiled.max_pool2d(*case)
    for kernels in (compiled, reference):
        np.testing.assert_array_equal(kernels.gather2d(case.x, winners, *settings_of(case)), values)


@few
@given(poolings())
def test_indices_point_at_the_maxima_and_lead_back_to_the_winners(case):
    values, winners = compiled.max_pool2d(*case)
    arguments = case.x.shape[2:], *settings_of(case)
    indices = compiled.winner_indices(winners, *arguments)
    np.testing.assert_array_equal(indices, reference.winner_indices(winners, *arguments))
    n, c, h, w = case.x.shape
    planes, places = case.x.reshape(n, c, h * w), indices.reshape(n, c, -1 if n else 0)
    found = np.take_along_axis(planes, places, 2)
    np.testing.assert_array_equal(found.reshape(values.shape), values)
    if (case.kernel_size[1] - 1) * case.dilation[1] < case.x.shape[3]:
        for kernels in (compiled, reference):
            np.testing.assert_array_equal(kernels.index_winners(indices, *arguments), winners)


@few
@given(poolings(), st.data())
def test_an_index_outside_of_its_window_has_no_winner(case, data):
    _, winners = compiled.max_pool2d(*case)
    assume(winners.size)
    arguments = case.x.shape[2:], *settings_of(case)
    indices = compiled.winner_indices(winners, *arguments)
    place = tuple([data.draw(st.integers(0, n - 1)) for n in indices.shape])
    size = case.x.shape[2] * case.x.shape[3]
    indices[place] = data.draw(st.integers(-2, size + 2) | st.sampled_from([-(2**40), 2**40]))
    actual = compiled.index_winners(indices, *arguments)
    expected = reference.index_winners(indices, *arguments)
    if actual is None:
        # Where a window is wider than the image, what an index means is not always found.
        wide = (case.kernel_size[1] - 1) * case.dilation[1] >= case.x.shape[3]
        assert expected is None or wide
    else:
        np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("width", [2, 6, 18])
def test_every_index_of_windows_that_tile_the_image_is_judged_as_in_the_loops(width):
    arguments = (4, width), (2, 2), (2, 2), (0, 0), (1, 1)
    indices = np.array([0, 2 * width])[:, None] + np.arange(0, width, 2)
    for place in np.ndindex(indices.shape):
        for index in [*range(-3, 4 * width + 3), -(2**40), 2**40]:
            changed = indices[None, None].copy()
            changed[0, 0][place] = index
            actual = compiled.index_winners(changed, *arguments)
            np.testing.assert_array_equal(actual, reference.index_winners(changed, *arguments))


@few
@given(poolings())
def test_unpooling_equals_the_loops_and_is_adjoint_to_gathering(case):
    x = np.nan_to_num(case.x, posinf=3, neginf=-3)
    values, winners = compiled.max_pool2d(x, *case[1:])
    unpooled = compiled.max_unpool2d(values, winners, *settings_of(case), x.shape[2:])
    expected = reference.max_unpool2d(values, winners, *settings_of(case), x.shape[2:])
    assert_same(unpooled, expected)
    gathered = compiled.gather2d(x, winners, *settings_of(case))
    assert_adjoint(unpooled, x, values, gathered)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [(2, 2), (4, 14), (6, 16), (2, 34), (6, 64)])
def test_windows_that_tile_the_image_equal_the_loops(size, dtype):
    x = np.random.default_rng(0).normal(size=(2, 3, *size)).astype(dtype)
    tiles = (2, 2), (2, 2), (0, 0), (1, 1)
    output = size[0] // 2, size[1] // 2
    values, winners = compiled.max_pool2d(x, *tiles, output)
    np.testing.assert_array_equal(winners, reference.max_pool2d(x, *tiles, output)[1])
    unpooled = compiled.max_unpool2d(values, winners, *tiles, size)
    np.testing.assert_array_equal(unpooled, reference.max_unpool2d(values, winners, *tiles, size))


def test_a_kernel_of_more_elements_than_a_byte_counts_equals_the_loops():
    x = np.arange(800.0).reshape(1, 1, 20, 40)
    case = (17, 18), (3, 2), (0, 0), (1, 1), (2, 12)
    values, winners = compiled.max_pool2d(x, *case)
    expected, expected_winners = reference.max_pool2d(x, *case)
    np.testing.assert_array_equal(values, expected)
    np.testing.assert_array_equal(winners, expected_winners)
    assert winners.max() > 255


def test_a_window_of_nothing_but_padding_writes_nowhere():
    x = np.ones((1, 1, 2, 2))
    case = (2, 2), (1, 1), (1, 1), (3, 3)
    for kernels in (compiled, reference):
        values, winners = kernels.max_pool2d(x, *case, (1, 1))
        assert np.isneginf(values).all()
        unpooled = kernels.max_unpool2d(np.ones((1, 1, 1, 1)), winners, *case, (2, 2))
        assert not unpooled.any()


@few
@given(poolings(dilated=False), st.booleans())
def test_compiled_average_pool_equals_the_loops_and_its_adjoint(case, count_include_pad):
    x, kernel, stride, padding, _, output = case
    x = np.nan_to_num(x, posinf=3, neginf=-3)
    y = compiled.avg_pool2d(x, kernel, stride, padding, output, count_include_pad)
    assert_same(y, reference.avg_pool2d(x, kernel, stride, padding, output, count_include_pad))
    arguments = (y, x.shape[2:], kernel, stride, padding, count_include_pad)
    dx = compiled.avg_pool2d_input_gradient(*arguments)
    assert_same(dx, reference.avg_pool2d_input_gradient(*arguments))
    assert y.dtype == dx.dtype == x.dtype
    assert_adjoint(y, y, x, dx)
