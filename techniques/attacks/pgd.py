"""Projected gradient descent (Madry et al. 2018), and BIM, the same without a random start."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import ArrayLike

import minigrad as mg

from ..model import Model, logits
from ..progress import tracked
from .ball import ball_of
from .budget import Bounds, checked_epsilon
from .gradient import loss_gradient
from .result import AttackResult, judged
from .start import begun, checked_count, reached


def pgd(
    model: Model,
    images: ArrayLike | mg.Tensor,
    labels: ArrayLike | mg.Tensor,
    epsilon: float,
    step: float | None = None,
    steps: int = 10,
    norm: str = "linf",
    random_start: bool = True,
    targeted: bool = False,
    bounds: Bounds = (0, 1),
    rng: int | np.random.Generator | None = None,
    restarts: int = 1,
) -> AttackResult:
    """Climb the loss in small steps, and after each go back into the ball around the image.

    In L∞ a step is ``step · sign(∇ₓJ)``; in L2 it is the gradient, made `step` long.

    Parameters
    ----------
    model, images, labels, epsilon, targeted, bounds
        As for `fgsm`; `epsilon` is the radius of the ball.
    step : float, optional
        2.5 ε / `steps` by default: 2/255 for ten steps in a ball of 8/255.
    steps : int
    norm : {"linf", "l2"}
    random_start : bool
        Begin anywhere in the ball, not at the image, where the gradient may be misleading.
    rng : int, Generator or None
        For the random start.
    restarts : int
        How often to begin anew; for each image the first success is kept.

    Returns
    -------
    AttackResult

    Raises
    ------
    ValueError
        For an unknown norm, a negative ε, no steps, or labels or images that `fgsm` refuses.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks import pgd
    >>> weight = np.array([[1.0, -1.0], [-2.0, 2.0]])
    >>> def model(x):
    ...     return x.reshape(len(x), -1) @ weight
    >>> result = pgd(model, np.array([[[[0.75, 0.25]]]]), labels=0, epsilon=0.25, rng=0)
    >>> result.images.round(6), result.success
    (array([[[[0.5, 0.5]]]]), array([ True]))
    """
    images, scores, classes = begun(model, images, labels, bounds)
    ball, epsilon = ball_of(norm), checked_epsilon(epsilon)
    steps, restarts = checked_count("steps", steps), checked_count("restarts", restarts)
    step = 2.5 * epsilon / steps if step is None else checked_epsilon(step, "step")
    uphill = -step if targeted else step
    rng = np.random.default_rng(rng)
    attacked, done = images, reached(scores, classes, targeted)
    for turn in range(restarts):
        x = images
        if random_start:
            start = images + epsilon * ball.random(rng, images.shape)
            x = ball.project(start, images, epsilon, bounds)
        for _ in tracked(range(steps), "PGD"):
            direction = ball.steepest(loss_gradient(model, x, classes))
            x = ball.project(x + uphill * direction, images, epsilon, bounds)
        attacked = np.where(done[:, None, None, None] & (turn > 0), attacked, x)
        if turn < restarts - 1:
            done |= reached(logits(model, x), classes, targeted)
    queries = np.full(len(images), restarts * (steps + 1))
    return AttackResult(
        **judged(model, images, scores, attacked, classes, targeted, queries),
        norm=norm,
        variant=f"{'targeted ' if targeted else ''}PGD, ε = {epsilon:g} in {norm}, {steps} steps "
        f"of {step:g}" + (f", best of {restarts} random starts" if restarts > 1 else ""),
    )


def bim(
    model: Model,
    images: ArrayLike | mg.Tensor,
    labels: ArrayLike | mg.Tensor,
    epsilon: float,
    step: float | None = None,
    steps: int = 10,
    targeted: bool = False,
    bounds: Bounds = (0, 1),
) -> AttackResult:
    """The basic iterative method (Kurakin et al. 2017): `pgd` in L∞, begun at the image itself.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks import bim
    >>> image = np.array([[[[0.75, 0.25]]]])
    >>> bim(lambda x: x.reshape(1, 2), image, labels=0, epsilon=0.25, step=0.05).images
    array([[[[0.5, 0.5]]]])
    """
    result = pgd(model, images, labels, epsilon, step, steps, "linf", False, targeted, bounds)
    return dataclasses.replace(result, variant=result.variant.replace("PGD", "BIM"))
