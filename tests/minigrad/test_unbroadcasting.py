"""What was broadcast gets the sum of its gradients, which half precision must not lose."""

import numpy as np
import pytest

import minigrad as mg

IMAGES, CHANNELS = (4000, 3, 2, 2), (3,)
ONE = np.ones((3, 3, 1, 1), np.float16)


@pytest.mark.parametrize("shape, bias, function", [
    ((5000, 3), CHANNELS, np.add),
    (IMAGES, (3, 1, 1), np.multiply),
    ((5000, 3), CHANNELS, lambda x, bias: mg.linear(x, ONE[:, :, 0, 0], bias)),
    (IMAGES, CHANNELS, lambda x, bias: mg.conv2d(x, ONE, bias)),
    (IMAGES, CHANNELS, lambda x, bias: mg.conv_transpose2d(x, ONE, bias)),
    ((2000, 4, 3), (3, 1), np.matmul),
], ids=["add", "multiply", "linear", "conv2d", "conv_transpose2d", "matmul"])  # fmt: skip
@pytest.mark.parametrize("again", [False, True], ids=["once", "to be differentiated again"])
def test_gradients_in_half_precision_are_summed_in_single(shape, bias, function, again):
    def gradient(dtype):
        inputs = np.random.default_rng(1).uniform(0.1, 0.2, shape), np.ones(bias)
        x, b = (mg.Tensor(values.astype(np.float16).astype(dtype), True) for values in inputs)
        y = function(x, b)
        g = np.random.default_rng(2).uniform(0.1, 0.2, y.shape).astype(np.float16).astype(dtype)
        return mg.grad(y, b, g, create_graph=again)[0].data

    half, expected = gradient(np.float16), gradient(np.float64)
    assert half.dtype == np.float16
    np.testing.assert_allclose(half, expected, rtol=1e-3)
