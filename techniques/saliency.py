"""Saliency: which pixels move the score most, if they move a little? (Simonyan et al. 2013)"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from .attribution import Attribution
from .images import as_images
from .model import Model, score_gradient
from .target import Target

Array = NDArray[Any]

# From a gradient (N, C, H, W) to a map (N, H, W), and how to say it.
_REDUCTIONS = {
    "max": lambda gradient: np.abs(gradient).max(axis=1),
    "sum": lambda gradient: np.abs(gradient).sum(axis=1),
    "signed": lambda gradient: gradient.sum(axis=1),
}
_NAMES = {
    "max": "largest absolute value over the channels",
    "sum": "sum of absolute values over the channels",
    "signed": "sum over the channels, with its sign",
}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Saliency(Attribution):
    """How much the score depends on each pixel.

    Attributes
    ----------
    gradient : ndarray (N, C, H, W)
        `map` is made from it, as the variant says.
    """

    gradient: Array


def reduced(gradient: Array, reduce: str) -> tuple[Array, str]:
    """Return the map (N, H, W) of a gradient (N, C, H, W), and how it was made."""
    if reduce not in _REDUCTIONS:
        raise ValueError(f"reduce must be one of {', '.join(_REDUCTIONS)}, not {reduce!r}")
    return _REDUCTIONS[reduce](gradient), _NAMES[reduce]


def saliency(
    model: Model, images: ArrayLike | mg.Tensor, target: Target = None, reduce: str = "max"
) -> Saliency:
    """Return how much a score depends on each pixel (Simonyan et al. 2013).

    Parameters
    ----------
    model : callable
        From a Tensor (N, C, H, W) to logits (N, K).
    images : array (N, C, H, W)
    target : int, array (N,) of int, None, Unit, Pixels or callable
        The class, None for the predicted one; or a unit of a layer; or a class at some pixels of a
        segmentation network's output; or a function from the model's output, which may then have
        any shape, to one score an image, (N,).
    reduce : {"max", "sum", "signed"}
        How the channels become one map: the largest or the sum of the absolute gradients, or
        the sum of the gradients with their signs.

    Returns
    -------
    Saliency

    Examples
    --------
    >>> import numpy as np
    >>> from techniques import saliency
    >>> weight = np.array([[1.0, 0.0], [-3.0, 0.0], [0.0, 2.0], [0.5, 0.0]])
    >>> def model(x):
    ...     return x.reshape(len(x), -1) @ weight
    >>> saliency(model, np.ones((1, 1, 2, 2)), target=0).map
    array([[[1. , 3. ],
            [0. , 0.5]]])
    """
    images = as_images(images)
    gradient, asked = score_gradient(model, images, target)
    values, name = reduced(gradient, reduce)
    return Saliency(
        map=values,
        gradient=gradient,
        target=asked.classes,
        images=images,
        variant=f"saliency: gradient of {asked.name}, {name}",
    )
