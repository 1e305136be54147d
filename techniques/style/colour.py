"""Keep the content's colours: paint in brightness alone (Gatys et al. 2017)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# How bright red, green and blue are (Rec. 601).
_LUMA = np.array([0.299, 0.587, 0.114])


def grey(image: Array) -> Array:
    """Return the brightness of a picture (..., 3, H, W) in each of its three channels.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.style.colour import grey
    >>> grey(np.array([1.0, 0.0, 0.0]).reshape(3, 1, 1)).ravel()
    array([0.299, 0.299, 0.299])
    """
    if image.shape[-3] != 3:
        raise ValueError(f"colours can be kept of RGB pictures, not of {image.shape[-3]} channels")
    luma = np.einsum("c,...chw->...hw", _LUMA.astype(image.dtype), image)
    return np.broadcast_to(luma[..., None, :, :], image.shape).copy()


def as_bright(image: Array, like: Array) -> Array:
    """Shift and scale a grey picture to the mean and deviation of brightness of another."""
    deviation = float(image.std()) or 1.0
    return (image - image.mean()) * (like.std() / deviation) + like.mean()


def recoloured(image: Array, colours: Array, bounds: tuple[float, float]) -> Array:
    """Return the brightness of `image` with the colours of another picture of its shape.

    References
    ----------
    Gatys, Bethge, Hertzmann and Shechtman, Preserving color in neural artistic style transfer,
    2016, section "Luminance-only transfer".
    """
    return np.clip(grey(image) + colours - grey(colours), *bounds)
