"""Fast style transfer: a network that learns one style and paints in a single pass (Johnson 2016).

What `style_transfer` minimises over the pixels of one picture, this minimises over the weights of
a network, for many pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import layers
import minigrad as mg
from layers.optim import Adam
from techniques.images import as_images
from techniques.model import Model, frozen

from .arguments import Image, Layers, as_images_of_style, as_layers, as_shares, check_weights
from .goals import Goals

Array = NDArray[Any]


class StyleNetwork(layers.Module):
    """A small network from pictures to pictures in [0, 1], of any size that 4 divides.

    Convolutions down to a quarter of the size, residual blocks, and back up by enlarging and
    convolving; instance normalisation in between, so that the contrast of a picture does not
    matter (Ulyanov et al. 2016).

    Parameters
    ----------
    width : int
        Channels of the first convolution.
    blocks : int
        Residual blocks.
    rng : int, Generator or None

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.style import StyleNetwork
    >>> StyleNetwork(width=4, blocks=1, rng=0)(np.zeros((1, 3, 16, 24), np.float32)).shape
    (1, 3, 16, 24)
    """

    def __init__(
        self, width: int = 16, blocks: int = 3, rng: int | np.random.Generator | None = None
    ):
        super().__init__()
        rng = np.random.default_rng(rng)
        wide = 4 * width
        self.down = layers.Sequential(
            *_convolution(3, width, 5, 1, rng),
            *_convolution(width, 2 * width, 3, 2, rng),
            *_convolution(2 * width, wide, 3, 2, rng),
        )
        self.blocks = layers.ModuleList(
            layers.Sequential(
                *_convolution(wide, wide, 3, 1, rng), *_convolution(wide, wide, 3, 1, rng)[:-1]
            )
            for _ in range(blocks)
        )
        self.up = layers.Sequential(
            layers.Upsample(scale_factor=2), *_convolution(wide, 2 * width, 3, 1, rng),
            layers.Upsample(scale_factor=2), *_convolution(2 * width, width, 3, 1, rng),
            layers.Conv2d(width, 3, 5, padding=2, padding_mode="reflect", rng=rng),
            layers.Sigmoid(),
        )  # fmt: skip

    def forward(self, x: Any) -> Any:
        if x.shape[2] % 4 or x.shape[3] % 4:
            raise ValueError(f"4 must divide height and width, which are {x.shape[2:]}: crop first")
        x = self.down(x)
        for block in self.blocks:
            x = x + block(x)
        return self.up(x)


def _convolution(
    before: int, after: int, size: int, stride: int, rng: np.random.Generator
) -> list[layers.Module]:
    """A convolution, instance normalisation with a scale and shift, and relu."""
    return [
        layers.Conv2d(before, after, size, stride, size // 2, padding_mode="reflect", rng=rng),
        layers.InstanceNorm2d(after, affine=True),
        layers.ReLU(),
    ]


def train_style_network(
    model: Model,
    style: Image | Sequence[Image],
    images: ArrayLike,
    content_layers: Layers,
    style_layers: Layers,
    content_weight: float = 1,
    style_weight: float = 10,
    tv_weight: float = 0,
    steps: int = 500,
    batch_size: int = 4,
    learning_rate: float = 2e-3,
    network: StyleNetwork | None = None,
    rng: int | np.random.Generator | None = None,
    watch: Callable[[int, float], object] | None = None,
) -> tuple[StyleNetwork, NDArray[np.float64]]:
    """Teach a network to paint in one style.

    Parameters
    ----------
    model : Module or callable
        The network whose features are compared; it stays as it is.
    style : array (3, h, w) or (1, 3, h, w), or a list of them
    images : array (N, 3, H, W)
        Photographs in [0, 1] to learn on.
    content_layers, style_layers, content_weight, style_weight, tv_weight
        As in `style_transfer`.
    steps, batch_size, learning_rate
        Of Adam.
    network : StyleNetwork, optional
        One to go on with.
    rng : int, Generator or None
        For the weights and the choice of pictures.
    watch : callable, optional
        Called as ``watch(step, loss)`` after each step.

    Returns
    -------
    network : StyleNetwork
        In evaluation mode.
    losses : ndarray (steps,)

    Raises
    ------
    ValueError
        For a bad option, or when the loss becomes NaN.

    References
    ----------
    Johnson, Alahi and Fei-Fei, Perceptual losses for real-time style transfer and
    super-resolution, ECCV 2016.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques.style import StyleNetwork, train_style_network
    >>> model = layers.Sequential(layers.Conv2d(3, 8, 3, rng=0), layers.ReLU())
    >>> images = np.random.default_rng(0).random((4, 3, 16, 16), np.float32)
    >>> network, losses = train_style_network(
    ...     model, images[0], images, "1", ["0", "1"], steps=5, batch_size=2, rng=0,
    ...     network=StyleNetwork(width=4, blocks=1, rng=0),
    ... )
    >>> len(losses), network(images).shape
    (5, (4, 3, 16, 16))
    """
    rng = np.random.default_rng(rng)
    pictures, styles = as_images(images), as_images_of_style(style, (0.0, 1.0))
    content_layers, style_layers = as_layers(content_layers), as_layers(style_layers)
    check_weights(content_weight=content_weight, style_weight=style_weight, tv_weight=tv_weight)
    if steps < 1 or batch_size < 1 or not len(pictures):
        raise ValueError("steps and batch_size must be at least 1, and there must be images")
    network = StyleNetwork(rng=rng) if network is None else network
    goals = Goals(model, content_weight, style_weight, tv_weight)
    shares = as_shares(None, len(styles), "mix", "style pictures")
    weights = as_shares(None, len(style_layers), "layer_weights", "style layers")
    optimizer = Adam(network.train().parameters(), lr=learning_rate)
    losses = np.empty(steps)
    with frozen(model):
        goals.add_style(styles, shares, style_layers, weights)
        for step in range(steps):
            batch = pictures[rng.integers(len(pictures), size=batch_size)]
            goals.content.clear()
            goals.add_content(batch, content_layers)
            optimizer.zero_grad()
            loss = sum(goals(network(mg.Tensor(batch))).values())
            losses[step] = float(loss.data)
            if not np.isfinite(losses[step]):
                raise ValueError(
                    f"the loss is {losses[step]} after {step} steps: lower the learning rate"
                )
            loss.backward()
            optimizer.step()
            if watch is not None:
                watch(step + 1, losses[step])
    return network.eval(), losses
