"""The Square attack (Andriushchenko et al. 2020): random search with squares of ±ε."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from ..model import Model, logits
from ..progress import tracked
from .budget import Bounds, checked_epsilon, project_linf
from .result import AttackResult, judged
from .start import begun, checked_count, margin, reached

Array = NDArray[Any]

_HALVED_AT = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)  # of 10 000 queries


def square(
    model: Model,
    images: ArrayLike | mg.Tensor,
    labels: ArrayLike | mg.Tensor,
    epsilon: float,
    queries: int = 5000,
    p: float = 0.8,
    targeted: bool = False,
    bounds: Bounds = (0, 1),
    rng: int | np.random.Generator | None = None,
) -> AttackResult:
    """Begin with vertical stripes of ±ε; then set one random square after the other to ±ε.

    A square stays if the lead of the wrong class shrinks. Squares become smaller with time.

    Parameters
    ----------
    model : callable
        Only its scores are used.
    images, labels, epsilon, targeted, bounds
        As for `fgsm`.
    queries : int
        How many evaluations each image may cost, the first and the last included.
    p : float
        The share of the image that the first squares cover.
    rng : int, Generator or None

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks import square
    >>> image = np.array([[[[0.75, 0.5]]]])
    >>> square(lambda x: x.reshape(len(x), 2), image, labels=0, epsilon=0.2, rng=1).success
    array([ True])
    """
    images, scores, classes = begun(model, images, labels, bounds)
    epsilon, queries = checked_epsilon(epsilon), checked_count("queries", queries, least=2)
    if not 0 < p <= 1:
        raise ValueError(f"p is the share of the image in a square, from 0 to 1, not {p}")
    rng = np.random.default_rng(rng)
    count, channels, height, width = images.shape
    attacked, used = images.copy(), np.ones(count, np.int64)
    best = margin(scores, classes, targeted)
    left = np.flatnonzero(~reached(scores, classes, targeted))
    for turn in tracked(range(queries - 2), "Square"):
        if not left.size:
            break
        if turn == 0:
            stripes = rng.choice((-epsilon, epsilon), (len(left), channels, 1, width))
            tried = images[left] + stripes
        else:
            tried = attacked[left].astype(np.float64)
            side = side_of_square(p, turn, queries, height, width)
            for index, i in enumerate(left):
                top, start = rng.integers(height - side + 1), rng.integers(width - side + 1)
                window = (slice(None), slice(top, top + side), slice(start, start + side))
                sign = rng.choice((-epsilon, epsilon), (channels, 1, 1))
                tried[index][window] = images[i][window] + sign
        tried = project_linf(tried, images[left], epsilon, bounds)
        answers = logits(model, tried)
        used[left] += 1
        lead = margin(answers, classes[left], targeted)
        better = (lead < best[left]) | (turn == 0)
        attacked[left[better]], best[left[better]] = tried[better], lead[better]
        left = left[~(better & reached(answers, classes[left], targeted))]
    return AttackResult(
        **judged(model, images, scores, attacked, classes, targeted, used),
        norm="linf",
        variant=f"{'targeted ' if targeted else ''}Square, ε = {epsilon:g} in L∞, p = {p:g}, at "
        f"most {queries} queries",
    )


def side_of_square(p: float, turn: int, queries: int, height: int, width: int) -> int:
    """Return the side of the squares at one turn: p is halved nine times on the way.

    Examples
    --------
    >>> from techniques.attacks.square import side_of_square
    >>> [side_of_square(0.8, turn, 10_000, 32, 32) for turn in (1, 100, 5_000, 9_999)]
    [29, 14, 3, 1]
    """
    halvings = sum(turn * 10_000 / queries > at for at in _HALVED_AT)
    side = round(np.sqrt(p / 2**halvings * height * width))
    return min(max(side, 1), height, width)
