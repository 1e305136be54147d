"""Softmax and its logarithms: probabilities, whatever the scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minigrad as mg

scores = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=2, max_dims=3, max_side=5),
    elements=st.floats(-1e4, 1e4),
)


@given(scores, st.floats(-1e4, 1e4))
def test_softmax_gives_probabilities_that_a_shift_does_not_change(x, shift):
    p = mg.softmax(x, axis=1)
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(1), 1)
    np.testing.assert_allclose(mg.softmax(x + shift, axis=1), p, atol=1e-9)


@given(scores)
def test_the_three_functions_agree(x):
    np.testing.assert_allclose(np.exp(mg.log_softmax(x)), mg.softmax(x), atol=1e-12)
    np.testing.assert_allclose(
        mg.log_softmax(x), x - mg.logsumexp(x, axis=-1, keepdims=True), atol=1e-9
    )


@given(scores)
def test_logsumexp_lies_between_the_maximum_and_the_maximum_plus_log_n(x):
    y = mg.logsumexp(x)
    assert x.max() <= y <= x.max() + np.log(x.size) + 1e-9


def test_logsumexp_keeps_axes_as_numpy_does():
    x = np.zeros((2, 3, 4))
    assert mg.logsumexp(x, axis=(0, -1)).shape == (3,)
    assert mg.logsumexp(x, axis=(0, -1), keepdims=True).shape == (1, 3, 1)
    assert mg.logsumexp(x, keepdims=True).shape == (1, 1, 1)


def test_impossible_classes_get_probability_zero_and_no_gradient():
    x = mg.Tensor([[-np.inf, 0.0, 0.0]], requires_grad=True)
    p = mg.softmax(x)
    np.testing.assert_allclose(p.data, [[0, 0.5, 0.5]])
    p.backward(np.array([[1.0, 2.0, 0.0]]))
    np.testing.assert_allclose(x.grad, [[0, 0.5, -0.5]])


def test_logsumexp_of_nothing_but_minus_infinity_is_minus_infinity_with_gradient_zero():
    x = mg.Tensor(np.array([[-np.inf, -np.inf], [0.0, -np.inf]]), requires_grad=True)
    y = mg.logsumexp(x, axis=1)
    np.testing.assert_array_equal(y.data, [-np.inf, 0])
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [[0, 0], [1, 0]])


@pytest.mark.filterwarnings("error")
def test_a_row_without_any_possible_class_has_no_softmax():
    x = np.full((1, 3), -np.inf)
    assert np.isnan(mg.softmax(x)).all()
    assert np.isnan(mg.log_softmax(x)).all()


def test_float32_stays_and_integers_become_floats():
    assert mg.softmax(np.zeros(3, np.float32)).dtype == np.float32
    assert mg.log_softmax(np.zeros(3, np.float32)).dtype == np.float32
    np.testing.assert_allclose(mg.softmax(np.array([1, 1])), [0.5, 0.5])


def test_empty_batches():
    assert mg.softmax(np.zeros((0, 3))).shape == (0, 3)
    assert mg.softmax(np.zeros((3, 0))).shape == (3, 0)
    assert mg.logsumexp(np.zeros((3, 0)), axis=1).tolist() == [-np.inf] * 3
