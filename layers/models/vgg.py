"""VGG: depth from nothing but 3×3 convolutions."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import init
from ..activation import ReLU
from ..container import Sequential
from ..convolution import Conv2d
from ..dropout import Dropout
from ..linear import Flatten, Linear
from ..module import Module
from ..normalization import BatchNorm2d
from ..pooling import AdaptiveAvgPool2d, MaxPool2d
from .he import draw_he

_CHANNELS = (64, 128, 256, 512, 512)
# The number of convolutions in each block, by depth.
_CONVOLUTIONS = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}


class VGG(Module):
    """Five blocks of 3×3 convolutions, each followed by pooling, and three linear layers.

    Parameters
    ----------
    depth : {11, 13, 16, 19}
        How many layers have weights.
    batch_norm : bool
        Whether each convolution is followed by batch normalisation.
    classes : int
    rng : int, Generator or None
        For the initial values and dropout.

    Attributes
    ----------
    features, classifier : Sequential
        Names, shapes and order of the parameters are torchvision's. Without batch norm,
        ``"features.22"`` of VGG-16 is the paper's relu4_3.

    Raises
    ------
    ValueError
        If there is no VGG of that depth.

    Notes
    -----
    Input (N, 3, H, W) of 32 pixels or more (224 in training), output logits (N, classes).

    References
    ----------
    Simonyan and Zisserman, Very deep convolutional networks for large-scale image recognition,
    ICLR 2015.

    Examples
    --------
    >>> import layers
    >>> with layers.init.skip():
    ...     model = layers.models.VGG(16)
    >>> sum(parameter.size for parameter in model.parameters())
    138357544
    """

    def __init__(
        self,
        depth: int,
        batch_norm: bool = False,
        classes: int = 1000,
        *,
        rng: init.Seed = None,
    ):
        super().__init__()
        if depth not in _CONVOLUTIONS:
            raise ValueError(f"there is no VGG-{depth}, only {', '.join(map(str, _CONVOLUTIONS))}")
        rng = np.random.default_rng(rng)
        with init.skip():  # the values are drawn at the end
            self.features = _features(depth, batch_norm)
            self.avgpool = AdaptiveAvgPool2d((7, 7))
            self.flatten = Flatten()
            self.classifier = Sequential(
                Linear(512 * 7 * 7, 4096),
                ReLU(),
                Dropout(0.5, rng=rng),
                Linear(4096, 4096),
                ReLU(),
                Dropout(0.5, rng=rng),
                Linear(4096, classes),
            )
        draw_he(self, rng)

    def forward(self, x: Any) -> Any:
        return self.classifier(self.flatten(self.avgpool(self.features(x))))


def _features(depth: int, batch_norm: bool) -> Sequential:
    features = Sequential()
    before = 3
    for channels, count in zip(_CHANNELS, _CONVOLUTIONS[depth], strict=True):
        for _ in range(count):
            features.append(Conv2d(before, channels, kernel_size=3, padding=1))
            if batch_norm:
                features.append(BatchNorm2d(channels))
            features.append(ReLU())
            before = channels
        features.append(MaxPool2d(2))
    return features
