"""From image to image: the same networks undo noise, or give a grey picture its colours back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import layers
import minigrad as mg

from .blocks import as_tensor
from .unet import UNet

Array = NDArray[Any]
Spoil = Callable[[Array, np.random.Generator], Array]

_LUMA = (0.299, 0.587, 0.114)  # how bright red, green and blue look (ITU-R BT.601)


class Restorer(layers.Module):
    """A U-Net whose output is added to the picture that it is given: it learns what is missing.

    Parameters
    ----------
    in_channels : int
        3, or 1 for grey pictures, which are taken as equally red, green and blue.
    width, depth : int
        As of `UNet`.
    rng : int, Generator or None

    Notes
    -----
    Input (N, in_channels, H, W), output (N, 3, H, W) of the same size. Before training it changes
    nothing: the last layer begins with zeros.

    References
    ----------
    Zhang et al., Beyond a Gaussian denoiser: residual learning of deep CNN for image denoising,
    IEEE Transactions on Image Processing 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.segmentation import Restorer
    >>> Restorer(in_channels=1, width=2, depth=1, rng=0)(np.zeros((1, 1, 9, 8), np.float32)).shape
    (1, 3, 9, 8)
    """

    def __init__(
        self, in_channels: int = 3, width: int = 8, depth: int = 2, rng: layers.init.Seed = None
    ):
        super().__init__()
        self.network = UNet(3, in_channels, width, depth, rng=rng)
        for parameter in self.network.classifier.parameters():
            parameter.data[...] = 0

    def forward(self, x: Any) -> mg.Tensor:
        x = as_tensor(x)
        return x + self.network(x)


def add_noise(deviation: float) -> Spoil:
    """Return a function that adds normal noise to pictures (N, C, H, W).

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.segmentation.restoration import add_noise
    >>> spoil = add_noise(0.1)
    >>> float(spoil(np.zeros((1, 1, 99, 99)), np.random.default_rng(0)).std().round(2))
    0.1
    """

    def spoil(images: Array, rng: np.random.Generator) -> Array:
        return images + deviation * rng.standard_normal(images.shape, np.float32)

    return spoil


def take_colour(images: Array, rng: np.random.Generator | None = None) -> Array:
    """Return pictures (N, 3, H, W) in grey, (N, 1, H, W).

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.segmentation.restoration import take_colour
    >>> take_colour(np.array([1.0, 0.0, 0.0]).reshape(1, 3, 1, 1))
    array([[[[0.299]]]])
    """
    return np.tensordot(images, np.array(_LUMA, images.dtype), (1, 0))[:, None]


def train_restoration(
    model: layers.Module,
    images: Array,
    spoil: Spoil,
    *,
    epochs: int,
    batch_size: int = 16,
    learning_rate: float = 4e-3,
    rng: layers.init.Seed = None,
    progress: bool = True,
) -> layers.History:
    """Teach a network to undo what `spoil` does, by the mean squared error.

    Parameters
    ----------
    model : Module
        From pictures as `spoil` leaves them to pictures as they were, such as a `Restorer`.
    images : array (N, C, H, W)
        In [0, 1].
    spoil : callable
        ``spoil(images, rng)``, called anew for every batch.
    epochs, batch_size : int
    learning_rate : float
        The largest, under a one-cycle schedule.
    rng : int, Generator or None
    progress : bool

    Examples
    --------
    >>> from techniques.data import Shapes
    >>> from techniques.segmentation import Restorer, take_colour, train_restoration
    >>> network = Restorer(in_channels=1, width=2, depth=1, rng=0)
    >>> pictures = Shapes(8, size=16).images
    >>> train_restoration(network, pictures, take_colour, epochs=2, rng=0, progress=False).epochs
    2
    """
    optimizer = layers.optim.AdamW(model.parameters(), lr=learning_rate)
    steps = max(epochs * -(-len(images) // batch_size), 1)

    def batches(epoch_rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
        order = epoch_rng.permutation(len(images))
        for i in range(0, len(order), batch_size):
            whole = images[order[i : i + batch_size]]
            yield spoil(whole, epoch_rng), whole

    return layers.fit(
        model,
        batches,
        optimizer=optimizer,
        epochs=epochs,
        loss=mg.mse_loss,
        schedule=layers.schedule.OneCycleLR(optimizer, max_lr=learning_rate, total_steps=steps),
        schedule_every="batch",
        rng=rng,
        progress=progress,
    )


def psnr(restored: ArrayLike, images: ArrayLike) -> Array:
    """The peak signal-to-noise ratio of each picture in [0, 1], in decibels, (N,).

    −10 log₁₀ of the mean squared error: 10 dB more are a tenth of the error.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.segmentation import psnr
    >>> psnr(np.full((1, 3, 8, 8), 0.6), np.full((1, 3, 8, 8), 0.5)).round(1)
    array([20.])
    """
    found, truth = np.asarray(restored), np.asarray(images)
    if found.shape != truth.shape or found.ndim < 2:
        raise ValueError(
            f"pictures of shape {found.shape} and {truth.shape} cannot be compared: pass two "
            "batches of the same shape"
        )
    with np.errstate(divide="ignore"):  # no error at all is an infinite ratio
        return -10 * np.log10(np.square(found - truth).reshape(len(found), -1).mean(axis=1))
