"""All attribution methods under one signature, to be compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from .grad_cam import grad_cam
from .grad_cam_plus_plus import grad_cam_plus_plus
from .guided_backprop import backprop, deconvnet, guided_backprop
from .guided_grad_cam import guided_grad_cam
from .hires_cam import hires_cam
from .integrated_gradients import integrated_gradients
from .layer_cam import layer_cam
from .lrp import lrp
from .occlusion import occlusion
from .saliency import saliency
from .score_cam import score_cam
from .smooth_grad import smooth_grad

Method: TypeAlias = Callable[[Any, Any, Any, str], Any]


def _occlusion(model: Any, images: Any, target: Any, layer: str) -> Any:
    """With a grey window, an eighth of the height or 4 pixels, moved by half of it."""
    window = min(max(images.shape[2] // 8, 4), *images.shape[2:])
    return occlusion(model, images, target, window, max(window // 2, 1), baseline=0.5)


# Each takes the model, images, a target, and the layer at which methods of output maps look.
METHODS: dict[str, Method] = {
    "saliency": lambda model, images, target, layer: saliency(model, images, target),
    "smooth-grad": lambda model, images, target, layer: smooth_grad(
        model, images, target, samples=25, rng=0
    ),
    "integrated-gradients": lambda model, images, target, layer: integrated_gradients(
        model, images, target
    ),
    "occlusion": _occlusion,
    "backprop": lambda model, images, target, layer: backprop(model, images, target),
    "deconvnet": lambda model, images, target, layer: deconvnet(model, images, target),
    "guided-backprop": lambda model, images, target, layer: guided_backprop(model, images, target),
    "grad-cam": grad_cam,
    "grad-cam++": grad_cam_plus_plus,
    "layer-cam": layer_cam,
    "hires-cam": hires_cam,
    "score-cam": score_cam,
    "guided-grad-cam": guided_grad_cam,
    "lrp": lambda model, images, target, layer: lrp(model, images, target),
}
