"""Score-CAM: how high is the score if only this map's places are seen? (Wang et al. 2020)"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import layers
import minigrad as mg

from .grad_cam import GradCam, class_activation_map, enlarged
from .images import as_images
from .model import ask, asked_scores, last_output
from .progress import tracked
from .target import Target

Array = NDArray[Any]


def score_cam(
    model: layers.Module,
    images: ArrayLike | mg.Tensor,
    target: Target,
    layer: str | layers.Module,
) -> GradCam:
    """Return ReLU(Σₖ wₖ Aᵏ), with w the softmax over k of the scores of masked images.

    Each output map, enlarged and scaled to 0 … 1, is laid over the image as a mask. A constant map
    masks everything. No gradient is needed, but a forward pass for every channel.

    Parameters and result as for `grad_cam`.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques import score_cam
    >>> model = layers.Sequential(
    ...     layers.Conv2d(3, 5, 3, rng=0), layers.ReLU(),
    ...     layers.Flatten(), layers.Linear(60, 4, rng=0),
    ... )
    >>> score_cam(model, np.ones((1, 3, 6, 5), np.float32), 2, layer="1").map.shape
    (1, 6, 5)
    """
    images = as_images(images)
    with mg.no_grad(), layers.capture(model, layer) as activations:
        asked = ask(model, mg.Tensor(images), target)
    name, output = last_output(activations, layer, axes=(4,))
    maps = output.data
    classes = target if asked.classes is None else asked.classes
    scores = np.zeros(maps.shape[:2], maps.dtype)
    for k in tracked(range(maps.shape[1]), "Score-CAM"):
        masks = from_0_to_1(enlarged(maps[:, k], images.shape[2:]))
        scores[:, k] = asked_scores(model, images * masks[:, None], classes)
    raw = np.einsum("nk,nkhw->nhw", mg.softmax(scores), maps)
    return class_activation_map(
        raw, images, asked.classes, f"Score-CAM by {asked.name} at layer {name}"
    )


def from_0_to_1(maps: Array) -> Array:
    """Scale each map (N, H, W) from its minimum to its maximum; a constant one becomes zero."""
    low = maps.min(axis=(1, 2), keepdims=True)
    reach = maps.max(axis=(1, 2), keepdims=True) - low
    return np.divide(maps - low, reach, out=np.zeros_like(maps), where=reach > 0)
