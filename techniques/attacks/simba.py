"""SimBA (Guo et al. 2019): try one direction after the other, and keep what helps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from ..model import Model, logits
from ..progress import tracked
from .budget import Bounds, checked_epsilon
from .result import AttackResult, judged
from .start import begun, checked_count, reached

Array = NDArray[Any]

_RINGS = 8  # of frequencies, tried from low to high; the paper tries the lowest eighth


def simba(
    model: Model,
    images: ArrayLike | mg.Tensor,
    labels: ArrayLike | mg.Tensor,
    epsilon: float = 0.2,
    queries: int = 5000,
    basis: str = "pixel",
    targeted: bool = False,
    bounds: Bounds = (0, 1),
    rng: int | np.random.Generator | None = None,
) -> AttackResult:
    """Go ε along a direction of an orthonormal basis, forth or back, if the label loses by it.

    Parameters
    ----------
    model : callable
        Only its probabilities are used.
    images, labels, targeted, bounds
        As for `fgsm`.
    epsilon : float
        The length of a step; after T of them the change is at most ε √T long in L2.
    queries : int
        How many evaluations each image may cost, the first and the last included.
    basis : {"pixel", "dct"}
        Single values, or waves of the discrete cosine transform, low frequencies first.
    rng : int, Generator or None
        For the order of the directions.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks import simba
    >>> image = np.array([[[[0.75, 0.5]]]])
    >>> simba(lambda x: x.reshape(len(x), 2), image, labels=0, rng=0).images.round(2)
    array([[[[0.55, 0.7 ]]]])
    """
    images, scores, classes = begun(model, images, labels, bounds)
    epsilon, queries = checked_epsilon(epsilon), checked_count("queries", queries, least=2)
    if basis not in ("pixel", "dct"):
        raise ValueError(f'basis must be "pixel" or "dct", not {basis!r}')
    rng = np.random.default_rng(rng)
    orders = [_order(rng, images.shape[1:], basis) for _ in images]
    directions = _waves(images.shape[1:]) if basis == "dct" else _points(images.shape[1:])
    attacked, used = images.copy(), np.ones(len(images), np.int64)
    best = _label_probability(scores, classes, targeted)
    left = np.flatnonzero(~reached(scores, classes, targeted))
    for turn in tracked(range(images[:1].size), f"SimBA, {basis}"):
        left = left[used[left] + 3 <= queries]
        if not left.size:
            break
        step = epsilon * np.stack([directions(orders[i][turn]) for i in left])
        waiting = np.ones(len(left), bool)
        done = np.zeros(len(left), bool)
        for sign in (1, -1):
            some = left[waiting]
            if not some.size:
                break
            tried = np.clip(attacked[some] + sign * step[waiting], *bounds).astype(images.dtype)
            answers = logits(model, tried)
            used[some] += 1
            worth = _label_probability(answers, classes[some], targeted)
            better = worth < best[some]
            attacked[some[better]], best[some[better]] = tried[better], worth[better]
            done[waiting] = better & reached(answers, classes[some], targeted)
            waiting[waiting] = ~better
        left = left[~done]
    return AttackResult(
        **judged(model, images, scores, attacked, classes, targeted, used),
        norm="l2",
        variant=f"{'targeted ' if targeted else ''}SimBA, steps of {epsilon:g} in the {basis} "
        f"basis, at most {queries} queries",
    )


def _label_probability(scores: Array, classes: NDArray[np.int64], targeted: bool) -> Array:
    """The logarithm of the probability that shall fall: the label's; the target's, negated."""
    rows: Array = mg.log_softmax(scores)
    chosen = rows[np.arange(len(scores)), classes]
    return -chosen if targeted else chosen


def _order(rng: np.random.Generator, shape: tuple[int, ...], basis: str) -> NDArray[np.int64]:
    """The indices of the directions in random order; of waves, ring by ring from the lowest."""
    shuffled = rng.permutation(int(np.prod(shape)))
    if basis == "pixel":
        return shuffled
    _, row, column = np.unravel_index(shuffled, shape)
    ring = _RINGS * np.maximum(row / shape[1], column / shape[2])
    return shuffled[np.argsort(ring.astype(int), kind="stable")]


def _points(shape: tuple[int, ...]) -> Any:
    """The basis of single values: a function from an index to an array (C, H, W)."""

    def point(index: int) -> Array:
        flat = np.zeros(int(np.prod(shape)))
        flat[index] = 1
        return flat.reshape(shape)

    return point


def _waves(shape: tuple[int, ...]) -> Any:
    """The basis of the cosine transform in each channel."""
    vertical, horizontal = cosines(shape[1]), cosines(shape[2])

    def wave(index: int) -> Array:
        channel, row, column = np.unravel_index(index, shape)
        image = np.zeros(shape)
        image[channel] = np.outer(vertical[row], horizontal[column])
        return image

    return wave


def cosines(size: int) -> Array:
    """Return the orthonormal DCT-II matrix (size, size): row k is the wave of frequency k.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks.simba import cosines
    >>> np.allclose(cosines(5) @ cosines(5).T, np.eye(5))
    True
    """
    places = np.arange(size)
    waves = np.sqrt(2 / size) * np.cos(np.pi * np.outer(places, 2 * places + 1) / (2 * size))
    waves[0] /= np.sqrt(2)
    return waves
