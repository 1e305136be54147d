"""Compiled softmax and what is made of it equal the reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .test_kernels import assert_same, compiled, few, reference

# One place or many; fewer than a vector, or more than a strip.
shapes = st.tuples(
    st.integers(0, 3), st.integers(1, 300), st.just(1) | st.integers(0, 9) | st.integers(10, 300)
)


def scores(shape: tuple[int, ...], seed: int, scale: float = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape, scale=scale).astype(np.float32)


@few
@given(shapes, st.sampled_from([0.1, 1, 30, 1e4]), st.booleans())
def test_compiled_softmax_equals_the_reference(shape, scale, logarithm):
    x = scores(shape, 0, scale)
    y = compiled.softmax(x, logarithm)
    assert_same(y, reference.softmax(x.astype(float), logarithm))


@few
@given(shapes, st.booleans())
def test_compiled_gradients_equal_the_reference(shape, logarithm):
    x, g = scores(shape, 0), scores(shape, 1)
    y = compiled.softmax(x, logarithm)
    arguments = g.astype(float), y.astype(float), logarithm
    expected = reference.softmax_backward(*arguments)
    assert_same(compiled.softmax_backward(g, y, logarithm), expected, terms=shape[1])


@few
@given(shapes, st.sampled_from([0.1, 1, 30, 1e4]))
def test_compiled_cross_entropy_equals_the_reference(shape, scale):
    x = scores(shape, 0, scale)
    target = np.random.default_rng(2).integers(0, shape[1], (shape[0], shape[2]))
    share = scores(target.shape, 3)
    y, losses = compiled.cross_entropy(x, target)
    expected = reference.cross_entropy(x.astype(float), target)
    assert_same(y, expected[0])
    assert_same(losses, expected[1])
    expected = reference.cross_entropy_backward(y.astype(float), target, share)
    assert_same(compiled.cross_entropy_backward(y, target, share), expected)


@pytest.mark.parametrize("places", [1, 3])
@pytest.mark.parametrize("logarithm", [False, True])
def test_infinite_scores_and_what_is_no_number_are_as_in_numpy(places, logarithm):
    cases = [[-np.inf, 0, 1], [np.inf, 0, 1], [np.nan, 0, 1], [-np.inf] * 3, [200, -200, 0]]
    x = np.repeat(np.array(cases, np.float32)[:, :, None], places, 2)
    expected = reference.softmax(x, logarithm)
    np.testing.assert_allclose(compiled.softmax(x, logarithm), expected, rtol=1e-6, atol=1e-6)
    target = np.repeat([[0], [1], [1], [0], [2]], places, 1)
    expected = reference.cross_entropy(x, target)[1]
    np.testing.assert_allclose(compiled.cross_entropy(x, target)[1], expected, rtol=1e-6)
