"""Compiled kernels equal the readable loops; pairs of kernels are each other's adjoint."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from minigrad.kernels import kernel_set

compiled, reference = kernel_set("compiled"), kernel_set("reference")
few = settings(max_examples=60, deadline=None)
TOLERANCE = {"float32": 2e-5, "float64": 1e-13}


class Convolution(NamedTuple):
    x: np.ndarray
    weight: np.ndarray
    g: np.ndarray
    geometry: tuple  # stride, padding, dilation, groups


def pairs(low: int, high: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(low, high), st.integers(low, high))


def _array(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Contiguous, a transposed view, every second column, or read-only."""
    n, c, h, w = shape
    match rng.integers(4):
        case 0:
            return rng.standard_normal((n, c, h, w)).astype(dtype)
        case 1:
            return rng.standard_normal((w, h, c, n)).astype(dtype).T
        case 2:
            return rng.standard_normal((n, c, h, 2 * w)).astype(dtype)[..., ::2]
    frozen = rng.standard_normal((n, c, h, w)).astype(dtype)
    frozen.flags.writeable = False
    return frozen


@st.composite
def convolutions(draw: st.DrawFn, dtypes: tuple[str, ...] = ("float32", "float64")) -> Convolution:
    kernel, stride, dilation = draw(pairs(1, 4)), draw(pairs(1, 3)), draw(pairs(1, 3))
    padding, groups = draw(pairs(0, 5)), draw(st.integers(1, 3))
    output = draw(pairs(1, 9))
    extra = [draw(st.integers(0, s - 1)) for s in stride]
    size = [
        (o - 1) * s + (k - 1) * d + 1 + e - 2 * p
        for o, s, k, d, e, p in zip(output, stride, kernel, dilation, extra, padding, strict=True)
    ]
    # An image of negative size cannot be: take more rows, and as many windows as then fit.
    size = [max(z, 1) for z in size]
    output = [
        (z + 2 * p - (k - 1) * d - 1) // s + 1
        for z, s, k, d, p in zip(size, stride, kernel, dilation, padding, strict=True)
    ]
    inputs, outputs = groups * draw(st.integers(1, 9)), groups * draw(st.integers(1, 9))
    batch = draw(st.integers(0, 3))
    dtype, rng = draw(st.sampled_from(dtypes)), np.random.default_rng(draw(st.integers(0, 99)))
    return Convolution(
        _array(rng, (batch, inputs, *size), dtype),
        _array(rng, (outputs, inputs // groups, *kernel), dtype),
        _array(rng, (batch, outputs, *output), dtype),
        (stride, padding, dilation, groups),
    )


class Pooling(NamedTuple):
    x: np.ndarray
    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    output_size: tuple[int, int]


def _windows(size: int, kernel: int, stride: int, padding: int, dilation: int, ceil: bool) -> int:
    """PyTorch's number of windows: in ceil mode, one that starts inside may hang over."""
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil:
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - 1 if (count - 1) * stride >= size + padding else count


def _windows_hold_an_element(
    size: int, kernel: int, stride: int, padding: int, dilation: int, outputs: int
) -> bool:
    starts = range(-padding, outputs * stride - padding, stride)
    return all(any(0 <= a + r * dilation < size for r in range(kernel)) for a in starts)


@st.composite
def poolings(draw: st.DrawFn, dilated: bool = True) -> Pooling:
    kernel, stride = draw(pairs(1, 4)), draw(pairs(1, 5))
    dilation = draw(pairs(1, 3)) if dilated else (1, 1)
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    ceil = draw(st.booleans())
    size = [
        draw(st.integers(max(1, (k - 1) * d + 1 - 2 * p), 12))
        for k, p, d in zip(kernel, padding, dilation, strict=True)
    ]
    output = tuple(
        _windows(*axis, ceil) for axis in zip(size, kernel, stride, padding, dilation, strict=True)
    )
    for axis in zip(size, kernel, stride, padding, dilation, output, strict=True):
        assume(_windows_hold_an_element(*axis))
    batch, channels = draw(st.integers(0, 2)), draw(st.integers(1, 3))
    dtype = draw(st.sampled_from(("float32", "float64")))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x = _array(rng, (batch, channels, *size), dtype)
    if draw(st.booleans()):  # ties, and the values that comparisons stumble over
        x = rng.choice(np.array([0, 1, np.nan, np.inf, -np.inf], dtype), x.shape)
    return Pooling(x, kernel, stride, padding, dilation, output)


def inner(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.vdot(a.astype("float64"), b.astype("float64")))


def assert_same(actual: np.ndarray, expected: np.ndarray) -> None:
    assert actual.dtype == expected.dtype
    assert actual.flags.c_contiguous and actual.flags.owndata
    tolerance = TOLERANCE[str(expected.dtype)]
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance * scale)


@few
@given(convolutions())
def test_compiled_convolution_equals_the_loops(case):
    x, weight, _, geometry = case
    assert_same(compiled.conv2d(x, weight, *geometry), reference.conv2d(x, weight, *geometry))


@few
@given(convolutions())
def test_compiled_input_gradient_equals_the_loops(case):
    arguments = (case.g, case.weight, case.x.shape[2:], *case.geometry)
    assert_same(
        compiled.conv2d_input_gradient(*arguments), reference.conv2d_input_gradient(*arguments)
    )


@few
@given(convolutions())
def test_compiled_weight_gradient_equals_the_loops(case):
    arguments = (case.x, case.g, case.weight.shape[2:], *case.geometry)
    assert_same(
        compiled.conv2d_weight_gradient(*arguments), reference.conv2d_weight_gradient(*arguments)
    )


# Shapes at which the compiled kernels cut their work differently: (x, weight, stride, padding).
SHAPES = {
    "an image in every lane": ((37, 3, 5, 5), (9, 3, 3, 3), (1, 1), (1, 1)),
    "an image in every lane, two steps": ((16, 2, 9, 9), (5, 2, 3, 3), (2, 2), (1, 1)),
    "rows of whole vectors": ((4, 3, 7, 32), (9, 3, 3, 3), (1, 1), (1, 1)),
    "many row blocks": ((2, 2, 45, 70), (3, 2, 3, 5), (1, 2), (1, 2)),
    "one long row": ((1, 1, 1, 1500), (1, 1, 1, 7), (1, 1), (0, 3)),
    "more channels than fit the cache": ((1, 700, 8, 8), (9, 700, 3, 3), (1, 1), (1, 1)),
    "more outputs than a task takes": ((1, 2, 5, 6), (270, 2, 2, 2), (1, 1), (0, 0)),
    "the window is the image": ((3, 40, 6, 6), (33, 40, 6, 6), (1, 1), (0, 0)),
    "most positions are padding": ((2, 2, 2, 2), (3, 2, 3, 3), (2, 1), (9, 8)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SHAPES)
def test_convolutions_of_all_sizes_equal_the_loops(name, dtype):
    x_shape, weight_shape, stride, padding = SHAPES[name]
    rng = np.random.default_rng(0)
    x = rng.standard_normal(x_shape).astype(dtype)
    weight = rng.standard_normal(weight_shape).astype(dtype)
    geometry = stride, padding, (1, 1), 1
    expected = reference.conv2d(x, weight, *geometry)
    assert_same(compiled.conv2d(x, weight, *geometry), expected)
    g = rng.standard_normal(expected.shape).astype(dtype)
    backward = (g, weight, x.shape[2:], *geometry)
    assert_same(
        compiled.conv2d_input_gradient(*backward), reference.conv2d_input_gradient(*backward)
    )
    backward = (x, g, weight.shape[2:], *geometry)
    assert_same(
        compiled.conv2d_weight_gradient(*backward), reference.conv2d_weight_gradient(*backward)
    )


@few
@given(convolutions(dtypes=("float64",)), st.sampled_from((compiled, reference)))
def test_convolution_and_its_gradients_are_adjoint(case, kernel_set):
    x, weight, g, geometry = case
    forward = inner(kernel_set.conv2d(x, weight, *geometry), g)
    dx = kernel_set.conv2d_input_gradient(g, weight, x.shape[2:], *geometry)
    dw = kernel_set.conv2d_weight_gradient(x, g, weight.shape[2:], *geometry)
    assert inner(dx, x) == pytest.approx(forward, rel=1e-10, abs=1e-10)
    assert inner(dw, weight) == pytest.approx(forward, rel=1e-10, abs=1e-10)


@few
@given(convolutions(), st.integers(1, 4))
def test_rows_that_no_window_reaches_get_no_gradient(case, extra):
    size = tuple(z + extra for z in case.x.shape[2:])
    arguments = (case.g, case.weight, size, *case.geometry)
    assert_same(
        compiled.conv2d_input_gradient(*arguments), reference.conv2d_input_gradient(*arguments)
    )


@few
@given(poolings())
def test_compiled_max_pool_equals_the_loops(case):
    values, indices = compiled.max_pool2d(*case)
    expected, expected_indices = reference.max_pool2d(*case)
    np.testing.assert_array_equal(values, expected)
    np.testing.assert_array_equal(indices, expected_indices)
    assert values.dtype == case.x.dtype and indices.dtype == np.int64


@few
@given(poolings())
def test_indices_point_at_the_maxima(case):
    values, indices = compiled.max_pool2d(*case)
    np.testing.assert_array_equal(compiled.gather2d(case.x, indices), values)
    np.testing.assert_array_equal(reference.gather2d(case.x, indices), values)


@few
@given(poolings())
def test_unpooling_equals_the_loops_and_is_adjoint_to_gathering(case):
    x = np.nan_to_num(case.x, posinf=3, neginf=-3)
    values, indices = compiled.max_pool2d(x, *case[1:])
    unpooled = compiled.max_unpool2d(values, indices, x.shape[2:])
    assert_same(unpooled, reference.max_unpool2d(values, indices, x.shape[2:]))
    left, right = inner(unpooled, x), inner(values, compiled.gather2d(x, indices))
    assert left == pytest.approx(right, rel=1e-5, abs=1e-5)


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
    assert inner(dx, x) == pytest.approx(inner(y, y), rel=1e-4, abs=1e-4)
