"""Shapes: a procedural data set in which the truth about every pixel is known.

Every picture shows one object, a shape with a surface texture, somewhere on a cluttered background.
The shape is the label. Texture, colours, place, size, rotation and background are drawn without
regard to it, and the background wears the same textures as the objects do: a network that does well
has learned to see the outline. The object mask and its box come along, so that attributions and
segmentations can be scored against the truth.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .silhouettes import Field, silhouettes
from .textures import Texture, textures

EXTENT = 64  # pictures are composed in a square of this many units, then drawn at any size

# Between which HSV values the darker and the lighter colour of a texture lie: (vivid, light).
_BRIGHTNESS = {
    (True, True): ((0.5, 0.62), (0.92, 1.0)),
    (True, False): ((0.06, 0.14), (0.5, 0.6)),
    (False, True): ((0.7, 0.78), (0.92, 1.0)),
    (False, False): ((0.12, 0.2), (0.36, 0.44)),
}


class Shapes:
    """Draw `count` pictures of textured objects on cluttered backgrounds.

    Picture i depends on `seed` and i alone: the same seed gives the same bytes, a larger `count`
    only adds pictures, and another seed is a held-out set. Images are quantised to 8 bits, so their
    values are multiples of 1/255, and another processor's sine may change at most a rare pixel by
    one level. A picture of 64 × 64 takes 48 kB, 20 000 of them 1 GB.

    Parameters
    ----------
    count : int
        The number of pictures.
    seed : int
        Names the set; not negative.
    size : int
        Height and width H = W in pixels, at least 16. The same scenes are drawn at every size.
    labels, textures : array_like of int, shape (count,), optional
        Shapes or textures to draw instead of random ones. All else in the picture stays the same:
        with other `textures` the objects keep their outlines, places and colours.

    Attributes
    ----------
    images : ndarray, float32, shape (N, 3, H, W)
        RGB in [0, 1].
    labels, textures : ndarray, int64, shape (N,)
        Indices into `classes` and `texture_names`.
    masks : ndarray, bool, shape (N, H, W)
        True where the object covers at least half of a pixel.
    boxes : ndarray, int64, shape (N, 4)
        Top, left, bottom, right of the mask, half-open: the object lies in rows top to bottom - 1.

    Raises
    ------
    ValueError
        For a negative `count` or `seed`, a `size` below 16, or labels or textures of another shape
        or out of range.

    Examples
    --------
    >>> from techniques.data import Shapes
    >>> shapes = Shapes(3, seed=1)
    >>> shapes.images.shape, shapes.masks.shape
    ((3, 3, 64, 64), (3, 64, 64))
    >>> stars = Shapes(2, labels=[Shapes.classes.index("star")] * 2)
    >>> top, left, bottom, right = stars.boxes[0]
    >>> bool(stars.masks[0, top:bottom, left:right].sum() == stars.masks[0].sum())
    True
    >>> len(shapes[1:])
    2
    """

    classes: ClassVar[tuple[str, ...]] = tuple(shape.__name__ for shape in silhouettes)
    texture_names: ClassVar[tuple[str, ...]] = tuple(texture.__name__ for texture in textures)

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    textures: NDArray[np.int64]
    masks: NDArray[np.bool_]
    boxes: NDArray[np.int64]

    def __init__(
        self,
        count: int,
        seed: int = 0,
        size: int = 64,
        labels: ArrayLike | None = None,
        textures: ArrayLike | None = None,
    ) -> None:
        for name, value, least in (("count", count, 0), ("seed", seed, 0), ("size", size, 16)):
            if not isinstance(value, int | np.integer) or value < least:
                raise ValueError(f"{name} must be an integer of at least {least}, not {value!r}")
        self.images = np.empty((count, 3, size, size), np.float32)
        self.masks = np.empty((count, size, size), bool)
        self.boxes = np.empty((count, 4), np.int64)
        rngs = [np.random.default_rng([seed, index]) for index in range(count)]
        # Both are always drawn, so that fixing one leaves the rest of the picture as it was.
        kinds = len(self.classes), len(self.texture_names)
        drawn = [[rng.integers(kind) for kind in kinds] for rng in rngs]
        drawn_labels, drawn_textures = np.array(drawn, np.int64).reshape(count, 2).T
        self.labels = _chosen("labels", labels, drawn_labels, self.classes)
        self.textures = _chosen("textures", textures, drawn_textures, self.texture_names)
        for index, rng in enumerate(rngs):
            picture, mask = _draw(rng, int(self.labels[index]), int(self.textures[index]), size)
            np.divide(picture, 255, out=self.images[index], dtype=np.float32)
            self.masks[index] = mask
            self.boxes[index] = _box(mask)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, selection: slice | NDArray[np.integer] | NDArray[np.bool_]) -> Shapes:
        """Return the selected pictures as another Shapes: a view for a slice, else a copy."""
        if not isinstance(selection, slice | np.ndarray):
            raise TypeError(
                "Shapes are selected by a slice or an index array, not by "
                f"{selection!r}; one picture is shapes[i : i + 1], its array shapes.images[i]"
            )
        selected = object.__new__(Shapes)
        for name in ("images", "labels", "textures", "masks", "boxes"):
            setattr(selected, name, getattr(self, name)[selection])
        return selected

    def __repr__(self) -> str:
        return f"Shapes({len(self)} images of {self.images.shape[2]} × {self.images.shape[3]})"


def _chosen(
    name: str, given: ArrayLike | None, drawn: NDArray[np.int64], names: tuple[str, ...]
) -> NDArray[np.int64]:
    """Return the indices that were given, checked, or else those that were drawn."""
    if given is None:
        return np.ascontiguousarray(drawn)
    indices = np.asarray(given)
    if indices.shape != drawn.shape or (indices.size and indices.dtype.kind not in "iu"):
        raise ValueError(
            f"{name} must be {len(drawn)} integers, one a picture, "
            f"not an array of shape {indices.shape} and dtype {indices.dtype}"
        )
    if indices.size and not 0 <= indices.min() <= indices.max() < len(names):
        raise ValueError(
            f"{name} must lie in 0 to {len(names) - 1} ({', '.join(names)}), "
            f"but reach from {indices.min()} to {indices.max()}"
        )
    return indices.astype(np.int64)


def _box(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return top, left, bottom and right of the mask, half-open."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return rows[0], columns[0], rows[-1] + 1, columns[-1] + 1


def _draw(
    rng: np.random.Generator, label: int, texture: int, size: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Draw one picture; return it as (3, size, size) bytes, with its mask."""
    x, y, pixel = pixel_centres(size)
    # Light objects stand on dark backgrounds or dark ones on light: the outline is always there.
    light_object = bool(rng.random() < 0.5)
    hue = rng.random()
    canvas = background(rng, x, y, pixel, hue, light=not light_object)

    radius = rng.uniform(12.5, 22)
    centre = rng.uniform(radius + 1, EXTENT - radius - 1, 2).tolist()
    distance = place_object(canvas, rng, x, y, pixel, label, texture, centre, radius, hue,
                            light_object)  # fmt: skip
    return as_bytes(canvas), distance <= 0


def pixel_centres(size: int, extent: int = EXTENT) -> tuple[Field, Field, float]:
    """The coordinates x (1, size) and y (size, 1) of the pixels' centres, and a pixel's width."""
    pixel = extent / size
    centres = (np.arange(size, dtype=np.float32) + np.float32(0.5)) * np.float32(pixel)
    return centres[None, :], centres[:, None], pixel  # apart: much arithmetic is on one axis


def place_object(
    canvas: Field,
    rng: np.random.Generator,
    x: Field,
    y: Field,
    pixel: float,
    label: int,
    texture: int,
    centre: Sequence[float],
    radius: float,
    hue: float,
    light: bool,
) -> Field:
    """Draw an object, with its shadow, onto the canvas; return each pixel's distance outside it."""
    right, down = _rotated(x - centre[0], y - centre[1], rng.uniform(0, 2 * np.pi))
    distance = radius * silhouettes[label](right / radius, down / radius)

    canvas *= 1 - 0.45 * np.exp(-np.maximum(distance, 0) / 2)  # a soft contact shadow
    colours = _colours(rng, hue + rng.uniform(0.3, 0.7), vivid=True, light=light)
    surface = _surface(rng, x, y, pixel, textures[texture], colours)
    surface *= 1 - 0.12 * (x - centre[0] + y - centre[1]) / radius  # lit from the upper left
    _cover(canvas, surface, np.clip(0.5 - distance / pixel, 0, 1))
    return distance


def as_bytes(canvas: Field) -> NDArray[np.uint8]:
    """A picture in [0, 1], and a little beyond, as bytes."""
    return np.rint(np.clip(canvas, 0, 1) * 255).astype(np.uint8)


def background(
    rng: np.random.Generator, x: Field, y: Field, pixel: float, hue: float, light: bool
) -> Field:
    """Two textured regions with a wavy border, soft blobs and thin lines: anything but a shape."""
    first, second = (
        _surface(rng, x, y, pixel, textures[rng.integers(len(textures))],
                 _colours(rng, hue + rng.uniform(-0.12, 0.12), vivid=False, light=light))
        for _ in range(2)
    )  # fmt: skip
    across, along = _rotated(x - EXTENT / 2, y - EXTENT / 2, rng.uniform(0, 2 * np.pi))
    wave = rng.uniform(2, 6) * np.sin(along * rng.uniform(0.08, 0.2) + rng.uniform(0, 2 * np.pi))
    _cover(first, second, np.clip((across - rng.uniform(-16, 16) + wave) / pixel, 0, 1))
    for _ in range(rng.integers(1, 4)):
        centre_x, centre_y = rng.uniform(0, EXTENT, 2).tolist()
        squared = (x - centre_x) ** 2 + (y - centre_y) ** 2
        _cover(first, _flat(rng, light), 0.8 * np.exp(-squared / rng.uniform(2, 5) ** 2))
    for _ in range(rng.integers(1, 4)):
        centre_x, centre_y = rng.uniform(0, EXTENT, 2).tolist()
        along, across = _rotated(x - centre_x, y - centre_y, rng.uniform(0, 2 * np.pi))
        outside = np.maximum(np.abs(across) - 0.8, np.abs(along) - rng.uniform(6, 16))
        _cover(first, _flat(rng, light), np.clip(0.5 - outside / pixel, 0, 1))
    return first


def _surface(
    rng: np.random.Generator,
    x: Field,
    y: Field,
    pixel: float,
    texture: Texture,
    colours: tuple[Field, Field],
) -> Field:
    """A texture in two colours over the whole picture, with a random angle, phase and period."""
    period = rng.uniform(5.5, 8.5)
    u, v = _rotated(x / period, y / period, rng.uniform(0, 2 * np.pi))
    shift_u, shift_v = rng.uniform(0, 32, 2).tolist()
    signal = texture(u + shift_u, v + shift_v)
    # The signal climbs by about 2 pi a period: this gives an edge one pixel wide.
    mixture = np.clip(0.5 + signal * (period / (2 * np.pi * pixel)), 0, 1)
    low, high = colours
    return low + mixture * (high - low)


def _colours(
    rng: np.random.Generator, hue: float, vivid: bool, light: bool
) -> tuple[Field, Field]:
    """Two related colours, vivid for objects and muted for backgrounds, as (3, 1, 1) arrays."""
    low_band, high_band = _BRIGHTNESS[vivid, light]
    values = rng.uniform(*low_band), rng.uniform(*high_band)
    saturations = rng.uniform(0.55, 0.95, 2) if vivid else rng.uniform(0.1, 0.35, 2)
    hues = hue, hue + rng.choice((-1, 1)) * rng.uniform(0.05, 0.15)
    low, high = (_colour(*hsv) for hsv in zip(hues, saturations, values, strict=True))
    return low, high


def _flat(rng: np.random.Generator, light: bool) -> Field:
    """One colour of any hue, for a blob or a line."""
    value = rng.uniform(0.6, 0.95) if light else rng.uniform(0.15, 0.45)
    return _colour(rng.random(), rng.uniform(0.4, 0.8), value)


def _colour(hue: float, saturation: float, value: float) -> Field:
    return np.array(colorsys.hsv_to_rgb(hue % 1, saturation, value), np.float32).reshape(3, 1, 1)


def _rotated(x: Field, y: Field, angle: float) -> tuple[Field, Field]:
    """The coordinates of the same points in axes turned by `angle`."""
    cosine, sine = float(np.cos(angle)), float(np.sin(angle))
    return cosine * x + sine * y, cosine * y - sine * x


def _cover(canvas: Field, paint: Field, coverage: Field) -> None:
    """Paint over the canvas, in place, as far as `coverage` in [0, 1] says."""
    canvas += coverage * (paint - canvas)


def swatch(texture: int, size: int = 64, seed: int = 0) -> NDArray[np.float32]:
    """Draw a surface texture over a whole picture, at the scale and in colours of the objects.

    Parameters
    ----------
    texture : int
        Index into ``Shapes.texture_names``.
    size : int
        Height and width in pixels of the picture, which is as large as one of `Shapes`.
    seed : int
        For the angle, the period and the colours.

    Returns
    -------
    ndarray, float32, (3, size, size)

    Examples
    --------
    >>> from techniques.data.shapes import swatch
    >>> swatch(Shapes.texture_names.index("dots"), size=32).shape
    (3, 32, 32)
    """
    rng = np.random.default_rng([seed, texture])
    x, y, pixel = pixel_centres(size)
    colours = _colours(rng, rng.random(), vivid=True, light=bool(rng.random() < 0.5))
    picture = as_bytes(_surface(rng, x, y, pixel, textures[texture], colours))
    return np.divide(picture, 255, dtype=np.float32)
