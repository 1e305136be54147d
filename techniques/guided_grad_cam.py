"""Guided Grad-CAM: fine edges, but only where the class is (Selvaraju et al. 2017)."""

from __future__ import annotations

from numpy.typing import ArrayLike

import layers
import minigrad as mg

from .grad_cam import grad_cam
from .guided_backprop import ImageGradient, guided_backprop
from .target import Target


def guided_grad_cam(
    model: layers.Module,
    images: ArrayLike | mg.Tensor,
    target: Target,
    layer: str | layers.Module,
) -> ImageGradient:
    """Return guided backprop times Grad-CAM: the edges, where the evidence is.

    Parameters as for `grad_cam`.

    Returns
    -------
    ImageGradient

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques import guided_grad_cam
    >>> model = layers.Sequential(
    ...     layers.Conv2d(3, 5, 3, rng=0), layers.ReLU(),
    ...     layers.Flatten(), layers.Linear(60, 4, rng=0),
    ... )
    >>> guided_grad_cam(model, np.ones((1, 3, 6, 5), np.float32), 2, layer="1").gradient.shape
    (1, 3, 6, 5)
    """
    cam = grad_cam(model, images, target, layer)
    guided = guided_backprop(model, images, target if cam.target is None else cam.target)
    return ImageGradient(
        gradient=guided.gradient * cam.map[:, None],
        target=cam.target,
        variant=f"{guided.variant}, times {cam.variant}",
    )
