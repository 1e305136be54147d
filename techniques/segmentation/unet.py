"""U-Net: skips carry each level's features over to the decoder, around the bottleneck."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

import layers
import minigrad as mg

from .blocks import as_tensor, convolutions, fitted


class UNet(layers.Module):
    """An encoder, a decoder that mirrors it, and a skip between them at every level.

    Parameters
    ----------
    classes : int
        Or output channels, for denoising and colouring.
    in_channels : int
    width : int
        Channels of the first level; they double at each halving. The original has 64.
    depth : int
        How many times the image is halved.
    padding : {"same", "valid"}
        Whether convolutions pad. ``"valid"`` is the paper's: the output is smaller (572 → 388 at
        depth 4) and the skips are cropped to their middle; `tiled` makes up for what is missing.
    upsampling : {"transposed", "bilinear"}
        A transposed convolution of 2×2, or interpolation and a convolution of 1×1.
    rng : int, Generator or None
        For the initial values.

    Raises
    ------
    ValueError
        For another padding or upsampling, or an image that is too small.

    Notes
    -----
    Input (N, in_channels, H, W), output logits (N, classes, H, W) for any size of at least
    2**depth; with ``"valid"`` of the size that is left. Batch norm stands behind each convolution.

    References
    ----------
    Ronneberger, Fischer and Brox, U-Net: Convolutional networks for biomedical image segmentation,
    MICCAI 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.segmentation import UNet
    >>> UNet(4, width=4, rng=0)(np.zeros((1, 3, 61, 47), np.float32)).shape
    (1, 4, 61, 47)
    >>> UNet(2, width=1, depth=2, padding="valid")(np.zeros((1, 3, 60, 60), np.float32)).shape
    (1, 2, 20, 20)
    """

    def __init__(
        self,
        classes: int,
        in_channels: int = 3,
        width: int = 64,
        depth: int = 4,
        padding: Literal["same", "valid"] = "same",
        *,
        upsampling: Literal["transposed", "bilinear"] = "transposed",
        rng: layers.init.Seed = None,
    ):
        super().__init__()
        if padding not in ("same", "valid"):
            raise ValueError(f"padding must be 'same' or 'valid', not {padding!r}")
        if upsampling not in ("transposed", "bilinear"):
            raise ValueError(f"upsampling must be 'transposed' or 'bilinear', not {upsampling!r}")
        rng = np.random.default_rng(rng)
        around = {"same": 1, "valid": 0}[padding]
        channels = [width * 2**level for level in range(depth + 1)]
        self.padding = padding
        self.encoder = layers.ModuleList()
        before = in_channels
        for outputs in channels:
            self.encoder.append(convolutions(before, outputs, rng, padding=around))
            before = outputs
        self.upsamplings, self.decoder = layers.ModuleList(), layers.ModuleList()
        for outputs in reversed(channels[:-1]):
            self.upsamplings.append(_upsampling(upsampling, 2 * outputs, outputs, rng))
            self.decoder.append(convolutions(2 * outputs, outputs, rng, padding=around))
        self.classifier = layers.Conv2d(width, classes, 1, rng=rng)

    def forward(self, x: Any) -> mg.Tensor:
        x = as_tensor(x)
        self._check_size(x.shape)
        *finer, bottleneck = self.encoder
        skips = []
        for block in finer:
            x = block(x)
            skips.append(x)
            x = mg.max_pool2d(x, 2)
        x = bottleneck(x)
        for upsample, block in zip(self.upsamplings, self.decoder, strict=True):
            x = block(self._joined(skips.pop(), upsample(x)))
        return self.classifier(x)

    def _joined(self, skip: mg.Tensor, x: mg.Tensor) -> mg.Tensor:
        """Both, channel behind channel, in the size of the skip or, without padding, of `x`."""
        if self.padding == "same":
            x = fitted(x, *skip.shape[2:])
        else:
            (height, width), (rows, columns) = x.shape[2:], skip.shape[2:]
            top, left = (rows - height) // 2, (columns - width) // 2
            skip = skip[:, :, top : top + height, left : left + width]
        return mg.concatenate([skip, x], axis=1)

    def output_size(self, side: int) -> int:
        """Height or width of the output for an image of that height or width; 0 if too small.

        Examples
        --------
        >>> UNet(2, width=1, depth=4, padding="valid").output_size(572)
        388
        """
        depth = len(self.decoder)
        if self.padding == "same":
            return side if side >= 2**depth else 0
        for _ in range(depth):
            side = (side - 4) // 2
        side -= 4
        if side < 1:
            return 0
        for _ in range(depth):
            side = 2 * side - 4
        return max(side, 0)

    def _check_size(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 4:
            raise ValueError(f"images (N, C, H, W) are needed, not of shape {shape}")
        if not all(self.output_size(side) for side in shape[2:]):
            least = next(n for n in range(1, 10**6) if self.output_size(n))
            raise ValueError(
                f"images of {shape[2]} × {shape[3]} are too small for this U-Net of depth "
                f"{len(self.decoder)}: it needs at least {least} × {least}"
            )


def _upsampling(kind: str, channels: int, outputs: int, rng: Any) -> layers.Module:
    if kind == "transposed":
        return layers.ConvTranspose2d(channels, outputs, 2, stride=2, rng=rng)
    return layers.Sequential(
        layers.Upsample(scale_factor=2, mode="bilinear"),
        layers.Conv2d(channels, outputs, 1, rng=rng),
    )
