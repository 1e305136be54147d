"""Corruptions: what cameras and codecs do. Pictures are (H, W, 3), float64 in [0, 1]."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import filters

if TYPE_CHECKING:
    from PIL import Image

Array = NDArray[Any]
Generator = np.random.Generator


def brightness(image: Array, rng: Generator, added: float) -> Array:
    """Add to the value of HSV, the largest of the three colours."""
    value = image.max(axis=2, keepdims=True)
    brighter = np.minimum(value + added, 1)
    return np.where(value > 0, image * (brighter / np.where(value > 0, value, 1)), brighter)


def saturate(image: Array, rng: Generator, factor: float, offset: float) -> Array:
    """Scale the saturation of HSV, and add to it; grey has the hue of red, as is the custom."""
    value = image.max(axis=2, keepdims=True)
    fall = value - image  # how far each colour lies below the value
    saturation = fall.max(axis=2, keepdims=True) / np.where(value > 0, value, 1)
    wanted = np.clip(saturation * factor + offset, 0, 1)
    whole = np.where(saturation > 0, fall / np.where(saturation > 0, saturation, 1),
                     value * np.array([0, 1, 1]))  # fmt: skip
    return value - whole * wanted


def contrast(image: Array, rng: Generator, factor: float) -> Array:
    """Bring all values nearer to the mean of their channel."""
    mean = image.mean(axis=(0, 1), keepdims=True)
    return mean + factor * (image - mean)


def elastic_transform(
    image: Array, rng: Generator, strength: float, sigma: float, shear: float
) -> Array:
    """A random affine map, then displacements that vary smoothly; all in pixels."""
    height, width = image.shape[:2]
    rows, columns = np.mgrid[:height, :width].astype(float)
    middle, side = np.array([height // 2, width // 2]), min(height, width) // 3
    corners = middle + side * np.array([[1, 1], [1, -1], [-1, -1]])
    moved = corners + rng.uniform(-shear, shear, (3, 2))
    # Where each place of the new picture lies in the old one.
    back = np.linalg.solve(np.c_[moved, np.ones(3)], corners)
    places = np.stack([rows, columns, np.ones_like(rows)], axis=-1) @ back
    sheared = filters.sample(image, places[..., 0], places[..., 1])
    down, right = (
        strength * filters.gaussian_blur(rng.uniform(-1, 1, (height, width)), sigma, 3, "symmetric")
        if strength else 0.0
        for _ in range(2)
    )  # fmt: skip
    return filters.sample(sheared, rows + down, columns + right)


def pixelate(image: Array, rng: Generator, share: float) -> Array:
    """Shrink by averaging, and enlarge again without."""
    from PIL import Image

    height, width = image.shape[:2]
    picture = _to_bytes(image)
    small = picture.resize(
        (max(int(width * share), 1), max(int(height * share), 1)), Image.Resampling.BOX
    )
    return np.asarray(small.resize((width, height), Image.Resampling.NEAREST)) / 255


def jpeg_compression(image: Array, rng: Generator, quality: int) -> Array:
    """Encode as JPEG, and decode."""
    from PIL import Image

    stream = io.BytesIO()
    _to_bytes(image).save(stream, "JPEG", quality=quality)
    stream.seek(0)
    return np.asarray(Image.open(stream)) / 255


def _to_bytes(image: Array) -> Image.Image:
    from PIL import Image

    return Image.fromarray(np.rint(image * 255).astype(np.uint8))
