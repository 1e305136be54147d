"""Which class is asked about, image by image."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

Target: TypeAlias = ArrayLike | mg.Tensor | None


def as_classes(target: Target, scores: NDArray[Any], name: str = "target") -> NDArray[np.int64]:
    """Return the class asked of each image, (N,).

    Parameters
    ----------
    target : int, array (N,) of int, or None
        One class for all images, one each, or the class with the largest score.
    scores : ndarray (N, K)
    name : str
        What to call it in an error.

    Raises
    ------
    TypeError, ValueError
        For a class that is no integer or not in 0 … K - 1, or another number of them than images.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.target import as_classes
    >>> scores = np.array([[0.1, 0.9], [0.8, 0.2]])
    >>> as_classes(None, scores), as_classes(1, scores)
    (array([1, 0]), array([1, 1]))
    >>> as_classes(2, scores)
    Traceback (most recent call last):
    ...
    ValueError: target 2 is not a class: the model has the classes 0 to 1
    """
    count, classes = scores.shape
    if target is None:
        return scores.argmax(axis=1)
    chosen = target.data if isinstance(target, mg.Tensor) else np.asarray(target)
    if chosen.dtype.kind not in "iu" and chosen.size:
        raise TypeError(
            f"{name} {target!r} must be an integer, an array of integers, or None for the "
            "predicted class"
        )
    if chosen.ndim and chosen.shape != (count,):
        raise ValueError(
            f"{name} has shape {chosen.shape} for {count} images: give one class for all, or "
            f"an array of shape ({count},)"
        )
    wrong = chosen[(chosen < 0) | (chosen >= classes)]
    if wrong.size:
        raise ValueError(
            f"{name} {int(wrong.flat[0])} is not a class: the model has the classes 0 to "
            f"{classes - 1}"
        )
    return np.full(count, chosen, np.int64)


def one_hot(classes: NDArray[np.int64], count: int) -> NDArray[np.float32]:
    """Return rows of `count` zeros with a one at each class: the cotangent that picks a score."""
    rows = np.zeros((len(classes), count), np.float32)
    rows[np.arange(len(classes)), classes] = 1
    return rows
