"""The lecture's transposed convolution, whose stamps overlap."""

import numpy as np

import minigrad as mg

image = mg.Tensor(
    [[[[120.0, 150.0, 120.0], [100.0, 50.0, 110.0], [25.0, 25.0, 10.0]]]],
    requires_grad=True,
    name="image",
)
kernel = mg.Tensor([[[[1.0, -1.0], [2.0, -2.0]]]], requires_grad=True, name="kernel")
stamped = mg.conv_transpose2d(image, kernel)
stamped.name = "stamped"
score = stamped * np.arange(16.0).reshape(1, 1, 4, 4) / 16
score.sum().backward()
