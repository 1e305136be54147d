"""Large arrays take compiled kernels where small ones take NumPy, and come to the same end."""

import numpy as np
import pytest

import minigrad as mg

SHAPE = (2, 6, 64, 64)
TARGET = np.random.default_rng(1).integers(0, 6, (1, 64, 64))

OF_PLANES = {
    "relu": mg.relu,
    "leaky_relu": lambda x: mg.leaky_relu(x, -3.0),
    "bilinear, larger": lambda x: mg.interpolate(x, scale_factor=1.7, mode="bilinear"),
    "bilinear, smaller": lambda x: mg.interpolate(x, (20, 90), None, "bilinear", True),
    "nearest": lambda x: mg.interpolate(x, scale_factor=(2, 0.4)),
    "adaptive_avg_pool2d": lambda x: mg.adaptive_avg_pool2d(x, (7, 16)),
}
FUNCTIONS = OF_PLANES | {
    "softmax of rows": mg.softmax,
    "softmax of channels": lambda x: mg.softmax(x, 1),
    "log_softmax": lambda x: mg.log_softmax(x, 2),
    "cross_entropy": lambda x: mg.cross_entropy(
        x, np.tile(TARGET, (len(x), 1, 1)), reduction="none"
    ),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_gradients_are_those_of_the_parts(name, dtype):
    x = np.random.default_rng(0).normal(size=SHAPE).astype(dtype)
    results = []
    # What goes along the channels cannot do with one.
    small = x.reshape(12, 1, 64, 64) if name in OF_PLANES else x
    for parts in ([x], np.split(small, len(small))):
        ys, gradients = [], []
        for part in parts:
            part = mg.Tensor(part, requires_grad=True)
            ys.append(FUNCTIONS[name](part))
            gradients += mg.grad((ys[-1] * ys[-1]).sum(), part)
        for result in (ys, gradients):
            results.append(np.concatenate([np.ravel(each.data) for each in result]))
    tolerance = {"float32": 1e-5, "float64": 1e-12}[dtype]
    for large, small in (results[::2], results[1::2]):
        assert large.dtype == small.dtype == dtype
        np.testing.assert_allclose(large, small, rtol=tolerance, atol=tolerance)
