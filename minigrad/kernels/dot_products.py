"""Sums of dot products: the gradient of a convolution to its weight, with few channels.

There are few sums then, each over many positions::

    dw[k, (c, tap)] = Σ over q of g[k, q] · x[c, q's window at tap]

`dot_tile` holds a tile of them in registers, and its vectors run along the positions of a row,
where these lie in the arrays: nothing is laid out anew. For that, rows of positions must be whole
vectors, and the stride along them 1.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from minigrad.kernels.convolution_windows import Windows
from minigrad.kernels.geometry import balanced
from minigrad.kernels.instructions import dot_tile, dot_tile_size
from minigrad.kernels.kernel import inner, kernel
from minigrad.kernels.registers import DOT_COLUMNS, DOT_ROWS, VECTOR_BYTES
from minigrad.kernels.threads import run

Array = np.ndarray

# A block of positions: a tile's rows fit the first-level cache, and ends of sums are rare.
POSITIONS = 1024
# About as many tasks there are, if need be by cutting the positions into chunks summed at the end.
TASKS = 16


class Plan(NamedTuple):
    """All that follows from the shapes."""

    chunks: int
    blocks: int  # of a chunk
    rows: int  # of positions in a block
    columns: Array  # where each channel and tap lies in an image
    vectors: Array  # where each vector of positions does


@kernel
def dot_products(first, last, g, x, sums, groups, stride, blocks, rows, columns_at, vectors_at):
    """A task owns the sums of a group over a chunk of blocks.

    Parameters
    ----------
    g : (N, groups * outputs, OH, OW)
    x : (N, groups * channels, H, W)
    sums : (chunks, groups * outputs, channels * taps)
    stride : of the rows
    blocks, rows, columns_at, vectors_at : see `Plan`
    """
    outputs, channels = g.shape[1] // groups, x.shape[1] // groups
    height, g_plane, columns = g.shape[2], g.shape[2] * g.shape[3], len(columns_at)
    size, down = dot_tile_size(sums.itemsize), (height + rows - 1) // rows
    tiles = (outputs + DOT_ROWS - 1) // DOT_ROWS * ((columns + DOT_COLUMNS - 1) // DOT_COLUMNS)
    totals, g_flat, x_flat = np.empty(tiles * size, sums.dtype), g.reshape(-1), x.reshape(-1)
    for task in range(first, last):
        chunk, group = task // groups, task % groups
        totals[:] = 0
        for block in range(chunk * blocks, min((chunk + 1) * blocks, len(g) * down)):
            image, row = block // down, block % down * rows
            vectors = len(vectors_at) // rows * min(rows, height - row)
            a = (image * g.shape[1] + group * outputs) * g_plane + row * g.shape[3]
            b = (image * x.shape[1] + group * channels) * x.shape[2] + row * stride
            tile = 0
            for k in range(0, outputs, DOT_ROWS):
                for j in range(0, columns, DOT_COLUMNS):
                    dot_tile(
                        g_flat, a + k * g_plane, g_plane, min(DOT_ROWS, outputs - k),
                        x_flat[b * x.shape[3] :], columns_at, j, min(DOT_COLUMNS, columns - j),
                        vectors_at, vectors, totals, tile,
                    )  # fmt: skip
                    tile += size
        put_sums(sums[chunk], group * outputs, outputs, columns, totals)


@inner
def put_sums(sums, row, rows, columns, totals):
    """Take the tiles apart."""
    tile = 0
    for k in range(0, rows, DOT_ROWS):
        for j in range(0, columns, DOT_COLUMNS):
            for i in range(min(DOT_ROWS, rows - k)):
                for c in range(min(DOT_COLUMNS, columns - j)):
                    sums[row + k + i, j + c] = totals[tile + i * DOT_COLUMNS + c]
            tile += dot_tile_size(sums.itemsize)


def dot_sums(g: Array, x: Array, windows: Windows, groups: int, out: Array) -> None:
    """Sum the products over all positions.

    Parameters
    ----------
    g : (N, groups * outputs, OH, OW), prepared; OW in whole vectors
    x : (N, groups * channels, H, W), prepared
    windows : without padding, and with no stride along the rows
    out : (groups * outputs, channels * taps)
    """
    plan = _plan(g.shape, x.shape, windows, groups, out.itemsize)
    sums = out[None] if plan.chunks == 1 else np.empty((plan.chunks, *out.shape), out.dtype)
    run(
        dot_products, plan.chunks * groups, g.size * out.shape[1] / 8,
        g, x, sums, groups, windows.stride[0], plan.blocks, plan.rows, plan.columns, plan.vectors,
    )  # fmt: skip
    if plan.chunks > 1:
        sums.sum(0, out=out)


@functools.lru_cache(maxsize=256)
def _plan(
    g_shape: tuple[int, ...], x_shape: tuple[int, ...], windows: Windows, groups: int,
    item_bytes: int,
) -> Plan:  # fmt: skip
    (batch, _, height, width), (_, channels, x_height, x_width) = g_shape, x_shape
    rows = balanced(height, POSITIONS // width)
    in_rows = np.arange(0, width, VECTOR_BYTES // item_bytes)
    vectors = np.add.outer(np.arange(rows) * windows.stride[0] * x_width, in_rows)
    planes = np.arange(channels // groups) * x_height * x_width
    columns = np.add.outer(planes, windows.shifts(x_width))
    blocks = batch * -(-height // rows)
    chunk = balanced(blocks, -(-blocks * groups // TASKS))
    return Plan(-(-blocks // chunk), chunk, rows, columns.ravel(), vectors.ravel())
