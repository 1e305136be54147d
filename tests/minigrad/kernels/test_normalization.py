"""The sums and scalings of channels: compiled equals reference, to the precision of the sums."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigrad.kernels import kernel_set

COMPILED, REFERENCE = kernel_set("compiled"), kernel_set("reference")


@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-5), ("float64", 1e-13)])
@settings(deadline=None)
@given(
    shape=st.tuples(st.integers(0, 9), st.integers(0, 40), st.integers(0, 400)),
    seed=st.integers(0, 99),
    offset=st.sampled_from([0.0, 100.0]),
)
def test_compiled_equals_reference(dtype, tolerance, shape, seed, offset):
    rng = np.random.default_rng(seed)
    g, x = rng.normal(size=(2, *shape)).astype(dtype)
    x += dtype == "float64" and offset
    a, b = rng.normal(size=(2, shape[1])).astype(dtype)
    mean, _ = REFERENCE.channel_moments(x)
    for name, arguments in [
        ("channel_moments", (x,)),
        ("channel_products", (g, x, mean)),
        ("channel_scale", (x, mean, a, b)),
        ("channel_backward", (g, x, mean, a, b)),
    ]:
        results = getattr(COMPILED, name)(*arguments), getattr(REFERENCE, name)(*arguments)
        if name == "channel_scale":
            results = [results[0]], [results[1]]
        for actual, expected in zip(*results, strict=True):
            assert actual.dtype == expected.dtype == dtype
            scale = 1 + np.abs(expected).max(initial=0) * (1 + offset)
            np.testing.assert_allclose(actual, expected, atol=tolerance * scale)


def test_a_variance_far_from_zero_does_not_cancel():
    x = (1e4 + np.random.default_rng(0).normal(size=(8, 1, 1000))).astype(np.float32)
    _, variance = COMPILED.channel_moments(x)
    np.testing.assert_allclose(variance[0], x.astype(np.float64).var(), rtol=1e-3)


def test_a_nan_stays_in_its_channel():
    x = np.ones((2, 3, 4), np.float32)
    x[1, 1, 2] = np.nan
    mean, variance = COMPILED.channel_moments(x)
    np.testing.assert_array_equal(np.isnan(mean), [False, True, False])
    np.testing.assert_array_equal(np.isnan(variance), [False, True, False])
