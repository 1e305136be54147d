"""Other versions of a picture and its mask, both changed in the same way."""

from __future__ import annotations

import numpy as np


def vary(
    images: np.ndarray,
    masks: np.ndarray,
    rng: np.random.Generator,
    *,
    zoom: float = 1.0,
    brightness: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Mirror half of the pictures, cut out a part of each and enlarge it, change its brightness.

    Parameters
    ----------
    images : array (N, C, H, W)
    masks : array (N, H, W) of int
        Resampled by the nearest pixel, so that no class is invented.
    rng : Generator
    zoom : float
        Each picture is enlarged by a factor between 1 and this; 1 leaves it.
    brightness : float
        Each picture is multiplied by a factor between 1 − this and 1 + this, and clipped.

    Returns
    -------
    images, masks : ndarray
        Of the same shapes and dtypes.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.segmentation import vary
    >>> picture = np.arange(16.0, dtype=np.float32).reshape(1, 1, 4, 4) / 16
    >>> image, mask = vary(picture, (picture[0] * 16).astype(int), np.random.default_rng(0))
    >>> bool((image * 16 == mask).all())
    True
    """
    count, _, height, width = images.shape
    varied, classes = np.empty_like(images), np.empty_like(masks)
    for i in range(count):
        factor = rng.uniform(1, zoom)
        rows, columns = height / factor, width / factor
        top, left = rng.uniform(0, height - rows), rng.uniform(0, width - columns)
        y = np.clip(np.floor(top + (np.arange(height) + 0.5) / factor).astype(int), 0, height - 1)
        x = np.clip(np.floor(left + (np.arange(width) + 0.5) / factor).astype(int), 0, width - 1)
        if rng.random() < 0.5:
            x = x[::-1]
        varied[i] = images[i][:, y][:, :, x]
        classes[i] = masks[i][y][:, x]
    if brightness:
        factors = rng.uniform(1 - brightness, 1 + brightness, (count, 1, 1, 1))
        varied = np.clip(varied * factors.astype(images.dtype), 0, 1)
    return varied, classes
