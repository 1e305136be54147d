"""The balls of the two usual budgets, L∞ and L2: what an iterated attack does in each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .budget import Bounds, project_linf

Array = NDArray[Any]


class Ball(NamedTuple):
    """All images within ε of the given ones in some norm.

    Attributes
    ----------
    steepest : callable
        ``steepest(gradient)``: the step of length 1 that raises the loss most.
    project : callable
        ``project(candidates, images, epsilon, bounds)``: back into the ball, then into the bounds.
    random : callable
        ``random(rng, shape)``: points drawn evenly from the ball with ε = 1.
    """

    steepest: Callable[[Array], Array]
    project: Callable[[Array, Array, float, Bounds], Array]
    random: Callable[[np.random.Generator, tuple[int, ...]], Array]


def ball_of(norm: str) -> Ball:
    """Return the ball of a norm, "linf" or "l2"."""
    if norm not in BALLS:
        raise ValueError(f'norm must be "linf" or "l2", not {norm!r}')
    return BALLS[norm]


def lengths(images: Array) -> Array:
    """The Euclidean length of each image, as (N, 1, 1, 1) in float64."""
    return np.sqrt((images.astype(np.float64) ** 2).sum(axis=(1, 2, 3), keepdims=True))


def unit(images: Array) -> Array:
    """Each image divided by its Euclidean length; zero stays zero."""
    length = lengths(images)
    return images / np.where(length > 0, length, 1)


def project_l2(candidates: Array, images: Array, epsilon: float, bounds: Bounds) -> Array:
    """Shorten each change to length `epsilon`, then clip to the bounds.

    Clipping only brings a value nearer to the image's, and so does the rounding to its dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks.ball import project_l2
    >>> image = np.full((1, 1, 1, 2), 0.5)
    >>> project_l2(image + [0.3, 0.4], image, 0.25, (0, 1))
    array([[[[0.65, 0.7 ]]]])
    """
    exact = images.astype(np.float64)
    change = candidates - exact
    length = lengths(change)
    change *= np.minimum(1, epsilon / np.where(length > 0, length, 1))
    projected = np.clip(exact + change, *bounds)
    rounded = projected.astype(images.dtype)
    further = np.abs(rounded - exact) > np.abs(projected - exact)
    return np.where(further, np.nextafter(rounded, images), rounded)


def _random_linf(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.uniform(-1, 1, shape)


def _random_l2(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    radius = rng.uniform(size=(shape[0], 1, 1, 1)) ** (1 / np.prod(shape[1:]))
    return radius * unit(rng.normal(size=shape))


BALLS = {
    "linf": Ball(np.sign, project_linf, _random_linf),
    "l2": Ball(unit, project_l2, _random_l2),
}
