"""Style transfer: one picture's content in the textures of others (Gatys et al. 2016)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from techniques.model import Model, frozen

from .arguments import (
    Array,
    Image,
    Layers,
    as_image,
    as_images_of_style,
    as_layers,
    as_shares,
    check_weights,
    first_picture,
)  # fmt: skip
from .colour import as_bright, grey, recoloured
from .features import listed
from .goals import Goals
from .painting import Watch
from .result import Painting, as_painting
from .scales import paint_at_scales


def style_transfer(
    model: Model,
    content: Image,
    style: Image | Sequence[Image],
    content_layers: Layers,
    style_layers: Layers,
    content_weight: float = 1,
    style_weight: float = 100,
    tv_weight: float = 0,
    steps: int = 150,
    optimizer: str = "lbfgs",
    start: str | Image = "content",
    rng: int | np.random.Generator | None = None,
    *,
    layer_weights: Sequence[float] | None = None,
    mix: Sequence[float] | None = None,
    keep_colour: bool = False,
    scales: int = 1,
    learning_rate: float | None = None,
    bounds: tuple[float, float] = (0.0, 1.0),
    stages: Sequence[int] = (),
    watch: Watch | None = None,
) -> Painting:
    """Paint the content of one picture in the style of others.

    The loss is α L_content + β L_style, with L_content the mean squared difference of features
    and L_style the squared difference of Gram matrices. Each layer's loss is divided by the
    square of what it is compared with, so that it is a share and the default weights suit
    any network.

    Parameters
    ----------
    model : Module or callable
        From a Tensor (1, C, H, W) to anything; it is run no further than the deepest layer.
    content : array (C, H, W) or (1, C, H, W)
    style : array (C, h, w) or (1, C, h, w), or a list of them
        Of any size. The size of the brush strokes is that in the style picture.
    content_layers, style_layers : str, Module, or a list of them
        Dotted names as in ``state_dict``. Deep layers keep the content's arrangement and little
        of its detail; the style needs shallow ones too.
    content_weight, style_weight, tv_weight : float
        α, β, and the weight of the `total_variation` of the picture.
    steps : int
        At each of the scales.
    optimizer : {"lbfgs", "adam"}
    start : {"content", "style", "noise"} or array
    rng : int, Generator or None
        For the noise.
    layer_weights : sequence of float, optional
        The share of each style layer; equal by default.
    mix : sequence of float, optional
        The share of each style picture; equal by default.
    keep_colour : bool
        Transfer brightness only and keep the content's colours.
    scales : int
        Paint at 1/2ⁿ⁻¹ of the size first, then at twice that, and so on: larger strokes in large
        pictures, in less time.
    learning_rate : float, optional
        1 for L-BFGS, 0.02 for Adam.
    bounds : (float, float)
        The range of pixels.
    stages : sequence of int
        After which steps (of the last scale) to keep a picture.
    watch : callable, optional
        Called as ``watch(step, losses, image)`` after each step.

    Returns
    -------
    Painting

    Raises
    ------
    ValueError
        For a bad option, layer or picture; when the loss becomes NaN or grows without bound; when
        the picture has become a single colour. The error says what to change.

    References
    ----------
    Gatys, Ecker and Bethge, Image style transfer using convolutional neural networks, CVPR 2016.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques import style_transfer
    >>> model = layers.Sequential(layers.Conv2d(3, 8, 3, rng=0), layers.ReLU())
    >>> content, style = np.random.default_rng(0).uniform(size=(2, 3, 16, 16))
    >>> painting = style_transfer(model, content, style, "1", ["0", "1"], steps=5)
    >>> painting.image.shape, len(painting.losses)
    ((3, 16, 16), 5)
    >>> bool(painting.losses.total[-1] < painting.losses.total[0])
    True
    """
    picture = as_image(content, "content", bounds)
    styles = as_images_of_style(style, bounds)
    content_layers, style_layers = as_layers(content_layers), as_layers(style_layers)
    weights = as_shares(layer_weights, len(style_layers), "layer_weights", "style layers")
    shares = as_shares(mix, len(styles), "mix", "style pictures")
    check_weights(content_weight=content_weight, style_weight=style_weight, tv_weight=tv_weight)
    original = picture
    if keep_colour:
        picture = grey(picture)
        styles = [as_bright(grey(each), like=picture) for each in styles]

    def goals(picture: Array, styles: Sequence[Array]) -> Goals:
        wanted = Goals(model, content_weight, style_weight, tv_weight)
        wanted.add_content(picture, content_layers)
        wanted.add_style(styles, shares, style_layers, weights)
        return wanted

    first = first_picture(start, picture, styles[0], rng, bounds)
    with frozen(model):
        painted = paint_at_scales(
            goals, picture, styles, first, scales, stages, steps=steps, optimizer=optimizer,
            learning_rate=learning_rate, bounds=bounds, watch=watch,
        )  # fmt: skip
    if keep_colour:
        painted = painted._replace(
            image=recoloured(painted.image, original, bounds),
            stages=recoloured(painted.stages, original, bounds),
        )
    return as_painting(
        painted,
        original if np.ndim(content) == 4 else original[0],
        f"style transfer, α = {content_weight:g} at {listed(content_layers)}, "
        f"β = {style_weight:g} at {listed(style_layers)}"
        + f", TV {tv_weight:g}" * bool(tv_weight)
        + f", {steps} steps of {optimizer}"
        + f" at each of {scales} scales" * (scales > 1)
        + ", colours kept" * keep_colour,
    )
