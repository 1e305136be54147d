"""Occlusion: how much does the score fall when this part is covered? (Zeiler & Fergus 2014)"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from .arguments import pair_of
from .attribution import Attribution
from .images import as_baseline, as_images
from .model import Model, ask, asked_scores
from .progress import tracked
from .target import Target

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Occlusion(Attribution):
    """How much the score falls when a part of the image is covered.

    Attributes
    ----------
    map : ndarray (N, H, W)
        The mean fall over the windows that cover a pixel; 0 where none does.
    falls : ndarray (N, rows, columns)
        Of each position of the window.
    """

    falls: Array


def occlusion(
    model: Model,
    images: ArrayLike | mg.Tensor,
    target: Target,
    window: int | tuple[int, int],
    stride: int | tuple[int, int],
    baseline: ArrayLike | mg.Tensor = 0,
) -> Occlusion:
    """Return f(x) − f(x with a window covered), for windows all over the image.

    Parameters
    ----------
    model, images, target
        As for `saliency`.
    window, stride : int or (rows, columns)
        There are ⌈(H − window)/stride⌉ + 1 positions an axis; the last window is clipped at the
        edge.
    baseline : float or array that broadcasts to the images
        What covers.

    Returns
    -------
    Occlusion

    Raises
    ------
    ValueError
        If the window is larger than the images.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques import occlusion
    >>> def model(x):
    ...     return x.sum(axis=(1, 2, 3)).reshape(-1, 1)
    >>> image = np.array([[[[1.0, 2.0, 3.0, 4.0, 5.0]]]])
    >>> result = occlusion(model, image, 0, window=(1, 2), stride=(1, 2))
    >>> result.falls, result.map
    (array([[[3., 7., 5.]]]), array([[[3., 3., 7., 7., 5.]]]))
    """
    images = as_images(images)
    cover = as_baseline(baseline, images)
    places = _positions(images.shape[2:], pair_of("window", window), pair_of("stride", stride))
    with mg.no_grad():
        asked = ask(model, mg.Tensor(images), target)
    classes = target if asked.classes is None else asked.classes
    falls = np.zeros((len(images), *map(len, places)), images.dtype)
    total, covered = np.zeros_like(images[:, 0]), np.zeros(images.shape[2:], images.dtype)
    for row, column in tracked(list(product(*map(range, falls.shape[1:]))), "occlusion"):
        part = places[0][row], places[1][column]
        occluded = images.copy()
        occluded[(..., *part)] = cover[(..., *part)]
        falls[:, row, column] = asked.scores.data - asked_scores(model, occluded, classes)
        total[(..., *part)] += falls[:, row, column, None, None]
        covered[part] += 1
    return Occlusion(
        map=total / np.maximum(covered, 1),
        falls=falls,
        target=asked.classes,
        images=images,
        variant=f"occlusion: fall of {asked.name} under a window of {_by(window)}, moved by "
        f"{_by(stride)}, averaged where windows overlap",
    )


def _positions(
    size: tuple[int, ...], window: tuple[int, int], stride: tuple[int, int]
) -> list[list[slice]]:
    """Where the window lies, for each axis."""
    positions = []
    for length, width, step in zip(size, window, stride, strict=True):
        if width > length:
            raise ValueError(f"window {window} is larger than the images, which are {size}")
        count = -(-(length - width) // step) + 1
        positions.append([slice(i * step, min(i * step + width, length)) for i in range(count)])
    return positions


def _by(pair: int | tuple[int, int]) -> str:
    return " × ".join(map(str, pair_of("window", pair)))
