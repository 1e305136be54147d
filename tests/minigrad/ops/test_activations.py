"""The error function and gelu."""

import math

import numpy as np
import pytest

import minigrad as mg

NUMBERS = np.concatenate([np.linspace(-7, 7, 5001), np.logspace(-300, 300, 601)])


def test_erf_is_exact_to_1e_14():
    expected = np.vectorize(math.erf)(NUMBERS)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(mg.erf(NUMBERS), expected, rtol=0, atol=1e-14)


def test_erf_is_odd_and_ends_at_one():
    np.testing.assert_array_equal(mg.erf(-NUMBERS[:5001]), -mg.erf(NUMBERS[:5001]))
    assert mg.erf([np.inf, -np.inf]).tolist() == [1, -1]
    assert np.isnan(mg.erf(np.nan))


def test_erf_in_float32_stays_there():
    x = np.linspace(-4, 4, 101, dtype=np.float32)
    y = mg.erf(x)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, np.vectorize(math.erf)(x), atol=3e-7)


def test_gelu_is_exact_to_1e_9():
    x = np.linspace(-8, 8, 1001)
    exact = [v * 0.5 * math.erfc(-v / math.sqrt(2)) for v in x]
    np.testing.assert_allclose(mg.gelu(x), exact, rtol=0, atol=1e-14)
    assert mg.gelu(x.astype(np.float32)).dtype == np.float32


def test_the_approximation_of_gelu_is_near_but_not_the_same():
    x = np.linspace(-4, 4, 101)
    assert 1e-5 < np.abs(mg.gelu(x) - mg.gelu(x, "tanh")).max() < 1e-3


def test_an_unknown_approximation_is_refused():
    with pytest.raises(ValueError, match="'none' or 'tanh', not 'erf'"):
        mg.gelu(1.0, "erf")
