"""Gradients of any order, products with the Jacobian, Jacobians and Hessians."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

import minigrad as mg

from .differences import central_differences

POINTS = arrays_of.arrays(np.float64, (3,), elements=st.floats(-1.5, 1.5))


def leaf(*values):
    return mg.Tensor(np.array(values), requires_grad=True)


def smooth(x):
    """From three numbers to a matrix (2, 2), with every second derivative."""
    return np.stack([np.stack([np.sin(x[0] * x[1]), x[2] ** 3]),
                     np.stack([np.exp(x[1] - x[2]), np.tanh(x).sum()])])  # fmt: skip


def scalar(x):
    return (smooth(x) * np.array([[1.0, -2.0], [3.0, 0.5]])).sum()


def on_arrays(fn):
    return lambda x: fn(mg.Tensor(x)).data


def jacobian_by_differences(fn, x):
    shape = np.shape(fn(x))
    rows = []
    for index in np.ndindex(shape):
        unit = np.zeros(shape)
        unit[index] = 1
        rows.append(central_differences(fn, [x], unit, 0))
    return np.reshape(rows, shape + x.shape)


def close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-7, atol=1e-7)


# ---- grad -------------------------------------------------------------------------------------


def test_grad_leaves_every_grad_alone():
    x, w = leaf(1.0), leaf(2.0)
    y = x * w
    y.retain_grad()
    gradients = mg.grad(y * 3, [x, w])
    assert isinstance(gradients, tuple)
    assert [type(gradient) for gradient in gradients] == [mg.Tensor, mg.Tensor]
    assert [gradient.item() for gradient in gradients] == [6, 3]
    assert x.grad is w.grad is y.grad is None


def test_an_input_the_output_does_not_depend_on_gets_zeros():
    x = leaf(1.0)
    other = mg.Tensor(np.ones((2, 3), np.float32), requires_grad=True)
    (gradient,) = mg.grad(x * 2, other)
    assert (gradient.shape, gradient.dtype) == ((2, 3), np.float32)
    assert not gradient.data.any()


def test_an_input_may_be_a_result_or_the_output_itself():
    x = leaf(1.0, 2.0)
    hidden = x * 3
    y = (hidden * hidden).sum()
    to_hidden, to_x, to_y = mg.grad(y, [hidden, x, y])
    np.testing.assert_array_equal(to_hidden.data, [6, 12])
    np.testing.assert_array_equal(to_x.data, [18, 36])
    assert to_y.item() == 1


def test_the_gradient_to_a_result_neither_runs_nor_frees_what_lies_below():
    x = leaf(1.0, 2.0)
    hidden = np.exp(x)

    def never(g, y):
        raise AssertionError("not on the way to the input")

    with mg.backward_rules(exp=never):
        mg.grad((hidden * 2).sum(), hidden)
    hidden.sum().backward()
    np.testing.assert_array_equal(x.grad, np.exp([1.0, 2.0]))
    (again,) = mg.grad((hidden * 2).sum(), hidden)  # although what lies below is freed by now
    np.testing.assert_array_equal(again.data, [2, 2])
    with pytest.raises(RuntimeError, match="exp"):
        mg.grad((hidden * 2).sum(), x)


def test_hooks_act_on_the_gradient_to_a_result():
    x = leaf(1.0)
    hidden = x * 2
    hidden.register_hook(lambda gradient: gradient * 10)
    assert mg.grad(hidden * 3, hidden)[0].item() == 30


def test_gradients_of_several_outputs_are_summed():
    x = leaf(1.0, 2.0)
    (gradient,) = mg.grad([x.sum(), x * x], x, [2.0, np.array([1.0, 10.0])])
    np.testing.assert_array_equal(gradient.data, [4, 42])


def test_gradients_that_can_be_differentiated_share_no_memory_either():
    x, y, seed = leaf(1.0, 2.0), leaf(3.0, 4.0), mg.Tensor([1.0, 1.0])
    to_x, again, to_y = mg.grad(x + y, [x, x, y], seed, create_graph=True)
    to_x.data[...] = 7
    again.data[...] = 8
    assert to_y.tolist() == seed.tolist() == [1, 1]
    assert to_x.tolist() == [7, 7]


def test_the_same_input_twice_gives_gradients_that_share_no_memory():
    x = leaf(1.0)
    first, second = mg.grad(x * 2, [x, x])
    assert not np.shares_memory(first.data, second.data)


@pytest.mark.parametrize("wrong", [mg.Tensor([1.0]), np.ones(1)])
def test_inputs_must_require_a_gradient(wrong):
    with pytest.raises(ValueError, match="input 1 requires no gradient"):
        x = leaf(1.0)
        mg.grad(x * 2, [x, wrong])


def test_the_gradients_of_the_outputs_are_checked():
    x = leaf(1.0, 2.0)
    with pytest.raises(ValueError, match=r"\(2,\), not \(3,\)"):
        mg.grad(x * 2, x, np.ones(3))
    with pytest.raises(ValueError, match="one number"):
        mg.grad(x * 2, x)


# ---- higher order -----------------------------------------------------------------------------


def test_gradients_of_gradients_to_the_third_order():
    x = leaf(0.7, -0.3)
    derivative = np.sin(x) * np.exp(x)
    for _ in range(3):
        (derivative,) = mg.grad(derivative.sum(), x, create_graph=True)
    values = x.data
    close(derivative.data, 2 * np.exp(values) * (np.cos(values) - np.sin(values)))


@given(st.integers(1, 6), st.floats(0.5, 2))
def test_every_derivative_of_a_power(order, value):
    x = leaf(value)
    derivative = x**6
    for _ in range(order):
        (derivative,) = mg.grad(derivative, x, create_graph=True)
    expected = math.perm(6, order) * value ** (6 - order)
    np.testing.assert_allclose(derivative.data, [expected], rtol=1e-10)


def test_a_penalty_on_the_gradient_can_be_trained():
    x, w = leaf(1.0, 2.0), leaf(0.5, -1.0)
    (gradient,) = mg.grad(np.tanh(x @ w), x, create_graph=True)
    (gradient @ gradient).backward()

    def penalty(w):
        slope = (1 - np.tanh(x.data @ w) ** 2) * w
        return slope @ slope

    close(w.grad, central_differences(penalty, [w.data.copy()], np.ones(()), 0))


def test_without_create_graph_gradients_are_constants():
    x = leaf(1.0)
    assert not mg.grad(x**3, x)[0].requires_grad


# ---- products with the Jacobian ---------------------------------------------------------------


@given(POINTS, arrays_of.arrays(np.float64, (2, 2), elements=st.floats(-2, 2)))
def test_the_vjp_agrees_with_differences(point, cotangent):
    value, pullback = mg.vjp(smooth, point)
    close(value.data, on_arrays(smooth)(point))
    for _ in range(2):  # a pullback can be called again
        (product,) = pullback(cotangent)
        close(product.data, central_differences(on_arrays(smooth), [point], cotangent, 0))


@settings(max_examples=30)
@given(POINTS, arrays_of.arrays(np.float64, (3,), elements=st.floats(-2, 2)))
def test_the_jvp_agrees_with_differences(point, direction):
    value, tangent = mg.jvp(smooth, (point,), (direction,))
    assert isinstance(tangent, mg.Tensor)
    close(value.data, on_arrays(smooth)(point))
    close(tangent.data, jacobian_by_differences(on_arrays(smooth), point) @ direction)


@settings(max_examples=15)
@given(POINTS)
def test_jacobian_and_hessian_agree_with_differences(point):
    close(mg.jacobian(smooth, point).data, jacobian_by_differences(on_arrays(smooth), point))

    hessian = mg.hessian(scalar, point).data
    close(hessian, jacobian_by_differences(lambda x: mg.jacobian(scalar, x).data, point))
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-12)


@given(POINTS, arrays_of.arrays(np.float64, (3,), elements=st.floats(-2, 2)))
def test_the_hvp_is_the_hessian_times_the_vector(point, vector):
    expected = mg.hessian(scalar, point).data @ vector
    np.testing.assert_allclose(mg.hvp(scalar, point, vector).data, expected, atol=1e-10)


def test_several_inputs():
    value, pullback = mg.vjp(lambda a, b: a * b, [2.0, 3.0], [5.0, 7.0])
    to_a, to_b = pullback([1.0, 10.0])
    np.testing.assert_array_equal(to_a.data, [5, 70])
    np.testing.assert_array_equal(to_b.data, [2, 30])
    _, tangent = mg.jvp(lambda a, b: a * b, ([2.0], [5.0]), ([1.0], [10.0]))
    np.testing.assert_array_equal(tangent.data, [25])
    np.testing.assert_array_equal(value.data, [10, 21])


def test_what_does_not_depend_on_the_input_has_derivative_zero():
    def constant(x):
        return mg.Tensor([1.0, 2.0])

    point = np.ones(3)
    assert not mg.jacobian(constant, point).data.any()
    assert mg.jacobian(constant, point).shape == (2, 3)
    assert not mg.vjp(constant, point)[1]([1.0, 1.0])[0].data.any()
    assert not mg.jvp(constant, (point,), (point,))[1].data.any()
    assert not mg.hvp(lambda x: x.sum(), point, point).data.any()
    assert not mg.hessian(lambda x: x.sum(), point).data.any()


def test_they_differentiate_inside_no_grad_too():
    point = np.array([0.5, 1.0])
    with mg.no_grad():
        np.testing.assert_allclose(mg.jacobian(np.sin, point).data, np.diag(np.cos(point)))
        np.testing.assert_allclose(mg.vjp(np.sin, point)[1]([1.0, 1.0])[0].data, np.cos(point))
        _, tangent = mg.jvp(np.sin, (point,), (point,))
        np.testing.assert_allclose(tangent.data, np.cos(point) * point)
        hessian = mg.hessian(lambda x: np.sin(x).sum(), point)
        np.testing.assert_allclose(hessian.data, np.diag(-np.sin(point)))


def test_wrong_arguments_are_explained():
    with pytest.raises(TypeError, match="returned ndarray, not a Tensor"):
        mg.vjp(lambda x: x.data, [1.0])
    with pytest.raises(ValueError, match="2 inputs and 1 directions"):
        mg.jvp(np.add, ([1.0], [2.0]), ([1.0],))
    with pytest.raises(ValueError, match=r"direction 0 has shape \(2,\), its input \(1,\)"):
        mg.jvp(np.exp, ([1.0],), ([1.0, 2.0],))
    with pytest.raises(ValueError, match=r"one number.*\(2,\)"):
        mg.hessian(np.exp, [1.0, 2.0])
    with pytest.raises(ValueError, match="must agree"):
        mg.hvp(np.sum, [1.0, 2.0], [1.0])
    with pytest.raises(TypeError, match="dtype=float"):
        mg.jacobian(np.exp, [1, 2])
