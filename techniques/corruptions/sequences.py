"""Perturbation sequences: does the answer flicker while a picture changes slowly?

As in ImageNet-P of Hendrycks and Dietterich (2019).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import filters
from .digital import brightness
from .severities import SIZES

Array = NDArray[Any]

NOISE = ("gaussian_noise", "shot_noise")
"""Sequences whose frames are compared with the first; the others' with the one before."""

PERTURBATIONS = (
    *NOISE, "motion_blur", "zoom_blur", "brightness", "translate", "rotate", "tilt", "scale",
)  # fmt: skip


def perturbation_sequence(
    image: ArrayLike, name: str, frames: int = 31, rng: int | np.random.Generator | None = None
) -> Array:
    """Return a picture and ever larger, or ever new, small perturbations of it.

    Noise is new in each frame; motion blur turns its direction; zoom blur and brightness grow; and
    translate, rotate, tilt and scale move the picture a little from frame to frame, through the
    position in which it was given.

    Parameters
    ----------
    image : array (H, W, 3)
        Floating-point in [0, 1].
    name : str
        One of `PERTURBATIONS`.
    frames : int
        At least 2.
    rng : int, Generator or None
        For noise.

    Returns
    -------
    ndarray (frames, H, W, 3)

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.corruptions import perturbation_sequence
    >>> perturbation_sequence(np.full((8, 8, 3), 0.5), "brightness", 3)[:, 0, 0, 0].round(2)
    array([0.2, 0.5, 0.8])
    """
    picture = np.asarray(image)
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype.kind != "f":
        raise ValueError(
            f"a sequence starts from one floating-point picture (H, W, 3), not {picture.dtype} of "
            f"shape {picture.shape}"
        )
    if name not in PERTURBATIONS:
        raise ValueError(f"there is no sequence {name!r}: take one of {', '.join(PERTURBATIONS)}")
    if frames < 2:
        raise ValueError(f"a sequence has at least 2 frames, not {frames}")
    rng = np.random.default_rng(rng)
    times = np.linspace(-1, 1, frames)
    drawn = [_frame(picture.astype(float), name, time, rng) for time in times]
    return np.clip(drawn, 0, 1).astype(picture.dtype)


def _frame(image: Array, name: str, time: float, rng: np.random.Generator) -> Array:
    """One frame; `time` goes from −1 to 1."""
    size = min(image.shape[:2])
    scale = size / SIZES[0]
    if name == "gaussian_noise":
        return image + rng.normal(0, 0.02, image.shape)
    if name == "shot_noise":
        return rng.poisson(np.clip(image, 0, 1) * 250) / 250
    if name == "motion_blur":
        return filters.motion_blurred(image, max(10 * scale, 2), 3 * scale, 180 * time)
    if name == "zoom_blur":
        factors = np.linspace(1, 1 + 0.05 * (time + 1), 6)
        return np.mean([filters.zoomed(image, factor) for factor in factors], axis=0)
    if name == "brightness":
        return brightness(image, rng, 0.3 * time) if time >= 0 else _darker(image, -0.3 * time)
    return _moved(image, name, time)


def _darker(image: Array, taken: float) -> Array:
    value = image.max(axis=2, keepdims=True)
    return image * np.maximum(value - taken, 0) / np.where(value > 0, value, 1)


def _moved(image: Array, name: str, time: float) -> Array:
    """A frame of translate, rotate, tilt or scale."""
    height, width = image.shape[:2]
    rows, columns = np.mgrid[:height, :width].astype(float)
    middle_row, middle_column = (height - 1) / 2, (width - 1) / 2
    down, right = rows - middle_row, columns - middle_column
    if name == "translate":
        right = right - 0.1 * width * time
    elif name == "rotate":
        cosine, sine = np.cos(np.radians(15 * time)), np.sin(np.radians(15 * time))
        down, right = cosine * down - sine * right, sine * down + cosine * right
    elif name == "scale":
        down, right = down / (1 + 0.2 * time), right / (1 + 0.2 * time)
    else:
        depth = 1 + 0.3 * time * right / width
        down, right = down / depth, right / depth
    return filters.sample(image, middle_row + down, middle_column + right)


def flip_rate(predictions: ArrayLike, noise: bool = False) -> float:
    """Return how often the predicted class changes between frames, from 0 to 1.

    Parameters
    ----------
    predictions : array (S, F) of int
        Of F frames of S sequences.
    noise : bool
        Compare each frame with the first, not with the one before.

    Examples
    --------
    >>> from techniques.corruptions import flip_rate
    >>> flip_rate([[1, 1, 2, 1, 1]]), flip_rate([[1, 1, 2, 1, 1]], noise=True)
    (0.5, 0.25)
    """
    array = _framed(np.asarray(predictions), 2)
    before = array[:, :1] if noise else array[:, :-1]
    return float((array[:, 1:] != before).mean())


def top5_distance(scores: ArrayLike, noise: bool = False) -> float:
    """Return how far the five first classes move in rank between frames: 0 when they stay.

    Each of the first five counts by how many places it moves, all places beyond the fifth being
    one: the sum of ``|min(rank', 6) − rank|``.

    Parameters
    ----------
    scores : array (S, F, K)
        Of F frames of S sequences, K at least 5.
    noise : bool
        As for `flip_rate`.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.corruptions import top5_distance
    >>> frames = np.array([[[6, 5, 4, 3, 2, 1], [5, 6, 4, 3, 2, 1]]])
    >>> top5_distance(frames)
    2.0
    """
    array = _framed(np.asarray(scores), 3)
    if array.shape[2] < 5:
        raise ValueError(f"five classes are ranked, and there are {array.shape[2]}")
    order = np.argsort(-array, axis=2, kind="stable")
    ranks = np.argsort(order, axis=2) + 1
    before = order[:, :1] if noise else order[:, :-1]
    first = np.broadcast_to(before, order[:, 1:].shape)[..., :5]
    now = np.take_along_axis(ranks[:, 1:], first, axis=2)
    return float(np.abs(np.minimum(now, 6) - np.arange(1, 6)).sum(axis=2).mean())


def _framed(array: Array, axes: int) -> Array:
    if array.ndim != axes or array.shape[1] < 2:
        raise ValueError(
            f"give {axes} axes, sequences and at least 2 frames first, not shape {array.shape}"
        )
    return array
