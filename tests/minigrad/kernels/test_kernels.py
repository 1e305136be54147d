"""Compiled kernels equal the readable loops; pairs of kernels are each other's adjoint."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigrad.kernels import kernel_set

from ..layouts import LAYOUTS
from . import geometries
from .calls import COMPILED

compiled, reference = kernel_set("compiled"), kernel_set("reference")
few = settings(max_examples=100, deadline=None)
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
dtypes = st.sampled_from(tuple(TOLERANCE))
compiled_sets = st.sampled_from(COMPILED)
# As many results, or pixels to pool, as the loops get through in some hundredths of a second.
LOOPS = 3000


class Convolution(NamedTuple):
    x: np.ndarray
    weight: np.ndarray
    g: np.ndarray
    settings: tuple  # stride, padding, dilation, groups


def integer(draw: st.DrawFn) -> geometries.Integer:
    return lambda low, high: draw(st.integers(low, high))


@st.composite
def convolutions(draw: st.DrawFn, **most: int) -> Convolution:
    geometry, dtype = geometries.convolution(integer(draw), **most), draw(dtypes)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    arrays = [
        draw(st.sampled_from(LAYOUTS))(rng.standard_normal(shape).astype(dtype))
        for shape in (geometry.x, geometry.weight, geometry.y)
    ]
    return Convolution(*arrays, geometry.settings)


def inner(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.vdot(a.astype("float64"), b.astype("float64")))


def assert_adjoint(y: np.ndarray, g: np.ndarray, x: np.ndarray, back: np.ndarray) -> None:
    """⟨y, g⟩ = ⟨x, back⟩, where y = A x and back = Aᵀ g."""
    size = max(inner(y, y) * inner(g, g), inner(x, x) * inner(back, back)) ** 0.5
    allowed = TOLERANCE[str(y.dtype)] * size
    assert inner(y, g) == pytest.approx(inner(x, back), rel=0, abs=allowed)


def assert_same(actual: np.ndarray, expected: np.ndarray, terms: float = 1) -> None:
    """Equal but for rounding, where a result is a sum of so many products of normal numbers."""
    assert actual.flags.c_contiguous and actual.flags.owndata
    scale = max(terms**0.5, float(np.abs(expected).max(initial=0)))
    allowed = TOLERANCE[str(actual.dtype)] * scale
    np.testing.assert_allclose(actual, expected, rtol=0, atol=allowed)


def assert_equals_the_loops(kernels: Any, name: str, terms: float, *arguments: Any) -> None:
    """A sum of thousands of terms one after the other is exact in double precision only."""
    first, second, *settings = arguments
    result = getattr(kernels, name)(*arguments)
    assert result.dtype == first.dtype
    loops = getattr(reference, name)
    assert_same(result, loops(first.astype(float), second.astype(float), *settings), terms)


def assert_forward(kernels: Any, case: Convolution) -> None:
    x, weight, _, settings = case
    assert_equals_the_loops(kernels, "conv2d", weight[0].size, x, weight, *settings)


def assert_input_gradient(kernels: Any, case: Convolution, unreached: int = 0) -> None:
    """`unreached`: rows and columns of the image at its ends that no window reaches."""
    x, weight, g, settings = case
    size = x.shape[2] + unreached, x.shape[3] + unreached
    terms = weight[0].size * g.size / max(x.size, 1)
    assert_equals_the_loops(kernels, "conv2d_input_gradient", terms, g, weight, size, *settings)


def assert_weight_gradient(kernels: Any, case: Convolution) -> None:
    x, weight, g, settings = case
    arguments = x, g, weight.shape[2:], *settings
    assert_equals_the_loops(kernels, "conv2d_weight_gradient", g[:, 0].size, *arguments)


@few
@given(compiled_sets, convolutions(values=LOOPS))
def test_compiled_convolution_equals_the_loops(kernels, case):
    assert_forward(kernels, case)


@few
@given(compiled_sets, convolutions(values=LOOPS), st.sampled_from((0, 1, 4)))
def test_compiled_input_gradient_equals_the_loops(kernels, case, unreached):
    assert_input_gradient(kernels, case, unreached)


@few
@given(compiled_sets, convolutions(values=LOOPS))
def test_compiled_weight_gradient_equals_the_loops(kernels, case):
    assert_weight_gradient(kernels, case)


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
    "one channel, in blocks": ((1, 1, 90, 70), (1, 1, 3, 3), (1, 1), (1, 1)),
    "one channel, in blocks, two steps": ((1, 1, 93, 131), (2, 1, 5, 3), (2, 2), (2, 1)),
    "a product of matrices": ((2, 136, 10, 13), (264, 136, 1, 1), (1, 1), (0, 0)),
    "a product of matrices, two steps": ((2, 16, 23, 22), (24, 16, 1, 1), (2, 2), (0, 0)),
    "most positions are padding": ((2, 2, 2, 2), (3, 2, 3, 3), (2, 1), (9, 8)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SHAPES)
def test_convolutions_of_all_sizes_equal_the_loops(name, dtype):
    x_shape, weight_shape, stride, padding = SHAPES[name]
    rng = np.random.default_rng(0)
    x = rng.standard_normal(x_shape).astype(dtype)
    weight = rng.standard_normal(weight_shape).astype(dtype)
    settings = stride, padding, (1, 1), 1
    g = rng.standard_normal(reference.conv2d(x, weight, *settings).shape).astype(dtype)
    case = Convolution(x, weight, g, settings)
    for check in (assert_forward, assert_input_gradient, assert_weight_gradient):
        check(compiled, case)


@few
@given(compiled_sets, convolutions())
def test_a_convolution_of_any_size_and_its_gradients_are_adjoint(kernels, case):
    x, weight, g, settings = case
    y = kernels.conv2d(x, weight, *settings)
    assert_adjoint(y, g, x, kernels.conv2d_input_gradient(g, weight, x.shape[2:], *settings))
    assert_adjoint(y, g, weight, kernels.conv2d_weight_gradient(x, g, weight.shape[2:], *settings))
