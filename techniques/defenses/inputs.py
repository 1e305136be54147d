"""Defences that clean the picture before the network sees it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from ..attacks.budget import images_within
from ..corruptions.digital import jpeg_compression

Array = NDArray[Any]


def jpeg(images: ArrayLike | mg.Tensor, quality: int = 75) -> Array:
    """Encode each picture as JPEG, and decode it (Dziugaite et al. 2016).

    Parameters
    ----------
    images : array (N, 3, H, W)
        In [0, 1].
    quality : int
        From 1 to 95; 50 to 75 is common.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.defenses import jpeg
    >>> jpeg(np.full((1, 3, 8, 8), 0.5)).shape
    (1, 3, 8, 8)
    """
    array = images_within(images, (0, 1))
    if array.shape[1] != 3 or not 1 <= quality <= 95:
        raise ValueError(
            f"JPEG takes three colours and a quality from 1 to 95, not {array.shape[1]} channels "
            f"and {quality}"
        )
    rng = np.random.default_rng(0)  # of no consequence: the codec draws nothing
    pictures = [jpeg_compression(image.transpose(1, 2, 0), rng, quality) for image in array]
    decoded = np.array(pictures).reshape(len(array), *array.shape[2:], 3)
    return np.ascontiguousarray(decoded.transpose(0, 3, 1, 2)).astype(array.dtype)


def bit_depth(images: ArrayLike | mg.Tensor, bits: int) -> Array:
    """Round all values to 2^bits levels (Xu et al. 2018).

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.defenses import bit_depth
    >>> bit_depth(np.array([[[[0.1, 0.4, 0.8]]]]), bits=1)
    array([[[[0., 0., 1.]]]])
    """
    array = images_within(images, (0, 1))
    if not isinstance(bits, int | np.integer) or not 1 <= bits <= 16:
        raise ValueError(f"bits must be a whole number from 1 to 16, not {bits!r}")
    top = 2 ** int(bits) - 1
    return (np.rint(array * top) / top).astype(array.dtype)


def median(images: ArrayLike | mg.Tensor, window: int = 3) -> Array:
    """Replace each value by the median of a window around it, in its channel (Xu et al. 2018).

    Parameters
    ----------
    images : array (N, C, H, W)
    window : int
        Odd. Beyond the border the picture is mirrored.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.defenses import median
    >>> image = np.zeros((1, 1, 3, 3))
    >>> image[0, 0, 1, 1] = 1
    >>> float(median(image).max())
    0.0
    """
    array = images_within(images, (0, 1))
    if not isinstance(window, int | np.integer) or window < 1 or window % 2 == 0:
        raise ValueError(f"window must be odd and positive, not {window!r}")
    margin = window // 2
    padded = np.pad(array, [(0, 0), (0, 0), (margin, margin), (margin, margin)], mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (window, window), axis=(2, 3))
    return np.median(windows, axis=(4, 5)).astype(array.dtype)
