"""Grad-CAM: where in the image is the evidence for a class? (Selvaraju et al. 2017)"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import layers
import minigrad as mg

from .activations import activation_gradients
from .attribution import Attribution
from .images import as_images
from .target import Target

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class GradCam(Attribution):
    """Where the evidence for a class lies.

    Attributes
    ----------
    map : ndarray (N, H, W)
        At the size of the images, in units of the score; not normalised.
    raw : ndarray (N, h, w)
        At the size of the layer.
    all_zero : ndarray of bool (N,)
        Where the layer holds no positive evidence for the class, so that the map is zero.
    """

    raw: Array
    all_zero: NDArray[np.bool_]


def grad_cam(
    model: layers.Module,
    images: ArrayLike | mg.Tensor,
    target: Target,
    layer: str | layers.Module,
    relu: bool = True,
) -> GradCam:
    """Return the Grad-CAM of a class at a layer: ReLU(Σₖ αₖ Aᵏ), with αₖ the mean of ∂score/∂Aᵏ.

    Parameters
    ----------
    model : Module
        From a Tensor (N, C, H, W) to logits (N, K).
    images : array (N, C, H, W)
    target : int, array (N,) of int, None, Unit, Pixels or callable
        As for `saliency`: the class, None for the predicted one, or another score.
    layer : str or Module
        Its dotted name as in ``state_dict``, or the module; usually the last convolution. Of a
        module that is called more than once, the last call counts.
    relu : bool
        Without it, the evidence against the class stays, with its sign.

    Returns
    -------
    GradCam

    Raises
    ------
    TypeError
        If the model is a plain function, whose layers have no names.
    ValueError
        If the model has no such layer, or the layer has no maps; for a bad class.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques import grad_cam
    >>> model = layers.Sequential(
    ...     layers.Conv2d(3, 5, 3, rng=0), layers.ReLU(),
    ...     layers.Flatten(), layers.Linear(60, 4, rng=0),
    ... )
    >>> result = grad_cam(model, np.ones((1, 3, 6, 5), np.float32), 2, layer="1")
    >>> result.raw.shape, result.map.shape
    ((1, 4, 3), (1, 6, 5))
    """
    images = as_images(images)
    captured = activation_gradients(model, images, target, layer)
    alpha = captured.gradient.mean(axis=(2, 3))
    raw = np.einsum("nk,nkhw->nhw", alpha, captured.maps)
    name = f"Grad-CAM of {captured.score} at layer {captured.layer}"
    return class_activation_map(raw, images, captured.target, name, relu)


def class_activation_map(
    raw: Array, images: Array, target: NDArray[np.int64] | None, name: str, relu: bool = True
) -> GradCam:
    """Return a map (N, h, w) of a layer as a result: after ReLU, and at the size of the images."""
    if relu:
        raw = np.maximum(raw, 0)
    all_zero = (raw == 0).all(axis=(1, 2))
    nothing = f"; no positive evidence, so all zero, for {all_zero.sum()} of {len(raw)} images"
    return GradCam(
        map=enlarged(raw, images.shape[2:4]),
        raw=raw,
        all_zero=all_zero,
        target=target,
        images=images,
        variant=f"{name}, {'after' if relu else 'without'} ReLU, bilinear, not normalised"
        + nothing * bool(all_zero.any()),
    )


def enlarged(maps: Array, size: tuple[int, int]) -> Array:
    """Return maps (N, h, w) at another size, bilinear."""
    return mg.interpolate(maps[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]
