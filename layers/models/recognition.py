"""Which network is it? Told by the names and shapes in a weight file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from .. import init
from ..module import Module
from .alexnet import AlexNet
from .lenet import LeNet
from .mobilenet import MobileNet
from .resnet import ResNet
from .squeezenet import SqueezeNet
from .vgg import VGG

NETWORKS: dict[str, Callable[..., Module]] = {
    "lenet": LeNet,
    "alexnet": AlexNet,
    **{f"vgg{depth}": partial(VGG, depth) for depth in (11, 13, 16, 19)},
    **{f"vgg{depth}_bn": partial(VGG, depth, True) for depth in (11, 13, 16, 19)},
    **{f"squeezenet{v}": partial(SqueezeNet, v) for v in ("1_0", "1_1")},
    **{f"resnet{depth}": partial(ResNet, depth) for depth in (18, 34, 50, 20, 32, 44, 56, 110)},
    **{f"mobilenet_{v}": partial(MobileNet, v) for v in ("v1", "v2")},
}
"""Every named network, by torchvision's name where it has one."""


def recognize(arrays: Mapping[str, np.ndarray]) -> tuple[str, Module]:
    """Find the named network that has these weights, and load them.

    Parameters
    ----------
    arrays : mapping from str to array
        As `layers.load` gives them. The last layer may have any number of classes; the counters
        of batch normalisation may be missing, as they are in old files.

    Returns
    -------
    name : str
        Of `NETWORKS`.
    model : Module
        In evaluation mode.

    Raises
    ------
    ValueError
        If no network has these names and shapes.

    Examples
    --------
    >>> import layers
    >>> weights = layers.models.SqueezeNet("1_1", classes=7, rng=0).state_dict()
    >>> name, model = layers.models.recognize(weights)
    >>> name, model.classifier[1].out_channels
    ('squeezenet1_1', 7)
    """
    classes = _classes(arrays)
    for name, build in NETWORKS.items():
        with init.skip():
            model = build(classes=classes)
        wanted = {key: array.shape for key, array in _places(model)}
        optional = {key for key in wanted if key.endswith("num_batches_tracked")}
        given = {key: np.shape(array) for key, array in arrays.items()}
        if wanted | given == wanted and wanted.keys() - given.keys() <= optional:
            model.load_state_dict(arrays, strict=False)
            return name, model.eval()
    near = ", ".join(list(arrays)[:4])
    raise ValueError(
        f"the weights ({near}, ...) are of none of the networks {', '.join(NETWORKS)}: build the "
        "network yourself and call its load_state_dict"
    )


def _classes(arrays: Mapping[str, np.ndarray]) -> int:
    """How many outputs the last layer has."""
    sizes = [len(array) for array in arrays.values() if np.ndim(array) >= 2]
    return max(sizes[-1], 1) if sizes else 1


def _places(model: Module) -> list[tuple[str, Any]]:
    """The parameters and buffers by name, not copied."""
    return [*model.named_parameters(), *model.named_buffers()]
