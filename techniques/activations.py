"""Output maps: what a layer makes of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import layers
import minigrad as mg

from .images import as_images
from .model import class_scores, evaluating
from .picture import show_maps
from .result import Result
from .target import Target, as_classes, one_hot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from layers.capture import Activations

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ActivationMaps(Result):
    """The output maps of one layer.

    Attributes
    ----------
    maps : ndarray (N, C, h, w)
        Of a fully connected layer (N, C, 1, 1).
    layer : str
        Its dotted name.
    """

    maps: Array
    layer: str

    def plot(self, ax: Axes | None = None, index: int = 0) -> Axes:
        """Draw all channels of image `index` as tiles on one scale."""
        return show_maps(ax, self.maps[index], self.variant)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ActivationGradients(ActivationMaps):
    """The output maps of one layer, and how much a score depends on them.

    Attributes
    ----------
    gradient : ndarray (N, C, h, w)
        Of the class's score with respect to the maps.
    target : ndarray (N,)
    """

    gradient: Array
    target: NDArray[np.int64]

    def plot(self, ax: Axes | None = None, index: int = 0) -> Axes:
        """Draw the gradients of all channels of image `index` as tiles on one scale."""
        return show_maps(ax, self.gradient[index], self.variant)


def activation_maps(
    model: layers.Module, images: ArrayLike | mg.Tensor, layer: str | layers.Module
) -> ActivationMaps:
    """Return the outputs of a layer (lecture: visualising activations).

    Parameters
    ----------
    model : Module
    images : array (N, C, H, W)
    layer : str or Module
        Its dotted name as in ``state_dict``, or the module. Of a module that is called more than
        once the last output is shown.

    Returns
    -------
    ActivationMaps

    Raises
    ------
    TypeError
        If the model is a plain function, whose layers have no names.
    ValueError
        If it has no such layer (near names are listed), or the layer has no maps.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques import activation_maps
    >>> model = layers.Sequential(layers.Conv2d(3, 5, 3, rng=0), layers.ReLU())
    >>> activation_maps(model, np.ones((2, 3, 8, 6), np.float32), "1").maps.shape
    (2, 5, 6, 4)
    """
    x = mg.Tensor(as_images(images))
    with mg.no_grad(), evaluating(model), layers.capture(model, layer) as activations:
        model(x)
    name, output = _last_output(activations, layer, axes=(2, 4))
    maps = output.data
    return ActivationMaps(
        maps=maps[:, :, None, None] if maps.ndim == 2 else maps,
        layer=name,
        variant=f"outputs of layer {name}",
    )


def activation_gradients(
    model: layers.Module,
    images: ArrayLike | mg.Tensor,
    target: Target,
    layer: str | layers.Module,
) -> ActivationGradients:
    """Return the outputs of a layer with the gradient of a class's score to them.

    Parameters
    ----------
    model, images, layer
        As for `activation_maps`.
    target : int, array (N,) of int, or None
        The class; None for the predicted one.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques import activation_gradients
    >>> model = layers.Sequential(
    ...     layers.Conv2d(3, 5, 3, rng=0), layers.ReLU(),
    ...     layers.Flatten(), layers.Linear(20, 4, rng=0),
    ... )
    >>> activation_gradients(model, np.ones((1, 3, 4, 4), np.float32), 2, "1").gradient.shape
    (1, 5, 2, 2)
    """
    x = mg.Tensor(as_images(images), requires_grad=True)
    with layers.capture(model, layer) as activations:
        scores = class_scores(model, x)
    name, maps = _last_output(activations, layer, axes=(4,))
    classes = as_classes(target, scores.data)
    (gradient,) = mg.grad(scores, maps, one_hot(classes, scores.shape[1]))
    return ActivationGradients(
        maps=maps.data,
        gradient=gradient.data,
        layer=name,
        target=classes,
        variant=f"gradient of the logit with respect to the outputs of layer {name}",
    )


def _last_output(
    activations: Activations, layer: str | layers.Module, axes: tuple[int, ...]
) -> tuple[str, mg.Tensor]:
    """The name of the captured layer and its last output, which must have so many axes."""
    name = next(iter(activations), None)
    if name is None:
        raise ValueError(f"the model never called its layer {layer!r}: choose one that it uses")
    output = activations[name]
    if not isinstance(output, mg.Tensor) or output.ndim not in axes:
        made = getattr(output, "shape", type(output).__name__)
        raise ValueError(
            f"layer {name} has no maps (N, C, h, w), it returned {made}: choose a convolution, "
            "a pooling or what follows one"
        )
    return name, output
