"""What every attack returns, and the one place where success is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import minigrad as mg

from ..model import Model, logits
from ..picture import in_colour, show_tiles
from ..result import Result
from .start import reached

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]


class Distances(NamedTuple):
    """How far the returned images are from the given ones, (N,) each.

    Attributes
    ----------
    l0 : how many values differ; a pixel has one for each channel
    l2 : Euclidean
    linf : the largest change of a value
    """

    l0: Array
    l2: Array
    linf: Array


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AttackResult(Result):
    """Attacked images, and what the model says about them.

    Attributes
    ----------
    images : ndarray (N, C, H, W)
        Within bounds, in the dtype of the given images.
    success : ndarray of bool (N,)
        Whether the attack reached its aim, found by predicting `images` again: another class
        than the label, or with ``targeted=True`` the label. Never true where the aim was reached
        before the attack.
    predictions, original_predictions : ndarray (N,)
        The classes predicted for the attacked and the given images.
    confidences, original_confidences : ndarray (N,)
        Their softmax probabilities.
    already_misclassified : ndarray of bool (N,)
        Where the aim was reached before the attack: the label was not predicted, or with
        ``targeted=True`` it was.
    queries : ndarray (N,)
        How often the model was evaluated on each image, clean and final predictions included.
    norm : str
        The norm of the budget.
    distance : ndarray (N,)
        In that norm.
    distances : Distances
        In all norms.
    """

    images: Array
    success: NDArray[np.bool_]
    predictions: NDArray[np.int64]
    original_predictions: NDArray[np.int64]
    confidences: Array
    original_confidences: Array
    already_misclassified: NDArray[np.bool_]
    queries: NDArray[np.int64]
    norm: str
    distances: Distances

    @property
    def distance(self) -> Array:
        """The distances in the norm of the budget."""
        return getattr(self.distances, self.norm)

    @property
    def success_rate(self) -> float:
        """The share of successes among the images whose aim was not reached before; or NaN."""
        attacked = np.count_nonzero(~self.already_misclassified)
        return np.count_nonzero(self.success) / attacked if attacked else float("nan")

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the attacked images side by side."""
        rate = f"{np.count_nonzero(self.success)} of {len(self.success)} succeeded"
        already = np.count_nonzero(self.already_misclassified)
        title = f"{self.variant}\n{rate}" + (f", {already} needed no attack" if already else "")
        return show_tiles(ax, [in_colour(image) for image in self.images], title)


def distances(images: Array, originals: Array) -> Distances:
    """Return the distances between batches of images, in float64."""
    change = np.abs(images.astype(np.float64) - originals)
    values = (1, 2, 3)
    return Distances(
        l0=np.count_nonzero(change, axis=values),
        l2=np.sqrt((change**2).sum(axis=values)),
        linf=change.max(axis=values, initial=0.0),
    )


def judged(
    model: Model,
    originals: Array,
    original_scores: Array,
    images: Array,
    labels: NDArray[np.int64],
    targeted: bool,
    queries: NDArray[np.int64],
) -> dict[str, Any]:
    """Predict the returned images again, and return the fields of an `AttackResult`.

    Parameters
    ----------
    originals, original_scores
        The given images, and the model's scores (N, K) of them.
    images
        What the attack returns.
    labels : ndarray (N,)
        The true classes, or the aims with ``targeted=True``.
    queries : ndarray (N,)
        Evaluations so far; the one made here is added.
    """
    scores = logits(model, images)
    before, after = original_scores.argmax(axis=1), scores.argmax(axis=1)
    already = reached(original_scores, labels, targeted)
    return {
        "images": images,
        "success": reached(scores, labels, targeted) & ~already,
        "predictions": after,
        "original_predictions": before,
        "confidences": mg.softmax(scores).max(axis=1),
        "original_confidences": mg.softmax(original_scores).max(axis=1),
        "already_misclassified": already,
        "queries": queries + 1,
        "distances": distances(images, originals),
    }
