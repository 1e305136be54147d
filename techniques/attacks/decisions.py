"""What attacks need that see only the predicted class: a place to start, and the border."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from ..model import Model, logits
from .budget import Bounds, images_within
from .start import reached

Array = NDArray[Any]
_TRIES = 100  # random pictures before giving up


class Decision:
    """Whether pictures reach the aim for one image, and how many may still be asked about.

    Parameters
    ----------
    model, targeted
        As for the attack.
    label : int
        The class of the image, or its aim.
    queries : int
        How many pictures may be asked about.
    """

    def __init__(self, model: Model, label: int, targeted: bool, queries: int):
        self.model, self.label, self.targeted, self.left = model, label, targeted, queries
        self.used = 0

    def __call__(self, pictures: Array) -> NDArray[np.bool_]:
        """Where the aim is reached, (N,)."""
        self.left -= len(pictures)
        self.used += len(pictures)
        labels = np.full(len(pictures), self.label)
        return reached(logits(self.model, pictures), labels, self.targeted)


def starting_points(
    starts: ArrayLike | mg.Tensor | None, images: Array, bounds: Bounds
) -> Callable[[int, Decision, np.random.Generator], Array | None]:
    """Return a function that finds a picture for image i that reaches the aim, or None.

    It is ``starts[i]`` if there are `starts`, else a picture of uniform noise.
    """
    given = None if starts is None else images_within(starts, bounds).astype(images.dtype)
    if given is not None and given.shape != images.shape:
        raise ValueError(f"starts {given.shape} must be one for each image, {images.shape}")

    def find(i: int, decide: Decision, rng: np.random.Generator) -> Array | None:
        for _ in range(min(_TRIES, decide.left) if given is None else min(1, decide.left)):
            picture = rng.uniform(*bounds, images.shape[1:]) if given is None else given[i]
            picture = picture.astype(images.dtype)
            if decide(picture[None])[0]:
                return picture
        return None

    return find


def to_border(image: Array, picture: Array, decide: Decision, nearness: float = 1e-3) -> Array:
    """Halve the way from `picture`, which reaches the aim, to `image`; stop on the aim's side."""
    near, far = 0.0, 1.0  # shares of the way from image to picture
    while far - near > nearness and decide.left > 0:
        middle = (near + far) / 2
        tried = (image + middle * (picture - image)).astype(image.dtype)
        if decide(tried[None])[0]:
            far, best = middle, tried
        else:
            near = middle
    return picture if far == 1.0 else best
