"""The fast gradient sign method (Goodfellow et al. 2015)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from ..model import Model, class_scores
from .budget import Bounds, checked_epsilon, images_within, project_linf
from .result import AttackResult, judged
from .start import as_labels


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FgsmResult(AttackResult):
    """The result of `fgsm`.

    Attributes
    ----------
    gradient_sign : ndarray (N, C, H, W)
        The sign of the gradient of the loss with respect to the images: −1, 0 or 1.
    """

    gradient_sign: NDArray[Any]


def fgsm(
    model: Model,
    images: ArrayLike | mg.Tensor,
    labels: ArrayLike | mg.Tensor,
    epsilon: float,
    targeted: bool = False,
    bounds: Bounds = (0, 1),
) -> FgsmResult:
    """Attack with one step of size ε in the direction of the gradient's sign: x + ε · sign(∇ₓJ).

    Parameters
    ----------
    model : callable
        From a Tensor (N, C, H, W) to logits (N, K).
    images : array (N, C, H, W)
        Within `bounds`.
    labels : array (N,) of int, or one int
        The true classes; with ``targeted=True`` those to be predicted instead.
    epsilon : float
        The largest change of a value, in the units of the images: 8/255 is common, 0.007 made
        the lecture's panda a gibbon.
    targeted : bool
        Descend the loss of the labels instead of ascending it.
    bounds : (low, high)
        The valid range, to which the images are clipped.

    Returns
    -------
    FgsmResult

    Raises
    ------
    ValueError
        For labels that are no classes, a negative ε, or images outside of the bounds.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks import fgsm
    >>> weight = np.array([[1.0, -1.0], [-2.0, 2.0]])
    >>> def model(x):
    ...     return x.reshape(len(x), -1) @ weight
    >>> result = fgsm(model, np.array([[[[0.75, 0.25]]]]), labels=0, epsilon=0.25)
    >>> result.images, result.success
    (array([[[[0.5, 0.5]]]]), array([ True]))
    """
    images, epsilon = images_within(images, bounds), checked_epsilon(epsilon)
    x = mg.Tensor(images, requires_grad=True)
    scores = class_scores(model, x)
    classes = as_labels(labels, scores.data)
    loss = mg.cross_entropy(scores, classes, reduction="sum")
    (gradient,) = mg.grad(loss, x)
    sign = np.sign(gradient.data)
    step = -epsilon * sign if targeted else epsilon * sign
    attacked = project_linf(images + step, images, epsilon, bounds)
    return FgsmResult(
        **judged(model, images, scores.data, attacked, classes, targeted, np.ones_like(classes)),
        norm="linf",
        gradient_sign=sign,
        variant=f"{'targeted ' if targeted else ''}FGSM, ε = {epsilon:g} in L∞, one step",
    )
