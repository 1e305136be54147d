"""Asking a model: its scores, and their gradient with respect to the images.

A model is anything callable from a Tensor (N, C, H, W) to a Tensor of scores (N, K): a
``layers.Module`` or a plain function. The scores are the logits, before any softmax.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

import minigrad as mg
from layers import Module

from .target import Target, as_classes, one_hot

Array = NDArray[Any]
Model: TypeAlias = Callable[[mg.Tensor], mg.Tensor]


@contextmanager
def evaluating(model: Model) -> Iterator[None]:
    """Switch a module to evaluation, so that images do not see each other; restored at the end.

    Each submodule gets its own mode back. A plain function is left as it is.
    """
    modes = [(part, part.training) for part in model.modules()] if isinstance(model, Module) else []
    try:
        for part, _ in modes:
            part.training = False
        yield
    finally:
        for part, mode in modes:
            part.training = mode


@contextmanager
def frozen(model: Model) -> Iterator[None]:
    """Want no gradients of a module's parameters, so that nothing is kept for them; restored."""
    parameters = model.parameters() if isinstance(model, Module) else ()
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    try:
        for parameter in trained:
            parameter.requires_grad = False
        yield
    finally:
        for parameter in trained:
            parameter.requires_grad = True


def class_scores(model: Model, x: mg.Tensor) -> mg.Tensor:
    """Return the scores (N, K) of the images `x`, checked.

    Raises
    ------
    TypeError, ValueError
        If the model returns something else, or NaN.
    """
    with evaluating(model):
        scores = model(x)
    if not isinstance(scores, mg.Tensor):
        raise TypeError(
            f"the model returned {type(scores).__name__}, not a Tensor: compute its scores from "
            "the Tensor that it is given"
        )
    if scores.ndim != 2 or len(scores) != len(x):
        raise ValueError(
            f"the model returned scores of shape {scores.shape} for {len(x)} images: one row of "
            f"class scores ({len(x)}, K) is needed for each"
        )
    if np.isnan(scores.data).any():
        raise ValueError("the model returned NaN: look at its weights and at the images' range")
    return scores


def logits(model: Model, images: Array, batch_size: int = 256) -> Array:
    """Return the scores (N, K) of `images` without recording, some images at a time."""
    starts = range(0, max(len(images), 1), batch_size)
    with mg.no_grad():
        parts = [class_scores(model, mg.Tensor(images[i : i + batch_size])).data for i in starts]
    return np.concatenate(parts)


def class_gradient(model: Model, images: Array, target: Target) -> tuple[Array, NDArray[np.int64]]:
    """Return the gradient of each image's class score with respect to it, and the classes.

    The score is the logit. No parameter's ``.grad`` is touched.

    Returns
    -------
    gradient : ndarray (N, C, H, W)
    classes : ndarray (N,)
    """
    x = mg.Tensor(images, requires_grad=True)
    scores = class_scores(model, x)
    classes = as_classes(target, scores.data)
    (gradient,) = mg.grad(scores, x, one_hot(classes, scores.shape[1]))
    return gradient.data, classes
