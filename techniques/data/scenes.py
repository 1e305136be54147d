"""Several Shapes in one picture, overlapping, with the class and instance of every pixel."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .shapes import EXTENT, Shapes, as_bytes, background, pixel_centres, place_object


class Scenes:
    """Draw `count` pictures of one to three textured objects, the later in front of the earlier.

    Picture i depends on `seed` and i alone, as in `Shapes`.

    Parameters
    ----------
    count : int
    seed : int
        Names the set; another one is a held-out set.
    size : int
        Height and width H = W in pixels, at least 16.
    most : int
        At most so many objects a picture.
    extent : int
        Height and width in units, of which an object's radius has 10 to 16. A larger scene, with
        room for more objects of the same size, has a `size` that grows with it. Its background
        goes on as in a mirror beyond 64 units.

    Attributes
    ----------
    images : ndarray, float32, shape (N, 3, H, W)
        RGB in [0, 1].
    masks : ndarray, int64, shape (N, H, W)
        The class of each pixel: an index into `classes`, 0 in the background.
    instances : ndarray, int64, shape (N, H, W)
        1, 2, … in the objects, from back to front, and 0 in the background.

    Raises
    ------
    ValueError
        For a negative `count` or `seed`, a `size` below 16, `most` below 1, or an `extent` below
        64.

    Examples
    --------
    >>> from techniques.data import Scenes
    >>> scenes = Scenes(2, seed=3)
    >>> scenes.images.shape, scenes.masks.shape
    ((2, 3, 64, 64), (2, 64, 64))
    >>> Scenes.classes[:3]
    ('background', 'disc', 'ring')
    """

    classes: ClassVar[tuple[str, ...]] = ("background", *Shapes.classes)

    images: NDArray[np.float32]
    masks: NDArray[np.int64]
    instances: NDArray[np.int64]

    def __init__(
        self, count: int, seed: int = 0, size: int = 64, most: int = 3, extent: int = EXTENT
    ) -> None:
        least = {"count": (count, 0), "seed": (seed, 0), "size": (size, 16), "most": (most, 1),
                 "extent": (extent, EXTENT)}  # fmt: skip
        for name, (value, lowest) in least.items():
            if not isinstance(value, int | np.integer) or value < lowest:
                raise ValueError(f"{name} must be an integer of at least {lowest}, not {value!r}")
        self.images = np.empty((count, 3, size, size), np.float32)
        self.masks = np.zeros((count, size, size), np.int64)
        self.instances = np.zeros((count, size, size), np.int64)
        for index in range(count):
            rng = np.random.default_rng([seed, index])
            self._draw(index, rng, size, extent, int(rng.integers(1, most + 1)))

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        return f"Scenes({len(self)} images of {self.images.shape[2]} × {self.images.shape[3]})"

    def _draw(
        self, index: int, rng: np.random.Generator, size: int, extent: int, objects: int
    ) -> None:
        x, y, pixel = pixel_centres(size, extent)
        light = bool(rng.random() < 0.5)
        hue = rng.random()
        drawn = int(np.count_nonzero(x < EXTENT))
        canvas = background(rng, x[:, :drawn], y[:drawn], pixel, hue, light=not light)
        beyond = 0, size - drawn
        canvas = np.pad(canvas, ((0, 0), beyond, beyond), mode="symmetric")
        centres: list[list[float]] = []
        for number in range(1, objects + 1):
            label = int(rng.integers(len(Shapes.classes)))
            texture = int(rng.integers(len(Shapes.texture_names)))
            radius = rng.uniform(10, 16)
            # Of four places the one furthest from the others, so that most overlap but little.
            places = rng.uniform(radius + 1, extent - radius - 1, (4, 2))
            centre = max(places.tolist(), key=lambda place: _clearance(place, centres))
            centres.append(centre)
            distance = place_object(canvas, rng, x, y, pixel, label, texture, centre, radius, hue,
                                    light)  # fmt: skip
            self.masks[index][distance <= 0] = 1 + label
            self.instances[index][distance <= 0] = number
        np.divide(as_bytes(canvas), 255, out=self.images[index], dtype=np.float32)


def _clearance(place: list[float], others: list[list[float]]) -> float:
    """The distance of a place to the nearest of the others."""
    return min((math.dist(place, other) for other in others), default=0.0)
