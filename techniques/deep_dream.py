"""DeepDream: more of whatever a layer already sees in a picture (Mordvintsev et al. 2015)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import layers
import minigrad as mg
from layers.training import evaluation_mode

from .arguments import check_positive
from .gradient_ascent import GradientAscent, octave_sizes
from .images import as_images
from .model import last_output
from .progress import tracked

Array = NDArray[Any]


def deep_dream(
    model: layers.Module,
    images: ArrayLike | mg.Tensor,
    layer: str | layers.Module,
    steps: int = 10,
    step: float = 1.5 / 255,
    octaves: int = 4,
    octave_scale: float = 1.4,
    jitter: int = 8,
    bounds: tuple[float, float] = (0.0, 1.0),
    rng: int | np.random.Generator | None = None,
) -> GradientAscent:
    """Ascend ½‖a‖² of a layer's outputs a, from small to full size.

    From octave to octave the dream, and not the picture, is enlarged, and added to the picture at
    that size: details that were lost in the smaller one come back.

    Parameters
    ----------
    model : Module
        It must take images of any size.
    images : array (N, C, H, W)
    layer : str or Module
    steps : int
        For each octave.
    step : float
        The mean absolute change of the values.
    octaves, octave_scale : int, float
        How many sizes, and their ratio.
    jitter : int
        Each gradient is that of the image rolled at random by up to this many pixels.
    bounds : (low, high)
    rng : int, Generator or None

    Returns
    -------
    GradientAscent

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques import deep_dream
    >>> model = layers.Sequential(layers.Conv2d(3, 5, 3, rng=0), layers.ReLU())
    >>> image = np.random.default_rng(0).random((1, 3, 24, 20), np.float32)
    >>> dream = deep_dream(model, image, "1", steps=3, octaves=2, rng=0)
    >>> dream.images.shape, bool((dream.scores[-1] > dream.scores[0]).all())
    ((1, 3, 24, 20), True)
    """
    check_positive("steps", steps)
    check_positive("octaves", octaves)
    images = as_images(images)
    rng = np.random.default_rng(rng)
    dream = np.zeros_like(images)
    scores = []
    for size in tracked(octave_sizes(images.shape, octaves, octave_scale), "octaves"):
        picture = mg.interpolate(images, size=size, mode="bilinear")
        x = np.clip(picture + mg.interpolate(dream, size=size, mode="bilinear"), *bounds)
        for _ in range(steps):
            down, right = (int(n) for n in rng.integers(-jitter, jitter + 1, 2))
            energy, gradient = _energy(model, np.roll(x, (down, right), (2, 3)), layer)
            gradient = np.roll(gradient, (-down, -right), (2, 3))
            size_of_gradient = np.abs(gradient).mean(axis=(1, 2, 3), keepdims=True)
            x = np.clip(x + step / np.maximum(size_of_gradient, 1e-12) * gradient, *bounds)
            scores.append(energy)
        dream = x - picture
    return GradientAscent(
        images=x,
        scores=np.stack(scores),
        target=None,
        variant=f"DeepDream: ½‖a‖² of layer {layer}, {steps} steps in each of {octaves} octaves",
    )


def _energy(model: layers.Module, images: Array, layer: Any) -> tuple[Array, Array]:
    """½‖a‖² of each image, (N,), and its gradient."""
    x = mg.Tensor(images, requires_grad=True)
    with evaluation_mode(model), layers.capture(model, layer) as activations:
        model(x)
    _, outputs = last_output(activations, layer, axes=(2, 4))
    energy = 0.5 * (outputs**2).reshape(len(images), -1).sum(axis=1)
    (gradient,) = mg.grad(energy.sum(), x)
    return energy.data, gradient.data
