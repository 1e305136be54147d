"""Networks to paint with, and which of their layers to take."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

import layers
import minigrad as mg
from layers import Module, models
from techniques import pretrained
from techniques.images import as_images


class Painter(NamedTuple):
    """A network for pictures in [0, 1], and its layers for content and style.

    Attributes
    ----------
    description : str
    model : Module
    content_layers, style_layers : list of str
    """

    description: str
    model: Module
    content_layers: list[str]
    style_layers: list[str]


def open_network(
    name: str = "cifar10",
    weights: str | os.PathLike[str] | None = None,
    rng: int | np.random.Generator | None = 0,
    pictures: ArrayLike | None = None,
) -> Painter:
    """Return a network to paint with.

    Parameters
    ----------
    name : str
        ``"cifar10"`` comes trained with the package. Another of `layers.models.NETWORKS` is
        made with random weights: a random VGG paints better than one would think.
    weights : path, optional
        A file with the weights of one of these networks; which one is found out.
    rng : int, Generator or None
        For random weights.
    pictures : array (N, 3, H, W), optional
        With random weights, batch normalisation (as in ``"vgg16_bn"``) takes its statistics from
        these pictures, such as the style; then all filters answer about equally often.

    Raises
    ------
    ValueError
        If there is no such network, or it has no maps to paint with.

    References
    ----------
    He, Wang and Hopcroft, A powerful generative model using random weights for the deep image
    representation, NeurIPS 2016.

    Examples
    --------
    >>> from techniques.style import open_network
    >>> painter = open_network("squeezenet1_1", rng=0)
    >>> painter.content_layers, painter.style_layers[:2]
    (['network.features.6'], ['network.features.1', 'network.features.3'])
    """
    if weights is None and name == "cifar10":
        trained, information = pretrained.load(name)
        relus = [f"features.relu{i}" for i in range(1, 5)]
        return Painter(f"{name}: {information.data}", trained, [relus[2]], relus)
    if weights is not None:
        name, network = models.recognize(layers.load(weights))
        description = f"{name} with the weights of {os.fspath(weights)}"
    elif name in models.NETWORKS:
        network = models.NETWORKS[name](rng=rng)
        description = f"{name} with random weights"
    else:
        known = ", ".join(("cifar10", *models.NETWORKS))
        raise ValueError(f"there is no network {name!r}, only {known}")
    content, style = _layers(network)
    model = models.Normalized(network).eval()
    if weights is None and pictures is not None:
        take_statistics(model, as_images(pictures, "pictures"))
    return Painter(
        description,
        model,
        [f"network.{layer}" for layer in content],
        [f"network.{layer}" for layer in style],
    )


def take_statistics(model: Module, images: NDArray[Any]) -> None:
    """Have batch normalisation take over mean and variance from some pictures.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques.style.networks import take_statistics
    >>> model = layers.Sequential(layers.BatchNorm2d(1))
    >>> take_statistics(model, np.full((1, 1, 4, 4), 3.0, np.float32))
    >>> model[0].running_mean
    array([3.], dtype=float32)
    """
    norms = [module for module in model.modules() if isinstance(module, layers.BatchNorm2d)]
    if not norms:
        return
    for norm in norms:
        norm.momentum = 1.0
    with mg.no_grad():
        model.train()(mg.Tensor(images))
    model.eval()


def _layers(network: Any) -> tuple[list[str], list[str]]:
    """Which layers to take for content and style: Gatys' of VGG, their like of the others."""
    if isinstance(network, models.VGG):
        relus = vgg_relus(network)
        return [relus["relu4_2"]], [relus[f"relu{block}_1"] for block in range(1, 6)]
    if isinstance(network, models.SqueezeNet):
        return ["features.6"], ["features.1", "features.3", "features.6", "features.8"]
    if isinstance(network, models.ResNet):
        stages = [f"layer{stage}" for stage in range(1, network.stages + 1)]
        return [stages[1]], ["relu", *stages]
    if isinstance(network, models.MobileNet):
        return ["features.4"], ["features.0", "features.2", "features.4", "features.7"]
    if isinstance(network, models.AlexNet):
        return ["features.4"], ["features.1", "features.4", "features.7"]
    raise ValueError(
        f"{type(network).__name__} takes no colour pictures to paint with: choose another network"
    )


def vgg_relus(network: models.VGG) -> dict[str, str]:
    """Return the names of a VGG's relus by the paper's: ``{"relu1_1": "features.1", ...}``.

    Examples
    --------
    >>> import layers
    >>> from techniques.style.networks import vgg_relus
    >>> with layers.init.skip():
    ...     relus = vgg_relus(layers.models.VGG(16))
    >>> relus["relu4_2"], relus["relu4_3"]
    ('features.20', 'features.22')
    """
    names, block, number = {}, 1, 1
    for index, layer in enumerate(network.features):
        if isinstance(layer, layers.ReLU):
            names[f"relu{block}_{number}"] = f"features.{index}"
            number += 1
        elif isinstance(layer, layers.MaxPool2d):
            block, number = block + 1, 1
    return names
