"""Gaussian blur, one axis after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def gaussian_blur(images: Array, sigma: float, radius: int | None = None) -> Array:
    """Blur the last two axes with a Gaussian, mirrored at the edges.

    Parameters
    ----------
    images : ndarray (…, H, W)
    sigma : float
        In pixels; 0 leaves the images as they are.
    radius : int, optional
        Where the kernel ends; 4 σ by default.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.blur import gaussian_blur
    >>> dot = np.zeros((1, 5))
    >>> dot[0, 2] = 1
    >>> np.round(gaussian_blur(dot, sigma=1.0, radius=1), 2)
    array([[0.  , 0.27, 0.45, 0.27, 0.  ]])
    """
    if sigma == 0:
        return images
    radius = int(np.ceil(4 * sigma)) if radius is None else radius
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel = (kernel / kernel.sum()).astype(images.dtype)
    for axis in (-2, -1):
        length = images.shape[axis]
        margin = [(0, 0)] * images.ndim
        margin[axis] = (radius, radius)
        padded = np.pad(images, margin, mode="symmetric")
        blurred = np.zeros_like(images)
        for step, share in enumerate(kernel):
            part = [slice(None)] * images.ndim
            part[axis] = slice(step, step + length)
            blurred += share * padded[tuple(part)]
        images = blurred
    return images
