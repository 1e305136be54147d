"""Gaussian blur, one axis after the other."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def gaussian_weights(sigma: float, radius: int) -> Array:
    """The weights of a Gaussian at −radius … radius; they sum to 1."""
    places = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 * (places / sigma) ** 2) if sigma > 0 else (places == 0) * 1.0
    return weights / weights.sum()


def gaussian_blur(
    images: Array,
    sigma: float,
    radius: int | None = None,
    axes: tuple[int, int] = (-2, -1),
    edge: Literal["edge", "symmetric"] = "symmetric",
) -> Array:
    """Blur two axes with a Gaussian.

    Parameters
    ----------
    images : ndarray
    sigma : float
        In pixels; 0 leaves the images as they are.
    radius : int, optional
        Where the kernel ends; 4 σ by default.
    axes : (int, int)
        The image's height and width.
    edge : {"edge", "symmetric"}
        Whether the image goes on beyond its edges as it ends there, or mirrored.

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
    kernel = gaussian_weights(sigma, radius).astype(images.dtype)
    for axis in axes:
        length = images.shape[axis]
        margin = [(0, 0)] * images.ndim
        margin[axis] = (radius, radius)
        padded = np.pad(images, margin, mode=edge)
        blurred = np.zeros_like(images)
        for step, share in enumerate(kernel):
            part = [slice(None)] * images.ndim
            part[axis] = slice(step, step + length)
            blurred += share * padded[tuple(part)]
        images = blurred
    return images
