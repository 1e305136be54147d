"""Overlapping tiles: a picture of any size through a network that takes one size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import minigrad as mg
from layers.training import evaluation_mode

from ..images import as_images


def tiled(
    model: Callable[[mg.Tensor], mg.Tensor],
    image: ArrayLike | mg.Tensor,
    tile: int | tuple[int, int],
    overlap: int | tuple[int, int],
) -> np.ndarray:
    """Run a segmentation network over a picture tile by tile, keeping each tile's valid centre.

    Parameters
    ----------
    model : callable
        From (1, C, h, w) to a map (1, K, h', w'), centred on its input: of the same size, or
        smaller as from a U-Net without padding.
    image : array (C, H, W) or (N, C, H, W)
    tile : int or (height, width)
        Of what the model is given, margins included.
    overlap : int or (height, width)
        The margin on each side of a tile that is looked at but not kept. Beyond its border the
        picture is mirrored.

    Returns
    -------
    ndarray (K, H, W) or (N, K, H, W)

    Raises
    ------
    ValueError
        If the margins leave nothing of a tile, or the model gives less than its centre.

    Notes
    -----
    Where `overlap` covers the network's receptive field, and the centre (tile − 2·overlap) and the
    overlap are multiples of its total stride, the result equals that of the whole picture.

    References
    ----------
    Ronneberger, Fischer and Brox, U-Net, MICCAI 2015, figure 2.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.segmentation import tiled
    >>> tiled(lambda x: x * 2, np.ones((3, 50, 30)), tile=16, overlap=4).shape
    (3, 50, 30)
    """
    array = np.asarray(image.data if isinstance(image, mg.Tensor) else image)
    images = as_images(array[None] if array.ndim == 3 else array, "image")
    height, width = tile if isinstance(tile, tuple) else (tile, tile)
    top, left = overlap if isinstance(overlap, tuple) else (overlap, overlap)
    rows, columns = height - 2 * top, width - 2 * left
    if min(top, left) < 0 or min(rows, columns) < 1:
        raise ValueError(
            f"tiles of {height} × {width} with margins of {top} and {left} keep {rows} × {columns} "
            "pixels: overlap must be less than half of tile"
        )
    below, right = -images.shape[2] % rows, -images.shape[3] % columns
    around = ((0, 0), (0, 0), (top, top + below), (left, left + right))
    padded = np.pad(images, around, mode="reflect")
    maps: list[Any] = []
    with evaluation_mode(model), mg.no_grad():
        for one in padded:
            lines = []
            for y in range(0, one.shape[1] - 2 * top, rows):
                line = [
                    _centre(model(mg.Tensor(one[None, :, y : y + height, x : x + width])),
                            rows, columns)
                    for x in range(0, one.shape[2] - 2 * left, columns)
                ]  # fmt: skip
                lines.append(np.concatenate(line, axis=2))
            maps.append(np.concatenate(lines, axis=1)[:, : images.shape[2], : images.shape[3]])
    return maps[0] if array.ndim == 3 else np.stack(maps)


def _centre(output: mg.Tensor, rows: int, columns: int) -> np.ndarray:
    """The middle rows × columns of a map (1, K, h, w), as (K, rows, columns)."""
    top, left = output.shape[2] - rows, output.shape[3] - columns
    if min(top, left) < 0 or top % 2 or left % 2:
        raise ValueError(
            f"the model made a map of {output.shape[2]} × {output.shape[3]} from a tile, which "
            f"does not hold its centre of {rows} × {columns}: take a larger overlap"
        )
    return output.data[0, :, top // 2 : top // 2 + rows, left // 2 : left // 2 + columns]
