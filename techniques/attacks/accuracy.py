"""How accuracy falls with the strength of an attack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from ..model import Model
from ..result import Result
from .budget import Bounds, images_within
from .fgsm import fgsm
from .result import AttackResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AccuracyCurve(Result):
    """Accuracy against ε.

    Attributes
    ----------
    epsilons : ndarray (E,)
    accuracy : ndarray (E,)
        The share of images, from 0 to 1, that are predicted right both before and after the
        attack.
    """

    epsilons: Array
    accuracy: Array

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the curve."""
        if ax is None:
            from matplotlib import pyplot

            _, ax = pyplot.subplots()
        ax.plot(self.epsilons, self.accuracy, marker="o")
        ax.set_xlabel("ε")
        ax.set_ylabel("accuracy")
        ax.set_ylim(0, 1)
        ax.set_title(self.variant, fontsize="small", wrap=True)
        return ax


def accuracy_against_epsilon(
    model: Model,
    images: ArrayLike | mg.Tensor,
    labels: ArrayLike,
    epsilons: Sequence[float],
    attack: Callable[..., AttackResult] = fgsm,
    bounds: Bounds = (0, 1),
    batch_size: int = 128,
    **options: Any,
) -> AccuracyCurve:
    """Return the accuracy under an attack for each ε.

    Parameters
    ----------
    model, images, bounds
        As for the attack.
    labels : array (N,) of int
        The true classes.
    epsilons : sequence of float
    attack : callable
        ``attack(model, images, labels, epsilon, bounds=bounds, **options)``.
    batch_size : int
        How many images are attacked at a time.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks import accuracy_against_epsilon
    >>> weight = np.array([[1.0, -1.0], [-1.0, 1.0]])
    >>> def model(x):
    ...     return x.reshape(len(x), -1) @ weight
    >>> images = np.array([[[[0.5, 0.75]]], [[[0.5, 1.0]]]])
    >>> accuracy_against_epsilon(model, images, [1, 1], [0.0, 0.2, 0.4]).accuracy
    array([1. , 0.5, 0. ])
    """
    images, labels = images_within(images, bounds), np.asarray(labels)
    if labels.shape != (len(images),) or not len(images):
        raise ValueError(
            f"{len(images)} images and labels of shape {labels.shape}: give one label for each "
            "image, and at least one image"
        )
    accuracy = []
    for epsilon in epsilons:
        right = 0
        for i in range(0, len(images), batch_size):
            part = slice(i, i + batch_size)
            result = attack(model, images[part], labels[part], epsilon, bounds=bounds, **options)
            right += int((~(result.success | result.already_misclassified)).sum())
        accuracy.append(right / len(images))
    return AccuracyCurve(
        epsilons=np.asarray(epsilons, float),
        accuracy=np.array(accuracy),
        variant=f"accuracy of {len(images)} images under {attack.__name__}, right before and after",
    )
