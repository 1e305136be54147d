"""A set of labelled images, as every loader returns it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images, the index of the class of each, and the names of the classes.

    Attributes
    ----------
    images : ndarray, float32, shape (N, C, H, W)
        In [0, 1]: four bytes a value, so that the 50 000 training images of CIFAR-10 take 614 MB.
    labels : ndarray, int64, shape (N,)
        Indices into `classes`.
    classes : tuple of str
        Their names.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        return f"Dataset({self.images.shape} images, {len(self.classes)} classes)"


def unit_range(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return bytes as float32 in [0, 1]."""
    return np.divide(pixels, 255, dtype=np.float32)
