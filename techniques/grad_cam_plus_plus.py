"""Grad-CAM++: a weight for each place of a map (Chattopadhay et al. 2018)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

import layers
import minigrad as mg

from .activations import activation_gradients
from .grad_cam import GradCam, class_activation_map
from .images import as_images
from .target import Target


def grad_cam_plus_plus(
    model: layers.Module,
    images: ArrayLike | mg.Tensor,
    target: Target,
    layer: str | layers.Module,
) -> GradCam:
    """Return ReLU(Σₖ wₖ Aᵏ), with wₖ a weighted sum of the positive gradients.

    With g = ∂score/∂Aᵏ, each place weighs ``a = g² / (2g² + ΣA · g³ + 10⁻⁶)``, nothing where g = 0,
    and ``wₖ = Σ max(g, 0) · a``: an object that fills few places counts as much as a large one.

    Parameters and result as for `grad_cam`.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques import grad_cam_plus_plus
    >>> model = layers.Sequential(
    ...     layers.Conv2d(3, 5, 3, rng=0), layers.ReLU(),
    ...     layers.Flatten(), layers.Linear(60, 4, rng=0),
    ... )
    >>> grad_cam_plus_plus(model, np.ones((1, 3, 6, 5), np.float32), 2, layer="1").map.shape
    (1, 6, 5)
    """
    images = as_images(images)
    captured = activation_gradients(model, images, target, layer)
    maps, g = captured.maps, captured.gradient
    total = maps.sum(axis=(2, 3), keepdims=True)
    denominator = 2 * g**2 + total * g**3 + 1e-6
    places = np.divide(g**2, denominator, out=np.zeros_like(g), where=g != 0)
    weights = (np.maximum(g, 0) * places).sum(axis=(2, 3))
    raw = np.einsum("nk,nkhw->nhw", weights, maps)
    name = f"Grad-CAM++ of {captured.score} at layer {captured.layer}"
    return class_activation_map(raw, images, captured.target, name)
