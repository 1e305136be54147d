"""Bilinear upsampling as a transposed convolution, and resampling a map onto an image."""

from __future__ import annotations

import numpy as np

import layers


def bilinear_kernel(size: int) -> np.ndarray:
    """A kernel (size, size) with which a transposed convolution interpolates linearly.

    Examples
    --------
    >>> from techniques.segmentation.bilinear import bilinear_kernel
    >>> bilinear_kernel(4)[1]
    array([0.1875, 0.5625, 0.5625, 0.1875])
    """
    factor = (size + 1) // 2
    centre = factor - 1 if size % 2 else factor - 0.5
    row = 1 - np.abs(np.arange(size) - centre) / factor
    return np.outer(row, row)


class BilinearUpsampling(layers.ConvTranspose2d):
    """A learned upsampling that begins as bilinear interpolation, each class for itself.

    Parameters
    ----------
    channels : int
    factor : int
        How many times larger the result is; even. The kernel is 2·factor wide.

    Notes
    -----
    Input (N, channels, H, W), output (N, channels, factor·H, factor·W). The weights stand on the
    diagonal of the channels; the borders, where the kernel reaches outside, fade.

    References
    ----------
    Long, Shelhamer and Darrell, Fully convolutional networks for semantic segmentation, CVPR 2015,
    section 3.3.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.segmentation import BilinearUpsampling
    >>> up = BilinearUpsampling(1, 2)
    >>> up(np.array([[[[0.0, 4.0, 8.0]]]], np.float32)).data[0, 0, 0]
    array([0.  , 0.75, 2.25, 3.75, 5.25, 4.5 ], dtype=float32)
    """

    def __init__(self, channels: int, factor: int):
        if factor < 2 or factor % 2:
            raise ValueError(f"factor must be even and at least 2, not {factor}")
        with layers.init.skip():
            super().__init__(
                channels, channels, 2 * factor, stride=factor, padding=factor // 2, bias=False
            )
        self.weight.data[...] = 0
        diagonal = np.arange(channels)
        self.weight.data[diagonal, diagonal] = bilinear_kernel(2 * factor)
