"""A convolution and a relu: backwards, the kernel is stamped."""

import minigrad as mg

image = mg.Tensor(
    [[[[120.0, 150.0, 120.0], [100.0, 50.0, 110.0], [25.0, 25.0, 10.0]]]],
    requires_grad=True,
    name="image",
)
weight = mg.Tensor(
    [[[[1.0, -1.0], [0.5, 0.0]]], [[[0.0, 1.0], [-1.0, 0.5]]]], requires_grad=True, name="weight"
)
bias = mg.Tensor([-20.0, 10.0], requires_grad=True, name="bias")
convolved = mg.conv2d(image, weight, bias, stride=2, padding=1)
convolved.name = "convolved"
mg.relu(convolved).mean().backward()
