"""Photographs as a trained network expects them."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .photographs import load_image


def load_batch(
    paths: Sequence[str | os.PathLike[str]], size: int = 224, resize: int | None = None
) -> NDArray[np.float32]:
    """Load photographs as one batch (N, 3, size, size), float32, RGB in [0, 1].

    The shorter side is resized to `resize` pixels and the centre cut out, as torchvision's
    networks are tested. `layers.models.Normalized` does the rest.

    Parameters
    ----------
    paths : sequence of path
    size : int
        224 for most networks.
    resize : int, optional
        By default in the proportion 256 to 224.

    Raises
    ------
    ValueError
        If there are no paths, or `size` is not in 1 … `resize`; for a file that is no image.
    OSError
        When a file cannot be read.

    Examples
    --------
    >>> import os, tempfile
    >>> from PIL import Image
    >>> from techniques.data import load_batch
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "wide.png")
    ...     Image.new("RGB", (600, 300)).save(path)
    ...     load_batch([path, path]).shape
    (2, 3, 224, 224)
    """
    resize = round(size * 256 / 224) if resize is None else resize
    if not 1 <= size <= resize:
        raise ValueError(f"size must be from 1 to resize = {resize}, not {size}")
    if not len(paths):
        raise ValueError("there are no pictures: give at least one path")
    begin = (resize - size) // 2
    cut = slice(begin, begin + size)
    return np.stack([load_image(path, resize)[:, cut, cut] for path in paths])
