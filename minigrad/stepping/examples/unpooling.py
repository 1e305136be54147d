"""The lecture's max-unpooling, where two windows share a maximum."""

import numpy as np

import minigrad as mg

image = mg.Tensor(
    [[[[120.0, 150.0, 120.0], [100.0, 50.0, 110.0], [25.0, 25.0, 10.0]]]],
    requires_grad=True,
    name="image",
)
pooled, positions = mg.max_pool2d(image, 2, stride=1, return_indices=True)
pooled.name = "pooled"
decoded = pooled + np.array([[[[150.0, 300.0], [0.0, 140.0]]]])
decoded.name = "decoded"
unpooled = mg.max_unpool2d(decoded, positions, 2, stride=1)
unpooled.name = "unpooled"
unpooled.mean().backward()
