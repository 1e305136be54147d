"""LayerCAM: each place of a map has its own weight (Jiang et al. 2021)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

import layers
import minigrad as mg

from .activations import activation_gradients
from .grad_cam import GradCam, class_activation_map
from .images import as_images
from .target import Target


def layer_cam(
    model: layers.Module,
    images: ArrayLike | mg.Tensor,
    target: Target,
    layer: str | layers.Module,
) -> GradCam:
    """Return ``ReLU(Σₖ max(gᵏ, 0) · Aᵏ)``, with gᵏ = ∂score/∂Aᵏ place by place.

    It is of use at early layers too, where a map holds many things at many places.

    Parameters and result as for `grad_cam`.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques import layer_cam
    >>> model = layers.Sequential(
    ...     layers.Conv2d(3, 5, 3, rng=0), layers.ReLU(),
    ...     layers.Flatten(), layers.Linear(60, 4, rng=0),
    ... )
    >>> layer_cam(model, np.ones((1, 3, 6, 5), np.float32), 2, layer="1").map.shape
    (1, 6, 5)
    """
    images = as_images(images)
    captured = activation_gradients(model, images, target, layer)
    maps, g = captured.maps, captured.gradient
    raw = (np.maximum(g, 0) * maps).sum(axis=1)
    name = f"LayerCAM of {captured.score} at layer {captured.layer}"
    return class_activation_map(raw, images, captured.target, name)
