"""Connected components of a class map: the simplest split into instances."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def connected_components(class_map: ArrayLike, background: int = 0) -> np.ndarray:
    """Number the connected regions of equal class.

    Parameters
    ----------
    class_map : array (H, W) of int
    background : int
        The class that is no instance.

    Returns
    -------
    ndarray (H, W) of int64
        0 in the background, and 1, 2, … in the regions, in the order of their first pixels. Pixels
        that share a side are connected.

    Notes
    -----
    Two objects of one class that touch are one region, and an object that is cut in two by another
    is two: this is where instance segmentation begins.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.segmentation import connected_components
    >>> connected_components(np.array([[1, 1, 0, 1], [0, 0, 0, 1], [2, 2, 0, 0]]))
    array([[1, 1, 0, 2],
           [0, 0, 0, 2],
           [3, 3, 0, 0]])
    """
    classes = np.asarray(class_map)
    if classes.ndim != 2:
        raise ValueError(f"a class map (H, W) is needed, not of shape {classes.shape}")
    height, width = classes.shape
    parent = np.arange(classes.size)
    places = parent.reshape(height, width)
    pairs = [
        (places[:, 1:][same], places[:, :-1][same])
        for same in [classes[:, 1:] == classes[:, :-1]]
    ] + [
        (places[1:][same], places[:-1][same])
        for same in [classes[1:] == classes[:-1]]
    ]  # fmt: skip
    one = np.concatenate([pair[0] for pair in pairs])
    other = np.concatenate([pair[1] for pair in pairs])
    while True:  # every root takes the smallest root beside it, then paths are halved
        low = np.minimum(parent[one], parent[other])
        before = parent.copy()
        np.minimum.at(parent, parent[one], low)
        np.minimum.at(parent, parent[other], low)
        parent = parent[parent]
        if (parent == before).all():
            break
    roots = np.where(classes == background, -1, parent.reshape(height, width))
    _, numbers = np.unique(roots, return_inverse=True)
    numbers = numbers.reshape(height, width)
    return numbers if (roots == -1).any() else numbers + 1
