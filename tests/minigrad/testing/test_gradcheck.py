"""Gradient checks of functions on Tensors, and the numerics behind them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.testing import (
    GradientError,
    assert_gradients,
    check_backward,
    diagnose,
    gradcheck,
    numerical_gradient,
)

rng = np.random.default_rng(3)


@given(st.integers(0, 1000), st.floats(-9, 9))
def test_numerical_gradients_hold_at_any_scale(seed, exponent):
    x = np.random.default_rng(seed).normal(size=5)
    size = 10.0**exponent
    found = numerical_gradient(lambda v: size * np.sin(v), x)
    np.testing.assert_allclose(found, size * np.cos(x), rtol=0, atol=1e-8 * size)


def test_integers_have_no_numerical_gradient():
    gradients = numerical_gradient(lambda x, i: x[i], rng.normal(size=3), np.array([0, 0]))
    assert gradients[1] is None and gradients[0].round(6).tolist() == [2, 0, 0]
    with pytest.raises(TypeError, match="floating-point"):
        numerical_gradient(np.square, np.array([3]))


@pytest.mark.parametrize("order", [1, 2])
def test_a_convolution_is_right(order):
    x, w = rng.normal(size=(2, 3, 7, 6)), rng.normal(size=(4, 3, 3, 3))
    if order == 2:
        x, w = x[:1, :1, :4, :4], w[:2, :1]
    report = gradcheck(lambda x, w: mg.conv2d(x, w, padding=1), x, w, order=order)
    assert report.cause == "ok", report.message


def test_a_kink_is_named_and_accuses_nobody():
    report = gradcheck(mg.relu, np.array([1.0, 0.0, -2.0]))
    assert report.ok and report.cause == "nondifferentiable"
    assert "relu" in report.message and "(1,)" in report.message


@pytest.mark.parametrize("x", [np.zeros((2, 3)), np.ones((3, 1)), np.array([[2.0, 2.0, 1.0]])])
@pytest.mark.parametrize("fn", [mg.max, mg.relu, mg.absolute, mg.sort, mg.sign, mg.floor])
def test_ties_and_jumps_accuse_nobody(fn, x):
    report = gradcheck(fn, x)
    assert report.ok, report.message


def test_a_replaced_rule_is_caught():
    @mg.primitive
    def wrong_cube(x, /):
        return x**3

    wrong_cube.vjp("x")(lambda g, x: g * 2 * x**2)
    with pytest.raises(GradientError, match=r"0\.666667") as caught:
        assert_gradients(wrong_cube, rng.normal(size=4))
    assert caught.value.report.cause == "scaled"


def test_a_wrong_second_derivative_is_caught():
    @mg.primitive(saves=("slope",))
    def constant_slope(x, /):
        return x**3, 3 * x**2

    constant_slope.vjp("x")(lambda g, slope: g * slope)
    assert gradcheck(constant_slope, rng.normal(size=4)).ok
    assert gradcheck(constant_slope, rng.normal(size=4), order=2).cause == "zero_gradient"


def test_large_inputs_are_checked_along_directions():
    x = rng.normal(size=(60, 70))
    assert check_backward(np.sin, lambda g, x: g * np.cos(x), x).ok

    def one_wrong(g, x):
        d = g * np.cos(x)
        d[17, 31] += 1
        return d

    report = check_backward(np.sin, one_wrong, x)
    assert not report.ok and report.inputs[0].index == (17, 31)
    assert check_backward(np.sin, lambda g, x: -g * np.cos(x), x).cause == "sign_flipped"
    assert check_backward(lambda x: np.maximum(x, 0), lambda g, x: g * (x > 0), x).ok


def test_the_wrong_number_of_gradients_is_an_error():
    x = rng.normal(size=3)
    with pytest.raises(ValueError, match="returned 1 gradient"):
        check_backward(np.multiply, lambda g, a, b: g * b, x, x)
    with pytest.raises(TypeError, match="dtype=float"):
        check_backward(np.square, lambda g, x: 2 * g * x, np.array([3]))


def test_nothing_is_written_into_the_inputs_of_the_caller():
    x = rng.normal(size=3)
    before = x.copy()

    def backward(g, x):
        x[:] = 0
        return g

    report = check_backward(np.positive, backward, x)
    assert report.cause == "input_mutated" and np.array_equal(x, before)


def test_float32_is_promoted_with_a_note():
    report = gradcheck(mg.tanh, rng.normal(size=3).astype(np.float32))
    assert report.cause == "ok" and "promoted" in report.message


def test_what_nothing_explains_is_said_to_be_unknown():
    right, noise = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    report = diagnose(noise, right)
    assert report.cause == "unknown" and "cosine" in report.message
    assert diagnose(right, right).cause == "ok"


def test_messages_fit_a_terminal():
    x = rng.normal(size=(3, 4, 50))
    report = check_backward(np.sin, lambda g, x: 3 * g * np.cos(x), x)
    lines = report.message.splitlines()
    assert max(map(len, lines)) <= 79 and any("█" in line for line in lines)
