"""The gradient of a convolution to its weight, direct: which sums it is best computed by."""

from __future__ import annotations

import numpy as np

from minigrad.kernels.arguments import prepared
from minigrad.kernels.convolution_windows import Windows
from minigrad.kernels.dot_products import POSITIONS, dot_sums
from minigrad.kernels.geometry import round_up
from minigrad.kernels.outer_products import outer_sums
from minigrad.kernels.registers import DOT_COLUMNS, DOT_ROWS, TILE_ROWS, VECTOR_BYTES

Array = np.ndarray
Pair = tuple[int, int]


def conv2d_weight_gradient(
    x: Array,
    g: Array,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> Array:
    """See `minigrad.kernels.reference.conv2d_weight_gradient`; the arrays are prepared."""
    channels, size = x.shape[1] // groups, g.shape[2:]
    dw = np.empty((g.shape[1], channels, *kernel_size), x.dtype)
    if 0 in (g.size, dw.size):
        dw[...] = 0
        return dw
    windows = Windows(kernel_size, stride, padding, dilation)
    out = dw.reshape(len(dw), -1)
    way = _way(channels, len(dw) // groups, size, windows, x.itemsize)
    if way == "image in vectors":
        outer_sums(g, Windows(), x, windows, size, groups, out)
        return dw
    x, windows = _padded(x, padding), windows._replace(padding=(0, 0))
    if way == "rows in vectors":
        dot_sums(g, x, windows, groups, out)
    else:
        turned = np.empty((groups, out.shape[1], len(out) // groups), x.dtype)
        outer_sums(x, windows, g, Windows(), size, groups, turned.reshape(-1, turned.shape[2]))
        dw.reshape(groups, -1, out.shape[1])[...] = turned.mT
    return dw


def _way(channels: int, outputs: int, size: Pair, windows: Windows, item_bytes: int) -> str:
    """What to fill vectors with: neighbours in a row, or channels of the image or of the gradient.

    The costs are products of vectors for each position. To interleave an element, or to pad one,
    takes as long as about one and two of them.
    """
    lanes, columns = VECTOR_BYTES // item_bytes, channels * windows.taps
    image = channels * windows.stride[0] * windows.stride[1]
    padded = 2 * image if any(windows.padding) else 0
    by_channels = round_up(outputs, TILE_ROWS) * -(-channels // lanes) * windows.taps
    by_outputs = round_up(columns, TILE_ROWS) * -(-outputs // lanes)
    costs: dict[str, float] = {
        "image in vectors": by_channels + image,
        "gradient in vectors": by_outputs + outputs + padded,
    }
    if windows.stride[1] == 1 and size[1] % lanes == 0:
        by_rows = round_up(outputs, DOT_ROWS) * round_up(columns, DOT_COLUMNS) / lanes
        ends = 4 * lanes / min(size[0] * size[1], POSITIONS)  # where lanes are summed
        costs["rows in vectors"] = by_rows * (1.05 + ends) + padded
    return min(costs, key=costs.__getitem__)


def _padded(x: Array, padding: Pair) -> Array:
    if not any(padding):
        return x
    (top, left), (height, width) = padding, x.shape[2:]
    padded = np.zeros((*x.shape[:2], height + 2 * top, width + 2 * left), x.dtype)
    padded[:, :, top : top + height, left : left + width] = x
    return prepared(padded, x.dtype)
