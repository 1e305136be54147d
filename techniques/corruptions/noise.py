"""Corruptions: noise. Pictures are (H, W, 3), float64 in [0, 1]; what leaves it is clipped."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Generator = np.random.Generator


def gaussian_noise(image: Array, rng: Generator, sigma: float) -> Array:
    """Add N(0, σ²) to every value: a picture taken with little light."""
    return image + rng.normal(0, sigma, image.shape)


def shot_noise(image: Array, rng: Generator, photons: float) -> Array:
    """Count photons, of which white has so many on average: they come one by one."""
    return rng.poisson(image * photons) / photons


def impulse_noise(image: Array, rng: Generator, amount: float) -> Array:
    """Set a share of the values to 0 or 1, as bit errors do."""
    hit = rng.random(image.shape) < amount
    return np.where(hit, rng.random(image.shape) < 0.5, image)


def speckle_noise(image: Array, rng: Generator, sigma: float) -> Array:
    """Add noise that is proportional to the value."""
    return image + image * rng.normal(0, sigma, image.shape)
