"""AlexNet: the network with which deep learning won ImageNet."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..activation import ReLU
from ..container import Sequential
from ..convolution import Conv2d
from ..dropout import Dropout
from ..init import Seed
from ..linear import Flatten, Linear
from ..module import Module
from ..pooling import AdaptiveAvgPool2d, MaxPool2d


class AlexNet(Module):
    """Five convolutions and three fully connected layers, in the form for one processor.

    Parameters
    ----------
    classes : int
    rng : int, Generator or None
        For the initial values and dropout.

    Attributes
    ----------
    features, classifier : Sequential
        Names, shapes and order of the parameters are torchvision's.

    Notes
    -----
    Input (N, 3, H, W) of 63 pixels or more (224 in training), output logits (N, classes).

    References
    ----------
    Krizhevsky, One weird trick for parallelizing convolutional neural networks, 2014, after
    Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural
    networks, NeurIPS 2012.

    Examples
    --------
    >>> import layers
    >>> with layers.init.skip():
    ...     model = layers.models.AlexNet()
    >>> sum(parameter.size for parameter in model.parameters())
    61100840
    """

    def __init__(self, classes: int = 1000, *, rng: Seed = None):
        super().__init__()
        rng = np.random.default_rng(rng)
        self.features = Sequential(
            Conv2d(3, 64, kernel_size=11, stride=4, padding=2, rng=rng),
            ReLU(),
            MaxPool2d(3, stride=2),
            Conv2d(64, 192, kernel_size=5, padding=2, rng=rng),
            ReLU(),
            MaxPool2d(3, stride=2),
            Conv2d(192, 384, kernel_size=3, padding=1, rng=rng),
            ReLU(),
            Conv2d(384, 256, kernel_size=3, padding=1, rng=rng),
            ReLU(),
            Conv2d(256, 256, kernel_size=3, padding=1, rng=rng),
            ReLU(),
            MaxPool2d(3, stride=2),
        )
        self.avgpool = AdaptiveAvgPool2d((6, 6))
        self.flatten = Flatten()
        self.classifier = Sequential(
            Dropout(0.5, rng=rng),
            Linear(256 * 6 * 6, 4096, rng=rng),
            ReLU(),
            Dropout(0.5, rng=rng),
            Linear(4096, 4096, rng=rng),
            ReLU(),
            Linear(4096, classes, rng=rng),
        )

    def forward(self, x: Any) -> Any:
        return self.classifier(self.flatten(self.avgpool(self.features(x))))
