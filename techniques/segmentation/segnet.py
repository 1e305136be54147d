"""SegNet: the decoder unpools with the positions that the encoder's pooling remembered."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

import layers
import minigrad as mg

from .blocks import as_tensor, convolutions


class _Mirror(layers.Module):
    """An encoder of `depth` halvings, and a decoder that mirrors it."""

    def __init__(
        self,
        classes: int,
        in_channels: int = 3,
        width: int = 32,
        depth: int = 4,
        *,
        rng: layers.init.Seed = None,
    ):
        super().__init__()
        rng = np.random.default_rng(rng)
        channels = [in_channels, *(width * 2**level for level in range(depth))]
        self.encoder = layers.ModuleList(
            convolutions(before, after, rng) for before, after in pairwise(channels)
        )
        channels[0] = width
        self.decoder = layers.ModuleList(
            convolutions(after, before, rng) for before, after in reversed(list(pairwise(channels)))
        )
        self.classifier = layers.Conv2d(width, classes, 1, rng=rng)

    def forward(self, x: Any) -> mg.Tensor:
        x = as_tensor(x)
        left = []  # what each pooling leaves for its mirror image
        for block in self.encoder:
            x = block(x)
            size = x.shape[2], x.shape[3]
            x, indices = mg.max_pool2d(x, 2, return_indices=True)
            left.append((indices, size))
        for block in self.decoder:
            x = block(self.enlarged(x, *left.pop()))
        return self.classifier(x)

    def enlarged(self, x: mg.Tensor, indices: Any, size: tuple[int, int]) -> mg.Tensor:
        """`x` at twice its size, which is `size`."""
        raise NotImplementedError


class SegNet(_Mirror):
    """Encoder and decoder with max-unpooling: positions cross over, features do not.

    Parameters
    ----------
    classes : int
    in_channels : int
    width : int
        Channels of the first block; they double at each halving.
    depth : int
        How many times the image is halved.
    rng : int, Generator or None
        For the initial values.

    Notes
    -----
    Input (N, in_channels, H, W) of any size of at least 2**depth, output logits (N, classes, H, W).
    Two 3×3 convolutions with batch norm and relu a block.

    References
    ----------
    Badrinarayanan, Kendall and Cipolla, SegNet, PAMI 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.segmentation import SegNet
    >>> SegNet(4, width=4, rng=0)(np.zeros((1, 3, 61, 47), np.float32)).shape
    (1, 4, 61, 47)
    """

    def enlarged(self, x: mg.Tensor, indices: Any, size: tuple[int, int]) -> mg.Tensor:
        return mg.max_unpool2d(x, indices, 2, output_size=size)


class EncoderDecoder(_Mirror):
    """The plain form, in which nothing crosses over: the decoder only interpolates.

    It shows what skips and remembered positions are for: its borders are soft.

    Parameters
    ----------
    classes, in_channels, width, depth, rng
        As in `SegNet`.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.segmentation import EncoderDecoder
    >>> EncoderDecoder(4, width=4, rng=0)(np.zeros((1, 3, 61, 47), np.float32)).shape
    (1, 4, 61, 47)
    """

    def enlarged(self, x: mg.Tensor, indices: Any, size: tuple[int, int]) -> mg.Tensor:
        return mg.interpolate(x, size=size, mode="bilinear")
