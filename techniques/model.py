"""Asking a model: its scores, and their gradient with respect to the images.

A model is anything callable from a Tensor (N, C, H, W) to a Tensor: of class scores (N, K), the
logits before any softmax, or, for a target that is a unit or a function, of anything. It is a
``layers.Module`` or a plain function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

import layers
import minigrad as mg
from layers import Module
from layers.training import evaluation_mode

from .target import Pixels, Target, Unit, as_classes

if TYPE_CHECKING:
    from layers.capture import Activations

Array = NDArray[Any]
Model: TypeAlias = Callable[[mg.Tensor], mg.Tensor]


@dataclass(frozen=True)
class Asked:
    """The scores that a target picks, one an image.

    Attributes
    ----------
    scores : Tensor (N,)
    classes : ndarray (N,), or None where the target is no class
    name : str
        What the scores are, for a variant.
    """

    scores: mg.Tensor
    classes: NDArray[np.int64] | None
    name: str


@contextmanager
def frozen(model: Model | None) -> Iterator[None]:
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
    scores = _output(model, x)
    if scores.ndim != 2 or len(scores) != len(x):
        raise ValueError(
            f"the model returned scores of shape {scores.shape} for {len(x)} images: one row of "
            f"class scores ({len(x)}, K) is needed for each; of maps (N, K, H, W) ask for a class "
            "at a pixel, such as Pixels(1, (5, 7)), of other outputs for a score with a function"
        )
    return scores


def logits(model: Model, images: Array, batch_size: int = 256) -> Array:
    """Return the scores (N, K) of `images` without recording, some images at a time."""
    starts = range(0, max(len(images), 1), batch_size)
    with mg.no_grad():
        parts = [class_scores(model, mg.Tensor(images[i : i + batch_size])).data for i in starts]
    return np.concatenate(parts)


def ask(model: Model, x: mg.Tensor, target: Target) -> Asked:
    """Run the model on the images `x`, and pick the score of each that the target asks about.

    Raises
    ------
    TypeError, ValueError
        For a model that returns something else than scores, a class or unit that is not there, a
        function that does not return one score an image.
    """
    if isinstance(target, Unit):
        with evaluation_mode(model), layers.capture(model, target.layer) as activations:
            model(x)
        _, maps = last_output(activations, target.layer, axes=(2, 4))
        return Asked(_one_each(target.scores(maps), x), None, str(target))
    if callable(target):
        pixels = isinstance(target, Pixels)
        name = f"the logit of {target}" if pixels else "a score of the output"
        return Asked(_one_each(target(_output(model, x)), x), None, name)
    scores = class_scores(model, x)
    classes = as_classes(target, scores.data)
    return Asked(scores[np.arange(len(x)), classes], classes, "the logit")


def settled(model: Model, images: Array, target: Target) -> Any:
    """Return the target with the predicted classes (N,) in place of None, and classes as (N,)."""
    if isinstance(target, Unit) or callable(target):
        return target
    return as_classes(target, logits(model, images))


def asked_scores(model: Model, images: Array, target: Any, batch_size: int = 256) -> Array:
    """Return the scores (N,) that a settled target picks, without recording."""
    parts = []
    with mg.no_grad():
        for start in range(0, max(len(images), 1), batch_size):
            some = slice(start, start + batch_size)
            part = target[some] if isinstance(target, np.ndarray) else target
            parts.append(ask(model, mg.Tensor(images[some]), part).scores.data)
    return np.concatenate(parts)


def score_gradient(model: Model, images: Array, target: Target) -> tuple[Array, Asked]:
    """Return the gradient (N, C, H, W) of each image's score with respect to it, and the scores.

    No parameter's ``.grad`` is touched.
    """
    x = mg.Tensor(images, requires_grad=True)
    asked = ask(model, x, target)
    (gradient,) = mg.grad(asked.scores, x, np.ones(len(images), asked.scores.dtype))
    return gradient.data, asked


def last_output(
    activations: Activations, layer: str | Module, axes: tuple[int, ...]
) -> tuple[str, mg.Tensor]:
    """The name of the captured layer and its last output, which must have so many axes."""
    name = next(iter(activations), None)
    if name is None:
        raise ValueError(f"the model never called its layer {layer!r}: choose one that it uses")
    output = activations[name]
    if not isinstance(output, mg.Tensor) or output.ndim not in axes:
        made = getattr(output, "shape", type(output).__name__)
        raise ValueError(
            f"layer {name} has no maps (N, C, h, w), it returned {made}: choose a convolution, "
            "a pooling or what follows one"
        )
    return name, output


def _output(model: Model, x: mg.Tensor) -> mg.Tensor:
    """What the model returns, which must be a Tensor without NaN."""
    with evaluation_mode(model):
        output = model(x)
    if not isinstance(output, mg.Tensor):
        raise TypeError(
            f"the model returned {type(output).__name__}, not a Tensor: compute its scores from "
            "the Tensor that it is given"
        )
    if np.isnan(output.data).any():
        raise ValueError("the model returned NaN: look at its weights and at the images' range")
    return output


def _one_each(scores: mg.Tensor, x: mg.Tensor) -> mg.Tensor:
    if not isinstance(scores, mg.Tensor) or scores.shape != (len(x),):
        made = getattr(scores, "shape", type(scores).__name__)
        raise ValueError(
            f"the target picked {made} for {len(x)} images: it must return a Tensor with one "
            f"score for each, of shape ({len(x)},)"
        )
    return scores
