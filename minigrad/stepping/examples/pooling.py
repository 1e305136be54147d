"""Max-pooling chooses a pixel on the way back, average pooling spreads."""

import minigrad as mg

image = mg.Tensor(
    [[[[4.0, 5.0, 9.0, 8.0], [0.0, 1.0, 9.0, 7.0], [2.0, 8.0, 1.0, 3.0], [4.0, 1.0, 6.0, 8.0]]]],
    requires_grad=True,
    name="image",
)
largest = mg.max_pool2d(image, 2)
largest.name = "largest"
mean = mg.avg_pool2d(image, 2)
mean.name = "mean"
(largest * mean).sum().backward()
