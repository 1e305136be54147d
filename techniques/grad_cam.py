"""Grad-CAM: where in the image is the evidence for a class? (Selvaraju et al. 2017)"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import layers
import minigrad as mg

from .activations import activation_gradients
from .guided_backprop import ImageGradient, guided_backprop
from .images import as_images
from .picture import show_overlay
from .result import Result
from .target import Target

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class GradCam(Result):
    """Where the evidence for a class lies.

    Attributes
    ----------
    map : ndarray (N, H, W)
        At the size of the images, in units of the score; not normalised.
    raw : ndarray (N, h, w)
        At the size of the layer.
    all_zero : ndarray of bool (N,)
        Where the layer holds no positive evidence for the class, so that the map is zero.
    target : ndarray (N,)
        The class whose score it is about.
    images : ndarray (N, C, H, W)
    """

    map: Array
    raw: Array
    all_zero: NDArray[np.bool_]
    target: NDArray[np.int64]
    images: Array

    def plot(self, ax: Axes | None = None) -> Axes:
        """Lay the maps over the images, on one scale, with a colour bar."""
        return show_overlay(ax, self.images, self.map, self.variant)


def grad_cam(
    model: layers.Module,
    images: ArrayLike | mg.Tensor,
    target: Target,
    layer: str | layers.Module,
) -> GradCam:
    """Return the Grad-CAM of a class at a layer: ReLU(Σₖ αₖ Aᵏ), with αₖ the mean of ∂score/∂Aᵏ.

    Parameters
    ----------
    model : Module
        From a Tensor (N, C, H, W) to logits (N, K).
    images : array (N, C, H, W)
    target : int, array (N,) of int, or None
        The class; None for the predicted one.
    layer : str or Module
        Its dotted name as in ``state_dict``, or the module; usually the last convolution. Of a
        module that is called more than once, the last call counts.

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
    raw = np.maximum(np.einsum("nk,nkhw->nhw", alpha, captured.maps), 0)
    size = images.shape[2:]
    enlarged = mg.interpolate(raw[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]
    all_zero = (raw == 0).all(axis=(1, 2))
    return GradCam(
        map=enlarged,
        raw=raw,
        all_zero=all_zero,
        target=captured.target,
        images=images,
        variant=f"Grad-CAM of the logit at layer {captured.layer}, after ReLU, bilinear, "
        f"not normalised{_no_evidence(all_zero)}",
    )


def _no_evidence(all_zero: NDArray[np.bool_]) -> str:
    if not all_zero.any():
        return ""
    return f"; no positive evidence, so all zero, for {all_zero.sum()} of {len(all_zero)} images"


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
    guided = guided_backprop(model, images, cam.target)
    return ImageGradient(
        gradient=guided.gradient * cam.map[:, None],
        target=cam.target,
        variant=f"{guided.variant}, times {cam.variant}",
    )
