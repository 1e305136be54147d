"""The two halves of style transfer: a picture from features, a texture from Gram matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from techniques.model import Model, frozen

from .arguments import (
    Image,
    Layers,
    as_image,
    as_images_of_style,
    as_layers,
    as_shares,
    first_picture,
    noise,
)  # fmt: skip
from .features import listed
from .goals import Goals
from .painting import paint
from .result import Painting, as_painting


def reconstruct_content(
    model: Model,
    content: Image,
    layers: Layers,
    steps: int = 100,
    start: str | Image = "noise",
    tv_weight: float = 0,
    rng: int | np.random.Generator | None = None,
    bounds: tuple[float, float] = (0.0, 1.0),
    **options: Any,
) -> Painting:
    """Paint a picture that has another's features at some layers: what these layers keep of it.

    From shallow layers comes the picture itself, from deep ones its arrangement without detail.

    Parameters
    ----------
    model : Module or callable
    content : array (C, H, W) or (1, C, H, W)
    layers : str, Module, or a list of them
    steps, start, tv_weight, rng, bounds
        As in `style_transfer`.
    **options
        ``optimizer``, ``learning_rate``, ``stages`` and ``watch`` of `style_transfer`.

    Returns
    -------
    Painting

    References
    ----------
    Mahendran and Vedaldi, Understanding deep image representations by inverting them, CVPR 2015.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques.style import reconstruct_content
    >>> model = layers.Sequential(layers.Conv2d(3, 8, 3, rng=0), layers.ReLU())
    >>> content = np.random.default_rng(0).uniform(size=(3, 16, 16))
    >>> painting = reconstruct_content(model, content, "1", steps=20, rng=0)
    >>> bool(painting.losses.content[-1] < 0.05)
    True
    """
    picture, layers = as_image(content, "content", bounds), as_layers(layers)
    goals = Goals(model, tv_weight=tv_weight)
    with frozen(model):
        goals.add_content(picture, layers)
        first = first_picture(start, picture, picture, rng, bounds)
        painted = paint(goals, first, steps, bounds=bounds, **options)
    return as_painting(
        painted,
        picture if np.ndim(content) == 4 else picture[0],
        f"content of {listed(layers)}, {steps} steps",
    )


def synthesize_texture(
    model: Model,
    style: Image | Sequence[Image],
    layers: Layers,
    size: tuple[int, int] | None = None,
    steps: int = 150,
    tv_weight: float = 0,
    rng: int | np.random.Generator | None = None,
    bounds: tuple[float, float] = (0.0, 1.0),
    *,
    layer_weights: Sequence[float] | None = None,
    mix: Sequence[float] | None = None,
    **options: Any,
) -> Painting:
    """Paint, from noise, a picture with another's Gram matrices: its texture without its content.

    Parameters
    ----------
    model : Module or callable
    style : array (C, h, w) or (1, C, h, w), or a list of them
    layers : str, Module, or a list of them
        With more and deeper layers the pieces that stay whole grow.
    size : (int, int), optional
        Height and width; those of the (first) style picture by default.
    steps, tv_weight, rng, bounds, layer_weights, mix
        As in `style_transfer`.
    **options
        ``optimizer``, ``learning_rate``, ``stages`` and ``watch`` of `style_transfer`.

    Returns
    -------
    Painting

    References
    ----------
    Gatys, Ecker and Bethge, Texture synthesis using convolutional neural networks, NeurIPS 2015.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques.style import synthesize_texture
    >>> model = layers.Sequential(layers.Conv2d(3, 8, 3, rng=0), layers.ReLU())
    >>> style = np.random.default_rng(0).uniform(size=(3, 16, 16))
    >>> synthesize_texture(model, style, "1", size=(12, 20), steps=5, rng=0).image.shape
    (3, 12, 20)
    """
    styles, layers = as_images_of_style(style, bounds), as_layers(layers)
    weights = as_shares(layer_weights, len(layers), "layer_weights", "layers")
    shares = as_shares(mix, len(styles), "mix", "style pictures")
    shape = (*styles[0].shape[:2], *(size or styles[0].shape[2:]))
    goals = Goals(model, tv_weight=tv_weight)
    with frozen(model):
        goals.add_style(styles, shares, layers, weights)
        first = noise(shape, rng, bounds).astype(styles[0].dtype)
        painted = paint(goals, first, steps, bounds=bounds, **options)
    one = styles[0] if getattr(style, "ndim", 3) == 4 else styles[0][0]
    return as_painting(painted, one, f"texture of {listed(layers)}, {steps} steps")
