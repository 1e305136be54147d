"""What a painted picture is measured by: content, style, smoothness (Gatys et al. 2016)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import minigrad as mg

Features = ArrayLike | mg.Tensor


def gram_matrix(features: Features, divisor: float = 1) -> Any:
    """Return which channels are active together: G(i, j) = Σₖ F(i, k) F(j, k) over all places k.

    Parameters
    ----------
    features : array or Tensor (C, H, W) or (N, C, H, W)
    divisor : float
        What G is divided by. 1 as in the lecture; H·W or C·H·W make pictures of different sizes
        comparable.

    Returns
    -------
    array or Tensor (C, C) or (N, C, C)
        What `features` is. It no longer knows where anything was.

    Raises
    ------
    ValueError
        For another number of axes, or a divisor that is not positive.

    References
    ----------
    Gatys, Ecker and Bethge, Image style transfer using convolutional neural networks, CVPR 2016,
    equation 3.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques import gram_matrix
    >>> stripes = np.array([[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]]])
    >>> gram_matrix(stripes)
    array([[2., 0.],
           [0., 2.]])
    """
    maps = features if isinstance(features, mg.Tensor) else np.asarray(features)
    if maps.ndim not in (3, 4):
        raise ValueError(
            f"features must be maps (C, H, W) or (N, C, H, W), not of shape {maps.shape}"
        )
    if not divisor > 0:
        raise ValueError(f"divisor must be positive, not {divisor}")
    rows = maps.reshape(*maps.shape[:-2], maps.shape[-2] * maps.shape[-1])
    gram = rows @ np.swapaxes(rows, -1, -2)
    return gram if divisor == 1 else gram / divisor


def content_loss(
    features: Features | Sequence[Features], target: Features | Sequence[Features]
) -> Any:
    """Return how far features are from those of the content: the mean squared difference.

    Parameters
    ----------
    features, target : array or Tensor, or equally long lists of them
        One layer's maps of one shape, or those of several layers, whose losses are summed.

    Raises
    ------
    ValueError
        For lists of different lengths, or maps of different shapes.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques import content_loss
    >>> float(content_loss(np.ones((4, 2, 2)), np.zeros((4, 2, 2))))
    1.0
    """
    pairs = _paired(features, target)
    for maps, goal in pairs:
        if maps.shape != goal.shape:
            raise ValueError(
                f"features of shape {maps.shape} cannot be compared with a target of shape "
                f"{goal.shape}: take both at the same layer, of pictures of the same size"
            )
    return sum(((maps - goal) ** 2).mean() for maps, goal in pairs)


def style_loss(
    features: Features | Sequence[Features],
    target: Features | Sequence[Features],
    weights: Sequence[float] | None = None,
    divisor: float = 1,
) -> Any:
    """Return how far Gram matrices are apart: Σₗ wₗ ‖G(features) − G(target)‖².

    Parameters
    ----------
    features : array or Tensor (C, H, W) or (N, C, H, W), or a list of them
        One layer's maps, or those of several layers.
    target : array or Tensor, or a list of as many
        The maps of the style, of any size, or its Gram matrices, already divided.
    weights : sequence of float, optional
        One a layer; all 1 by default.
    divisor : float
        Of each Gram matrix, as in `gram_matrix`.

    Raises
    ------
    ValueError
        For lists of different lengths, or layers of different channels.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques import gram_matrix, style_loss
    >>> maps = np.ones((2, 3, 3))
    >>> float(style_loss(maps, gram_matrix(maps))), float(style_loss(2 * maps, maps))
    (0.0, 2916.0)
    """
    pairs = _paired(features, target)
    weights = [1.0] * len(pairs) if weights is None else list(weights)
    if len(weights) != len(pairs):
        raise ValueError(f"there are {len(weights)} weights for {len(pairs)} layers")
    loss: Any = 0
    for (maps, goal), weight in zip(pairs, weights, strict=True):
        gram = gram_matrix(maps, divisor)
        if goal.ndim == maps.ndim:
            goal = gram_matrix(goal, divisor)
        if goal.shape not in (gram.shape, gram.shape[-2:]):
            raise ValueError(
                f"features of shape {maps.shape} have a Gram matrix of shape {gram.shape}, the "
                f"target's has {goal.shape}: take both at the same layer"
            )
        loss = loss + weight * ((gram - goal) ** 2).sum()
    return loss


def total_variation(image: Features) -> Any:
    """Return how rough an image is: the mean squared difference of neighbouring values.

    Parameters
    ----------
    image : array or Tensor (..., H, W)

    References
    ----------
    Mahendran and Vedaldi, Understanding deep image representations by inverting them, CVPR 2015,
    with β = 2.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.style import total_variation
    >>> float(total_variation(np.array([[0.0, 1.0], [0.0, 1.0]])))
    1.0
    """
    x: Any = image if isinstance(image, mg.Tensor) else np.asarray(image)
    across, down = x[..., :, 1:] - x[..., :, :-1], x[..., 1:, :] - x[..., :-1, :]
    return sum((step**2).mean() for step in (across, down) if step.size)


def _paired(features: Any, target: Any) -> list[tuple[Any, Any]]:
    """The layers, each with its target."""
    listed = isinstance(features, list | tuple)
    if listed != isinstance(target, list | tuple):
        raise ValueError("features and target must both be one layer's, or both be lists")
    if not listed:
        features, target = [features], [target]
    if len(features) != len(target) or not features:
        raise ValueError(
            f"there are features of {len(features)} layers and targets for {len(target)}: one "
            "target a layer, and at least one layer, are needed"
        )
    arrays = [
        [each if isinstance(each, mg.Tensor) else np.asarray(each) for each in side]
        for side in (features, target)
    ]
    return list(zip(*arrays, strict=True))
