"""HopSkipJump (Chen et al. 2020): the direction of the border from decisions alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from ..model import Model
from ..progress import tracked
from .budget import Bounds
from .decisions import Decision, starting_points, to_border
from .result import AttackResult, judged
from .start import begun, checked_count, reached

Array = NDArray[Any]


def hop_skip_jump(
    model: Model,
    images: ArrayLike | mg.Tensor,
    labels: ArrayLike | mg.Tensor,
    queries: int = 10_000,
    steps: int = 64,
    samples: int = 100,
    starts: ArrayLike | mg.Tensor | None = None,
    targeted: bool = False,
    bounds: Bounds = (0, 1),
    rng: int | np.random.Generator | None = None,
) -> AttackResult:
    """On the border, ask on which side random points near by lie: their mean points across it.

    Each of the steps hops to the border by bisection, estimates its normal there, and jumps along
    it into the region of the aim: by the distance over √t, halved until it lands there.

    Parameters
    ----------
    model : callable
        Only its predicted class is used.
    images, labels, targeted, bounds
        As for `fgsm`.
    queries : int
        How many evaluations each image may cost, the first and the last included.
    steps : int
        At most so many.
    samples : int
        Points asked about in the first step; in step t √t times as many, at most 10 000.
    starts : array (N, C, H, W), optional
        As for `boundary`.
    rng : int, Generator or None

    Returns
    -------
    AttackResult
        There is no budget: `distance`, in L2, is what is sought to be small.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks import hop_skip_jump
    >>> image = np.array([[[[0.75, 0.5]]]])
    >>> result = hop_skip_jump(
    ...     lambda x: x.reshape(len(x), 2), image, labels=0, queries=1000, samples=20, rng=0)
    >>> result.success, result.distance.round(2)
    (array([ True]), array([0.18]))
    """
    images, scores, classes = begun(model, images, labels, bounds)
    queries, steps = checked_count("queries", queries, least=2), checked_count("steps", steps)
    samples = checked_count("samples", samples)
    rng, find = np.random.default_rng(rng), starting_points(starts, images, bounds)
    attacked, used = images.copy(), np.ones(len(images), np.int64)
    todo = np.flatnonzero(~reached(scores, classes, targeted)).tolist()
    for i in tracked(todo, "HopSkipJump"):
        decide = Decision(model, int(classes[i]), targeted, queries - 2)
        picture = find(i, decide, rng)
        if picture is not None:
            attacked[i] = _nearest(images[i], picture, decide, steps, samples, bounds, rng)
        used[i] += decide.used
    return AttackResult(
        **judged(model, images, scores, attacked, classes, targeted, used),
        norm="l2",
        variant=f"{'targeted ' if targeted else ''}HopSkipJump in L2, {steps} steps, at most "
        f"{queries} queries",
    )


def _nearest(
    image: Array,
    picture: Array,
    decide: Decision,
    steps: int,
    samples: int,
    bounds: Bounds,
    rng: np.random.Generator,
) -> Array:
    """Hop, estimate and jump; return the nearest picture that reached the aim."""
    nearness = 1 / image.size
    best = picture = to_border(image, picture, decide, nearness)
    for turn in range(1, steps + 1):
        distance = float(np.linalg.norm(picture - image))
        count = min(int(samples * np.sqrt(turn)), 10_000, decide.left)
        if count < 2 or distance == 0:
            break
        radius = 0.1 * (bounds[1] - bounds[0]) if turn == 1 else np.sqrt(image.size) * nearness
        radius *= 1 if turn == 1 else distance
        normal = _normal(picture, count, radius, decide, bounds, rng)
        length = distance / np.sqrt(turn)
        while decide.left > 0:
            jumped = np.clip(picture + length * normal, *bounds).astype(image.dtype)
            if decide(jumped[None])[0]:
                picture = to_border(image, jumped, decide, nearness)
                break
            length /= 2
        if np.linalg.norm(picture - image) < np.linalg.norm(best - image):
            best = picture
    return best


def _normal(
    picture: Array,
    count: int,
    radius: float,
    decide: Decision,
    bounds: Bounds,
    rng: np.random.Generator,
) -> Array:
    """The unit vector into the region of the aim, estimated from decisions around `picture`."""
    random = rng.normal(size=(count, *picture.shape))
    random /= np.sqrt((random**2).sum(axis=(1, 2, 3), keepdims=True))
    points = np.clip(picture + radius * random, *bounds).astype(picture.dtype)
    random = (points - picture) / radius
    side = np.where(decide(points), 1.0, -1.0)
    # Taking off the mean lessens the variance; where all agree there is nothing to take off.
    weights = side - side.mean() if abs(side.mean()) < 1 else side
    normal = np.tensordot(weights, random, axes=1)
    return normal / max(float(np.linalg.norm(normal)), 1e-12)
