"""Backprop, deconvnet and guided backprop: three backward rules of ReLU.

With x what went into the ReLU and g the gradient that arrives at its output:

    backprop         g · 1[x > 0]
    deconvnet        max(g, 0)                 (Zeiler & Fergus 2014)
    guided backprop  max(g, 0) · 1[x > 0]      (Springenberg et al. 2015)

The rules act on ReLU, function or module, and on nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from .images import as_images
from .model import Model, score_gradient
from .picture import CLIP, around_grey, show_tiles
from .result import Result
from .target import Target

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ImageGradient(Result):
    """A gradient with respect to the images.

    Attributes
    ----------
    gradient : ndarray (N, C, H, W)
    target : ndarray (N,), or None where the target is no class
        The class whose score it is about.
    """

    gradient: Array
    target: NDArray[np.int64] | None

    @property
    def map(self) -> Array:
        """The largest absolute value over the channels, (N, H, W)."""
        return np.abs(self.gradient).max(axis=1)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the gradients as images around mid-grey, each on its own scale."""
        title = f"{self.variant}\nzero is grey; each scale ends at percentile {CLIP:g}"
        return show_tiles(ax, [around_grey(one) for one in self.gradient], title)


def deconvnet_relu(g: Any) -> Any:
    """Deconvnet's rule: ReLU again, on the way back; the forward pass is ignored."""
    return np.maximum(g, 0)


def guided_relu(g: Any, y: Any) -> Any:
    """Guided backprop's rule: both masks. ReLU's output y is positive exactly where x is."""
    return np.maximum(g, 0) * (y > 0)


def backprop(model: Model, images: ArrayLike | mg.Tensor, target: Target = None) -> ImageGradient:
    """Return the plain gradient of a score with respect to the images.

    Parameters
    ----------
    model : callable
        From a Tensor (N, C, H, W) to logits (N, K).
    images : array (N, C, H, W)
    target : int, array (N,) of int, None, Unit, Pixels or callable
        As for `saliency`.

    Returns
    -------
    ImageGradient

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> from techniques import backprop
    >>> def model(x):
    ...     return mg.relu(x.reshape(len(x), -1)) @ np.array([[-1.0], [2.0], [4.0]])
    >>> backprop(model, np.array([[[[1.0, 3.0, -5.0]]]]), 0).gradient
    array([[[[-1.,  2.,  0.]]]])
    """
    gradient, asked = score_gradient(model, as_images(images), target)
    return ImageGradient(
        gradient=gradient, target=asked.classes, variant=f"backprop: gradient of {asked.name}"
    )


def deconvnet(model: Model, images: ArrayLike | mg.Tensor, target: Target = None) -> ImageGradient:
    """Return the gradient with deconvnet's rule at every ReLU (Zeiler & Fergus 2014).

    Parameters and result as for `backprop`.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> from techniques import deconvnet
    >>> def model(x):
    ...     return mg.relu(x.reshape(len(x), -1)) @ np.array([[-1.0], [2.0], [4.0]])
    >>> deconvnet(model, np.array([[[[1.0, 3.0, -5.0]]]]), 0).gradient
    array([[[[0., 2., 4.]]]])
    """
    with mg.backward_rules(relu=deconvnet_relu):
        gradient, asked = score_gradient(model, as_images(images), target)
    return ImageGradient(
        gradient=gradient,
        target=asked.classes,
        variant=f"deconvnet: gradient of {asked.name}, max(g, 0) at each ReLU",
    )


def guided_backprop(
    model: Model, images: ArrayLike | mg.Tensor, target: Target = None
) -> ImageGradient:
    """Return the gradient with the guided rule at every ReLU (Springenberg et al. 2015).

    Parameters and result as for `backprop`.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> from techniques import guided_backprop
    >>> def model(x):
    ...     return mg.relu(x.reshape(len(x), -1)) @ np.array([[-1.0], [2.0], [4.0]])
    >>> guided_backprop(model, np.array([[[[1.0, 3.0, -5.0]]]]), 0).gradient
    array([[[[0., 2., 0.]]]])
    """
    with mg.backward_rules(relu=guided_relu):
        gradient, asked = score_gradient(model, as_images(images), target)
    return ImageGradient(
        gradient=gradient,
        target=asked.classes,
        variant=f"guided backprop: gradient of {asked.name}, max(g, 0) · 1[x > 0] at each ReLU",
    )
