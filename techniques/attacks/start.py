"""What every attack begins with: checked images, the model's scores of them, and the classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from ..model import Model, logits
from ..target import as_classes
from .budget import Bounds, images_within

Array = NDArray[Any]


def as_labels(labels: ArrayLike | mg.Tensor, scores: Array) -> NDArray[np.int64]:
    """Return `labels` as one class for each row of `scores`; refuse None, and a single class."""
    if labels is None:
        raise ValueError("labels are needed: the true classes, or the aims with targeted=True")
    if scores.shape[1] < 2:
        raise ValueError("the model has a single class: there is no other to attack towards")
    return as_classes(labels, scores, "labels")


def begun(
    model: Model, images: ArrayLike | mg.Tensor, labels: ArrayLike | mg.Tensor, bounds: Bounds
) -> tuple[Array, Array, NDArray[np.int64]]:
    """Return the images as an array, the model's scores (N, K) of them, and the labels (N,)."""
    checked = images_within(images, bounds)
    scores = logits(model, checked)
    return checked, scores, as_labels(labels, scores)


def reached(scores: Array, classes: NDArray[np.int64], targeted: bool) -> NDArray[np.bool_]:
    """Where the aim is reached: another class than the label or, if `targeted`, the label."""
    predicted = scores.argmax(axis=1)
    return predicted == classes if targeted else predicted != classes


def checked_count(name: str, value: int, least: int = 1) -> int:
    """Return `value`, a whole number of at least `least`."""
    if not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, not {value!r}")
    return int(value)


def margin(scores: Array, classes: NDArray[np.int64], targeted: bool) -> Array:
    """How far each image is from the aim, (N,): by how much the wrong score leads.

    Untargeted, the label's logit minus the largest other one; if `targeted`, the reverse.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks.start import margin
    >>> margin(np.array([[3.0, 1.0, 2.0]]), np.array([0]), targeted=False)
    array([1.])
    """
    rows = np.arange(len(scores))
    others = scores.copy()
    others[rows, classes] = -np.inf
    lead = scores[rows, classes] - others.max(axis=1)
    return -lead if targeted else lead
