"""A network of two layers with a squared loss."""

import numpy as np

import minigrad as mg

rng = np.random.default_rng(0)
inputs = np.array([[1.0, -0.5, 2.0], [0.5, 1.5, -1.0]])
truth = np.array([[1.0, 0.0], [0.0, 1.0]])


def parameter(name, *shape):
    """Draw a parameter of that shape."""
    return mg.Tensor(rng.normal(size=shape).round(1), requires_grad=True, name=name)


def layer(name, x, outputs):
    """An affine layer, W x + b."""
    weight = parameter(f"{name}.weight", outputs, x.shape[1])
    bias = parameter(f"{name}.bias", outputs)
    y = mg.linear(x, weight, bias)
    y.name = f"{name}.affine"
    return y


hidden = mg.relu(layer("hidden", inputs, 4))
hidden.name = "hidden.relu"
output = layer("output", hidden, 2)
loss = mg.mse_loss(output, truth)
loss.name = "loss"
loss.backward()
