"""Losses of numbers, of yes and no, and of overlap."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import primitive
from ..tensor import Tensor
from .activation import sigmoid, softplus
from .arrays import floating, plain
from .cross_entropy import _check_reduction, _one_hot, _reduce, _unreduced
from .softmax import softmax


def _check_same_shape(function, prediction, target):
    if np.shape(prediction) != np.shape(target):
        raise ValueError(
            f"{function} compares element by element, and the shapes {np.shape(prediction)} and "
            f"{np.shape(target)} differ: reshape one of them (nothing is broadcast here)"
        )


# ---- distances --------------------------------------------------------------------------------


def _pairs(rng):
    yield (rng.normal(size=(3, 4)), rng.normal(size=(3, 4))), {}
    yield (rng.normal(size=(2, 1, 3)), rng.normal(size=(2, 1, 3))), {"reduction": "sum"}
    yield (rng.normal(size=(5,)), rng.normal(size=(5,))), {"reduction": "none"}


@primitive(formula="(prediction − target)², the mean of it", sample=_pairs)
def mse_loss(prediction, target, /, reduction="mean"):
    """The mean squared error.

    Parameters
    ----------
    prediction, target : array_like or Tensor
        Of the same shape.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If the shapes differ (PyTorch broadcasts, with a warning), or the reduction is unknown.

    Examples
    --------
    >>> import minigrad as mg
    >>> float(mg.mse_loss([1.0, 2.0], [1.0, 4.0]))
    2.0
    """
    _check_reduction(reduction)
    _check_same_shape("mse_loss", prediction, target)
    return _reduce(np.square(np.subtract(floating(prediction), target)), reduction)


@mse_loss.vjp("prediction", "ȳ · 2 (prediction − target) / n")
def mse_loss_prediction(g, prediction, target, reduction):
    return _unreduced(g, reduction, np.size(prediction)) * 2 * (prediction - target)


@mse_loss.vjp("target", "ȳ · 2 (target − prediction) / n")
def mse_loss_target(g, prediction, target, reduction):
    return _unreduced(g, reduction, np.size(prediction)) * 2 * (target - prediction)


@primitive(
    formula="|prediction − target|, the mean of it",
    kinks="0 where they are equal",
    branches=lambda prediction, target, reduction="mean": np.sign(np.subtract(prediction, target)),
    sample=_pairs,
)
def l1_loss(prediction, target, /, reduction="mean"):
    """The mean absolute error.

    Parameters
    ----------
    prediction, target : array_like or Tensor
        Of the same shape.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If the shapes differ (PyTorch broadcasts, with a warning), or the reduction is unknown.

    Examples
    --------
    >>> import minigrad as mg
    >>> float(mg.l1_loss([1.0, 2.0], [1.0, 4.0]))
    1.0
    """
    _check_reduction(reduction)
    _check_same_shape("l1_loss", prediction, target)
    return _reduce(np.abs(np.subtract(floating(prediction), target)), reduction)


@l1_loss.vjp("prediction", "ȳ · sign(prediction − target) / n")
def l1_loss_prediction(g, prediction, target, reduction):
    return _unreduced(g, reduction, np.size(prediction)) * np.sign(prediction - target)


@l1_loss.vjp("target", "ȳ · sign(target − prediction) / n")
def l1_loss_target(g, prediction, target, reduction):
    return _unreduced(g, reduction, np.size(prediction)) * np.sign(target - prediction)


# ---- yes or no --------------------------------------------------------------------------------


def _binary_samples(rng):
    def draw(*shape):
        return rng.normal(size=shape), rng.uniform(0.1, 0.9, shape)

    yield draw(3, 4), {}
    yield (*draw(3, 4), rng.uniform(0.5, 2, (3, 4)), rng.uniform(0.5, 2, 4)), {}
    yield (*draw(2, 1, 2), None, np.array(3.0)), {"reduction": "sum"}
    yield (*draw(5), rng.uniform(0.5, 2, 5)), {"reduction": "none"}


@primitive(
    formula="−weight · (pos_weight · t ln σ(logits) + (1 − t) ln (1 − σ(logits))), the mean of it",
    sample=_binary_samples,
)
def binary_cross_entropy_with_logits(
    logits, target, weight=None, pos_weight=None, /, reduction="mean"
):
    """The cross entropy between the sigmoid of each logit and its target.

    Parameters
    ----------
    logits : array_like or Tensor
        Of any size and sign.
    target : array_like or Tensor
        Of the same shape: 0 or 1, or a probability.
    weight, pos_weight : array_like, optional
        How much each element counts, and how much more where the target is 1; broadcast
        against the logits.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If the shapes do not match, or the reduction is unknown.

    Examples
    --------
    >>> import minigrad as mg
    >>> float(mg.binary_cross_entropy_with_logits([0.0, 1000.0], [1.0, 1.0]))
    0.34657359027997264
    """
    _check_reduction(reduction)
    _check_same_shape("binary_cross_entropy_with_logits", logits, target)
    logits, target = floating(logits), np.asarray(target)
    for name, factor in (("weight", weight), ("pos_weight", pos_weight)):
        if factor is not None and not _broadcasts_to(np.shape(factor), logits.shape):
            raise ValueError(
                f"{name} of shape {np.shape(factor)} does not broadcast to the logits' shape "
                f"{logits.shape}"
            )
    losses = (1 - target) * logits + _positive_factor(target, pos_weight) * _miss(logits)
    if weight is not None:
        losses = losses * weight
    return _reduce(losses.astype(logits.dtype, copy=False), reduction)


def _broadcasts_to(shape, wanted):
    try:
        return np.broadcast_shapes(shape, wanted) == wanted
    except ValueError:
        return False


def _positive_factor(target, pos_weight):
    return 1 if pos_weight is None else 1 + (np.asarray(pos_weight) - 1) * target


def _miss(logits):
    """−ln σ(logits), stable."""
    return softplus(-logits)


@binary_cross_entropy_with_logits.vjp(
    "logits", "ȳ · weight · (1 − t − (1 + (pos_weight − 1) t) (1 − σ(logits))) / n"
)
def binary_cross_entropy_with_logits_logits(g, logits, target, weight, pos_weight, reduction):
    slope = 1 - target - _positive_factor(target, pos_weight) * sigmoid(-logits)
    if weight is not None:
        slope = slope * weight
    return slope * _unreduced(g, reduction, np.size(logits))


@binary_cross_entropy_with_logits.vjp(
    "target", "ȳ · weight · ((pos_weight − 1) ln (1 + exp(−logits)) − logits) / n"
)
def binary_cross_entropy_with_logits_target(g, logits, weight, pos_weight, reduction):
    slope = -logits
    if pos_weight is not None:
        slope = slope + (np.asarray(pos_weight) - 1) * _miss(logits)
    if weight is not None:
        slope = slope * weight
    return slope * _unreduced(g, reduction, np.size(logits))


# ---- overlap ----------------------------------------------------------------------------------


def dice_loss(logits: Any, target: Any, smooth: float = 1.0) -> Any:
    """One minus the Dice coefficient, ``2 |A ∩ B| / (|A| + |B|)``, averaged over the classes.

    For each class (2 Σpq + smooth) / (Σp + Σq + smooth), with p the softmax of the logits (the
    sigmoid for one channel), q the target as 0 and 1, summed over batch and space (Milletari,
    Navab and Ahmadi, V-Net, 2016).

    Parameters
    ----------
    logits : (N, C, ...) array_like or Tensor
    target : integers (N, ...), or an array of the logits' shape
        The classes, 0 to C − 1 (for one channel a mask, with or without the channel's axis), or
        the probability of each class.
    smooth : float
        Keeps the quotient defined for a class that is nowhere.

    Raises
    ------
    ValueError
        If a class is out of range, or shapes do not match.

    Examples
    --------
    >>> import minigrad as mg
    >>> float(mg.dice_loss([[[9.0, -9.0]]], [[1, 0]])) < 0.001
    True
    """
    if not isinstance(logits, Tensor):
        logits = floating(logits)
    if logits.ndim < 2:
        raise ValueError(f"dice_loss takes logits (N, C, ...), not shape {logits.shape}")
    if not isinstance(target, Tensor):
        target = np.asarray(target)
    if logits.shape[1] == 1:
        probabilities = sigmoid(logits)
        if target.shape == logits.shape[:1] + logits.shape[2:]:
            target = np.reshape(target, logits.shape)
    else:
        probabilities = softmax(logits, 1)
    if target.shape != logits.shape:
        classes = plain(target)
        target = _one_hot(classes, probabilities)
    elif target.dtype.kind != "f":
        target = plain(target).astype(probabilities.dtype)
    axes = (0, *range(2, logits.ndim))
    overlap = np.sum(probabilities * target, axis=axes)
    total = np.sum(probabilities, axis=axes) + np.sum(target, axis=axes)
    return 1 - np.mean((2 * overlap + smooth) / (total + smooth))
