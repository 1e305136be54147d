"""How well a segmentation fits, all from one confusion matrix, and how well its borders do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from .distance import distance_to


@dataclass(frozen=True, eq=False)
class Metrics:
    """What `metrics` measured. A class found neither in truth nor prediction has NaN.

    Attributes
    ----------
    confusion : ndarray (classes, classes) of int64
        Counts of pixels; rows are the truth, columns the prediction.
    """

    confusion: NDArray[np.int64]

    @property
    def pixel_accuracy(self) -> float:
        """The share of pixels that are right."""
        return float(_ratio(self._right.sum(), self.confusion.sum()))

    @property
    def accuracy(self) -> np.ndarray:
        """Of each class's pixels, the share that is right; NaN for a class without any."""
        return _ratio(self._right, self._true)

    @property
    def mean_accuracy(self) -> float:
        """The mean of `accuracy` over the classes that are there."""
        return _mean(self.accuracy)

    @property
    def iou(self) -> np.ndarray:
        """Intersection over union of each class (the Jaccard index)."""
        return _ratio(self._right, self._true + self._predicted - self._right)

    @property
    def mean_iou(self) -> float:
        """The mean of `iou` over the classes that are there."""
        return _mean(self.iou)

    @property
    def frequency_weighted_iou(self) -> float:
        """The mean of `iou` weighted by how many pixels each class has in truth."""
        return float(_ratio(np.nansum(self._true * self.iou), self.confusion.sum()))

    @property
    def dice(self) -> np.ndarray:
        """Twice the intersection over the sum of both sizes, of each class (the F1 score)."""
        return _ratio(2 * self._right, self._true + self._predicted)

    @property
    def _right(self) -> np.ndarray:
        return np.diagonal(self.confusion)

    @property
    def _true(self) -> np.ndarray:
        return self.confusion.sum(axis=1)

    @property
    def _predicted(self) -> np.ndarray:
        return self.confusion.sum(axis=0)

    def __add__(self, other: Metrics) -> Metrics:
        """Both sets of pixels together."""
        return Metrics(self.confusion + other.confusion)


def metrics(
    prediction: ArrayLike | mg.Tensor,
    target: ArrayLike | mg.Tensor,
    classes: int,
    ignore_index: int | None = None,
) -> Metrics:
    """Compare predicted classes with true ones, pixel by pixel.

    Parameters
    ----------
    prediction, target : array of int, of equal shape
        Classes; (H, W), (N, H, W) or any other shape.
    classes : int
    ignore_index : int, optional
        A value of `target` whose pixels are left out.

    Returns
    -------
    Metrics

    Raises
    ------
    TypeError, ValueError
        For scores in the place of classes, shapes that differ, or a class out of range.

    Examples
    --------
    >>> from techniques.segmentation import metrics
    >>> result = metrics([0, 0, 1, 1], [0, 1, 1, 255], classes=3, ignore_index=255)
    >>> result.confusion
    array([[1, 0, 0],
           [1, 1, 0],
           [0, 0, 0]])
    >>> result.iou, result.mean_iou
    (array([0.5, 0.5, nan]), 0.5)
    """
    predicted, true = _classes("prediction", prediction), _classes("target", target)
    if predicted.shape != true.shape:
        raise ValueError(
            f"prediction {predicted.shape} and target {true.shape} must have the same shape: of "
            "scores (N, classes, H, W) take .argmax(axis=1)"
        )
    counted = np.ones(true.shape, bool) if ignore_index is None else true != ignore_index
    predicted, true = predicted[counted], true[counted]
    for name, values in (("prediction", predicted), ("target", true)):
        wrong = values[(values < 0) | (values >= classes)]
        if wrong.size:
            raise ValueError(
                f"{name} holds {int(wrong[0])}, which is none of the classes 0 to {classes - 1}"
                + (": leave it out with ignore_index" if name == "target" else "")
            )
    pairs = true.astype(np.int64) * classes + predicted.astype(np.int64)
    return Metrics(np.bincount(pairs, minlength=classes**2).reshape(classes, classes))


def boundary_f_score(
    prediction: ArrayLike,
    target: ArrayLike,
    classes: int,
    tolerance: float = 2.0,
    ignore_index: int | None = None,
) -> np.ndarray:
    """How well the borders of each class fit, wherever its insides are.

    Parameters
    ----------
    prediction, target : array (H, W) or (N, H, W) of int
    classes : int
    tolerance : float
        In pixels: how far from a true border a predicted one is still right, and conversely.
    ignore_index : int, optional
        Pixels of `target` with it count in neither.

    Returns
    -------
    ndarray (classes,)
        2·precision·recall / (precision + recall) over the border pixels of all pictures; NaN for a
        class without any border.

    References
    ----------
    Csurka, Larlus and Perronnin, What is a good evaluation measure for semantic segmentation?,
    BMVC 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.segmentation import boundary_f_score
    >>> truth = np.zeros((9, 9), int)
    >>> truth[3:6, 3:6] = 1
    >>> boundary_f_score(truth, truth, classes=2)
    array([1., 1.])
    >>> boundary_f_score(np.roll(truth, 2, axis=1), truth, classes=2, tolerance=1)[1].round(2)
    np.float64(0.62)
    """
    predicted, true = _classes("prediction", prediction), _classes("target", target)
    if predicted.shape != true.shape or true.ndim not in (2, 3):
        raise ValueError(
            f"prediction {predicted.shape} and target {true.shape} must both be (H, W) or (N, H, W)"
        )
    if true.ndim == 2:
        predicted, true = predicted[None], true[None]
    counted = np.ones(true.shape, bool) if ignore_index is None else true != ignore_index
    scores = np.full(classes, np.nan)
    for index in range(classes):
        found = of_prediction = matched = of_truth = 0
        for one, other, seen in zip(predicted, true, counted, strict=True):
            ours, theirs = _border(one == index) & seen, _border(other == index) & seen
            of_prediction += int(ours.sum())
            of_truth += int(theirs.sum())
            found += int((distance_to(theirs)[ours] <= tolerance).sum())
            matched += int((distance_to(ours)[theirs] <= tolerance).sum())
        if of_prediction + of_truth:
            precision, recall = found / max(of_prediction, 1), matched / max(of_truth, 1)
            scores[index] = 2 * precision * recall / ((precision + recall) or 1)
    return scores


def _border(region: np.ndarray) -> np.ndarray:
    """The pixels of a region with a neighbour, above, below, left or right, that is outside."""
    padded = np.pad(region, 1, mode="edge")
    inside = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return region & ~inside


def _classes(name: str, values: ArrayLike | mg.Tensor) -> np.ndarray:
    array = np.asarray(values.data if isinstance(values, mg.Tensor) else values)
    if array.dtype.kind not in "iub" and array.size:
        raise TypeError(
            f"{name} must hold classes as integers, not {array.dtype}: of scores "
            "(N, classes, H, W) take .argmax(axis=1)"
        )
    return array.astype(np.int64)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.equal(whole, 0), np.nan, part / whole)


def _mean(values: np.ndarray) -> float:
    there = values[~np.isnan(values)]
    return float(there.mean()) if there.size else float("nan")
