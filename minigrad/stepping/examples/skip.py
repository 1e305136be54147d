"""The skip connection of a U-Net: down, up again, and joined."""

import numpy as np

import minigrad as mg

rng = np.random.default_rng(2)


def parameter(name, *shape):
    """Draw a parameter of that shape."""
    return mg.Tensor(rng.normal(size=shape).round(1), requires_grad=True, name=name)


image = parameter("image", 1, 1, 4, 4)
high = mg.relu(mg.conv2d(image, parameter("encoder.weight", 2, 1, 3, 3), padding=1))
high.name = "encoder.high"
low = mg.max_pool2d(high, 2)
low.name = "encoder.low"
up = mg.conv_transpose2d(low, parameter("decoder.weight", 2, 1, 2, 2), stride=2)
up.name = "decoder.up"
joined = mg.concatenate([high, up], axis=1)
joined.name = "decoder.joined"
score = mg.conv2d(joined, parameter("head.weight", 1, 3, 1, 1))
score.name = "head.score"
score.mean().backward()
