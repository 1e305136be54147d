"""What torchvision's networks were trained on: pictures of this size, range and normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..container import Sequential
from ..module import Module

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


class Normalize(Module):
    """Pictures less a mean, over a deviation, channel by channel.

    Parameters
    ----------
    mean, deviation : sequence of float
        One a channel; kept as buffers (C, 1, 1), as they are no parameters.

    Raises
    ------
    ValueError
        If they are not of one length, or a deviation is not positive.

    Examples
    --------
    >>> import layers, numpy as np
    >>> layers.models.Normalize([0.5], [0.25])(np.array([[[[0.25, 0.75]]]], np.float32))
    array([[[[-1.,  1.]]]], dtype=float32)
    """

    mean: np.ndarray
    deviation: np.ndarray

    def __init__(self, mean: Sequence[float], deviation: Sequence[float]):
        super().__init__()
        if len(mean) != len(deviation) or not all(value > 0 for value in deviation):
            raise ValueError(
                f"mean {tuple(mean)} and deviation {tuple(deviation)} need one number a channel, "
                "and deviations above 0"
            )
        self.register_buffer("mean", np.array(mean, np.float32)[:, None, None])
        self.register_buffer("deviation", np.array(deviation, np.float32)[:, None, None])

    def forward(self, x: Any) -> Any:
        return (x - self.mean) / self.deviation


class Normalized(Sequential):
    """A network behind a normalisation: it takes pictures in [0, 1].

    Parameters
    ----------
    network : Module
        Its layers keep their names, behind ``"network."``.
    mean, deviation : sequence of float
        As `Normalize` takes them; by default those of ImageNet, with which torchvision's networks
        were trained.

    Examples
    --------
    >>> import layers, numpy as np
    >>> model = layers.models.Normalized(layers.Identity())
    >>> model(np.full((1, 3, 1, 1), 0.485, np.float32)).ravel().round(3)
    array([0.   , 0.129, 0.351], dtype=float32)
    """

    def __init__(
        self,
        network: Module,
        mean: Sequence[float] = IMAGENET_MEAN,
        deviation: Sequence[float] = IMAGENET_DEVIATION,
    ):
        super().__init__({"normalise": Normalize(mean, deviation), "network": network})
