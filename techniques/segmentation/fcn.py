"""FCN: a classifier's trunk, a score at every place, and the way back to the image's size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import layers
import minigrad as mg

from .bilinear import BilinearUpsampling
from .blocks import as_tensor, convolutions, fitted
from .trunk import Trunk

if TYPE_CHECKING:  # newer than the oldest Python
    from typing import Self


class FCN(layers.Module):
    """A fully convolutional network: FCN-32s, FCN-16s or FCN-8s.

    The trunk halves the image five times. On its last map stand the classifier's fully connected
    layers, as convolutions of 7×7 and 1×1, and a score for every class. FCN-32s enlarges these
    scores 32 times. FCN-16s first doubles them and adds scores of the map at stride 16, FCN-8s goes
    on so to stride 8: skips fused by sum.

    Parameters
    ----------
    classes : int
    stride : int
        Of the finest map that is scored: 32, 16 or 8, or another one of the trunk's.
    in_channels : int
        Of the image; with a `trunk`, its own count.
    width : int
        Channels of the first of five blocks, which double up to 8 times that. The original, a
        VGG-16, has 64.
    trunk : Module, optional
        A model from `layers.models`, or another whose forward pass is its modules one after the
        other, to take the place of the five blocks; see `Trunk`.
    hidden : int, optional
        Channels of the two convolutions of the head; the original has 4096. By default 8 times
        those of the last map, at most 4096.
    rng : int, Generator or None
        For the initial values and dropout.

    Raises
    ------
    ValueError
        If the trunk makes no map of that stride.

    Notes
    -----
    Input (N, in_channels, H, W) of any size, output logits (N, classes, H, W): the image is
    continued to a multiple of the coarsest stride and the scores are cropped, which keeps them
    aligned. The scores of the skips begin as zero, the upsampling as bilinear.

    References
    ----------
    Long, Shelhamer and Darrell, Fully convolutional networks for semantic segmentation, CVPR 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.segmentation import FCN
    >>> FCN(4, stride=8, width=4, rng=0)(np.zeros((2, 3, 61, 47), np.float32)).shape
    (2, 4, 61, 47)
    """

    def __init__(
        self,
        classes: int,
        stride: int = 8,
        in_channels: int = 3,
        width: int = 64,
        *,
        trunk: layers.Module | None = None,
        hidden: int | None = None,
        rng: layers.init.Seed = None,
    ):
        super().__init__()
        rng = np.random.default_rng(rng)
        model = _five_blocks(in_channels, width, rng) if trunk is None else trunk
        self.trunk = model if isinstance(model, Trunk) else Trunk(model)
        *finer, self.coarsest = sorted(self.trunk.channels)
        if stride not in (*finer, self.coarsest):
            known = ", ".join(map(str, (*finer, self.coarsest)))
            raise ValueError(f"the trunk makes maps of stride {known}, none of {stride!r}")
        self.classes = classes
        channels = self.trunk.channels[self.coarsest]
        hidden = min(8 * channels, 4096) if hidden is None else hidden
        self.head = layers.Sequential(
            layers.Conv2d(channels, hidden, 7, padding=3, rng=rng), layers.ReLU(),
            layers.Dropout(0.5, rng=rng),
            layers.Conv2d(hidden, hidden, 1, rng=rng), layers.ReLU(),
            layers.Dropout(0.5, rng=rng),
            layers.Conv2d(hidden, classes, 1, rng=rng),
        )  # fmt: skip
        self.skips = layers.ModuleDict()
        self.doublings = layers.ModuleDict()
        for skip in reversed([s for s in finer if s >= stride]):
            self._add_skip(skip)
        self.enlargement = _enlargement(classes, stride)

    def _add_skip(self, stride: int) -> None:
        skip = layers.Conv2d(self.trunk.channels[stride], self.classes, 1)
        layers.init.zeros_(skip.weight)
        assert skip.bias is not None
        layers.init.zeros_(skip.bias)
        self.skips[str(stride)] = skip
        self.doublings[str(stride)] = BilinearUpsampling(self.classes, 2)

    def refined(self) -> Self:
        """The network of half the stride with this one's weights: the next stage of training.

        The new skip begins as zero, so that the new network computes nearly what this one does.
        All modules but the new ones are shared.

        Examples
        --------
        >>> from techniques.segmentation import FCN
        >>> coarse = FCN(4, stride=32, width=4, rng=0)
        >>> list(coarse.refined().refined().skips)
        ['16', '8']
        """
        stride = min([self.coarsest, *map(int, self.skips)]) // 2
        if stride not in self.trunk.channels:
            raise ValueError(f"the trunk makes no map of stride {stride}: this is its finest FCN")
        network = object.__new__(type(self))
        network.__dict__.update(self.__dict__)
        network.skips = layers.ModuleDict(self.skips.items())
        network.doublings = layers.ModuleDict(self.doublings.items())
        network._add_skip(stride)
        network.enlargement = _enlargement(self.classes, stride)
        return network

    def forward(self, x: Any) -> mg.Tensor:
        height, width = x.shape[2:]
        full = [-(-side // self.coarsest) * self.coarsest for side in (height, width)]
        maps = self.trunk.maps(fitted(as_tensor(x), *full))
        scores = self.head(_at_stride(maps, self.coarsest, full))
        for stride, skip in self.skips.items():
            finer = _at_stride(maps, int(stride), full)
            scores = self.doublings[stride](scores) + skip(finer)
        return self.enlargement(scores)[:, :, :height, :width]


def _at_stride(maps: dict[int, mg.Tensor], stride: int, full: list[int]) -> mg.Tensor:
    """The map of a stride in its exact size, which trunks without padding miss by a place."""
    return fitted(maps[stride], full[0] // stride, full[1] // stride)


def _enlargement(classes: int, stride: int) -> layers.Module:
    return BilinearUpsampling(classes, stride) if stride > 1 else layers.Identity()


def _five_blocks(channels: int, width: int, rng: np.random.Generator) -> layers.Sequential:
    """VGG's plan: pairs of 3×3 convolutions between five poolings, here with batch norm."""
    trunk = layers.Sequential()
    for outputs in (width, 2 * width, 4 * width, 8 * width, 8 * width):
        trunk.append(convolutions(channels, outputs, rng))
        trunk.append(layers.MaxPool2d(2))
        channels = outputs
    return trunk
