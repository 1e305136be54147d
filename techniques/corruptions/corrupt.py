"""Common corruptions (Hendrycks and Dietterich 2019): what happens to pictures without malice."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import unknown
from . import blur, digital, noise, weather
from .severities import SEVERITIES, SIZES, row_for

Array = NDArray[Any]
_CORRUPTIONS = {
    name: getattr(module, name)
    for module in (noise, blur, weather, digital)
    for name in SEVERITIES
    if hasattr(module, name)
}


def corrupt(
    image: ArrayLike, name: str, severity: int, rng: int | np.random.Generator | None = None
) -> Array:
    """Corrupt one picture, or several.

    The strength is the one published for 224, 64 or 32 pixels, whichever is nearest to the shorter
    side. Two corruptions differ from the published code: frost is drawn, not photographed, and
    spatter finds the rims of drops in a simpler way.

    Parameters
    ----------
    image : array (H, W, 3) or (N, H, W, 3)
        uint8, or floating-point in [0, 1].
    name : str
        One of `BENCHMARK` or `EXTRA`.
    severity : int
        From 1 to 5.
    rng : int, Generator or None

    Returns
    -------
    ndarray
        Of the same shape and dtype.

    Raises
    ------
    ValueError
        For an unknown name or severity, another shape, or values outside of [0, 1].
    TypeError
        For another dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.corruptions import corrupt
    >>> corrupt(np.array([[[0, 0, 0], [200, 100, 0]]], np.uint8), "contrast", 1)
    array([[[ 25,  12,   0],
            [175,  88,   0]]], dtype=uint8)
    """
    if name not in _CORRUPTIONS:
        raise unknown("corruption", name, _CORRUPTIONS)
    if not isinstance(severity, int | np.integer) or not 1 <= severity <= 5:
        raise ValueError(f"severity must be a whole number from 1 to 5, not {severity!r}")
    array = _checked(np.asarray(image))
    rng = np.random.default_rng(rng)
    row = row_for(*array.shape[-3:-1])
    strength = SEVERITIES[name][row][severity - 1]
    numbers = strength if isinstance(strength, tuple) else (strength,)
    if name == "elastic_transform":
        numbers = tuple(number * (244 if SIZES[row] == 224 else SIZES[row]) for number in numbers)
    exact = array / 255 if array.dtype == np.uint8 else array.astype(np.float64)
    pictures = exact.reshape(-1, *exact.shape[-3:])
    corrupted = [np.clip(_CORRUPTIONS[name](picture, rng, *numbers), 0, 1) for picture in pictures]
    result = np.array(corrupted).reshape(array.shape)
    return (np.rint(result * 255) if array.dtype == np.uint8 else result).astype(array.dtype)


def _checked(array: Array) -> Array:
    """Return pictures if they are ones."""
    if array.ndim not in (3, 4) or array.shape[-1] != 3 or 0 in array.shape[-3:]:
        raise ValueError(
            f"pictures are (H, W, 3) or (N, H, W, 3), not of shape {array.shape}: for images "
            "(N, 3, H, W) pass images.transpose(0, 2, 3, 1)"
        )
    if array.dtype != np.uint8 and array.dtype.kind != "f":
        raise TypeError(f"pictures are uint8, or floating-point in [0, 1], not {array.dtype}")
    if array.dtype.kind == "f" and array.size and not (array.min() >= 0 and array.max() <= 1):
        raise ValueError(
            f"floating-point pictures must lie in [0, 1], and these reach from {array.min():g} to "
            f"{array.max():g}: divide by 255, or clip them"
        )
    return array
