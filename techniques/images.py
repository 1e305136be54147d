"""What counts as a batch of images, checked once at the door of every technique."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

Array = NDArray[Any]


def as_images(images: ArrayLike | mg.Tensor, name: str = "images") -> Array:
    """Return `images` as a plain floating-point array (N, C, H, W).

    Raises
    ------
    TypeError
        For integers: the scale of their values would have to be guessed.
    ValueError
        For another number of axes, or values that are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.images import as_images
    >>> as_images(np.zeros((3, 8, 8)))
    Traceback (most recent call last):
    ...
    ValueError: images must be a batch (N, C, H, W), not of shape (3, 8, 8): for one image pass
    images[None]
    """
    array = images.data if isinstance(images, mg.Tensor) else np.asarray(images)
    if array.dtype.kind != "f":
        raise TypeError(
            f"{name} must be floating-point, not {array.dtype}: for 8-bit pictures pass "
            f"{name}.astype(np.float32) / 255"
        )
    if array.ndim != 4:
        fix = f"for one image pass {name}[None]" if array.ndim == 3 else "stack them so"
        raise ValueError(f"{name} must be a batch (N, C, H, W), not of shape {array.shape}: {fix}")
    finite = np.isfinite(array)
    if not finite.all():
        first = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise ValueError(
            f"{name} must be finite, and {name}{list(first)} is {array[first]}: mend it first"
        )
    return array


def as_baseline(baseline: ArrayLike | mg.Tensor, images: Array) -> Array:
    """Return a number, or an array that broadcasts to the images, as an array of their shape."""
    start = baseline.data if isinstance(baseline, mg.Tensor) else np.asarray(baseline)
    try:
        start = np.broadcast_to(start, images.shape)
    except ValueError:
        raise ValueError(
            f"baseline has shape {start.shape}, which does not broadcast to the images' "
            f"{images.shape}: give a number or an image"
        ) from None
    return as_images(start.astype(images.dtype), "baseline")
