"""Why it happens: many tiny steps in one direction add up (Goodfellow et al. 2015)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from ..model import Model, logits, score_gradient
from ..result import Result
from ..target import Target, as_classes
from .budget import Bounds, checked_epsilon, images_within, project_linf

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LogitShift(Result):
    """How far one step of size ε moves a logit.

    Attributes
    ----------
    dimension : int
        How many values an image has.
    shift : ndarray (N,)
        By how much the logit falls.
    predicted : ndarray (N,)
        By how much it would fall if the model were linear: ε ‖∇f‖₁. The clipping to the bounds is
        left out of account.
    """

    dimension: int
    shift: Array
    predicted: Array


def logit_shift(
    model: Model,
    images: ArrayLike | mg.Tensor,
    target: Target,
    epsilon: float,
    bounds: Bounds = (0, 1),
) -> LogitShift:
    """Take the step −ε sign(∇f) and compare the fall of the logit f with the linear ε ‖∇f‖₁.

    For weights of a given size ‖w‖₁ grows with the dimension, and no ε is too small: with enough
    values, the logit moves as far as one likes.

    Parameters
    ----------
    model, images, bounds
        As for `fgsm`.
    target : int, array (N,) or None
        Whose logit: by default the predicted class's.
    epsilon : float

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks import logit_shift
    >>> for size in (10, 100):
    ...     weight = np.array([[1.0], [-1.0]] * (size // 2))
    ...     result = logit_shift(
    ...         lambda x: x.reshape(1, -1) @ weight, np.full((1, 1, 1, size), 0.5), 0, 0.01)
    ...     print(result.dimension, result.shift.round(6), result.predicted.round(6))
    10 [0.1] [0.1]
    100 [1.] [1.]
    """
    array, epsilon = images_within(images, bounds), checked_epsilon(epsilon)
    clean = logits(model, array)
    classes = as_classes(target, clean)
    gradient, _ = score_gradient(model, array, classes)
    moved = project_linf(array - epsilon * np.sign(gradient), array, epsilon, bounds)
    rows = np.arange(len(array))
    return LogitShift(
        dimension=array[:1].size,
        shift=(clean - logits(model, moved))[rows, classes],
        predicted=epsilon * np.abs(gradient).sum(axis=(1, 2, 3)),
        variant=f"fall of the logit under one step, ε = {epsilon:g} in L∞",
    )
