"""Why it happens: many tiny steps in one direction add up (Goodfellow et al. 2015)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from ..model import Model, logits, score_gradient
from ..result import Result
from ..target import Target, as_classes
from .budget import Bounds, checked_epsilon, images_within, project_linf

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ShiftCurve(Result):
    """The fall of a logit against the number of values.

    Attributes
    ----------
    dimensions : ndarray of int (D,)
        How many values the images have.
    shift, predicted : ndarray (D,)
        Medians over the images, of what `LogitShift` holds.
    """

    dimensions: NDArray[np.int64]
    shift: Array
    predicted: Array

    @property
    def growth(self) -> float:
        """The power of the dimension that the shift grows with: 1 for weights of one size."""
        return float(np.polyfit(np.log(self.dimensions), np.log(self.shift), 1)[0])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the shift against the dimension, both on logarithmic axes."""
        if ax is None:
            from matplotlib import pyplot

            _, ax = pyplot.subplots()
        ax.loglog(self.dimensions, self.shift, marker="o", label="measured")
        ax.loglog(self.dimensions, self.predicted, "--", label="if it were linear")
        ax.set_xlabel("values of an image")
        ax.set_ylabel("fall of the logit")
        ax.legend()
        ax.set_title(self.variant, fontsize="small", wrap=True)
        return ax


def shift_against_dimension(
    models: Sequence[Model],
    batches: Sequence[ArrayLike | mg.Tensor],
    epsilon: float,
    bounds: Bounds = (0, 1),
) -> ShiftCurve:
    """Measure at one ε how far the logit of the predicted class falls in ever larger images.

    Weights of one size give ε ‖w‖₁ in proportion to the dimension d. Weights of size 1/√d, as
    layers draw them to begin with, give √d. A mean over all places divides by their number, and
    the shift need not grow (Simon-Gabriel et al. 2019).

    Parameters
    ----------
    models : sequence of callable
        One for each size of image.
    batches : sequence of array (N, C, H, W)
        Images of that size.
    epsilon, bounds
        As for `logit_shift`.

    Raises
    ------
    ValueError
        If there are not as many batches as models, and at least two; or for images that
        `logit_shift` refuses.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks import shift_against_dimension
    >>> def linear(x):
    ...     weight = np.resize([2.0, -2.0], x[0].size)
    ...     return x.reshape(1, -1) @ np.stack([weight, -weight], axis=1)
    >>> images = [np.full((1, 1, side, side), 0.5) for side in (4, 8, 16)]
    >>> curve = shift_against_dimension([linear] * 3, images, 0.01)
    >>> curve.dimensions, curve.shift.round(6), round(curve.growth, 6)
    (array([ 16,  64, 256]), array([0.32, 1.28, 5.12]), 1.0)
    """
    if len(models) != len(batches) or len(models) < 2:
        raise ValueError(
            f"{len(models)} models and {len(batches)} batches of images: give a batch for each "
            "model, and at least two sizes"
        )
    results = [
        logit_shift(model, images, None, epsilon, bounds)
        for model, images in zip(models, batches, strict=True)
    ]
    return ShiftCurve(
        dimensions=np.array([result.dimension for result in results]),
        shift=np.array([np.median(result.shift) for result in results]),
        predicted=np.array([np.median(result.predicted) for result in results]),
        variant=f"median fall of the logit under one step, ε = {epsilon:g} in L∞",
    )
