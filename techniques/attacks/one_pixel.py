"""The one-pixel attack (Su et al. 2019): differential evolution over places and colours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from ..model import Model, logits
from ..progress import tracked
from .budget import Bounds
from .result import AttackResult, judged
from .start import begun, checked_count, reached

Array = NDArray[Any]

_SCALE = 0.5  # F, the weight of the difference


def one_pixel(
    model: Model,
    images: ArrayLike | mg.Tensor,
    labels: ArrayLike | mg.Tensor,
    pixels: int = 1,
    population: int = 400,
    generations: int = 100,
    targeted: bool = False,
    bounds: Bounds = (0, 1),
    rng: int | np.random.Generator | None = None,
) -> AttackResult:
    """Search for one pixel, or a few, and their colours, by differential evolution.

    A candidate is a place and a colour for each pixel. Each generation makes a child a + F (b − c)
    of three others for every candidate, without crossover, and keeps the better of the two. The
    search ends when the aim is reached. (The paper's goes on until the true class has less than
    5 %, or the target more than 90 %.)

    Parameters
    ----------
    model : callable
        Only its probabilities are used.
    images, labels, targeted, bounds
        As for `fgsm`.
    pixels : int
        How many pixels may change, in all channels and by any amount: 1, 3 or 5.
    population, generations : int
        At least 4 candidates.
    rng : int, Generator or None

    Returns
    -------
    AttackResult
        ``distances.l0`` counts values: at most `pixels` times the channels.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks import one_pixel
    >>> image = np.full((1, 1, 2, 2), 0.5)
    >>> def model(x):
    ...     return x.reshape(len(x), 4) @ np.array([[1, 0], [1, 0], [0, 1], [0, 0.9]])
    >>> result = one_pixel(model, image, labels=0, population=20, rng=0)
    >>> result.success, result.distances.l0
    (array([ True]), array([1]))
    """
    images, scores, classes = begun(model, images, labels, bounds)
    pixels, generations = checked_count("pixels", pixels), checked_count("generations", generations)
    population = checked_count("population", population, least=4)
    rng = np.random.default_rng(rng)
    attacked, used = images.copy(), np.ones(len(images), np.int64)
    todo = np.flatnonzero(~reached(scores, classes, targeted)).tolist()
    for i in tracked(todo, f"{pixels} pixels"):
        attacked[i], evaluations = _evolved(
            model, images[i], classes[i], pixels, population, generations, targeted, bounds, rng
        )
        used[i] += evaluations
    return AttackResult(
        **judged(model, images, scores, attacked, classes, targeted, used),
        norm="l0",
        variant=f"{'targeted ' if targeted else ''}{pixels}-pixel attack, population {population}, "
        f"at most {generations} generations",
    )


def _evolved(
    model: Model,
    image: Array,
    label: np.int64,
    pixels: int,
    population: int,
    generations: int,
    targeted: bool,
    bounds: Bounds,
    rng: np.random.Generator,
) -> tuple[Array, int]:
    """The best picture found for one image, and how many were evaluated."""
    channels, height, width = image.shape
    labels = np.full(population, label)
    low = np.array([0, 0] + [bounds[0]] * channels, np.float64)
    high = np.array([height - 1, width - 1] + [bounds[1]] * channels, np.float64)

    def judge(genes: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
        pictures = painted(image, genes)
        answers = logits(model, pictures)
        chance: Array = mg.softmax(answers)[np.arange(population), labels]
        return pictures, -chance if targeted else chance, reached(answers, labels, targeted)

    genes = rng.uniform(low, high, (population, pixels, 2 + channels))
    middle, spread = np.mean(bounds), (bounds[1] - bounds[0]) / 2
    genes[..., 2:] = np.clip(rng.normal(middle, spread, genes[..., 2:].shape), *bounds)
    pictures, cost, done = judge(genes)
    for generation in range(generations):
        if done.any():
            winner = np.where(done, cost, np.inf).argmin()
            return pictures[winner], population * (generation + 1)
        a, b, c = (rng.permutation(population) for _ in range(3))
        children = np.clip(genes[a] + _SCALE * (genes[b] - genes[c]), low, high)
        born, their_cost, their_done = judge(children)
        better = their_cost < cost
        genes[better], pictures[better], cost[better] = (
            children[better], born[better], their_cost[better],
        )  # fmt: skip
        done = better & their_done
    return pictures[cost.argmin()], population * (generations + 1)


def painted(image: Array, genes: Array) -> Array:
    """Return copies of `image` (C, H, W), one for each candidate, with its pixels set.

    Parameters
    ----------
    genes : ndarray (N, pixels, 2 + C)
        Row, column and colour of each pixel.
    """
    pictures = np.repeat(image[None], len(genes), axis=0)
    row, column = np.rint(genes[..., :2]).astype(int).transpose(2, 0, 1)
    for pixel in range(genes.shape[1]):
        pictures[np.arange(len(genes)), :, row[:, pixel], column[:, pixel]] = genes[:, pixel, 2:]
    return pictures
