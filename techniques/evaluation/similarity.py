"""How alike are two maps? Rank correlation and structural similarity."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..blur import gaussian_blur
from ..score_cam import from_0_to_1

Array = NDArray[Any]


def rank_correlation(first: ArrayLike, second: ArrayLike) -> Array:
    """Return Spearman's correlation of each pair of maps (N, H, W): that of their ranks.

    Equal values share the mean of their ranks. A constant map has no order: its correlation is 0.

    Returns
    -------
    ndarray (N,)
        From -1 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.evaluation import rank_correlation
    >>> values = np.arange(6.0).reshape(1, 2, 3)
    >>> rank_correlation(values, values**3), rank_correlation(values, -values)
    (array([1.]), array([-1.]))
    """
    first, second = _pairs(first, second)
    correlations = np.zeros(len(first))
    for index, pair in enumerate(zip(first, second, strict=True)):
        a, b = (_ranks(values.ravel()) for values in pair)
        a, b = a - a.mean(), b - b.mean()
        size = np.sqrt((a @ a) * (b @ b))
        correlations[index] = a @ b / size if size else 0.0
    return correlations


def ssim(first: ArrayLike, second: ArrayLike) -> Array:
    """Return the structural similarity of each pair of maps (N, H, W) (Wang et al. 2004, eq. 13).

    Each map is first scaled to 0 … 1. Means, variances and the covariance are those in Gaussian
    windows of 11 × 11 with σ = 1.5; C₁ = 0.01², C₂ = 0.03².

    Returns
    -------
    ndarray (N,)
        The mean over all places, at most 1.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.evaluation import ssim
    >>> maps = np.random.default_rng(0).random((1, 16, 16))
    >>> np.round(ssim(maps, 3 * maps + 1), 6), ssim(maps, 1 - maps) < 0
    (array([1.]), array([ True]))
    """
    x, y = (from_0_to_1(maps) for maps in _pairs(first, second))

    def mean(values: Array) -> Array:
        return gaussian_blur(values, sigma=1.5, radius=5)

    mean_x, mean_y = mean(x), mean(y)
    variance_x, variance_y = mean(x * x) - mean_x**2, mean(y * y) - mean_y**2
    covariance = mean(x * y) - mean_x * mean_y
    c1, c2 = 0.01**2, 0.03**2
    alike = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    alike /= (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    return alike.mean(axis=(1, 2))


def _pairs(first: ArrayLike, second: ArrayLike) -> tuple[Array, Array]:
    first, second = np.asarray(first, float), np.asarray(second, float)
    if first.ndim != 3 or first.shape != second.shape:
        raise ValueError(
            f"maps of shapes {first.shape} and {second.shape} must both be (N, H, W) to be compared"
        )
    return first, second


def _ranks(values: Array) -> Array:
    """The place of each value in the order of all; equal ones share the mean of their places."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[which]
