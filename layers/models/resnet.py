"""ResNet: layers that add to what they are given, so that hundreds of them can be trained."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import init
from ..activation import ReLU
from ..container import Sequential
from ..convolution import Conv2d
from ..linear import Flatten, Identity, Linear
from ..module import Module
from ..normalization import BatchNorm2d
from ..pooling import AdaptiveAvgPool2d, MaxPool2d
from .he import draw_he


class BasicBlock(Module):
    """Two 3×3 convolutions beside a shortcut.

    Parameters
    ----------
    in_channels, channels : int
    stride : int
        Of the first convolution.

    Examples
    --------
    >>> import numpy as np
    >>> BasicBlock(8, 16, stride=2)(np.zeros((2, 8, 6, 6), np.float32)).shape
    (2, 16, 3, 3)
    """

    expansion = 1

    def __init__(self, in_channels: int, channels: int, stride: int = 1):
        super().__init__()
        self.conv1 = _convolution(in_channels, channels, 3, stride)
        self.bn1 = BatchNorm2d(channels)
        self.relu = ReLU()
        self.conv2 = _convolution(channels, channels, 3)
        self.bn2 = BatchNorm2d(channels)
        self.downsample = _shortcut(in_channels, channels, stride)

    def forward(self, x: Any) -> Any:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu(y + self.downsample(x))


class Bottleneck(Module):
    """A 3×3 convolution between two 1×1 that narrow and widen, beside a shortcut.

    Parameters
    ----------
    in_channels, channels : int
        The block gives 4 · channels.
    stride : int
        Of the 3×3 convolution.

    Examples
    --------
    >>> import numpy as np
    >>> Bottleneck(8, 4, stride=2)(np.zeros((2, 8, 6, 6), np.float32)).shape
    (2, 16, 3, 3)
    """

    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int = 1):
        super().__init__()
        wide = channels * self.expansion
        self.conv1 = _convolution(in_channels, channels, 1)
        self.bn1 = BatchNorm2d(channels)
        self.conv2 = _convolution(channels, channels, 3, stride)
        self.bn2 = BatchNorm2d(channels)
        self.conv3 = _convolution(channels, wide, 1)
        self.bn3 = BatchNorm2d(wide)
        self.relu = ReLU()
        self.downsample = _shortcut(in_channels, wide, stride)

    def forward(self, x: Any) -> Any:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.relu(y + self.downsample(x))


def _convolution(in_channels: int, channels: int, kernel_size: int, stride: int = 1) -> Conv2d:
    padding = kernel_size // 2
    return Conv2d(in_channels, channels, kernel_size, stride, padding, bias=False)


def _shortcut(in_channels: int, channels: int, stride: int) -> Module:
    """The identity where the shapes allow it, else a projection."""
    if stride == 1 and in_channels == channels:
        return Identity()
    return Sequential(_convolution(in_channels, channels, 1, stride), BatchNorm2d(channels))


Block = type[BasicBlock] | type[Bottleneck]
_IMAGENET: dict[int, tuple[Block, tuple[int, ...]]] = {
    18: (BasicBlock, (2, 2, 2, 2)),
    34: (BasicBlock, (3, 4, 6, 3)),
    50: (Bottleneck, (3, 4, 6, 3)),
}
_CIFAR = (20, 32, 44, 56, 110)


class ResNet(Module):
    """A convolution, stages of residual blocks, the mean over places, and a linear layer.

    Parameters
    ----------
    depth : {18, 34, 50} or {20, 32, 44, 56, 110}
        The first three are for photographs. The others are for pictures of 32 × 32: a 3×3
        convolution without pooling, then three stages of 16, 32 and 64 channels.
    classes : int
    rng : int, Generator or None
        For the initial values.

    Attributes
    ----------
    layer1, layer2, layer3, layer4 : Sequential
        The stages (three of them in the small form). Names, shapes and order of the parameters
        are torchvision's.

    Raises
    ------
    ValueError
        If there is no ResNet of that depth.

    Notes
    -----
    Input (N, 3, H, W), output logits (N, classes). Where a stage halves the image, the shortcut
    is a 1×1 convolution; in a bottleneck the 3×3 convolution has the stride.

    References
    ----------
    He, Zhang, Ren and Sun, Deep residual learning for image recognition, CVPR 2016.

    Examples
    --------
    >>> import layers, numpy as np
    >>> model = layers.models.ResNet(20, classes=10, rng=0).eval()
    >>> model(np.zeros((2, 3, 32, 32), np.float32)).shape
    (2, 10)
    """

    def __init__(self, depth: int, classes: int = 1000, *, rng: init.Seed = None):
        super().__init__()
        rng = np.random.default_rng(rng)
        block: Block
        with init.skip():  # the values are drawn at the end
            if depth in _IMAGENET:
                block, counts = _IMAGENET[depth]
                before = 64
                self.conv1 = Conv2d(3, before, kernel_size=7, stride=2, padding=3, bias=False)
            elif depth in _CIFAR:
                block, counts = BasicBlock, ((depth - 2) // 6,) * 3
                before = 16
                self.conv1 = Conv2d(3, before, kernel_size=3, padding=1, bias=False)
            else:
                known = ", ".join(map(str, (*_IMAGENET, *_CIFAR)))
                raise ValueError(f"there is no ResNet-{depth}, only {known}")
            self.bn1 = BatchNorm2d(before)
            self.relu = ReLU()
            self.maxpool = MaxPool2d(3, 2, padding=1) if depth in _IMAGENET else Identity()
            channels = before
            self.stages = len(counts)
            for stage, count in enumerate(counts, start=1):
                blocks = Sequential()
                for i in range(count):
                    blocks.append(block(before, channels, stride=2 if stage > 1 and i == 0 else 1))
                    before = channels * block.expansion
                setattr(self, f"layer{stage}", blocks)
                channels *= 2
            self.avgpool = AdaptiveAvgPool2d((1, 1))
            self.flatten = Flatten()
        draw_he(self, rng)
        self.fc = Linear(before, classes, rng=rng)

    def forward(self, x: Any) -> Any:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for stage in range(1, self.stages + 1):
            x = getattr(self, f"layer{stage}")(x)
        return self.fc(self.flatten(self.avgpool(x)))
