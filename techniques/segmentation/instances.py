"""Connected components of a class map: the simplest split into instances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class Instances:
    """The objects of a picture.

    Attributes
    ----------
    map : ndarray of int64, (H, W)
        1, 2, … in the objects and 0 elsewhere.
    labels : ndarray of int64, (n,)
        The class of each, in this order.
    boxes : ndarray of int64, (n, 4)
        Top, left, bottom, right, half-open: an object lies in rows top to bottom - 1.
    """

    map: NDArray[np.int64]
    labels: NDArray[np.int64]
    boxes: NDArray[np.int64]


def split_instances(class_map: ArrayLike, background: int = 0, least: int = 1) -> Instances:
    """Take each connected region of a class map for an object: its class, its pixels, its box.

    Parameters
    ----------
    class_map : array (H, W) of int
    background : int
        The class that is no object.
    least : int
        Regions of fewer pixels are no objects either.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.segmentation import split_instances
    >>> found = split_instances(np.array([[1, 1, 0, 1], [0, 0, 0, 1], [2, 2, 0, 0]]), least=2)
    >>> found.labels
    array([1, 1, 2])
    >>> found.boxes
    array([[0, 0, 1, 2],
           [0, 3, 2, 4],
           [2, 0, 3, 2]])
    """
    classes = np.asarray(class_map)
    regions = connected_components(classes, background)
    sizes = np.bincount(regions.ravel())
    kept = [number for number in range(1, len(sizes)) if sizes[number] >= least]
    numbers = np.zeros(len(sizes), np.int64)
    numbers[kept] = np.arange(1, len(kept) + 1)
    labels, boxes = [], []
    for number in kept:
        rows, columns = np.nonzero(regions == number)
        labels.append(classes[rows[0], columns[0]])
        boxes.append((rows.min(), columns.min(), rows.max() + 1, columns.max() + 1))
    return Instances(
        numbers[regions], np.array(labels, np.int64), np.array(boxes, np.int64).reshape(-1, 4)
    )


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
