"""The limits of an attack: its budget ε around the image, and the valid range of values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from ..images import as_images

Array = NDArray[Any]
Bounds = tuple[float, float]


def images_within(images: ArrayLike | mg.Tensor, bounds: Bounds) -> Array:
    """Return `images` as an array, checked to lie within `bounds`."""
    low, high = bounds
    if not low < high:
        raise ValueError(f"bounds must be (low, high) with low < high, not {bounds}")
    array = as_images(images)
    if array.size and (array.min() < low or array.max() > high):
        raise ValueError(
            f"images hold values from {array.min():g} to {array.max():g}, outside of the bounds "
            f"{low:g} to {high:g}: pass the bounds=(low, high) of their valid range"
        )
    return array


def checked_epsilon(epsilon: float, name: str = "epsilon") -> float:
    """Return `epsilon`, a number that is finite and not negative."""
    number = np.asarray(epsilon)
    if number.ndim or number.dtype.kind not in "iuf" or not 0 <= number < np.inf:
        raise ValueError(f"{name} must be one number, finite and not negative, not {epsilon!r}")
    return float(epsilon)


def project_linf(candidates: Array, images: Array, epsilon: float, bounds: Bounds) -> Array:
    """Return the nearest images within `epsilon` of `images` in every value, and within `bounds`.

    Worked out in float64; rounding to the images' dtype never leads out of the budget.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks.budget import project_linf
    >>> project_linf(np.array([0.9, 0.2]), np.array([0.5, 0.02]), 0.25, (0, 1))
    array([0.75, 0.2 ])
    """
    exact = images.astype(np.float64)
    low, high = np.maximum(exact - epsilon, bounds[0]), np.minimum(exact + epsilon, bounds[1])
    projected = np.clip(candidates, low, high).astype(images.dtype)
    outside = (projected < low) | (projected > high)
    return np.where(outside, np.nextafter(projected, images), projected)
