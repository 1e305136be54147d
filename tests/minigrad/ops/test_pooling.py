"""Pooling: what holds beside the agreement of the kernels."""

import numpy as np
import pytest

import minigrad as mg


@pytest.mark.parametrize("pool", [
    lambda x: mg.max_pool2d(x, 2),
    lambda x: mg.avg_pool2d(x, 2),
    lambda x: mg.adaptive_avg_pool2d(x, 2),
    lambda x: mg.max_unpool2d(x, np.arange(16).reshape(1, 1, 4, 4), 2),
])  # fmt: skip
def test_half_precision_stays_half_precision(pool):
    values = np.random.default_rng(0).normal(size=(1, 1, 4, 4)).astype(np.float16)
    x = mg.Tensor(values, requires_grad=True)
    y = pool(x)
    assert y.dtype == np.float16
    expected = pool(values.astype(np.float64))
    np.testing.assert_allclose(y.data, expected, rtol=2e-3, atol=1e-3)
    (gradient,) = mg.grad((y * y).sum(), x, create_graph=True)
    assert gradient.dtype == np.float16
