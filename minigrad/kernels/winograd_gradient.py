"""The gradient to 3×3 kernels by Winograd's transforms; see `winograd`.

The gradient takes the steps of the convolution transposed and in the other order::

    dw = Gᵀ [ Σ over tiles of (A g Aᵀ) ⊙ (Bᵀ d B) ] G

With Z = A g Aᵀ and V = Bᵀ d B the sum over tiles is 36 matrix products for the micro-kernel,
S[f, k, c] = Σ over t of Z[f, k, t] · V[f, c, t].
"""

from __future__ import annotations

import functools

import numpy as np

from minigrad.kernels import geometry
from minigrad.kernels.instructions import (
    dot_tile,
    dot_tile_size,
    load,
    load_every_fourth,
    spread,
    store,
)
from minigrad.kernels.kernel import kernel, uncounted
from minigrad.kernels.registers import DOT_COLUMNS, DOT_ROWS
from minigrad.kernels.rows import copy_row, fill
from minigrad.kernels.threads import get_num_threads, run
from minigrad.kernels.winograd import (
    LANES,
    Array,
    Pair,
    cut_tiles,
    spaced,
    tile_position,
    transform_input,
)
from minigrad.kernels.winograd_transforms import gradient_transform, upstream_transform

# What the sums of a task take, roughly.
SUMS_BYTES = 16 * 2**20


@uncounted
def transform_upstream(z, step, width, lines, halves, g, first, channels, tiles, grid):
    """Z of a block of tiles of some output channels: what `transform_input` is for V."""
    height, image_width = g.shape[2:]
    flat = g.reshape(-1)
    pitch = len(lines) // 6
    for c in range(channels):
        slot = 0
        while slot < tiles[1]:
            image, row, column = tile_position(tiles[0] + slot, grid)
            count = min(grid[1] - column, tiles[1] - slot)
            filled = (count + LANES - 1) // LANES * 4 * LANES
            real = min(4 * count, image_width - 4 * column)
            place = ((image * g.shape[1] + first + c) * height + 4 * row) * image_width + 4 * column
            for i in range(4):
                line = i * pitch
                if 4 * row + i < height:
                    copy_row(lines, line, flat, place + i * image_width, real)
                    fill(lines, line + real, filled - real, 0)
                else:
                    fill(lines, line, filled, 0)
            for q in range(0, filled, LANES):
                column_of_six = upstream_transform(
                    load(lines, q),
                    load(lines, pitch + q),
                    load(lines, 2 * pitch + q),
                    load(lines, 3 * pitch + q),
                )
                for i in range(6):
                    store(halves, i * pitch + q, column_of_six[i])
            for i in range(6):
                for t in range(0, count, LANES):
                    g0, g1, g2, g3 = load_every_fourth(halves, i * pitch + 4 * t)
                    row_of_six = upstream_transform(g0, g1, g2, g3)
                    for j in range(6):
                        store(z, (6 * i + j) * step + c * width + slot + t, row_of_six[j])
            slot += count
        for f in range(36):  # lanes beyond the block add nothing to the sums
            store(z, f * step + c * width + tiles[1], spread(0, z))


@uncounted
def put_gradients(dw, k, rows, c, columns, sums, place, step, halves, taps):
    """Transform the 36 sums of each kernel of a tile back; they lie `step` apart."""
    size = len(taps) // 9
    for q in range(0, size, LANES):
        for j in range(6):
            first = place + j * step + q
            column = gradient_transform(
                load(sums, first),
                load(sums, first + 6 * step),
                load(sums, first + 12 * step),
                load(sums, first + 18 * step),
                load(sums, first + 24 * step),
                load(sums, first + 30 * step),
            )
            for i in range(3):
                store(halves, (6 * i + j) * LANES, column[i])
        for i in range(3):
            first = 6 * i * LANES
            row = gradient_transform(
                load(halves, first),
                load(halves, first + LANES),
                load(halves, first + 2 * LANES),
                load(halves, first + 3 * LANES),
                load(halves, first + 4 * LANES),
                load(halves, first + 5 * LANES),
            )
            for j in range(3):
                store(taps, (3 * i + j) * size + q, row[j])
    for i in range(rows):
        for j in range(columns):
            for t in range(9):
                dw[k + i, c + j, t // 3, t % 3] = taps[t * size + i * DOT_COLUMNS + j]


@kernel
def weight_gradient(first, last, x, g, dw, padding, grid, most_tiles, part, offsets, starts):
    """Every `part` output channels are a task.

    Parameters
    ----------
    x : (N, C, H, W)
    g : (N, K, OH, OW)
    dw : (K, C, 3, 3)
    padding, grid, most_tiles, offsets, starts : see `convolve`
    """
    channels, outputs = x.shape[1], g.shape[1]
    total = x.shape[0] * grid[0] * grid[1]
    width = len(starts) // 36 * LANES + LANES
    line = (min(most_tiles, grid[1]) // LANES + 2) * 4 * LANES
    lines, halves = np.empty(6 * line, x.dtype), np.empty(6 * line, x.dtype)
    v_step, z_step = spaced(channels * width), spaced(part * width)
    v, z = np.empty(36 * v_step, x.dtype), np.empty(36 * z_step, x.dtype)
    size, columns = dot_tile_size(x.itemsize), (channels + DOT_COLUMNS - 1) // DOT_COLUMNS
    step = spaced((part + DOT_ROWS - 1) // DOT_ROWS * columns * size)
    sums, taps = np.empty(36 * step, x.dtype), np.empty(9 * size, x.dtype)
    for task in range(first, last):
        k_first = task * part
        ks = min(part, outputs - k_first)
        sums[:] = 0
        for tile in range(0, total, most_tiles):
            tiles = tile, min(most_tiles, total - tile)
            for c in range(channels):
                transform_input(v, c * width, v_step, lines, halves, x, c, tiles, grid, padding)
            transform_upstream(z, z_step, width, lines, halves, g, k_first, ks, tiles, grid)
            add_products(sums, step, z, z_step, width, ks, v, offsets, starts, channels, tiles[1])
        for k in range(0, ks, DOT_ROWS):
            for c in range(0, channels, DOT_COLUMNS):
                place = (k // DOT_ROWS * columns + c // DOT_COLUMNS) * size
                put_gradients(
                    dw, k_first + k, min(DOT_ROWS, ks - k), c, min(DOT_COLUMNS, channels - c),
                    sums, place, step, halves, taps,
                )  # fmt: skip


@uncounted
def add_products(sums, step, z, z_step, width, outputs, v, offsets, starts, channels, tiles):
    """Add a block's part of S, in tiles of the micro-kernel."""
    vectors, size = len(starts) // 36, dot_tile_size(z.itemsize)
    for f in range(36):
        place = f * step
        for k in range(0, outputs, DOT_ROWS):
            for c in range(0, channels, DOT_COLUMNS):
                dot_tile(
                    z, f * z_step + k * width, width, min(DOT_ROWS, outputs - k),
                    v, offsets, c, min(DOT_COLUMNS, channels - c),
                    starts[f * vectors :], (tiles + LANES - 1) // LANES, sums, place,
                )  # fmt: skip
                place += size


@functools.lru_cache(maxsize=256)
def plan_blocks(batch: int, channels: int, size: Pair) -> tuple[Pair, int, Array, Array]:
    """Rows and columns of tiles; the most tiles of a block; where channels and vectors of V are."""
    grid, _, tiles = cut_tiles(batch, channels, size, 1)
    width = geometry.round_up(tiles, LANES)
    offsets = np.arange(channels) * (width + LANES)
    frequencies = np.arange(36) * spaced(channels * (width + LANES))
    starts = np.add.outer(frequencies, np.arange(0, width, LANES))
    return grid, tiles, offsets.astype(np.int32), starts.astype(np.int32).ravel()


def conv2d_weight_gradient(x: Array, g: Array, padding: Pair) -> Array | None:
    """The gradient to 3×3 kernels of stride 1; nothing where an infinity or NaN spread.

    Parameters
    ----------
    x, g : float32 (N, C, H, W) and (N, K, OH, OW), prepared
    """
    channels, outputs = x.shape[1], g.shape[1]
    dw = np.empty((outputs, channels, 3, 3), x.dtype)
    # Sums run over blocks, so these do not depend on the threads.
    grid, tiles, offsets, starts = plan_blocks(len(x), channels, g.shape[2:])
    part = -(-outputs // get_num_threads() // DOT_ROWS) * DOT_ROWS
    part = max(DOT_ROWS, min(part, SUMS_BYTES // (36 * 4 * channels) // DOT_ROWS * DOT_ROWS))
    run(
        weight_gradient, -(-outputs // part), g.size * channels,
        x, g, dw, padding, grid, tiles, part, offsets, starts,
    )  # fmt: skip
    return dw if np.isfinite(dw).all() else None
