"""One perturbation for all images (Moosavi-Dezfooli et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from ..model import Model, logits
from ..progress import tracked
from .ball import ball_of
from .budget import Bounds, checked_epsilon, images_within
from .deepfool import deepfool
from .result import AttackResult, judged
from .start import checked_count

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class UniversalResult(AttackResult):
    """The result of `universal`; success is another class than the one predicted before.

    Attributes
    ----------
    perturbation : ndarray (C, H, W)
        At most ε long; added to an image and clipped, it is the attack.
    rate : float
        The share of the images that change their class.
    """

    perturbation: Array
    rate: float


def universal(
    model: Model,
    images: ArrayLike | mg.Tensor,
    epsilon: float = 10 / 255,
    target_rate: float = 0.8,
    norm: str = "linf",
    passes: int = 10,
    bounds: Bounds = (0, 1),
    rng: int | np.random.Generator | None = None,
) -> UniversalResult:
    """Add up what `deepfool` needs for one image after the other, and stay in a ball of radius ε.

    Only images that the sum so far does not fool add to it. It is added to other images just as
    well: that is what is astonishing.

    Parameters
    ----------
    model, images, bounds
        As for `fgsm`. There are no labels: the class to leave is the predicted one.
    epsilon : float
        The radius; 10/255 in L∞ in the paper.
    target_rate : float
        Stop when so many images are fooled.
    norm : {"linf", "l2"}
    passes : int
        Go through the images at most so often.
    rng : int, Generator or None
        For the order of the images.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks import universal
    >>> images = np.array([[[[0.75, 0.25]]], [[[0.6, 0.5]]]])
    >>> result = universal(lambda x: x.reshape(len(x), 2), images, epsilon=0.3, rng=0)
    >>> result.rate, result.perturbation.round(2)
    (1.0, array([[[-0.26,  0.26]]]))
    """
    images = images_within(images, bounds)
    epsilon, ball = checked_epsilon(epsilon), ball_of(norm)
    if not 0 <= target_rate <= 1:
        raise ValueError(f"target_rate must be a share from 0 to 1, not {target_rate}")
    rng = np.random.default_rng(rng)
    scores = logits(model, images)
    classes = scores.argmax(axis=1)
    perturbation = np.zeros((1, *images.shape[1:]), images.dtype)
    queries = np.ones(len(images), np.int64)
    nowhere, unbounded = np.zeros_like(perturbation), (-np.inf, np.inf)
    attacked, rate = images, 0.0
    for _ in tracked(range(checked_count("passes", passes)), "universal perturbation"):
        if rate >= target_rate:
            break
        for i in tracked(rng.permutation(len(images)).tolist(), "universal perturbation"):
            moved = np.clip(images[i : i + 1] + perturbation, *bounds)
            step = deepfool(model, moved, classes[i : i + 1], steps=10, bounds=bounds)
            queries[i] += step.queries[0]
            if step.already_misclassified[0]:
                continue
            perturbation = ball.project(
                perturbation + (step.images - moved), nowhere, epsilon, unbounded
            )
        attacked = ball.project(images + perturbation, images, epsilon, bounds)
        rate = float((logits(model, attacked).argmax(axis=1) != classes).mean())
        queries += 1
    return UniversalResult(
        **judged(model, images, scores, attacked, classes, False, queries),
        norm=norm,
        perturbation=perturbation[0],
        rate=rate,
        variant=f"universal perturbation by DeepFool, ε = {epsilon:g} in {norm}, until "
        f"{100 * target_rate:g} % are fooled",
    )
