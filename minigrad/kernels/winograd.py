"""Winograd's convolution F(4×4, 3×3): a 3×3 kernel with a quarter of the multiplications.

An output tile of 4×4 needs an input tile ``d`` of 6×6. Directly that is 144 products a channel;
Lavin and Gray (2016) transform tile and kernel, multiply 36 numbers, and transform back::

    y = Aᵀ [ (G w Gᵀ) ⊙ (Bᵀ d B) ] A

Each of the 36 products, for all tiles and channels, is a matrix product for the micro-kernel:

    M[f, k, t] = Σ over c of U[f, k, c] · V[f, c, t]        with U = G w Gᵀ and V = Bᵀ d B

A task does all steps for a block of tiles and of output channels, so that U, V and M are used
before they leave the cache. To transform the weights takes so little that nothing is kept from one
call to the next. The transforms are in `winograd_transforms`, the gradient to the weight in
`winograd_gradient`; the gradient to the input is a convolution with the kernels turned round.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from minigrad.kernels.instructions import (
    copy,
    load,
    load_every_fourth,
    multiply_tile,
    spread,
    store,
    store_every_fourth,
)
from minigrad.kernels.kernel import inner, kernel
from minigrad.kernels.registers import TILE_ROWS, TILE_VECTORS, VECTOR_BYTES
from minigrad.kernels.threads import get_num_threads, run
from minigrad.kernels.winograd_transforms import (
    input_transform,
    output_transform,
    weight_transform,
)

Array = np.ndarray
Pair = tuple[int, int]

LANES = VECTOR_BYTES // 4  # float32 only: the transforms cost a digit of accuracy

# The most tiles and output channels that a task treats at a time, and bytes of its V.
TILES = 8 * TILE_VECTORS * LANES
CHANNELS = 8 * TILE_ROWS
V_BYTES = 8 * 2**20
# Sums over more channels are made of parts, since they round less.
DEPTH = 64


@inner
def transform_weights(u, pitch, taps, weight, steps, first, outputs, channels):
    """U of some output channels, as the micro-kernel reads it.

    Tile `k` of output channels and frequency `f` begin at ``(k * 36 + f) * pitch``; there, channel
    after channel, are the tile's `TILE_ROWS` numbers.

    Parameters
    ----------
    taps : scratch memory, 9 rows of `pitch`
    weight : flat array
    steps : from one output channel, channel, row and column to the next in `weight`, and the first
    """
    for k in range(0, outputs, TILE_ROWS):
        rows = min(TILE_ROWS, outputs - k)
        if rows < TILE_ROWS:
            taps[:] = 0
        for i in range(rows):
            for c in range(channels):
                place = steps[4] + (first + k + i) * steps[0] + c * steps[1]
                for r in range(3):
                    for s in range(3):
                        value = weight[np.uintp(place + r * steps[2] + s * steps[3])]
                        taps[np.uintp((3 * r + s) * pitch + c * TILE_ROWS + i)] = value
        for q in range(0, channels * TILE_ROWS, LANES):
            left, middle, right = (
                transform_weight_column(taps, pitch, q),
                transform_weight_column(taps, pitch, q + pitch),
                transform_weight_column(taps, pitch, q + 2 * pitch),
            )
            for i in range(6):
                row = weight_transform(left[i], middle[i], right[i])
                place = (k // TILE_ROWS * 36 + 6 * i) * pitch + q
                for j in range(6):
                    store(u, place + j * pitch, row[j])


@inner
def transform_weight_column(taps, pitch, place):
    """G w for one column of the kernels."""
    rows = load(taps, place), load(taps, place + 3 * pitch), load(taps, place + 6 * pitch)
    return weight_transform(rows[0], rows[1], rows[2])


@inner
def spaced(elements):
    """A distance of at least that many elements and an odd number of cache lines.

    With a power of two, all frequencies would compete for the same few places of the cache.
    """
    return (elements + 15) // 32 * 32 + 16


@inner
def tile_position(tile, grid):
    """Image, row and column of a tile, counted through images and rows of tiles."""
    row, column = tile // grid[1], tile % grid[1]
    return row // grid[0], row % grid[0], column


@inner
def transform_input(v, step, width, lines, halves, x, channels, tiles, grid, padding):
    """V of a block of tiles: channel `c` of frequency `f` begins at ``f * step + c * width``.

    Parameters
    ----------
    lines, halves : scratch memory for six rows of the image each
    tiles : the first one and how many there are
    grid : rows and columns of tiles in an image
    padding : above and left of x
    """
    height, image_width = x.shape[2:]
    flat = x.reshape(-1)
    pitch = len(lines) // 6
    for c in range(channels):
        for f in range(36):  # lanes beyond the block take part in the products
            store(v, f * step + c * width + tiles[1], spread(0, v))
        slot = 0
        while slot < tiles[1]:
            image, row, column = tile_position(tiles[0] + slot, grid)
            count = min(grid[1] - column, tiles[1] - slot)
            top, left = 4 * row - padding[0], 4 * column - padding[1]
            wanted = 4 * count + 2
            begin, end = min(max(-left, 0), wanted), max(min(wanted, image_width - left), 0)
            filled = (count + LANES - 1) // LANES * 4 * LANES + 2 * LANES
            for i in range(6):
                line = i * pitch
                if 0 <= top + i < height and begin < end:
                    lines[line : line + begin] = 0
                    lines[line + end : line + filled] = 0
                    source = ((image * x.shape[1] + c) * height + top + i) * image_width + left
                    copy(lines, line + begin, flat, source + begin, end - begin)
                else:
                    lines[line : line + filled] = 0
            for q in range(0, filled, LANES):
                column_of_six = input_transform(
                    load(lines, q),
                    load(lines, pitch + q),
                    load(lines, 2 * pitch + q),
                    load(lines, 3 * pitch + q),
                    load(lines, 4 * pitch + q),
                    load(lines, 5 * pitch + q),
                )
                for i in range(6):
                    store(halves, i * pitch + q, column_of_six[i])
            for i in range(6):
                for t in range(0, count, LANES):
                    d0, d1, d2, d3 = load_every_fourth(halves, i * pitch + 4 * t)
                    d4, d5, _, _ = load_every_fourth(halves, i * pitch + 4 * t + 4)
                    row_of_six = input_transform(d0, d1, d2, d3, d4, d5)
                    for j in range(6):
                        store(v, (6 * i + j) * step + c * width + slot + t, row_of_six[j])
            slot += count


@inner
def multiply(m, m_step, width, u, u_step, v, outputs, channels, offsets, starts, tiles):
    """M of some output channels: `k` of frequency `f` begins at ``f * m_step + k * width``."""
    vectors = len(starts) // 36
    for f in range(36):
        for t in range(0, tiles, TILE_VECTORS * LANES):
            start = f * vectors + t // LANES
            for c in range(0, channels, DEPTH):
                depth, table, add = min(DEPTH, channels - c), offsets[c:], c > 0
                for k in range(0, outputs, TILE_ROWS):
                    a = (k // TILE_ROWS * 36 + f) * u_step + c * TILE_ROWS
                    place = f * m_step + k * width + t
                    if tiles - t <= LANES:
                        multiply_tile(u, a, depth, v, table, starts, start, m, place, width, add, 1)
                    elif tiles - t <= 2 * LANES:
                        multiply_tile(u, a, depth, v, table, starts, start, m, place, width, add, 2)
                    else:
                        multiply_tile(
                            u, a, depth, v, table, starts, start, m, place, width, add,
                            TILE_VECTORS,
                        )  # fmt: skip


@inner
def transform_output(strip, halves, m, place, m_step, tiles, bias):
    """Four rows of results of one output channel, tile beside tile; NaN if any is not finite."""
    pitch = len(strip) // 4
    trace = spread(0, m)
    for t in range(0, tiles, LANES):
        for j in range(6):
            q = place + j * m_step + t
            column = output_transform(
                load(m, q),
                load(m, q + 6 * m_step),
                load(m, q + 12 * m_step),
                load(m, q + 18 * m_step),
                load(m, q + 24 * m_step),
                load(m, q + 30 * m_step),
            )
            for i in range(4):
                store(halves, (6 * i + j) * LANES, column[i])
        for i in range(4):
            q = 6 * i * LANES
            y0, y1, y2, y3 = output_transform(
                load(halves, q),
                load(halves, q + LANES),
                load(halves, q + 2 * LANES),
                load(halves, q + 3 * LANES),
                load(halves, q + 4 * LANES),
                load(halves, q + 5 * LANES),
            )
            trace = trace + (y0 + y1 + y2 + y3) * 0
            store_every_fourth(strip, i * pitch + 4 * t, y0 + bias, y1 + bias, y2 + bias, y3 + bias)
    store(halves, 0, trace)
    total = halves[0]
    for lane in range(1, LANES):
        total += halves[lane]
    return total


@inner
def put_strip(y, channel, strip, tiles, grid):
    """Copy the results of a block of tiles to where they belong in `y`."""
    height, width = y.shape[2:]
    flat = y.reshape(-1)
    pitch = len(strip) // 4
    slot = 0
    while slot < tiles[1]:
        image, row, column = tile_position(tiles[0] + slot, grid)
        count = min(grid[1] - column, tiles[1] - slot)
        place = ((image * y.shape[1] + channel) * height + 4 * row) * width + 4 * column
        columns = min(4 * count, width - 4 * column)
        for i in range(min(4, height - 4 * row)):
            copy(flat, place + i * width, strip, i * pitch + 4 * slot, columns)
        slot += count


@kernel
def convolve(
    first, last, x, weight, steps, y, bias, padding, grid, most_tiles, part, offsets, starts, finite
):  # fmt: skip
    """Every `part` output channels of every `most_tiles` tiles are a task.

    Parameters
    ----------
    x : (N, C, H, W)
    weight : flat array
    steps : see `transform_weights`
    y : (N, K, OH, OW)
    bias : (K,)
    padding, grid : see `transform_input`
    offsets, starts : of the channels, and of the vectors of each frequency, in V
    finite : (tasks,); a task notes whether its results are
    """
    channels, outputs = x.shape[1], y.shape[1]
    total = x.shape[0] * grid[0] * grid[1]
    width = len(starts) // 36 * LANES
    line = (min(most_tiles, grid[1]) // LANES + 2) * 4 * LANES
    lines, halves = np.empty(6 * line, x.dtype), np.empty(6 * line, x.dtype)
    v_step, u_step = spaced(channels * (width + LANES)), spaced(channels * TILE_ROWS)
    m_step = spaced(CHANNELS * width)
    v, m = np.empty(36 * v_step, x.dtype), np.empty(36 * m_step, x.dtype)
    u = np.empty(CHANNELS // TILE_ROWS * 36 * u_step, x.dtype)
    taps, strip = np.zeros(9 * u_step, x.dtype), np.empty(16 * width, x.dtype)
    parts = (outputs + part - 1) // part
    for task in range(first, last):
        tile = task // parts * most_tiles
        tiles = tile, min(most_tiles, total - tile)
        transform_input(v, v_step, width + LANES, lines, halves, x, channels, tiles, grid, padding)
        trace = x.dtype.type(0)
        k_last = min((task % parts + 1) * part, outputs)
        for k in range(task % parts * part, k_last, CHANNELS):
            ks = min(CHANNELS, k_last - k)
            transform_weights(u, u_step, taps, weight, steps, k, ks, channels)
            multiply(m, m_step, width, u, u_step, v, ks, channels, offsets, starts, tiles[1])
            for i in range(ks):
                trace += transform_output(
                    strip, halves, m, i * width, m_step, tiles[1], bias[k + i]
                )
                put_strip(y, k + i, strip, tiles, grid)
        finite[task] = trace == 0


class Plan(NamedTuple):
    """How tiles are cut into blocks."""

    grid: Pair  # rows and columns of tiles in an image
    blocks: int
    tiles: int  # the most in a block
    offsets: Array  # of each channel in V
    starts: Array  # of each vector of each frequency in V


@functools.lru_cache(maxsize=256)
def plan_blocks(batch: int, channels: int, size: Pair, multiple: int) -> Plan:
    """As few blocks as the cache allows; a `multiple` of some number where there are many tiles."""
    group = TILE_VECTORS * LANES
    grid = -(-size[0] // 4), -(-size[1] // 4)
    total = batch * grid[0] * grid[1]
    most = max(group, min(TILES, V_BYTES // (36 * 4 * channels)))
    blocks = -(-total // most)
    if total >= 2 * group * multiple:
        blocks = -(-blocks // multiple) * multiple
    tiles = -(-total // blocks)
    width = -(-tiles // group) * group
    offsets = np.arange(channels) * (width + LANES)
    frequencies = np.arange(36) * spaced(channels * (width + LANES))
    starts = np.add.outer(frequencies, np.arange(0, width, LANES))
    return Plan(
        grid, -(-total // tiles), tiles, offsets.astype(np.int32), starts.astype(np.int32).ravel()
    )


def conv2d(x: Array, weight: Array, padding: Pair, bias: Array | None = None) -> Array | None:
    """See `minigrad.kernels.reference.conv2d`; nothing where infinity or NaN would spread.

    Parameters
    ----------
    x, weight, bias : float32, prepared, and not empty
    """
    size = len(weight), x.shape[2] + 2 * padding[0] - 2, x.shape[3] + 2 * padding[1] - 2
    steps = 9 * weight.shape[1], 9, 3, 1, 0
    return _correlate(x, weight, steps, size, padding, bias)


def conv2d_input_gradient(
    g: Array, weight: Array, input_size: Pair, padding: Pair, bias: Array | None = None
) -> Array | None:
    """See `minigrad.kernels.reference.conv2d_input_gradient`, and `conv2d` above."""
    size = weight.shape[1], *input_size
    steps = 9, 9 * weight.shape[1], -3, -1, 8
    return _correlate(g, weight, steps, size, (2 - padding[0], 2 - padding[1]), bias)


def _correlate(
    x: Array,
    weight: Array,
    steps: tuple[int, int, int, int, int],
    size: tuple[int, int, int],
    padding: Pair,
    bias: Array | None,
) -> Array | None:
    threads = get_num_threads()
    y = np.empty((len(x), *size), x.dtype)
    plan = plan_blocks(len(x), x.shape[1], size[1:], threads)
    part = -(-size[0] // -(-threads // plan.blocks))
    part = -(-part // TILE_ROWS) * TILE_ROWS
    tasks = plan.blocks * -(-size[0] // part)
    bias = np.zeros(size[0], x.dtype) if bias is None else bias
    finite = np.zeros(tasks, bool)
    run(
        convolve, tasks, y.size * x.shape[1],
        x, weight.reshape(-1), steps, y, bias, padding, plan.grid, plan.tiles, part,
        plan.offsets, plan.starts, finite,
    )  # fmt: skip
    return y if finite.all() else None
