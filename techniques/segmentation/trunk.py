"""A classifier without its head, and the maps that it makes on the way down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import layers
import minigrad as mg
from layers.training import evaluation_mode

_PROBE = 128  # the side of the image that tells at which stride each module works


def stages(module: layers.Module) -> Iterator[layers.Module]:
    """The modules of a model in order, with every Sequential and every classifier opened."""
    for child in module.children():
        flattens = any(isinstance(part, layers.Flatten) for part in child.children())
        if flattens or isinstance(child, layers.Sequential):
            yield from stages(child)
        else:
            yield child


class Trunk(layers.Sequential):
    """The part of a classifier that makes maps, and which module ends each stride.

    Parameters
    ----------
    model : Module
        One whose forward pass is its modules one after the other, such as each of
        `layers.models`. What pools to a fixed size, flattens or is linear is left away with
        everything behind it. The modules are the model's own: training one trains both.

    Attributes
    ----------
    channels : dict from int to int
        Of the last map of each stride (a power of two), the coarsest last.

    Raises
    ------
    ValueError
        If there is no convolution among the modules.

    Examples
    --------
    >>> import layers
    >>> from techniques.segmentation.trunk import Trunk
    >>> with layers.init.skip():
    ...     Trunk(layers.models.ResNet(18)).channels
    {2: 64, 4: 64, 8: 128, 16: 256, 32: 512}
    """

    def __init__(self, model: layers.Module):
        super().__init__()
        for stage in stages(model):
            if isinstance(stage, layers.AdaptiveAvgPool2d | layers.Flatten | layers.Linear):
                break
            self.append(stage)
        first = next((part for part in self.modules() if isinstance(part, layers.Conv2d)), None)
        if first is None:
            raise ValueError(f"{type(model).__name__} has no convolution that makes maps")
        self.channels: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        x: Any = mg.Tensor(np.zeros((1, first.in_channels, _PROBE, _PROBE), first.weight.dtype))
        with evaluation_mode(self), mg.no_grad():
            for index, stage in enumerate(self):
                x = stage(x)
                stride = 2 ** round(np.log2(_PROBE / x.shape[2]))
                self._ends[stride], self.channels[stride] = index, x.shape[1]

    def maps(self, x: mg.Tensor) -> dict[int, mg.Tensor]:
        """The last map of each stride."""
        found, ends = {}, {index: stride for stride, index in self._ends.items()}
        for index, stage in enumerate(self):
            x = stage(x)
            if index in ends:
                found[ends[index]] = x
        return found
