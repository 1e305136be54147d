"""What encoders and decoders are built of."""

from __future__ import annotations

from typing import Any

import layers
import minigrad as mg


def convolutions(
    channels: int, outputs: int, rng: Any, *, count: int = 2, padding: int | str = 1
) -> layers.Sequential:
    """`count` times a 3×3 convolution, batch norm and relu."""
    block = layers.Sequential()
    for _ in range(count):
        block.append(layers.Conv2d(channels, outputs, 3, padding=padding, bias=False, rng=rng))
        block.append(layers.BatchNorm2d(outputs))
        block.append(layers.ReLU())
        channels = outputs
    return block


def fitted(x: mg.Tensor, height: int, width: int) -> mg.Tensor:
    """`x` (N, C, H, W) cut at the bottom and right, or continued with its last row and column."""
    below, right = max(height - x.shape[2], 0), max(width - x.shape[3], 0)
    if below or right:
        x = mg.pad(x, ((0, 0), (0, 0), (0, below), (0, right)), mode="edge")
    return x if x.shape[2:] == (height, width) else x[:, :, :height, :width]


def as_tensor(x: Any) -> mg.Tensor:
    """An array as a Tensor; a Tensor as it is."""
    return x if isinstance(x, mg.Tensor) else mg.Tensor(x)
