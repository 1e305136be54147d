"""Corruptions: weather. Pictures are (H, W, 3), float64 in [0, 1]; what leaves it is clipped."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import filters

Array = NDArray[Any]
Generator = np.random.Generator

_GREY = np.array([0.299, 0.587, 0.114])


def snow(
    image: Array,
    rng: Generator,
    mean: float,
    deviation: float,
    zoom: float,
    threshold: float,
    radius: float,
    sigma: float,
    share: float,
) -> Array:
    """Flakes out of noise, enlarged and blurred downwards, over a whitened picture.

    `share` of the picture keeps its colours.
    """
    flakes = filters.zoomed(rng.normal(mean, deviation, image.shape[:2]), zoom)
    flakes = np.clip(np.where(flakes < threshold, 0, flakes), 0, 1)
    flakes = filters.motion_blurred(flakes, radius, sigma, rng.uniform(-135, -45))[..., None]
    white = np.maximum(image, (image @ _GREY)[..., None] * 1.5 + 0.5)
    return share * image + (1 - share) * white + flakes + flakes[::-1, ::-1]


def frost(image: Array, rng: Generator, of_image: float, of_frost: float) -> Array:
    """Ice on the window: ``of_image · image + of_frost · ice``.

    The benchmark takes photographs of frost. Here the ice is drawn, so that numbers for frost are
    not comparable with published ones.
    """
    return of_image * image + of_frost * ice(image, rng)


def ice(image: Array, rng: Generator) -> Array:
    """Crystals as large as `image`: bright, bluish ridges of fractal noise, denser in patches."""
    patches = filters.fractal_for(image, 2.2, rng)
    ridges = np.zeros(image.shape[:2])
    for decay in (1.5, 1.3):
        height = filters.fractal_for(image, decay, rng)
        ridges = np.maximum(ridges, 1 - np.abs(height - np.median(height)) / 0.16)
    crystals = np.clip(ridges, 0, 1) ** 1.5
    level = np.clip(0.28 + 0.45 * patches + 0.6 * crystals * (0.35 + patches), 0, 1)
    return level[..., None] ** np.array([1.25, 1.08, 0.95])


def fog(image: Array, rng: Generator, amount: float, decay: float) -> Array:
    """Add fractal noise, and scale back to the picture's maximum."""
    top = image.max()
    mist = filters.fractal_for(image, decay, rng)[..., None]
    return (image + amount * mist) * top / (top + amount)


def spatter(
    image: Array,
    rng: Generator,
    mean: float,
    deviation: float,
    sigma: float,
    threshold: float,
    amount: float,
    mud: int,
) -> Array:
    """Drops on the lens: clear water, or with `mud` = 1 brown spots."""
    liquid = filters.gaussian_blur(rng.normal(mean, deviation, image.shape[:2]), sigma)
    liquid = np.where(liquid < threshold, 0, liquid)
    if mud:
        spots = filters.gaussian_blur((liquid > threshold) * 1.0, amount)
        spots = np.where(spots < 0.8, 0, spots)[..., None]
        return image * (1 - spots) + spots * np.array([63, 42, 20]) / 255
    drops = np.clip(liquid * _rim(liquid > 0), 0, None)
    drops *= amount / (drops.max() or 1)
    return image + drops[..., None] * np.array([175, 238, 238]) / 255


def _rim(wet: NDArray[np.bool_]) -> Array:
    """How brightly the light breaks in each drop: an emboss of the distance to its edge."""
    inner = [np.roll(wet, shift, axis) for shift in (1, -1) for axis in (0, 1)]
    edge = wet & ~np.logical_and.reduce(inner)
    distance = np.minimum(_distance_to(edge), 20)
    box = np.full((3, 3), 1 / 9)
    levels = _equalised(filters.correlate(distance, box))
    emboss = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])
    return filters.correlate(np.clip(filters.correlate(levels, emboss), 0, 255), box)


def _distance_to(edge: NDArray[np.bool_], furthest: int = 20) -> Array:
    """The Euclidean distance of each pixel to the nearest pixel of `edge`, up to `furthest`."""
    squared = np.where(edge, 0.0, furthest**2)
    for axis in (0, 1):
        places = np.pad(squared, [(furthest,) * 2 if a == axis else (0, 0) for a in (0, 1)],
                        constant_values=furthest**2)  # fmt: skip
        windows = np.lib.stride_tricks.sliding_window_view(places, 2 * furthest + 1, axis=axis)
        squared = (windows + np.arange(-furthest, furthest + 1) ** 2).min(axis=-1)
    return np.sqrt(squared)


def _equalised(values: Array) -> Array:
    """Values replaced by their rank, from 0 to 255, equal ones by the same."""
    flat = values.ravel()
    ranks = np.searchsorted(np.sort(flat), flat, side="right") - 1
    return (255 * ranks / max(flat.size - 1, 1)).reshape(values.shape)
