"""Losses over classes: cross entropy and the negative log-likelihood."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..primitive import primitive
from ..settings import kernel
from ..tensor import Tensor
from .arrays import compiled_pays, floating, in_shape
from .axes import around
from .softmax import log_softmax, softmax

# ---- reductions -------------------------------------------------------------------------------


def _check_reduction(reduction):
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction is 'mean', 'sum' or 'none', not {reduction!r}")


def _reduce(losses, reduction):
    """All losses, their sum or their mean; the mean of none is not a number."""
    if reduction == "none":
        return losses
    total = np.sum(losses)
    if reduction == "sum":
        return total
    return total / losses.dtype.type(losses.size) if losses.size else losses.dtype.type(np.nan)


def _unreduced(g, reduction, count):
    """The cotangent of each of `count` losses, from that of the reduced one."""
    return g / max(count, 1) if reduction == "mean" else g


# ---- classes ----------------------------------------------------------------------------------


def _class_axis(logits):
    """Where the classes lie: axis 1 of a batch, axis 0 of one example."""
    if logits.ndim == 0:
        raise ValueError("logits have shape (C,), (N, C) or (N, C, ...), not ()")
    axis = 0 if logits.ndim == 1 else 1
    if logits.shape[axis] == 0:
        raise ValueError(f"logits of shape {logits.shape} have no classes along axis {axis}")
    return axis


def _class_weights(weight, logits, axis):
    """Class weights that broadcast against the logits."""
    weight = np.asarray(weight, logits.dtype)
    classes = logits.shape[axis]
    if weight.shape != (classes,):
        raise ValueError(
            f"weight has shape {weight.shape}: one number for each of {classes} classes"
        )
    return weight.reshape((-1,) + (1,) * (logits.ndim - axis - 1))


@dataclass(frozen=True)
class _Classes:
    """One class for each example, and how much it counts in the loss: nothing if it is ignored."""

    target: np.ndarray
    share: np.ndarray

    def places(self, shape):
        """Where the target classes are in a flat array of logits."""
        before, classes, behind = around(shape, 1 if len(shape) > 1 else 0)
        columns = self.target.reshape(before, behind) * behind + np.arange(behind)
        return (columns + np.arange(before)[:, None] * (classes * behind)).ravel()

    def dense(self, shape):
        """The shares at the target classes and zeros elsewhere, in the shape of the logits."""
        goal = np.zeros(shape, self.share.dtype)
        goal.reshape(-1)[self.places(shape)] = self.share.ravel()
        return goal


def _checked_classes(target, logits, ignore_index):
    """The target classes, with 0 in place of those to be ignored, and which are not."""
    axis = _class_axis(logits)
    expected = logits.shape[:axis] + logits.shape[axis + 1 :]
    if target.shape != expected:
        raise ValueError(
            f"logits of shape {logits.shape} need target classes of shape {expected} (or "
            f"probabilities of the logits' shape, as floats), not {target.shape}"
        )
    if target.dtype.kind not in "iu":
        raise TypeError(
            f"target classes are integers, not {target.dtype}; probabilities have the logits' "
            f"shape {logits.shape}"
        )
    classes = logits.shape[axis]
    low, high = target.min(initial=0), target.max(initial=0)
    if low >= 0 and high < classes and (ignore_index is None or ignore_index < 0):
        return target.astype(np.int64), np.ones(expected, bool)  # as usual, and in few passes
    kept = target != ignore_index
    if np.any(wrong := kept & ((target < 0) | (target >= classes))):
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(
            f"target{list(place) if place else ''} is class {target[place]}, and there are "
            f"{classes} classes, 0 to {classes - 1} (ignore_index is {ignore_index})"
        )
    return np.where(kept, target, 0).astype(np.int64), kept


def _one_hot(target, logits):
    """The target classes as 0 and 1 in the shape of the logits."""
    classes, kept = _checked_classes(target, logits, None)
    return _Classes(classes, kept.astype(logits.dtype)).dense(logits.shape)


def _pulled_to(target, logits, weight, ignore_index, mean):
    """The target classes, and what the weights of those that are not ignored add up to."""
    classes, kept = _checked_classes(target, logits, ignore_index)
    share = kept.astype(logits.dtype)
    if weight is not None:
        share *= _class_weights(weight, logits, _class_axis(logits)).ravel()[classes]
    divisor = np.sum(share)
    return _Classes(classes, _part(share, divisor, kept) if mean else share), divisor


def _part(share, divisor, kept):
    """The part of the divisor; 0 for what is ignored, also where all of it is."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(kept, share / divisor, share.dtype.type(0))


def _goal(target, logits, weight, ignore_index, label_smoothing, reduction):
    """What the logits are pulled to, classes or a distribution; and what the mean divides by."""
    axis, mean = _class_axis(logits), reduction == "mean"
    size = logits.shape[axis]
    if target.shape == logits.shape and target.dtype.kind == "f":
        goal, divisor = target.astype(logits.dtype), logits.size // size
        examples: Any = 1 / max(divisor, 1) if mean else 1
        goal = goal * examples if mean else goal
    else:
        classes, divisor = _pulled_to(target, logits, weight, ignore_index, mean)
        if not label_smoothing:
            return classes, divisor
        kept = target != ignore_index
        examples = kept.astype(logits.dtype)
        if mean:
            examples = _part(examples, divisor, kept)
        goal = replace(classes, share=examples).dense(logits.shape)
        examples = np.expand_dims(examples, axis)
    if label_smoothing:
        goal = goal * (1 - label_smoothing) + examples * (label_smoothing / size)
    return goal if weight is None else goal * _class_weights(weight, logits, axis), divisor


def _cost(goal, log_probabilities, axis):
    """−Σ goal · ln p over the classes, where 0 · ln 0 is 0."""
    if isinstance(goal, _Classes):
        chosen = log_probabilities.reshape(-1).take(goal.places(log_probabilities.shape))
        return goal.share * np.where(goal.share == 0, 0, -chosen.reshape(goal.share.shape))
    with np.errstate(invalid="ignore"):
        losses = -np.sum(goal * log_probabilities, axis=axis)
    if np.isnan(losses).any():
        losses = -np.sum(goal * np.where(goal == 0, 0, log_probabilities), axis=axis)
    return losses


def _reduced_cost(goal, divisor, log_probabilities, reduction):
    """The losses, or their sum: where the mean is wanted, the goal holds shares in it."""
    losses = _cost(goal, log_probabilities, _class_axis(log_probabilities))
    return _summed(losses, divisor, reduction)


def _summed(losses, divisor, reduction):
    if reduction == "none":
        return losses
    return np.sum(losses) if divisor or reduction == "sum" else losses.dtype.type(np.nan)


def _for_each_class(g, reduction, axis):
    """The cotangent of the loss, to multiply an array of the logits' shape with."""
    return np.expand_dims(g, axis) if reduction == "none" else g


def _class_samples(rng):
    yield (rng.normal(size=(4, 3)), np.array([0, 2, 1, 1])), {}
    yield (rng.normal(size=(3, 4)), np.array([0, 3, -100]), rng.uniform(0.5, 2, 4)), {}
    yield (rng.normal(size=(2, 3, 2, 2)), rng.integers(0, 3, (2, 2, 2))), {"reduction": "sum"}
    yield (rng.normal(size=(3, 4)), np.array([1, 7, 2])), {"ignore_index": 7, "reduction": "none"}
    yield (rng.normal(size=(5,)), np.array(3)), {}


def _cross_entropy_samples(rng):
    yield from _class_samples(rng)
    yield (rng.normal(size=(3, 4)), np.array([1, 0, 3])), {"label_smoothing": 0.2}
    probabilities = softmax(rng.normal(size=(3, 4)))
    yield (rng.normal(size=(3, 4)), probabilities, rng.uniform(0.5, 2, 4)), {"label_smoothing": 0.1}
    probabilities = softmax(rng.normal(size=(2, 3, 2)), 1)
    yield (rng.normal(size=(2, 3, 2)), probabilities), {"reduction": "none"}


@primitive(
    formula="−Σ t ln softmax(logits), over the examples' weight",
    saves=("probabilities", "goal"),
    sample=_cross_entropy_samples,
)
def cross_entropy(
    logits, target, weight=None, /, ignore_index=-100, label_smoothing=0.0, reduction="mean"
):
    """The cross entropy between the softmax of `logits` and the target classes.

    Parameters
    ----------
    logits : (N, C), (N, C, ...) or (C,) array_like or Tensor
        Scores of C classes: of a batch, of every place in a batch of images, of one example.
    target : integers (N,), (N, ...) or (), or floats of the logits' shape
        The classes, 0 to C − 1, or the probabilities of the classes.
    weight : (C,) array_like, optional
        How much each class counts.
    ignore_index : int
        A target class that counts nothing and may lie outside the range.
    label_smoothing : float
        In [0, 1]: the share of the target that is spread evenly over all classes.
    reduction : {"mean", "sum", "none"}
        "mean" divides by the weights of the target classes that are not ignored (for
        probabilities, by the number of examples). When every target is ignored that is 0 / 0:
        the loss is NaN and the gradient 0, as in PyTorch.

    Returns
    -------
    Tensor or ndarray
        One number, or the shape of the logits without the classes for "none".

    Raises
    ------
    ValueError
        If a class is out of range, shapes do not match, or a setting is unknown.
    TypeError
        If classes are not integers.

    Notes
    -----
    The gradient is (softmax − target) · weight over the divisor. Logits of any size are safe;
    a class with logit −∞ costs nothing unless it is the target.

    Examples
    --------
    >>> import minigrad as mg
    >>> logits = mg.Tensor([[2.0, 0.0], [0.0, 0.0]], requires_grad=True)
    >>> loss = mg.cross_entropy(logits, [0, 1])
    >>> round(loss.item(), 4)
    0.41
    """
    _check_reduction(reduction)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing is a share between 0 and 1, not {label_smoothing}")
    logits = floating(logits)
    goal, divisor = _goal(
        np.asarray(target), logits, weight, ignore_index, label_smoothing, reduction
    )
    axis = _class_axis(logits)
    if isinstance(goal, _Classes) and compiled_pays(logits) and logits.dtype.char == "f":
        probabilities, losses = _compiled(logits, goal, axis)
        return _summed(losses, divisor, reduction), probabilities, goal
    log_probabilities = log_softmax.forward(logits, axis)
    loss = _reduced_cost(goal, divisor, log_probabilities, reduction)
    return loss, np.exp(log_probabilities, order="C"), goal


def _compiled(logits, classes, axis):
    """The probabilities, and the losses of large arrays in single precision."""
    planes = around(logits.shape, axis)
    target = classes.target.reshape(planes[0], planes[2])
    probabilities, losses = kernel("cross_entropy")(logits.reshape(planes), target)
    losses = losses.reshape(classes.share.shape)
    losses = classes.share * np.where(classes.share == 0, 0, losses)
    return in_shape(probabilities, logits.shape), losses


@cross_entropy.vjp("logits", "ȳ · (softmax(logits) · Σt − t) / divisor")
def cross_entropy_logits(
    g, logits, target, weight, probabilities, goal, label_smoothing, reduction
):
    axis = _class_axis(probabilities)
    # What was saved is a constant: to be differentiated again, it is computed again.
    again = isinstance(logits, Tensor)
    if isinstance(goal, _Classes):
        if not again and not isinstance(g, Tensor):
            return _difference(probabilities, replace(goal, share=goal.share * g), axis)
        goal = goal.dense(probabilities.shape)
    if isinstance(target, Tensor):
        goal, _ = _goal(target, probabilities, weight, None, label_smoothing, reduction)
    if again:
        probabilities = softmax(logits, axis)
    difference = probabilities * np.sum(goal, axis=axis, keepdims=True) - goal
    return difference * _for_each_class(g, reduction, axis)


def _difference(probabilities, classes, axis):
    """(softmax − target) · share, on plain arrays."""
    if compiled_pays(probabilities) and probabilities.dtype.char == "f":
        before, size, behind = around(probabilities.shape, axis)
        dx = kernel("cross_entropy_backward")(
            probabilities.reshape(before, size, behind),
            classes.target.reshape(before, behind),
            classes.share.reshape(before, behind),
        )
        return in_shape(dx, probabilities.shape)
    gradient = probabilities * np.expand_dims(classes.share, axis)
    gradient.reshape(-1)[classes.places(gradient.shape)] -= classes.share.ravel()
    return gradient


@cross_entropy.vjp("target", "−ȳ · weight · ln softmax(logits) / divisor")
def cross_entropy_target(g, logits, weight, label_smoothing, reduction):
    axis = _class_axis(logits)
    log_probabilities = log_softmax(logits, axis)
    cost = -(1 - label_smoothing) * log_probabilities
    if weight is not None:
        cost = cost * _class_weights(weight, log_probabilities, axis)
    g = _unreduced(g, reduction, log_probabilities.size // log_probabilities.shape[axis])
    return cost * _for_each_class(g, reduction, axis)


@primitive(
    formula="−Σ log_probabilities[target] · weight, over the examples' weight",
    saves=("classes",),
    linear=("log_probabilities",),
    sample=_class_samples,
)
def nll_loss(log_probabilities, target, weight=None, /, ignore_index=-100, reduction="mean"):
    """The negative log-likelihood of the target classes.

    Parameters
    ----------
    log_probabilities : (N, C), (N, C, ...) or (C,) array_like or Tensor
        As `log_softmax` gives them, along axis 1 (axis 0 of one example).
    target : integers (N,), (N, ...) or ()
        The classes, 0 to C − 1.
    weight, ignore_index, reduction
        As in `cross_entropy`.

    Returns
    -------
    Tensor or ndarray

    Raises
    ------
    ValueError, TypeError
        As `cross_entropy`.

    Examples
    --------
    >>> import minigrad as mg
    >>> float(mg.nll_loss([[-0.5, -1.0], [-2.0, -0.1]], [0, 0]))
    1.25
    """
    _check_reduction(reduction)
    log_probabilities = floating(log_probabilities)
    classes, divisor = _pulled_to(
        np.asarray(target), log_probabilities, weight, ignore_index, reduction == "mean"
    )
    return _reduced_cost(classes, divisor, log_probabilities, reduction), classes


@nll_loss.vjp("log_probabilities", "−ȳ · weight / divisor at the target")
def nll_loss_log_probabilities(g, log_probabilities_shape, classes, reduction):
    goal = classes.dense(log_probabilities_shape)
    return -goal * _for_each_class(g, reduction, _class_axis(goal))
