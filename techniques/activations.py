"""Output maps: what a layer makes of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import layers
import minigrad as mg
from layers.training import evaluation_mode

from .images import as_images
from .model import ask, last_output
from .picture import CLIP, axes_for, in_colour, in_heat, in_sign, reach, show_maps
from .result import Result
from .target import Target

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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
        Of the score with respect to the maps.
    target : ndarray (N,), or None where the target is no class
    score : str
        What the score is.
    images : ndarray (N, C, H, W)
    """

    gradient: Array
    target: NDArray[np.int64] | None
    score: str
    images: Array

    def plot(self, ax: Axes | None = None, index: int = 0, channels: int = 4) -> Axes:
        """Draw image `index`, outputs and gradients side by side, for the strongest channels."""
        maps, gradient = self.maps[index], self.gradient[index]
        strongest = np.argsort(-maps.mean(axis=(1, 2)), kind="stable")[:channels]
        size = self.images.shape[2:4]
        rows = [
            np.concatenate([in_colour(self.images[index]), *(
                mg.interpolate(values[None], size=size)[0].transpose(1, 2, 0)
                for values in (in_heat(maps[k], reach(maps)), in_sign(gradient[k], reach(gradient)))
            )], axis=1)
            for k in strongest
        ]  # fmt: skip
        ax = axes_for(ax)
        ax.imshow(np.concatenate(rows), interpolation="nearest")
        names = "image, outputs and gradients (red up, blue down) of the channels "
        ax.set_title(f"{self.variant}\n{names}{', '.join(map(str, strongest))}; scales end at "
                     f"percentile {CLIP:g}", fontsize="small", wrap=True)  # fmt: skip
        return ax


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
    with mg.no_grad(), evaluation_mode(model), layers.capture(model, layer) as activations:
        model(x)
    name, output = last_output(activations, layer, axes=(2, 4))
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
    """Return the outputs of a layer with the gradient of a score to them.

    Parameters
    ----------
    model, images, layer
        As for `activation_maps`.
    target : int, array (N,) of int, None, Unit, Pixels or callable
        As for `saliency`.

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
        asked = ask(model, x, target)
    name, maps = last_output(activations, layer, axes=(4,))
    (gradient,) = mg.grad(asked.scores, maps, np.ones(len(x), asked.scores.dtype))
    return ActivationGradients(
        maps=maps.data,
        gradient=gradient.data,
        layer=name,
        target=asked.classes,
        score=asked.name,
        images=x.data,
        variant=f"gradient of {asked.name} with respect to the outputs of layer {name}",
    )
