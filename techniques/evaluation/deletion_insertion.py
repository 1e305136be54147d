"""Deletion and insertion: is what a map calls important what the score rests on?

The pixels are taken away, or put back, in the order of the map (Petsiuk et al. 2018). Where the
order is right, the probability of the class falls at once, or rises at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from ..arguments import check_positive
from ..blur import gaussian_blur
from ..images import as_baseline, as_images
from ..model import Model, logits
from ..progress import tracked
from ..result import Result
from ..target import Target, as_classes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class DeletionInsertion(Result):
    """How the probability of a class goes as pixels go, and as they come.

    Attributes
    ----------
    deletion, insertion : ndarray (N,)
        The areas under the curves, from 0 to 1: a good map has a small and a large one.
    deletion_curve, insertion_curve : ndarray (N, steps + 1)
        The probability after each step.
    target : ndarray (N,)
    """

    deletion: Array
    insertion: Array
    deletion_curve: Array
    insertion_curve: Array
    target: NDArray[np.int64]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw both curves, as means over the images."""
        from matplotlib import pyplot

        ax = pyplot.subplots()[1] if ax is None else ax
        share = np.linspace(0, 1, self.deletion_curve.shape[1])
        for name, curve, area in (
            ("deletion", self.deletion_curve, self.deletion),
            ("insertion", self.insertion_curve, self.insertion),
        ):
            ax.plot(share, curve.mean(axis=0), label=f"{name}, area {area.mean():.2f}")
        ax.set_xlabel("share of the pixels deleted, or inserted")
        ax.set_ylabel("mean probability of the class")
        ax.set_ylim(0, 1)
        ax.legend()
        ax.set_title(self.variant, fontsize="small", wrap=True)
        return ax


def deletion_insertion(
    model: Model,
    images: ArrayLike | mg.Tensor,
    maps: ArrayLike,
    target: Target = None,
    steps: int = 32,
    baseline: ArrayLike | mg.Tensor = 0,
) -> DeletionInsertion:
    """Return how the softmax probability of a class falls and rises in the order of the maps.

    Parameters
    ----------
    model : callable
        From a Tensor (N, C, H, W) to logits (N, K).
    images : array (N, C, H, W)
    maps : array (N, H, W)
        The largest value goes, or comes, first; among equals the first in reading order.
    target : int, array (N,) of int, or None
        The class; None for that predicted for the whole image.
    steps : int
        In how many equal parts the pixels go.
    baseline : float or array that broadcasts to the images
        What deletion leaves. Insertion begins with the image blurred (σ = 5, window 11).

    Returns
    -------
    DeletionInsertion

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> from techniques.evaluation import deletion_insertion
    >>> def model(x):  # the second class, where the first pixel is bright
    ...     first = x[:, 0, 0, :1] * 20 - 10
    ...     return mg.concatenate([-first, first], axis=1)
    >>> image = np.array([[[[1.0, 0.0, 0.0, 0.0]]]])
    >>> right = deletion_insertion(model, image, image[:, 0], steps=4)
    >>> np.round(right.deletion_curve, 3), np.round(right.deletion, 3)
    (array([[1., 0., 0., 0., 0.]]), array([0.125]))
    """
    check_positive("steps", steps)
    images, maps = as_images(images), np.asarray(maps)
    if maps.shape != (len(images), *images.shape[2:]):
        raise ValueError(
            f"maps has shape {maps.shape}: one map (H, W) is needed for each of the images, "
            f"{(len(images), *images.shape[2:])}"
        )
    gone = as_baseline(baseline, images)
    blurred = gaussian_blur(images, sigma=5, radius=5)
    classes = as_classes(target, logits(model, images))
    order = np.argsort(-maps.reshape(len(images), -1), axis=1, kind="stable")
    rank = np.argsort(order, axis=1).reshape(len(images), 1, *images.shape[2:])
    pixels = rank[0].size if len(images) else 0
    deleted, inserted = [], []
    for step in tracked(range(steps + 1), "deletion and insertion"):
        first = rank < round(pixels * step / steps)
        deleted.append(_probability(model, np.where(first, gone, images), classes))
        inserted.append(_probability(model, np.where(first, images, blurred), classes))
    deletion_curve, insertion_curve = np.stack(deleted, axis=1), np.stack(inserted, axis=1)
    return DeletionInsertion(
        deletion=_area(deletion_curve),
        insertion=_area(insertion_curve),
        deletion_curve=deletion_curve,
        insertion_curve=insertion_curve,
        target=classes,
        variant=f"softmax probability in {steps} steps: deletion from the image to the baseline, "
        "insertion from the blurred image (σ = 5, window 11) to the image",
    )


def _probability(model: Model, images: Array, classes: NDArray[np.int64]) -> Array:
    return mg.softmax(logits(model, images))[np.arange(len(images)), classes]


def _area(curve: Array) -> Array:
    """Under curves (N, steps + 1) over 0 … 1, by trapezoids."""
    return (curve[:, 1:] + curve[:, :-1]).mean(axis=1) / 2
