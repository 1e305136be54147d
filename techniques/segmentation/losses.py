"""Losses over maps beyond the cross-entropy: focal, and weighted towards borders."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import minigrad as mg

from .distance import distance_to
from .instances import connected_components


def focal_loss(
    logits: mg.Tensor,
    target: ArrayLike,
    gamma: float = 2.0,
    weight: ArrayLike | None = None,
    ignore_index: int = -100,
) -> mg.Tensor:
    """The cross-entropy in which what is already right counts less: −(1 − p)^γ · ln p.

    Parameters
    ----------
    logits : Tensor (N, C, ...)
    target : array (N, ...) of int
    gamma : float
        0 gives the cross-entropy.
    weight : array (C,), optional
        How much each class counts.
    ignore_index : int
        Pixels of this class do not count.

    Returns
    -------
    Tensor
        The mean over the pixels, each counted by its class's weight.

    References
    ----------
    Lin et al., Focal loss for dense object detection, ICCV 2017.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> from techniques.segmentation import focal_loss
    >>> logits, target = np.array([[4.0, 0.0], [0.0, 1.0]]), np.array([0, 0])
    >>> bool(focal_loss(logits, target) < mg.cross_entropy(logits, target))
    True
    """
    target = np.asarray(target)
    each = mg.cross_entropy(logits, target, ignore_index=ignore_index, reduction="none")
    counts = np.where(target == ignore_index, 0.0, 1.0)
    if weight is not None:
        weight = np.asarray(weight, float)
        counts = counts * weight[np.where(target == ignore_index, 0, target)]
    hardness = (1 - mg.exp(-each)) ** gamma
    return _weighted_mean(hardness * each, counts)


def weighted_cross_entropy(
    logits: mg.Tensor, target: ArrayLike, weights: ArrayLike, ignore_index: int = -100
) -> mg.Tensor:
    """The cross-entropy with a weight for every pixel, such as `border_weights`.

    Parameters
    ----------
    logits : Tensor (N, C, H, W)
    target : array (N, H, W) of int
    weights : array (N, H, W)
    ignore_index : int
        Pixels of this class do not count.

    Returns
    -------
    Tensor
        The weighted mean over the pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.segmentation import weighted_cross_entropy
    >>> logits, target = np.zeros((1, 2, 1, 2)), np.array([[[0, 1]]])
    >>> round(float(weighted_cross_entropy(logits, target, [[[1.0, 3.0]]])), 4)
    0.6931
    """
    target, weights = np.asarray(target), np.asarray(weights)
    if weights.shape != target.shape:
        raise ValueError(f"weights {weights.shape} and target {target.shape} must be alike")
    each = mg.cross_entropy(logits, target, ignore_index=ignore_index, reduction="none")
    counts = np.where(target == ignore_index, 0.0, weights)
    return _weighted_mean(each, counts)


def _weighted_mean(each: mg.Tensor, counts: np.ndarray) -> mg.Tensor:
    return mg.sum(each * (counts / (counts.sum() or 1.0)).astype(each.dtype))


def border_weights(
    class_map: ArrayLike,
    classes: int,
    instances: ArrayLike | None = None,
    border: float = 10.0,
    sigma: float = 5.0,
) -> np.ndarray:
    """U-Net's weights: rare classes count more, and thin gaps between instances most.

    w = w_c + w₀ · exp(−(d₁ + d₂)² / 2σ²), where d₁ and d₂ are the distances to the nearest and
    the second nearest instance, and the second part stands in the background alone.

    Parameters
    ----------
    class_map : array (H, W) of int
        0 is the background.
    classes : int
    instances : array (H, W) of int, optional
        The number of each pixel's instance, 0 in the background; by default the connected
        components of the class map.
    border : float
        w₀.
    sigma : float
        σ, in pixels.

    Returns
    -------
    ndarray (H, W) of float32

    References
    ----------
    Ronneberger, Fischer and Brox, U-Net, MICCAI 2015, equation 2.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.segmentation import border_weights
    >>> row = np.array([[1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0]])
    >>> weights = border_weights(row, classes=2)
    >>> bool(weights[0, 3] > 5 * weights[0, -1])
    True
    """
    class_map = np.asarray(class_map)
    numbers = connected_components(class_map) if instances is None else np.asarray(instances)
    counts = np.bincount(class_map.ravel(), minlength=classes)
    of_class = np.divide(class_map.size, counts * np.count_nonzero(counts), where=counts > 0,
                         out=np.zeros(classes))  # fmt: skip
    weights: Any = of_class[class_map]
    present = np.unique(numbers[numbers > 0])
    if len(present) >= 2:
        distances = np.sort([distance_to(numbers == number) for number in present], axis=0)
        between = border * np.exp(-((distances[0] + distances[1]) ** 2) / (2 * sigma**2))
        weights = weights + np.where(numbers == 0, between, 0)
    return weights.astype(np.float32)
