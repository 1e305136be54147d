"""Does a map lie on the object? Scores against a true mask.

They measure whether a network looked at the object *and* the method says so: a network may well
use the background.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]


def pointing_game(
    maps: ArrayLike,
    masks: ArrayLike,
    labels: ArrayLike | None = None,
    tolerance: float | None = None,
) -> float:
    """Return the share of maps whose maximum hits the object (Zhang et al. 2016).

    Parameters
    ----------
    maps : array (N, H, W)
    masks : array of bool (N, H, W)
    labels : array (N,), optional
        With it, the share is taken for each class, and then the mean over the classes.
    tolerance : float, optional
        How many pixels beside the object still count; 15 · H / 224 by default.

    Returns
    -------
    float
        NaN without any maps.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.evaluation import pointing_game
    >>> maps = np.eye(4)[None] * [[[1, 2, 3, 9]]]
    >>> masks = np.zeros((1, 4, 4), bool)
    >>> masks[:, 3, 2] = True
    >>> pointing_game(maps, masks, tolerance=0), pointing_game(maps, masks, tolerance=1)
    (0.0, 1.0)
    """
    hit = hits(maps, masks, tolerance)
    if labels is None:
        return float(hit.mean()) if len(hit) else float("nan")
    labels = np.asarray(labels)
    if labels.shape != hit.shape:
        raise ValueError(f"labels has shape {labels.shape} for {len(hit)} maps: give one for each")
    classes = np.unique(labels)
    means = [hit[labels == label].mean() for label in classes]
    return float(np.mean(means)) if len(classes) else float("nan")


def hits(maps: ArrayLike, masks: ArrayLike, tolerance: float | None = None) -> NDArray[np.bool_]:
    """Return for each map (N,) whether its maximum is at most `tolerance` pixels off the object.

    A map that is the same everywhere points nowhere and never hits.

    Parameters
    ----------
    maps : array (N, H, W)
    masks : array of bool (N, H, W)
        Where the object is.
    tolerance : float, optional
        In pixels of the map; 15 · H / 224 by default.

    Raises
    ------
    ValueError
        For a negative tolerance, or maps and masks of different shapes.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.evaluation import hits
    >>> mask = np.zeros((2, 8, 8), bool)
    >>> mask[:, 2:4, 2:4] = True
    >>> maps = np.zeros((2, 8, 8))
    >>> maps[0, 3, 3] = maps[1, 7, 7] = 1
    >>> hits(maps, mask, tolerance=1)
    array([ True, False])
    """
    maps, masks = _maps_and_masks(maps, masks)
    if tolerance is None:
        tolerance = 15 * maps.shape[1] / 224
    if not 0 <= tolerance < np.inf:
        raise ValueError(f"tolerance must be a number of pixels, 0 or more, not {tolerance!r}")
    hit = np.zeros(len(maps), bool)
    for index, (values, mask) in enumerate(zip(maps, masks, strict=True)):
        peak = np.unravel_index(values.argmax(), values.shape)
        distances = np.linalg.norm(np.argwhere(mask) - peak, axis=1)
        hit[index] = values.max() > values.min() and bool((distances <= tolerance).any())
    return hit


def relevance_mass(maps: ArrayLike, masks: ArrayLike) -> Array:
    """Return the share of each map's positive sum that lies inside the mask (Arras et al. 2022).

    Parameters
    ----------
    maps : array (N, H, W)
        Negative values, evidence against, are left out.
    masks : array of bool (N, H, W)

    Returns
    -------
    ndarray (N,)
        0 for a map without anything positive.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.evaluation import relevance_mass
    >>> relevance_mass(np.array([[[1.0, 3.0, -5.0]]]), np.array([[[False, True, True]]]))
    array([0.75])
    """
    maps, masks = _maps_and_masks(maps, masks)
    maps = np.maximum(maps, 0)
    total, inside = maps.sum(axis=(1, 2)), (maps * masks).sum(axis=(1, 2))
    return np.divide(inside, total, out=np.zeros_like(total), where=total > 0)


def iou(maps: ArrayLike, masks: ArrayLike, threshold: float = 0.5) -> Array:
    """Return how well what is bright in a map covers the mask: intersection over union.

    Parameters
    ----------
    maps : array (N, H, W)
    masks : array of bool (N, H, W)
    threshold : float
        Bright is what reaches this share of the map's maximum.

    Returns
    -------
    ndarray (N,)
        0 for a map without anything positive.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.evaluation import iou
    >>> iou(np.array([[[1.0, 2.0, 4.0]]]), np.array([[[True, True, False]]]))
    array([0.33333333])
    """
    maps, masks = _maps_and_masks(maps, masks)
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold must be a share of the maximum, above 0, not {threshold!r}")
    top = maps.max(axis=(1, 2), keepdims=True, initial=0)
    bright = (maps >= threshold * top) & (top > 0)
    both, either = (bright & masks).sum(axis=(1, 2)), (bright | masks).sum(axis=(1, 2))
    return np.divide(both, either, out=np.zeros(len(maps)), where=either > 0)


def dilated(masks: ArrayLike, radius: float) -> NDArray[np.bool_]:
    """Return masks (N, H, W) grown by a disc: true at most `radius` pixels off the object.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.evaluation import dilated
    >>> dilated(np.eye(3, dtype=bool)[None] & (np.arange(3) == 0), 1).astype(int)
    array([[[1, 1, 0],
            [1, 0, 0],
            [0, 0, 0]]])
    """
    masks = np.asarray(masks, bool)
    reach = int(radius)
    padded = np.pad(masks, ((0, 0), (reach, reach), (reach, reach)))
    height, width = masks.shape[1:]
    grown = np.zeros_like(masks)
    for down, right in np.ndindex(2 * reach + 1, 2 * reach + 1):
        if (down - reach) ** 2 + (right - reach) ** 2 <= radius**2:
            grown |= padded[:, down : down + height, right : right + width]
    return grown


def _maps_and_masks(maps: ArrayLike, masks: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    maps, masks = np.asarray(maps), np.asarray(masks)
    if maps.ndim != 3 or maps.shape != masks.shape:
        raise ValueError(
            f"maps of shape {maps.shape} and masks of shape {masks.shape} must both be (N, H, W)"
        )
    if not np.isfinite(maps).all():
        raise ValueError("maps must be finite: a NaN has no place in a comparison")
    return maps, masks.astype(bool)
