"""Randomised smoothing (Cohen et al. 2019): a prediction with a radius in which it must stay."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from ..images import as_images
from ..model import Model, logits
from ..progress import tracked
from ..result import Result

Array = NDArray[Any]
_BATCH = 256


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SmoothedPrediction(Result):
    """The result of `randomized_smoothing`.

    Attributes
    ----------
    prediction : ndarray of int (N,)
        The class of the smoothed model, or −1 where the samples do not decide.
    radius : ndarray (N,)
        No change shorter than this in L2 alters the class, but for the chance α that the samples
        misled; 0 where there is no prediction.
    """

    prediction: NDArray[np.int64]
    radius: Array


def randomized_smoothing(
    model: Model,
    images: ArrayLike | mg.Tensor,
    sigma: float,
    n0: int = 100,
    n: int = 1000,
    alpha: float = 0.001,
    rng: int | np.random.Generator | None = None,
) -> SmoothedPrediction:
    """Predict the class that the model most often sees under Gaussian noise, and certify it.

    `n0` samples guess the class; `n` others give a lower bound p of its probability, which holds
    with probability 1 − α (Clopper-Pearson). If p > 1/2, the radius is σ Φ⁻¹(p).

    Parameters
    ----------
    model : callable
        Best trained with the same noise, as by `noise_training`.
    images : array (N, C, H, W)
    sigma : float
        Of the noise, in units of the images.
    n0, n : int
        100 and 100 000 in the paper: the radius is at most σ Φ⁻¹(α^(1/n)).
    alpha : float
        How often a certificate may be wrong.
    rng : int, Generator or None

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.defenses import randomized_smoothing
    >>> images = np.array([[[[0.9, 0.1]]], [[[0.5, 0.5]]]])
    >>> result = randomized_smoothing(lambda x: x.reshape(len(x), 2), images, 0.25, rng=0)
    >>> result.prediction, result.radius.round(1)
    (array([ 0, -1]), array([0.5, 0. ]))
    """
    array, generator = as_images(images), np.random.default_rng(rng)
    if not 0 < sigma < np.inf or not 0 < alpha < 1 or n0 < 1 or n < 1:
        raise ValueError(
            f"sigma must be positive, alpha between 0 and 1, n0 and n at least 1, not {sigma}, "
            f"{alpha}, {n0} and {n}"
        )
    prediction, radius = np.full(len(array), -1), np.zeros(len(array))
    for i in tracked(range(len(array)), "smoothing"):
        guess = int(np.argmax(votes(model, array[i], sigma, n0, generator)))
        counted = votes(model, array[i], sigma, n, generator)
        lower = lower_bound(int(counted[guess]) if guess < len(counted) else 0, n, alpha)
        if lower > 0.5:
            prediction[i], radius[i] = guess, sigma * NormalDist().inv_cdf(lower)
    return SmoothedPrediction(
        prediction=prediction,
        radius=radius,
        variant=f"randomised smoothing, σ = {sigma:g}, n = {n}, α = {alpha:g}",
    )


def votes(
    model: Model, image: Array, sigma: float, samples: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """How often each class is predicted for an image (C, H, W) under noise."""
    classes = []
    for start in range(0, samples, _BATCH):
        count = min(_BATCH, samples - start)
        noisy = image + rng.normal(0, sigma, (count, *image.shape))
        classes.append(logits(model, noisy.astype(image.dtype)).argmax(axis=1))
    return np.bincount(np.concatenate(classes))


def lower_bound(successes: int, trials: int, alpha: float) -> float:
    """Return the Clopper-Pearson lower bound of a probability, one-sided at level 1 − α.

    It is the p for which `successes` or more of `trials` have the probability α.

    Examples
    --------
    >>> from techniques.defenses.randomized_smoothing import lower_bound
    >>> round(lower_bound(99, 100, 0.05), 4), round(lower_bound(100, 100, 0.05), 4)
    (0.9534, 0.9705)
    """
    if successes == 0:
        return 0.0
    counts = np.arange(successes, trials + 1)
    ways = np.array([
        math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1) for k in counts
    ])  # fmt: skip
    low, high = 0.0, 1.0
    for _ in range(60):
        p = (low + high) / 2
        tail = np.exp(ways + counts * math.log(p) + (trials - counts) * math.log1p(-p)).sum()
        low, high = (p, high) if tail < alpha else (low, p)
    return low
