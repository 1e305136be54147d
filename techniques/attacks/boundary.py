"""The boundary attack (Brendel et al. 2018): walk along the border, towards the image."""

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

_WINDOW = 20  # steps after which their lengths are adapted


def boundary(
    model: Model,
    images: ArrayLike | mg.Tensor,
    labels: ArrayLike | mg.Tensor,
    queries: int = 25_000,
    sideways: float = 0.01,
    forward: float = 0.01,
    starts: ArrayLike | mg.Tensor | None = None,
    targeted: bool = False,
    bounds: Bounds = (0, 1),
    rng: int | np.random.Generator | None = None,
) -> AttackResult:
    """From a picture far away that fools the model, come nearer at random, and stay fooling.

    Each try goes a little around the image on its sphere, then a little towards it; it is
    accepted if the model is still fooled. Both lengths follow the share of accepted tries.

    Parameters
    ----------
    model : callable
        Only its predicted class is used.
    images, labels, targeted, bounds
        As for `fgsm`.
    queries : int
        How many evaluations each image may cost, the first and the last included.
    sideways, forward : float
        The first lengths, as shares of the distance from the image.
    starts : array (N, C, H, W), optional
        Pictures that reach the aim, such as pictures of the target class; else uniform noise.
    rng : int, Generator or None

    Returns
    -------
    AttackResult
        There is no budget: `distance`, in L2, is what is sought to be small. An image comes back
        as it was where no start reached the aim.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks import boundary
    >>> image = np.array([[[[0.75, 0.5]]]])
    >>> result = boundary(lambda x: x.reshape(len(x), 2), image, labels=0, queries=200, rng=0)
    >>> result.success, bool(result.distance[0] < 0.2)
    (array([ True]), True)
    """
    images, scores, classes = begun(model, images, labels, bounds)
    queries = checked_count("queries", queries, least=2)
    for name, share in {"sideways": sideways, "forward": forward}.items():
        if not 0 < share < 1:
            raise ValueError(f"{name} is a share of the distance, between 0 and 1, not {share}")
    rng, find = np.random.default_rng(rng), starting_points(starts, images, bounds)
    attacked, used = images.copy(), np.ones(len(images), np.int64)
    todo = np.flatnonzero(~reached(scores, classes, targeted)).tolist()
    for i in tracked(todo, "boundary"):
        decide = Decision(model, int(classes[i]), targeted, queries - 2)
        picture = find(i, decide, rng)
        if picture is not None:
            picture = to_border(images[i], picture, decide)
            attacked[i] = _walk(images[i], picture, decide, sideways, forward, bounds, rng)
        used[i] += decide.used
    return AttackResult(
        **judged(model, images, scores, attacked, classes, targeted, used),
        norm="l2",
        variant=f"{'targeted ' if targeted else ''}boundary attack, at most {queries} queries",
    )


def _walk(
    image: Array,
    picture: Array,
    decide: Decision,
    sideways: float,
    forward: float,
    bounds: Bounds,
    rng: np.random.Generator,
) -> Array:
    """Come nearer to `image` as long as there are queries left."""
    accepted_around, accepted = [], []
    while decide.left >= 2:
        around = _around(image, picture, sideways, rng)
        nearer = around + forward * (image - around)
        tried = np.clip(np.stack([around, nearer]), *bounds).astype(image.dtype)
        fooled_around, fooled = decide(tried)
        if fooled and np.linalg.norm(tried[1] - image) < np.linalg.norm(picture - image):
            picture = tried[1]
        accepted_around.append(fooled_around)
        accepted.append(fooled)
        if len(accepted) == _WINDOW:
            sideways *= _adapted(float(np.mean(accepted_around)), 0.2, 0.5)
            forward *= _adapted(float(np.mean(accepted)), 0.1, 0.25)
            sideways, forward = min(sideways, 0.5), min(forward, 0.5)
            accepted_around, accepted = [], []
    return picture


def _adapted(share: float, low: float, high: float) -> float:
    """Shorter steps where few are accepted, longer ones where many are."""
    return 1.5 if share > high else 1 / 1.5 if share < low else 1.0


def _around(image: Array, picture: Array, length: float, rng: np.random.Generator) -> Array:
    """A random step at a right angle to the way to `image`, and back to the same distance."""
    way = picture.astype(np.float64) - image
    distance = np.linalg.norm(way)
    if distance == 0:
        return picture.astype(np.float64)
    random = rng.normal(size=way.shape)
    random -= (random * way).sum() / distance**2 * way
    random *= length * distance / max(float(np.linalg.norm(random)), 1e-12)
    return image + (way + random) * (distance / np.linalg.norm(way + random))
