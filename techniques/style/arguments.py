"""What the functions that paint are given, checked once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg
from layers import Module
from techniques.images import as_images

from .features import Layer

Array = NDArray[Any]
Image: TypeAlias = ArrayLike | mg.Tensor
Layers: TypeAlias = Layer | Sequence[Layer]


def as_image(image: Image, name: str, bounds: tuple[float, float] = (0.0, 1.0)) -> Array:
    """Return one picture as a batch of one, (1, C, H, W), within the bounds."""
    array = image.data if isinstance(image, mg.Tensor) else np.asarray(image)
    batch = as_images(array[None] if array.ndim == 3 else array, name)
    if len(batch) != 1 or not batch.size:
        raise ValueError(f"{name} must be one picture, not of shape {array.shape}")
    low, high = bounds
    if not low < high:
        raise ValueError(f"bounds must be a range (low, high), not {bounds}")
    if batch.min() < low or batch.max() > high:
        raise ValueError(
            f"{name} has values from {batch.min():.3g} to {batch.max():.3g}, outside the bounds "
            f"{bounds}: scale it, or pass its range as bounds"
        )
    return np.ascontiguousarray(batch)


def as_images_of_style(style: Image | Sequence[Image], bounds: tuple[float, float]) -> list[Array]:
    """Return the style pictures as a list of (1, C, H, W)."""
    if isinstance(style, list | tuple):
        if not style:
            raise ValueError("style must be a picture or a list of them, and the list is empty")
        return [as_image(each, "style", bounds) for each in style]
    return [as_image(style, "style", bounds)]  # type: ignore[arg-type]


def as_layers(layers: Layers) -> list[Layer]:
    """Return the layers as a list."""
    return [layers] if isinstance(layers, str | Module) else list(layers)


def as_shares(weights: Sequence[float] | None, count: int, name: str, things: str) -> list[float]:
    """Return weights that sum to one; equal ones by default.

    Examples
    --------
    >>> from techniques.style.arguments import as_shares
    >>> as_shares([3, 1], 2, "mix", "style pictures")
    [0.75, 0.25]
    """
    shares = np.ones(count) if weights is None else np.asarray(weights, float)
    if shares.shape != (count,):
        raise ValueError(f"{name} must have one weight for each of the {count} {things}")
    if not (np.isfinite(shares).all() and (shares >= 0).all() and (not count or shares.sum() > 0)):
        raise ValueError(f"{name} must be at least 0 and not all 0, not {weights}")
    return (shares / shares.sum()).tolist() if count else []


def check_weights(**weights: float) -> None:
    """Refuse weights of losses that are negative or not finite."""
    for name, weight in weights.items():
        if not (np.isfinite(weight) and weight >= 0):
            raise ValueError(f"{name} must be a number of at least 0, not {weight}")


def first_picture(
    start: str | Image,
    content: Array,
    style: Array,
    rng: int | np.random.Generator | None,
    bounds: tuple[float, float],
) -> Array:
    """Return where painting begins, of the content's shape: a picture, or noise."""
    if isinstance(start, str):
        if start == "content":
            return content
        if start == "style":
            return resized(style, (content.shape[2], content.shape[3]))
        if start == "noise":
            return noise(content.shape, rng, bounds).astype(content.dtype)
        raise ValueError(f'start must be "content", "style", "noise" or an array, not {start!r}')
    picture = as_image(start, "start", bounds)
    if picture.shape != content.shape:
        raise ValueError(f"start has shape {picture.shape}, the content {content.shape}")
    return picture.astype(content.dtype)


def noise(
    shape: tuple[int, ...], rng: int | np.random.Generator | None, bounds: tuple[float, float]
) -> NDArray[np.float32]:
    """Return noise around the middle of the bounds, float32."""
    low, high = bounds
    drawn = np.random.default_rng(rng).normal((low + high) / 2, (high - low) / 8, shape)
    return np.clip(drawn, low, high).astype(np.float32)


def resized(image: Array, size: tuple[int, int]) -> Array:
    """Return a picture (1, C, H, W) at another size, bilinear."""
    if image.shape[2:] == size:
        return image
    return mg.interpolate(image, size=size, mode="bilinear", align_corners=False)
