"""MobileNet: convolutions that look at each channel for itself, for small processors."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import init
from ..activation import ReLU, ReLU6
from ..container import Sequential
from ..convolution import Conv2d
from ..dropout import Dropout
from ..linear import Flatten, Linear
from ..module import Module
from ..normalization import BatchNorm2d
from ..pooling import AdaptiveAvgPool2d
from .he import draw_he


class MobileNet(Module):
    """Depthwise and pointwise convolutions in turn, the mean over places, and a linear layer.

    Parameters
    ----------
    version : {"v1", "v2"}
        v2 widens each block inside and adds its input where the shapes allow it.
    classes : int
    rng : int, Generator or None
        For the initial values and dropout.

    Attributes
    ----------
    features, classifier : Sequential
        Names, shapes and order of the parameters of v2 are torchvision's. v1, which torchvision
        does not have, calls them ``features.N.depthwise`` and ``features.N.pointwise``.

    Raises
    ------
    ValueError
        If there is no such version.

    Notes
    -----
    Input (N, 3, H, W), 224 pixels in training, output logits (N, classes).

    References
    ----------
    Howard et al., MobileNets: Efficient convolutional neural networks for mobile vision
    applications, 2017; Sandler et al., MobileNetV2: Inverted residuals and linear bottlenecks,
    CVPR 2018.

    Examples
    --------
    >>> import layers, numpy as np
    >>> model = layers.models.MobileNet("v2", rng=0).eval()
    >>> model(np.zeros((1, 3, 32, 32), np.float32)).shape
    (1, 1000)
    >>> sum(parameter.size for parameter in model.parameters())
    3504872
    """

    def __init__(self, version: str = "v2", classes: int = 1000, *, rng: init.Seed = None):
        super().__init__()
        if version not in _FEATURES:
            raise ValueError(f"there is no MobileNet {version!r}, only {', '.join(_FEATURES)}")
        rng = np.random.default_rng(rng)
        with init.skip():  # the values are drawn at the end
            self.features, channels = _FEATURES[version]()
            self.avgpool = AdaptiveAvgPool2d((1, 1))
            self.flatten = Flatten()
            self.classifier = Sequential(Dropout(0.2, rng=rng), Linear(channels, classes))
        draw_he(self, rng)

    def forward(self, x: Any) -> Any:
        return self.classifier(self.flatten(self.avgpool(self.features(x))))


class InvertedResidual(Module):
    """Widen by 1×1, look around depthwise by 3×3, narrow by 1×1 without an activation.

    Parameters
    ----------
    in_channels, channels : int
    stride : int
    widening : int
        How many times as many channels there are inside; 1 leaves the first step out.

    Examples
    --------
    >>> import numpy as np
    >>> InvertedResidual(8, 16, stride=2, widening=6)(np.zeros((2, 8, 6, 6), np.float32)).shape
    (2, 16, 3, 3)
    """

    def __init__(self, in_channels: int, channels: int, stride: int, widening: int):
        super().__init__()
        wide = in_channels * widening
        self.adds_input = stride == 1 and in_channels == channels
        self.conv = Sequential()
        if widening != 1:
            self.conv.append(_convolution(in_channels, wide, 1, ReLU6()))
        self.conv.append(_convolution(wide, wide, 3, ReLU6(), stride, groups=wide))
        self.conv.append(Conv2d(wide, channels, kernel_size=1, bias=False))
        self.conv.append(BatchNorm2d(channels))

    def forward(self, x: Any) -> Any:
        return x + self.conv(x) if self.adds_input else self.conv(x)


def _convolution(
    in_channels: int,
    channels: int,
    kernel_size: int,
    activation: Module,
    stride: int = 1,
    groups: int = 1,
) -> Sequential:
    """A convolution, batch normalisation and the activation."""
    padding = kernel_size // 2
    return Sequential(
        Conv2d(in_channels, channels, kernel_size, stride, padding, groups=groups, bias=False),
        BatchNorm2d(channels),
        activation,
    )


def _features_v1() -> tuple[Sequential, int]:
    """The convolutions of version 1, and how many channels they give."""
    before = 32
    features = Sequential(_convolution(3, before, 3, ReLU(), stride=2))
    steps = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5]
    for channels, stride in [*steps, (1024, 2), (1024, 1)]:
        features.append(
            Sequential(
                {
                    "depthwise": _convolution(before, before, 3, ReLU(), stride, groups=before),
                    "pointwise": _convolution(before, channels, 1, ReLU()),
                }
            )
        )
        before = channels
    return features, before


def _features_v2() -> tuple[Sequential, int]:
    """The convolutions of version 2, and how many channels they give."""
    before, after = 32, 1280
    features = Sequential(_convolution(3, before, 3, ReLU6(), stride=2))
    # widening, channels, blocks, stride of the first
    for widening, channels, count, first in (
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
        (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ):  # fmt: skip
        for stride in (first, *[1] * (count - 1)):
            features.append(InvertedResidual(before, channels, stride, widening))
            before = channels
    features.append(_convolution(before, after, 1, ReLU6()))
    return features, after


_FEATURES = {"v1": _features_v1, "v2": _features_v2}
