"""SqueezeNet: AlexNet's accuracy with fifty times fewer parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import init
from ..activation import ReLU
from ..container import Sequential
from ..convolution import Conv2d
from ..dropout import Dropout
from ..linear import Flatten
from ..module import Module
from ..pooling import AdaptiveAvgPool2d, MaxPool2d

_POOL = "pool"
# The first convolution (channels, kernel size); then pools, and fire modules by the channels of
# their squeeze layer and of each of their two expand layers.
_PLANS: dict[str, tuple[tuple[int, int], list[Any]]] = {
    "1_0": (
        (96, 7),
        [_POOL, (16, 64), (16, 64), (32, 128), _POOL, (32, 128), (48, 192), (48, 192), (64, 256),
         _POOL, (64, 256)],
    ),
    "1_1": (
        (64, 3),
        [_POOL, (16, 64), (16, 64), _POOL, (32, 128), (32, 128), _POOL, (48, 192), (48, 192),
         (64, 256), (64, 256)],
    ),
}  # fmt: skip


class Fire(Module):
    """Squeeze to few channels by 1×1, then expand by 1×1 and 3×3 side by side.

    Parameters
    ----------
    in_channels : int
    squeezed : int
        Channels between the two.
    expanded : int
        Channels that each of the expanding convolutions gives.

    Examples
    --------
    >>> import numpy as np
    >>> Fire(96, squeezed=16, expanded=64)(np.zeros((1, 96, 5, 5), np.float32)).shape
    (1, 128, 5, 5)
    """

    def __init__(self, in_channels: int, squeezed: int, expanded: int):
        super().__init__()
        self.squeeze = Conv2d(in_channels, squeezed, kernel_size=1)
        self.squeeze_activation = ReLU()
        self.expand1x1 = Conv2d(squeezed, expanded, kernel_size=1)
        self.expand1x1_activation = ReLU()
        self.expand3x3 = Conv2d(squeezed, expanded, kernel_size=3, padding=1)
        self.expand3x3_activation = ReLU()

    def forward(self, x: Any) -> Any:
        x = self.squeeze_activation(self.squeeze(x))
        return np.concatenate(
            [
                self.expand1x1_activation(self.expand1x1(x)),
                self.expand3x3_activation(self.expand3x3(x)),
            ],
            axis=1,
        )


class SqueezeNet(Module):
    """Eight fire modules between two convolutions, the last of which gives the class scores.

    Parameters
    ----------
    version : {"1_0", "1_1"}
        1.1 needs 2.4 times less computation.
    classes : int
    rng : int, Generator or None
        For the initial values and dropout.

    Attributes
    ----------
    features, classifier : Sequential
        Names, shapes and order of the parameters are torchvision's.

    Raises
    ------
    ValueError
        If there is no such version.

    Notes
    -----
    Input (N, 3, H, W) of 29 pixels or more (224 in training), output logits (N, classes).

    References
    ----------
    Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model
    size, 2016.

    Examples
    --------
    >>> import layers, numpy as np
    >>> model = layers.models.SqueezeNet("1_1", rng=0).eval()
    >>> model(np.zeros((1, 3, 64, 64), np.float32)).shape
    (1, 1000)
    >>> sum(parameter.size for parameter in model.parameters())
    1235496
    """

    def __init__(self, version: str = "1_0", classes: int = 1000, *, rng: init.Seed = None):
        super().__init__()
        if version not in _PLANS:
            raise ValueError(f"there is no SqueezeNet {version!r}, only {', '.join(_PLANS)}")
        rng = np.random.default_rng(rng)
        with init.skip():  # the values are drawn at the end
            self.features = _features(version)
            last = Conv2d(512, classes, kernel_size=1)
            self.classifier = Sequential(
                Dropout(0.5, rng=rng), last, ReLU(), AdaptiveAvgPool2d((1, 1))
            )
            self.flatten = Flatten()
        for module in self.features.modules():
            if isinstance(module, Conv2d):
                init.kaiming_uniform_(module.weight, rng=rng)
        init.normal_(last.weight, std=0.01, rng=rng)

    def forward(self, x: Any) -> Any:
        return self.flatten(self.classifier(self.features(x)))


def _features(version: str) -> Sequential:
    (channels, kernel_size), plan = _PLANS[version]
    features = Sequential(Conv2d(3, channels, kernel_size, stride=2), ReLU())
    for step in plan:
        if step is _POOL:
            features.append(MaxPool2d(3, stride=2, ceil_mode=True))
        else:
            squeezed, expanded = step
            features.append(Fire(channels, squeezed, expanded))
            channels = 2 * expanded
    return features
