"""1×1 convolutions: products of matrices, written where they belong.

An image is a matrix already, of channels by positions, and so are its results::

    y[k, q] = Σ over c of weight[k, c] · x[c, q]

There is no padding to make room for, so a task only copies the columns that it works on to where
the cache likes them: those of a tile side by side. The last tile of a plane overlaps the one
before. A stride leaves out positions, before or after.
"""

from __future__ import annotations

import numpy as np

from minigrad.kernels.arguments import prepared
from minigrad.kernels.geometry import balanced, round_up
from minigrad.kernels.instructions import lanes_of, load, multiply_tile, store
from minigrad.kernels.kernel import inner, kernel
from minigrad.kernels.registers import TILE_ROWS, TILE_VECTORS, VECTOR_BYTES
from minigrad.kernels.threads import get_num_threads, run

Array = np.ndarray
Pair = tuple[int, ...]

# Channels summed over at a time: their columns of a tile fit the first-level cache.
DEPTH = 128
# What a task treats: columns that are copied together are read in longer runs.
TILES = 8
OUTPUTS = 256


@kernel
def multiply(first, last, x, packed, bias, y, offsets, starts, groups, depth, block, part):
    """A task is a block of positions of some output channels of a group of an image.

    Parameters
    ----------
    x : (N, groups * channels, positions)
    packed : the weights, (groups * outputs / TILE_ROWS, channels, TILE_ROWS), flat
    bias : (groups * outputs,)
    y : (N, groups * outputs, positions)
    offsets, starts : where each channel, and each vector, begins in a tile
    depth, block, part : channels at a time; tiles and output channels of a task
    """
    channels, outputs, plane = x.shape[1] // groups, y.shape[1] // groups, y.shape[2]
    width = TILE_VECTORS * lanes_of(y)
    blocks, parts = (plane // width + block - 1) // block, (outputs + part - 1) // part
    panel = np.empty(block * depth * width, y.dtype)
    x_flat, y_flat = x.reshape(-1), y.reshape(-1)
    for task in range(first, last):
        rest, m = task // parts, task % parts * part
        index, q = rest // blocks, rest % blocks * block * width
        is_last = rest % blocks == blocks - 1
        rows, tiles = min(part, outputs - m), min(block, (plane - q) // width)
        fro, to = index * channels * plane, (index * outputs + m) * plane
        a = (index % groups * outputs + m) * channels
        for c in range(0, channels, depth):
            multiply_tiles(
                y_flat, to + q, plane, rows, tiles, packed, a + c * TILE_ROWS, channels,
                min(depth, channels - c), x_flat, fro + c * plane + q, panel, offsets, starts,
                c > 0,
            )  # fmt: skip
        end = plane if is_last else q + tiles * width
        # Only when the others are done: it begins anew with columns that they have, too.
        if end > q + tiles * width:
            for c in range(0, channels, depth):
                multiply_tiles(
                    y_flat, to + end - width, plane, rows, 1, packed, a + c * TILE_ROWS, channels,
                    min(depth, channels - c), x_flat, fro + c * plane + end - width, panel,
                    offsets, starts, c > 0,
                )  # fmt: skip
        for i in range(rows):
            shift = bias[index % groups * outputs + m + i]
            if shift != 0:
                for place in range(to + i * plane + q, to + i * plane + end):
                    y_flat[np.uintp(place)] += shift


@inner
def multiply_tiles(
    y, to, plane, rows, tiles, packed, first, channels, depth, x, fro, panel, offsets, starts, add
):  # fmt: skip
    """Some tiles next to each other, in all rows."""
    lanes = lanes_of(y)
    width = TILE_VECTORS * lanes
    for c in range(depth):
        for t in range(tiles):
            for v in range(0, width, lanes):
                vector = load(x, fro + c * plane + t * width + v)
                store(panel, (t * depth + c) * width + v, vector)
    for t in range(tiles):
        for m in range(0, rows, TILE_ROWS):
            multiply_tile(
                packed, first + m * channels, TILE_ROWS, depth, panel[t * depth * width :],
                offsets, starts, 0, y, to + m * plane + t * width, plane, add, TILE_VECTORS,
            )  # fmt: skip


def conv2d(x: Array, weight: Array, stride: Pair, groups: int, bias: Array | None = None) -> Array:
    """See `minigrad.kernels.reference.conv2d`, without padding; the arrays are prepared."""
    x = prepared(x[:, :, :: stride[0], :: stride[1]], x.dtype)
    y = np.empty((len(x), len(weight), *x.shape[2:]), x.dtype)
    tiles = weight.reshape(-1, TILE_ROWS, weight.shape[1])
    _multiply(x, tiles.swapaxes(1, 2), groups, bias, y)
    return y


def conv2d_input_gradient(
    g: Array, weight: Array, input_size: Pair, stride: Pair, groups: int, bias: Array | None = None
) -> Array:
    """See `minigrad.kernels.reference.conv2d_input_gradient`, and `conv2d` above."""
    outputs, channels = len(weight) // groups, weight.shape[1]
    reached = np.empty((len(g), channels * groups, *g.shape[2:]), g.dtype)
    tiles = weight.reshape(groups, outputs, -1, TILE_ROWS).swapaxes(1, 2)
    _multiply(g, tiles.reshape(-1, outputs, TILE_ROWS), groups, bias, reached)
    if reached.shape[2:] == tuple(input_size):
        return reached
    dx = np.zeros((*reached.shape[:2], *input_size), g.dtype)
    if bias is not None:
        dx += bias[:, None, None]
    rows, columns = (s * n for s, n in zip(stride, g.shape[2:], strict=True))
    dx[:, :, : rows : stride[0], : columns : stride[1]] = reached
    return dx


def _multiply(x: Array, tiles: Array, groups: int, bias: Array | None, y: Array) -> None:
    """Multiply every image by the weights: tiles of `TILE_ROWS` outputs, in each the channels."""
    (batch, channels, *size), outputs = x.shape, y.shape[1] // groups
    channels, plane, lanes = channels // groups, size[0] * size[1], VECTOR_BYTES // x.itemsize
    width = TILE_VECTORS * lanes
    block, depth = balanced(plane // width, TILES), balanced(channels, DEPTH)
    blocks = batch * groups * -(-(plane // width) // block)
    # Enough tasks for all threads.
    part = round_up(min(OUTPUTS, -(-outputs * blocks // (2 * get_num_threads()))), TILE_ROWS)
    run(
        multiply, blocks * -(-outputs // part), y.size * channels / 3,
        x.reshape(batch, -1, plane), tiles.reshape(-1),
        np.zeros(y.shape[1], y.dtype) if bias is None else bias, y.reshape(batch, -1, plane),
        np.arange(depth) * width, np.arange(TILE_VECTORS) * lanes, groups, depth, block, part,
    )  # fmt: skip
