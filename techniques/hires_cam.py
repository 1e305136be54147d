"""HiResCAM: gradient times output map, place by place (Draelos & Carin 2020)."""

from __future__ import annotations

from numpy.typing import ArrayLike

import layers
import minigrad as mg

from .activations import activation_gradients
from .grad_cam import GradCam, class_activation_map
from .images import as_images
from .target import Target


def hires_cam(
    model: layers.Module,
    images: ArrayLike | mg.Tensor,
    target: Target,
    layer: str | layers.Module,
    relu: bool = True,
) -> GradCam:
    """Return ``ReLU(Σₖ gᵏ · Aᵏ)``, with gᵏ = ∂score/∂Aᵏ.

    Where only a linear layer follows, the map without ReLU adds up to the score, but for the bias:
    it cannot show a place that the score does not use, as Grad-CAM's mean gradient can.

    Parameters and result as for `grad_cam`.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques import hires_cam
    >>> model = layers.Sequential(
    ...     layers.Conv2d(3, 5, 3, rng=0), layers.ReLU(),
    ...     layers.Flatten(), layers.Linear(60, 4, rng=0),
    ... )
    >>> hires_cam(model, np.ones((1, 3, 6, 5), np.float32), 2, layer="1").map.shape
    (1, 6, 5)
    """
    images = as_images(images)
    captured = activation_gradients(model, images, target, layer)
    maps, g = captured.maps, captured.gradient
    raw = (g * maps).sum(axis=1)
    name = f"HiResCAM of {captured.score} at layer {captured.layer}"
    return class_activation_map(raw, images, captured.target, name, relu)
