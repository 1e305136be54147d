"""Dropout of values and of whole channels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg


@given(st.floats(0, 0.9), st.integers(0, 100))
def test_dropout_keeps_or_drops_and_scales(p, seed):
    x = np.arange(1.0, 101.0)
    y = mg.dropout(x, p, rng=seed)
    kept = y != 0
    np.testing.assert_allclose(y[kept], x[kept] / (1 - p))


def test_dropout_drops_the_share_it_should():
    y = mg.dropout(np.ones(100_000), 0.3, rng=0)
    assert np.mean(y == 0) == pytest.approx(0.3, abs=0.01)
    assert y.mean() == pytest.approx(1, abs=0.01)


def test_the_gradient_has_the_mask_of_the_forward_pass():
    x = mg.Tensor(np.ones(50), requires_grad=True)
    y = mg.dropout(x, 0.5, rng=0)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, y.data)


def test_dropout_of_everything_is_zero():
    x = mg.Tensor(np.ones(5), requires_grad=True)
    y = mg.dropout(x, 1.0)
    y.sum().backward()
    assert y.data.tolist() == x.grad.tolist() == [0] * 5


def test_dropout_does_nothing_outside_training():
    x = np.arange(5.0)
    np.testing.assert_array_equal(mg.dropout(x, 0.5, training=False), x)


def test_the_same_seed_drops_the_same_and_a_generator_moves_on():
    x = np.ones(100)
    np.testing.assert_array_equal(mg.dropout(x, rng=3), mg.dropout(x, rng=3))
    generator = np.random.default_rng(3)
    assert (mg.dropout(x, rng=generator) != mg.dropout(x, rng=generator)).any()


def test_dropout2d_drops_whole_channels():
    y = mg.dropout2d(np.ones((4, 8, 3, 3), np.float32), 0.5, rng=0)
    assert y.dtype == np.float32
    assert set(np.unique(y.reshape(32, 9).sum(1))) == {0, 18}


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_p_that_is_no_probability_is_refused(p):
    with pytest.raises(ValueError, match="between 0 and 1"):
        mg.dropout(np.ones(3), p)
