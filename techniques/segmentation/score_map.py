"""A map of class scores: the fully convolutional form of a classifier, and the sliding window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import layers
import minigrad as mg

from ..images import as_images
from ..model import Model, logits
from ..picture import show_overlay
from ..receptive_field import receptive_field
from ..result import Result
from .convolutionalize import convolutionalize

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ScoreMap(Result):
    """What a classifier says at every offset of its window.

    Attributes
    ----------
    scores : ndarray (N, K, h, w)
        Place (i, j) is about the window whose upper left corner lies at pixel (i, j) · stride.
    images : ndarray (N, C, H, W)
    window_size, stride : (int, int)
        Rows and columns.
    """

    scores: Array
    images: Array
    window_size: tuple[int, int]
    stride: tuple[int, int]

    @property
    def probabilities(self) -> Array:
        """The softmax of the scores at each place, (N, K, h, w)."""
        return mg.softmax(self.scores, axis=1)

    def heat(self, target: int) -> Array:
        """The probability of a class in the middle of its windows, (N, H, W).

        Zero along the border, where no window has its middle.
        """
        values = self.probabilities[:, target]
        for axis, stride in enumerate(self.stride, start=1):
            values = values.repeat(stride, axis=axis)
        top, left = (
            (side - step) // 2 for side, step in zip(self.window_size, self.stride, strict=True)
        )
        heat = np.zeros((len(values), *self.images.shape[2:]), values.dtype)
        heat[:, top : top + values.shape[1], left : left + values.shape[2]] = values
        return heat

    def plot(self, target: int, ax: Axes | None = None) -> Axes:
        """Lay the heat of a class over the images, in grey."""
        return show_overlay(ax, self.images, self.heat(target), f"{self.variant}: class {target}")


def score_map(
    model: layers.Module, images: ArrayLike | mg.Tensor, input_size: int | tuple[int, int]
) -> ScoreMap:
    """Let a classifier stride over larger images, as a fully convolutional network.

    Parameters
    ----------
    model : Module
        As `convolutionalize` takes it.
    images : array (N, C, H, W)
        At least of `input_size`.
    input_size : int or (H, W)
        The size of images that the classifier is made for.

    Raises
    ------
    ValueError
        As `convolutionalize`, or if the images are smaller than `input_size`.

    References
    ----------
    Sermanet et al., OverFeat: integrated recognition, localization and detection using
    convolutional networks, ICLR 2014.

    Examples
    --------
    >>> from techniques import pretrained
    >>> from techniques.data import Scenes
    >>> from techniques.segmentation import score_map
    >>> classifier, info = pretrained.load("shapes")
    >>> result = score_map(classifier, Scenes(1, size=96, extent=96).images, input_size=64)
    >>> result.scores.shape, result.stride
    ((1, 10, 9, 9), (4, 4))
    """
    images, window = _larger(images, input_size)
    network = convolutionalize(model, window).eval()
    one = mg.Tensor(np.zeros((1, images.shape[1], *window), images.dtype), requires_grad=True)
    stride = receptive_field(network(one), one).stride
    with mg.no_grad():
        scores = network(mg.Tensor(images)).data
    return ScoreMap(scores=scores, images=images, window_size=window, stride=stride,
                    variant="classifier as a fully convolutional network")  # fmt: skip


def sliding_window(
    model: Model,
    images: ArrayLike | mg.Tensor,
    input_size: int | tuple[int, int],
    stride: int | tuple[int, int],
) -> ScoreMap:
    """Run a classifier on every window alone: the same map as `score_map`, the slow way.

    Parameters
    ----------
    model : callable
        From a Tensor (N, C, H, W) to logits (N, K).
    images : array (N, C, H, W)
    input_size, stride : int or pair
        Of the windows.

    Raises
    ------
    ValueError
        If the images are smaller than `input_size`.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.segmentation import sliding_window
    >>> image = np.arange(12.0).reshape(1, 1, 3, 4)
    >>> sliding_window(lambda x: x.reshape(len(x), -1)[:, :1], image, 2, stride=1).scores
    array([[[[0., 1., 2.],
             [4., 5., 6.]]]])
    """
    images, window = _larger(images, input_size)
    down, right = (stride, stride) if isinstance(stride, int) else stride
    views: Any = np.lib.stride_tricks.sliding_window_view(images, window, axis=(2, 3))
    places = views[:, :, ::down, ::right].transpose(0, 2, 3, 1, 4, 5)  # (N, h, w, C, *window)
    rows = [logits(model, np.ascontiguousarray(row)) for image in places for row in image]
    scores = np.reshape(rows, (*places.shape[:3], -1)).transpose(0, 3, 1, 2)
    return ScoreMap(scores=scores, images=images, window_size=window, stride=(down, right),
                    variant="classifier on every window alone")  # fmt: skip


def _larger(
    images: ArrayLike | mg.Tensor, input_size: int | tuple[int, int]
) -> tuple[Array, tuple[int, int]]:
    """Images as an array, and the window, which must fit into them."""
    images = as_images(images)
    window = (input_size, input_size) if isinstance(input_size, int) else input_size
    if images.shape[2] < window[0] or images.shape[3] < window[1]:
        raise ValueError(
            f"a window of {window[0]} × {window[1]} does not fit into images of "
            f"{images.shape[2]} × {images.shape[3]}: give larger images"
        )
    return images, window
