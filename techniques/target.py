"""What is asked about: a class, a unit of a layer, a pixel's class, or any score of the output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

import layers
import minigrad as mg


@dataclass(frozen=True)
class Unit:
    """A channel of a layer, or one of its units: a target inside the network.

    Attributes
    ----------
    layer : str or Module
        Its dotted name as in ``state_dict``, or the module.
    channel : int
    place : (row, column), optional
        Without it, the mean over the channel is meant.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques import Unit, saliency
    >>> model = layers.Sequential(layers.Conv2d(3, 5, 3, rng=0), layers.ReLU())
    >>> unit = Unit("0", channel=2, place=(1, 1))
    >>> np.argwhere(saliency(model, np.ones((1, 3, 6, 6)), unit).map[0]).max(axis=0)
    array([3, 3])
    """

    layer: str | layers.Module
    channel: int
    place: tuple[int, int] | None = None

    def scores(self, maps: mg.Tensor) -> mg.Tensor:
        """The score (N,) of the layer's output (N, C, h, w) or (N, C)."""
        if self.place is None:
            channels = maps.reshape(*maps.shape[:2], -1).mean(axis=2)
            return channels[:, self.channel]
        return maps[(slice(None), self.channel, *self.place)]

    def __str__(self) -> str:
        where = "mean" if self.place is None else f"at row {self.place[0]}, column {self.place[1]}"
        return f"channel {self.channel} of layer {self.layer}, {where}"


@dataclass(frozen=True, eq=False)
class Pixels:
    """A class at a pixel or in a region: a target for networks whose scores are a map.

    Attributes
    ----------
    label : int
        The class.
    where : (row, column), or array (H, W) of bool
        Of a region the mean score is meant.

    References
    ----------
    Vinogradova, Dibrov and Myers, Towards interpretable semantic segmentation via
    gradient-weighted class activation mapping, AAAI 2020.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques import Pixels, saliency
    >>> model = layers.Sequential(layers.Conv2d(3, 5, 3, padding=1, rng=0))  # scores (N, 5, H, W)
    >>> result = saliency(model, np.ones((1, 3, 6, 6), np.float32), Pixels(2, where=(4, 1)))
    >>> np.argwhere(result.map[0]).min(axis=0), np.argwhere(result.map[0]).max(axis=0)
    (array([3, 0]), array([5, 2]))
    """

    label: int
    where: tuple[int, int] | ArrayLike

    def __call__(self, maps: mg.Tensor) -> mg.Tensor:
        """The score (N,) of the model's output (N, K, H, W).

        Raises
        ------
        ValueError, IndexError
            If the output is no map of class scores, or the class or the place are not in it.
        """
        if maps.ndim != 4:
            raise ValueError(
                f"the model returned scores of shape {maps.shape}, and pixels have a class where "
                "they are (N, K, H, W): ask for the class itself"
            )
        if not 0 <= self.label < maps.shape[1]:
            raise ValueError(
                f"{self.label} is not a class: the model has the classes 0 to {maps.shape[1] - 1}"
            )
        place, size = np.asarray(self.where), maps.shape[2:]
        if place.dtype != bool:
            row, column = place
            if not (0 <= row < size[0] and 0 <= column < size[1]):
                raise IndexError(
                    f"there is no pixel at row {row}, column {column} of {size[0]} × {size[1]}"
                )
            return maps[:, self.label, row, column]
        if place.shape != size or not place.any():
            raise ValueError(
                f"a region is an array of bool of the output's size {size} that is True somewhere, "
                f"not {np.count_nonzero(place)} pixels of {place.shape}"
            )
        return maps[(slice(None), self.label, *np.nonzero(place))].mean(axis=1)

    def __str__(self) -> str:
        place = np.asarray(self.where)
        if place.dtype == bool:
            return f"class {self.label}, mean over {np.count_nonzero(place)} pixels"
        return f"class {self.label} at row {place[0]}, column {place[1]}"


Score: TypeAlias = Callable[[mg.Tensor], mg.Tensor]
Target: TypeAlias = ArrayLike | mg.Tensor | Unit | Pixels | Score | None


def log_odds(classes: ArrayLike) -> Score:
    """Return a target: the logit of each image's class less the log-sum-exp of all others.

    A logit may rise because all of them do; this one rises only if the class gains on the others.

    Parameters
    ----------
    classes : array (N,) of int
        One for each image.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> from techniques.target import log_odds
    >>> scores = mg.Tensor(np.log([[0.8, 0.1, 0.1], [0.5, 0.25, 0.25]]))
    >>> np.round(np.exp(log_odds([0, 1])(scores).data), 6)  # 0.8 : 0.2 and 0.25 : 0.75
    array([4.      , 0.333333])
    """
    wanted = np.asarray(classes)

    def score(scores: mg.Tensor) -> mg.Tensor:
        rows = np.arange(len(wanted))
        own = np.zeros(scores.shape, bool)
        own[rows, wanted] = True
        others = np.where(own, -np.inf, scores)
        return scores[rows, wanted] - mg.logsumexp(others, axis=1)

    return score


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
            "predicted class; or a Unit, or a function of the output"
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
