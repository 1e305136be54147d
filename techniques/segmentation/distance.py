"""Exact Euclidean distances to the nearest marked pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def distance_to(mask: ArrayLike) -> np.ndarray:
    """The distance of every pixel's centre to the nearest one in `mask` (H, W); inf if it is empty.

    First along each column, then across: of all columns, the nearest pixel is that of the smallest
    sum of squares.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.segmentation.distance import distance_to
    >>> mask = np.zeros((1, 4), bool)
    >>> mask[0, 0] = True
    >>> distance_to(mask)
    array([[0., 1., 2., 3.]])
    """
    mask = np.asarray(mask, bool)
    height, width = mask.shape
    rows = np.arange(height)[:, None]
    above = np.maximum.accumulate(np.where(mask, rows, -np.inf), axis=0)
    below = np.minimum.accumulate(np.where(mask, rows, np.inf)[::-1], axis=0)[::-1]
    vertical = np.minimum(rows - above, below - rows) ** 2
    squared = np.full(mask.shape, np.inf)
    columns = np.arange(width)
    for column in range(width):  # one column of marks after the other, for all pixels at once
        np.minimum(squared, vertical[:, column, None] + (columns - column) ** 2, out=squared)
    return np.sqrt(squared)
