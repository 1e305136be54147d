"""Saliency: which pixels move the score of a class most, if they move a little?

The gradient of the score with respect to the image (Simonyan et al. 2013), its mean over noisy
copies (SmoothGrad, Smilkov et al. 2017), and its mean along a path from a baseline (integrated
gradients, Sundararajan et al. 2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from .images import as_images
from .model import Model, class_gradient, logits
from .picture import show_maps
from .result import Result
from .target import Target, as_classes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]

# From a gradient (N, C, H, W) to a map (N, H, W).
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
class Saliency(Result):
    """How much the score depends on each pixel.

    Attributes
    ----------
    map : ndarray (N, H, W)
    gradient : ndarray (N, C, H, W)
    target : ndarray (N,)
        The class whose score it is about.
    """

    map: Array
    gradient: Array
    target: NDArray[np.int64]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the maps side by side, with a colour bar."""
        return show_maps(ax, self.map, self.variant)


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


def saliency(
    model: Model, images: ArrayLike | mg.Tensor, target: Target = None, reduce: str = "max"
) -> Saliency:
    """Return how much the score of a class depends on each pixel (Simonyan et al. 2013).

    Parameters
    ----------
    model : callable
        From a Tensor (N, C, H, W) to logits (N, K).
    images : array (N, C, H, W)
    target : int, array (N,) of int, or None
        The class; None for the predicted one.
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
    _check_reduction(reduce)
    gradient, classes = class_gradient(model, as_images(images), target)
    return Saliency(
        map=_REDUCTIONS[reduce](gradient),
        gradient=gradient,
        target=classes,
        variant=f"saliency: gradient of the logit, {_NAMES[reduce]}",
    )


def smooth_grad(
    model: Model,
    images: ArrayLike | mg.Tensor,
    target: Target = None,
    samples: int = 50,
    noise: float = 0.15,
    rng: int | np.random.Generator | None = None,
    reduce: str = "max",
) -> Saliency:
    """Return the saliency of the mean gradient over noisy copies (Smilkov et al. 2017).

    Parameters
    ----------
    model, images, target, reduce
        As for `saliency`; the predicted class is that of the clean image.
    samples : int
        How many noisy copies of each image.
    noise : float
        The standard deviation, as a fraction of each image's value range, max - min.
    rng : int, Generator or None

    Returns
    -------
    Saliency

    Examples
    --------
    >>> import numpy as np
    >>> from techniques import smooth_grad
    >>> def model(x):
    ...     return (x ** 2).reshape(len(x), -1) @ np.array([[1.0], [2.0]])
    >>> image = np.array([[[[1.0, 0.0]]]])
    >>> smooth_grad(model, image, 0, samples=4, noise=0.0).map
    array([[[2., 0.]]])
    """
    _check_reduction(reduce)
    _check_count("samples", samples)
    fraction = np.asarray(noise)
    if fraction.ndim or fraction.dtype.kind not in "iuf" or not 0 <= fraction < np.inf:
        raise ValueError(f"noise must be a fraction of the value range, 0 or more, not {noise!r}")
    images = as_images(images)
    rng = np.random.default_rng(rng)
    classes = as_classes(target, logits(model, images))
    deviation = noise * np.ptp(images, axis=(1, 2, 3), keepdims=True)
    total = np.zeros_like(images)
    for _ in range(samples):
        noisy = images + (deviation * rng.standard_normal(images.shape)).astype(images.dtype)
        total += class_gradient(model, noisy, classes)[0]
    gradient = total / samples
    return Saliency(
        map=_REDUCTIONS[reduce](gradient),
        gradient=gradient,
        target=classes,
        variant=f"SmoothGrad: mean gradient of the logit over {samples} noisy copies "
        f"(σ = {noise:g} of the value range), {_NAMES[reduce]}",
    )


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
    _check_count("steps", steps)
    images = as_images(images)
    start = _as_baseline(baseline, images)
    scores = logits(model, images)
    classes = as_classes(target, scores)
    nodes, node_weights = np.polynomial.legendre.leggauss(steps)
    gradient = np.zeros_like(images)
    for position, share in zip((nodes + 1) / 2, node_weights / 2, strict=True):
        here = (start + position * (images - start)).astype(images.dtype)
        gradient += share * class_gradient(model, here, classes)[0]
    attribution = gradient * (images - start)
    rows = np.arange(len(images))
    rise = scores[rows, classes] - logits(model, start)[rows, classes]
    return IntegratedGradients(
        map=attribution.sum(axis=1),
        gradient=gradient,
        target=classes,
        attribution=attribution,
        completeness_gap=attribution.sum(axis=(1, 2, 3)) - rise,
        variant=f"integrated gradients of the logit, {steps} Gauss–Legendre steps from the "
        "baseline, summed over the channels",
    )


def _as_baseline(baseline: ArrayLike | mg.Tensor, images: Array) -> Array:
    start = baseline.data if isinstance(baseline, mg.Tensor) else np.asarray(baseline)
    try:
        start = np.broadcast_to(start, images.shape)
    except ValueError:
        raise ValueError(
            f"baseline has shape {start.shape}, which does not broadcast to the images' "
            f"{images.shape}: give a number or an image"
        ) from None
    return as_images(start.astype(images.dtype), "baseline")


def _check_reduction(reduce: str) -> None:
    if reduce not in _REDUCTIONS:
        raise ValueError(f"reduce must be one of {', '.join(_REDUCTIONS)}, not {reduce!r}")


def _check_count(name: str, value: int) -> None:
    if not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} must be a positive integer, not {value!r}")
