"""The networks that ship trained: 3×3 convolutions, pooling, one linear layer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

import layers


class PictureNetwork(layers.Sequential):
    """A plain convolutional classifier of RGB pictures in [0, 1].

    The pictures (N, 3, H, W) are normalised by the training set's mean and deviation, which the
    network keeps as buffers; then blocks of convolution, batch norm and relu, some followed by 2×2
    max-pooling; then the mean over places and a linear layer, which gives logits (N, classes).

    Parameters
    ----------
    channels : sequence of int
        Output channels of each convolution.
    pooled : sequence of int
        After which convolutions (from 1) the map is halved.
    classes : int
    rng : int, Generator or None
        For the initial weights.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> network = PictureNetwork([4, 8], pooled=[1], classes=3, rng=0)
    >>> network(mg.Tensor(np.zeros((2, 3, 16, 16), np.float32))).shape
    (2, 3)
    """

    normalise: layers.models.Normalize
    features: layers.Sequential

    def __init__(
        self,
        channels: Sequence[int],
        pooled: Sequence[int],
        classes: int,
        rng: int | np.random.Generator | None = None,
    ):
        rng = np.random.default_rng(rng)
        features: OrderedDict[str, layers.Module] = OrderedDict()
        before = 3
        for i, width in enumerate(channels, start=1):
            features[f"conv{i}"] = layers.Conv2d(before, width, 3, padding=1, bias=False, rng=rng)
            features[f"norm{i}"] = layers.BatchNorm2d(width)
            features[f"relu{i}"] = layers.ReLU()
            if i in pooled:
                features[f"pool{i}"] = layers.MaxPool2d(2)
            before = width
        super().__init__({
            "normalise": layers.models.Normalize(mean=[0, 0, 0], deviation=[1, 1, 1]),
            "features": layers.Sequential(features),
            "pool": layers.AdaptiveAvgPool2d(1),
            "flatten": layers.Flatten(),
            "classifier": layers.Linear(before, classes, rng=rng),
        })  # fmt: skip

    def normalise_like(self, images: np.ndarray) -> None:
        """Take the mean and deviation of each colour from a training set (N, 3, H, W)."""
        mean, deviation = self.normalise.mean, self.normalise.deviation
        mean[...] = images.mean((0, 2, 3), dtype=np.float64)[:, None, None]
        deviation[...] = images.std((0, 2, 3), dtype=np.float64)[:, None, None]
