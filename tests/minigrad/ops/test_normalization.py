"""Normalisation over the batch, over examples, over groups of channels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# ---- batch norm -------------------------------------------------------------------------------


@pytest.mark.parametrize("variance", [np.ones(3, int), np.broadcast_to(1.0, 3), [1.0] * 3])
def test_statistics_that_cannot_be_updated_leave_the_others_alone(variance):
    mean = np.zeros(3)
    with pytest.raises(TypeError, match="can be written to"):
        mg.batch_norm(normal(6, 3), mean, variance, training=True)
    np.testing.assert_array_equal(mean, 0)


def test_either_running_statistic_may_be_left_out_of_training():
    x, mean, variance = normal(6, 3), np.zeros(3), np.ones(3)
    y = mg.batch_norm(x, mean, None, training=True)
    np.testing.assert_array_equal(y, mg.batch_norm(x, None, variance, training=True))
    np.testing.assert_allclose(mean, 0.1 * x.mean(axis=0))
    np.testing.assert_allclose(variance, 0.9 + 0.1 * x.var(axis=0, ddof=1))
    with pytest.raises(ValueError, match="outside training"):
        mg.batch_norm(x, mean, None)


@given(st.sampled_from([(6, 3), (4, 3, 5), (2, 3, 4, 4)]), st.floats(-100, 100))
def test_a_normalised_channel_has_mean_zero_and_variance_one(shape, shift):
    y = mg.batch_norm(normal(*shape) * 3 + shift, None, None, training=True, eps=0)
    axes = (0, *range(2, y.ndim))
    np.testing.assert_allclose(y.mean(axes), 0, atol=1e-10)
    np.testing.assert_allclose(y.var(axes), 1, atol=1e-10)


def test_running_statistics_move_in_place_with_the_unbiased_variance():
    x, mean, variance = normal(5, 2), np.zeros(2), np.ones(2)
    mg.batch_norm(x, mean, variance, training=True, momentum=0.25)
    np.testing.assert_allclose(mean, 0.25 * x.mean(0))
    np.testing.assert_allclose(variance, 0.75 + 0.25 * x.var(0, ddof=1))


def test_evaluation_uses_the_running_statistics_and_leaves_them():
    x, mean, variance = normal(5, 2), np.array([1.0, 2.0]), np.array([4.0, 9.0])
    y = mg.batch_norm(x, mean, variance, eps=0)
    np.testing.assert_allclose(y, (x - [1, 2]) / [2, 3])
    assert mean.tolist() == [1, 2] and variance.tolist() == [4, 9]


def test_training_between_evaluation_and_its_backward_does_no_harm():
    mean, variance = np.zeros(2), np.full(2, 4.0)
    x = mg.Tensor(normal(5, 2), requires_grad=True)
    y = mg.batch_norm(x, mean, variance, eps=0)
    mg.batch_norm(normal(5, 2), mean, variance, training=True)
    y.sum().backward()
    np.testing.assert_allclose(x.grad, 0.5)


def test_the_mean_is_not_lost_in_float32():
    x = (normal(8, 1, 32, 32) + 1000).astype(np.float32)
    y = mg.batch_norm(x, None, None, training=True)
    exact = (x - x.mean(dtype=np.float64)) / x.std(dtype=np.float64)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, exact, atol=1e-3)


def test_float32_stays_with_float64_parameters():
    x = normal(4, 2).astype(np.float32)
    y = mg.batch_norm(x, np.zeros(2), np.ones(2), np.ones(2), np.ones(2), True)
    assert y.dtype == np.float32


@pytest.mark.filterwarnings("error")
def test_an_empty_batch_keeps_the_running_statistics():
    mean, variance = np.zeros(2), np.ones(2)
    x = mg.Tensor(np.zeros((0, 2, 3)), requires_grad=True)
    y = mg.batch_norm(x, mean, variance, training=True)
    y.sum().backward()
    assert y.shape == x.grad.shape == (0, 2, 3)
    assert mean.tolist() == [0, 0] and variance.tolist() == [1, 1]


@pytest.mark.parametrize("arguments, message", [
    ((np.zeros(3), None, None), r"\(N, C\)"),
    ((np.zeros((4, 3)), np.zeros(2), np.ones(2)), r"running_mean has shape \(2,\).*3 channels"),
    ((np.zeros((4, 3)), None, None, np.zeros(4)), r"weight has shape \(4,\)"),
    ((np.zeros((4, 3)), np.zeros(3), None), "both"),
    ((np.zeros((1, 3)), None, None, None, None, True), "one value a channel"),
])  # fmt: skip
def test_batch_norm_refuses_what_does_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        mg.batch_norm(*arguments)


# ---- layer, group and instance norm -----------------------------------------------------------


def test_layer_and_instance_norm_are_group_norms():
    x = normal(2, 4, 3, 3)
    np.testing.assert_allclose(mg.layer_norm(x, (4, 3, 3)), mg.group_norm(x, 1))
    np.testing.assert_allclose(mg.instance_norm(x), mg.group_norm(x, 4))
    np.testing.assert_allclose(
        mg.instance_norm(x[:1]), mg.batch_norm(x[:1], None, None, training=True)
    )


def test_each_example_is_normalised_alone():
    x = normal(3, 4, 2, 2)
    for norm in (lambda x: mg.group_norm(x, 2), mg.instance_norm, lambda x: mg.layer_norm(x, 2)):
        np.testing.assert_allclose(norm(x)[1:2], norm(x[1:2]))


@pytest.mark.parametrize("call, message", [
    (lambda: mg.layer_norm(np.zeros((2, 3)), 4), r"\(2, 3\) does not end in .*\(4,\)"),
    (lambda: mg.layer_norm(np.zeros((2, 3)), 3, np.ones(2)), r"weight has shape \(2,\)"),
    (lambda: mg.group_norm(np.zeros((2, 6)), 4), "6 channels.*4 equal groups"),
    (lambda: mg.group_norm(np.zeros((2, 6)), 0), "0 equal groups"),
    (lambda: mg.group_norm(np.zeros((2, 6)), 2, np.ones(2)), r"weight has shape \(2,\)"),
    (lambda: mg.instance_norm(np.zeros((2, 6))), r"\(N, C, L\)"),
])  # fmt: skip
def test_the_others_refuse_what_does_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call()
