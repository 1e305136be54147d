"""LeNet: the first convolutional network that read handwriting for a living."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..activation import ReLU
from ..convolution import Conv2d
from ..init import Seed
from ..linear import Flatten, Linear
from ..module import Module
from ..pooling import MaxPool2d


class LeNet(Module):
    """Two convolutions and three fully connected layers, for images of 28 × 28.

    With relu and max-pooling in the place of the original's tanh and averages.

    Parameters
    ----------
    classes : int
    in_channels : int
    rng : int, Generator or None
        For the initial values.

    Notes
    -----
    Input (N, in_channels, 28, 28), output logits (N, classes).

    References
    ----------
    LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition,
    Proceedings of the IEEE 1998.

    Examples
    --------
    >>> import layers, numpy as np
    >>> model = layers.models.LeNet(rng=0)
    >>> model(np.zeros((2, 1, 28, 28), np.float32)).shape
    (2, 10)
    >>> sum(parameter.size for parameter in model.parameters())
    61706
    """

    def __init__(self, classes: int = 10, in_channels: int = 1, *, rng: Seed = None):
        super().__init__()
        rng = np.random.default_rng(rng)
        self.conv1 = Conv2d(in_channels, 6, kernel_size=5, padding=2, rng=rng)
        self.relu1 = ReLU()
        self.pool1 = MaxPool2d(2)
        self.conv2 = Conv2d(6, 16, kernel_size=5, rng=rng)
        self.relu2 = ReLU()
        self.pool2 = MaxPool2d(2)
        self.flatten = Flatten()
        self.fc1 = Linear(16 * 5 * 5, 120, rng=rng)
        self.relu3 = ReLU()
        self.fc2 = Linear(120, 84, rng=rng)
        self.relu4 = ReLU()
        self.fc3 = Linear(84, classes, rng=rng)

    def forward(self, x: Any) -> Any:
        x = self.pool1(self.relu1(self.conv1(x)))
        x = self.pool2(self.relu2(self.conv2(x)))
        x = self.relu3(self.fc1(self.flatten(x)))
        return self.fc3(self.relu4(self.fc2(x)))
