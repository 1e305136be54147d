"""The attack of Carlini and Wagner (2017) in L2: as small as can be, by optimisation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg
from layers import Parameter
from layers.optim import Adam

from ..model import Model, class_scores
from ..progress import tracked
from ..target import one_hot
from .budget import Bounds, checked_epsilon
from .result import AttackResult, judged
from .start import begun, checked_count, margin, reached

Array = NDArray[Any]

_INSIDE = 0.999999  # keeps the argument of artanh below 1 on black and white
_EXCLUDED = 10_000.0  # taken off the label's own logit when the largest other one is sought
_CHECKS, _PROGRESS = 10, 0.9999  # ten times a search: has the loss fallen below this share?


def carlini_wagner(
    model: Model,
    images: ArrayLike | mg.Tensor,
    labels: ArrayLike | mg.Tensor,
    steps: int = 1000,
    step: float = 0.01,
    binary_search_steps: int = 9,
    initial_constant: float = 1e-3,
    confidence: float = 0,
    targeted: bool = False,
    bounds: Bounds = (0, 1),
) -> AttackResult:
    """Minimise ‖δ‖² + c · max(lead of the wrong class, −κ), for the smallest c that succeeds.

    The image is written as a tanh, so that it cannot leave its bounds, and Adam does the rest.
    c is found by bisection, for each image on its own.

    Parameters
    ----------
    model, images, labels, targeted, bounds
        As for `fgsm`.
    steps : int
        Of Adam, for each c; a search that stops to improve ends earlier. 10 000 in the paper.
    step : float
        Adam's.
    binary_search_steps : int
        How many c are tried.
    initial_constant : float
        The first c.
    confidence : float
        κ: by how much the logit of the wrong class shall lead.

    Returns
    -------
    AttackResult
        There is no budget; an image that nothing fooled comes back as it was.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks import carlini_wagner
    >>> image = np.array([[[[0.75, 0.25]]]])
    >>> result = carlini_wagner(lambda x: 9 * x.reshape(1, 2), image, labels=0, steps=100)
    >>> result.success, result.distance.round(2)
    (array([ True]), array([0.35]))
    """
    images, scores, classes = begun(model, images, labels, bounds)
    steps = checked_count("steps", steps)
    searches = checked_count("binary_search_steps", binary_search_steps)
    for name, number in {"step": step, "initial_constant": initial_constant}.items():
        if not 0 < number < np.inf:
            raise ValueError(f"{name} must be positive, not {number}")
    confidence = checked_epsilon(confidence, "confidence")
    attacked, queries = images.copy(), np.ones(len(images), np.int64)
    todo = np.flatnonzero(~reached(scores, classes, targeted))
    low, high = np.zeros(len(todo)), np.full(len(todo), np.inf)
    constants, shortest = np.full(len(todo), float(initial_constant)), np.full(len(todo), np.inf)
    for _ in tracked(range(searches if todo.size else 0), "Carlini-Wagner, bisection"):
        found, lengths, used = _search(
            model, images[todo], classes[todo], constants, steps, step, confidence, targeted, bounds
        )
        queries[todo] += used
        better = lengths < shortest
        attacked[todo[better]], shortest[better] = found[better], lengths[better]
        succeeded = np.isfinite(lengths)
        high = np.where(succeeded, np.minimum(high, constants), high)
        low = np.where(succeeded, low, np.maximum(low, constants))
        constants = np.where(np.isfinite(high), (low + high) / 2, 10 * constants)
    return AttackResult(
        **judged(model, images, scores, attacked, classes, targeted, queries),
        norm="l2",
        variant=f"{'targeted ' if targeted else ''}Carlini-Wagner in L2, {searches} constants from "
        f"{initial_constant:g}, at most {steps} steps of {step:g} each, confidence {confidence:g}",
    )


def _search(
    model: Model,
    images: Array,
    classes: NDArray[np.int64],
    constants: Array,
    steps: int,
    step: float,
    confidence: float,
    targeted: bool,
    bounds: Bounds,
) -> tuple[Array, Array, int]:
    """Minimise for given c: the nearest successes, their squared length (else ∞), evaluations."""
    low, high = bounds
    dtype = images.dtype
    images = images.astype(np.promote_types(dtype, np.float32))  # float16 has no room for this
    w = Parameter(np.arctanh(_INSIDE * (2 * (images - low) / (high - low) - 1)))
    optimizer = Adam([w], lr=step)
    best, shortest = images.astype(dtype), np.full(len(images), np.inf)
    before = np.inf
    for done in range(1, steps + 1):
        x = (mg.tanh(w) + 1) * ((high - low) / 2) + low
        squares = ((x - images) ** 2).sum(axis=(1, 2, 3))
        scores = class_scores(model, x)
        lead = _lead(scores, classes, targeted)
        loss = (squares + constants.astype(images.dtype) * mg.relu(lead + confidence)).sum()
        (w.grad,) = (gradient.data for gradient in mg.grad(loss, w))
        candidates = np.clip(x.data, low, high).astype(dtype)
        fooled = margin(scores.data, classes, targeted) <= -confidence
        fooled &= reached(scores.data, classes, targeted)
        better = fooled & (squares.data < shortest)
        best[better], shortest[better] = candidates[better], squares.data[better]
        if done % max(steps // _CHECKS, 1) == 0:
            if loss.item() > _PROGRESS * before:
                break
            before = loss.item()
        optimizer.step()
    return best, shortest, done


def _lead(scores: mg.Tensor, classes: NDArray[np.int64], targeted: bool) -> mg.Tensor:
    """The `margin` as a Tensor (N,)."""
    chosen = one_hot(classes, scores.shape[1]).astype(scores.dtype)
    own = (scores * chosen).sum(axis=1)
    lead = own - (scores * (1 - chosen) - _EXCLUDED * chosen).max(axis=1)
    return -lead if targeted else lead
