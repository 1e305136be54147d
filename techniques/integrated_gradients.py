"""Integrated gradients: what each value of the image added to the score.

The gradient is averaged on the straight path from a baseline to the image and multiplied with the
way gone, so that the attributions add up to the rise of the score (Sundararajan et al. 2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from .arguments import check_positive
from .images import as_baseline, as_images
from .model import Model, asked_scores, score_gradient, settled
from .progress import tracked
from .saliency import Saliency
from .target import Target

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class IntegratedGradients(Saliency):
    """How much each value of the image contributed to the score.

    Attributes
    ----------
    gradient : ndarray (N, C, H, W)
        The mean gradient on the path.
    attribution : ndarray (N, C, H, W)
        The mean gradient times (image - baseline); `map` is its sum over the channels.
    completeness_gap : ndarray (N,)
        The sum of the attribution minus the rise of the score from the baseline to the image.
        Zero for a fine enough path.
    """

    attribution: Array
    completeness_gap: Array


def integrated_gradients(
    model: Model,
    images: ArrayLike | mg.Tensor,
    target: Target = None,
    baseline: ArrayLike | mg.Tensor = 0,
    steps: int = 50,
) -> IntegratedGradients:
    """Return what each value contributed to the score, from a baseline on.

    The gradient is averaged along the straight path from the baseline to the image, at Gauss–
    Legendre nodes, and multiplied with the way gone (Sundararajan et al. 2017, eq. 1).

    Parameters
    ----------
    model, images, target
        As for `saliency`.
    baseline : float or array that broadcasts to the images
        Where the path starts: an image without what is to be explained.
    steps : int
        How many gradients are averaged.

    Returns
    -------
    IntegratedGradients
        With ``completeness_gap``, the error of the path's sum.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques import integrated_gradients
    >>> def model(x):
    ...     return (x ** 2).reshape(len(x), -1) @ np.array([[1.0], [2.0]])
    >>> result = integrated_gradients(model, np.array([[[[3.0, 1.0]]]]), 0)
    >>> np.round(result.attribution, 6), np.abs(result.completeness_gap) < 1e-6
    (array([[[[9., 2.]]]]), array([ True]))
    """
    check_positive("steps", steps)
    images = as_images(images)
    start = as_baseline(baseline, images)
    target = settled(model, images, target)
    nodes, shares = np.polynomial.legendre.leggauss(steps)
    gradient = np.zeros_like(images)
    for step in tracked(range(steps), "integrated gradients"):
        here = (start + (nodes[step] + 1) / 2 * (images - start)).astype(images.dtype)
        slope, asked = score_gradient(model, here, target)
        gradient += (shares[step] / 2 * slope).astype(images.dtype)
    attribution = gradient * (images - start)
    rise = asked_scores(model, images, target) - asked_scores(model, start, target)
    return IntegratedGradients(
        map=attribution.sum(axis=1),
        gradient=gradient,
        target=asked.classes,
        images=images,
        attribution=attribution,
        completeness_gap=attribution.sum(axis=(1, 2, 3)) - rise,
        variant=f"integrated gradients of {asked.name}, {steps} Gauss–Legendre steps from the "
        "baseline, summed over the channels",
    )
