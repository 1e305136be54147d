"""Corruptions: blur. Pictures are (H, W, 3), float64 in [0, 1]; what leaves it is clipped."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..blur import gaussian_weights
from . import filters

Array = NDArray[Any]
Generator = np.random.Generator


def gaussian_blur(image: Array, rng: Generator, sigma: float) -> Array:
    """Blur with a Gaussian."""
    return filters.gaussian_blur(image, sigma)


def defocus_blur(image: Array, rng: Generator, radius: float, softness: float) -> Array:
    """Blur with a disc, as a lens out of focus does; its rim is softened a little."""
    return filters.correlate(image, disc(radius, softness))


def disc(radius: float, softness: float) -> Array:
    """The kernel of `defocus_blur`: a disc, blurred with 3 or 5 weights a side; it sums to 1."""
    reach = 8 if radius <= 8 else int(radius)
    places = np.arange(-reach, reach + 1)
    solid = (places[:, None] ** 2 + places**2 <= radius**2).astype(float)
    weights = gaussian_weights(softness, 1 if radius <= 8 else 2)
    return filters.correlate(solid / solid.sum(), np.outer(weights, weights))


def glass_blur(image: Array, rng: Generator, sigma: float, reach: int, turns: int) -> Array:
    """Exchange each pixel with a near one, as frosted glass seems to; blur before and after.

    Offsets lie in −reach … reach − 1; the exchange goes from the last pixel to the first.
    """
    image = filters.gaussian_blur(image, sigma)
    height, width = image.shape[:2]
    order = list(range(height * width))
    rows = range(height - reach - 1, reach - 1, -1)
    columns = range(width - reach - 1, reach - 1, -1)
    for _ in range(turns):
        jumps = rng.integers(-reach, reach, (2, max(len(rows), 0), max(len(columns), 0)))
        offsets = (jumps[0] * width + jumps[1]).tolist()
        for row, its_offsets in zip(rows, offsets, strict=True):
            for column, offset in zip(columns, its_offsets, strict=True):
                here = row * width + column
                there = here + offset
                order[here], order[there] = order[there], order[here]
    mixed = image.reshape(height * width, -1)[order].reshape(image.shape)
    return filters.gaussian_blur(mixed, sigma)


def motion_blur(image: Array, rng: Generator, radius: float, sigma: float) -> Array:
    """Blur along a line, at an angle between −45° and 45°: the camera moved."""
    return filters.motion_blurred(image, radius, sigma, rng.uniform(-45, 45))


def zoom_blur(image: Array, rng: Generator, stop: float, step: float) -> Array:
    """The mean of the picture and of its enlargements by 1, 1 + step … below `stop`."""
    factors = np.arange(1, stop, step)
    return (image + sum(filters.zoomed(image, factor) for factor in factors)) / (len(factors) + 1)
