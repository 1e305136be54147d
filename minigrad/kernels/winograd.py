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
    load,
    load_every_fourth,
    multiply_tile,
    spread,
    store,
    store_every_fourth,
)
from minigrad.kernels.kernel import inlined, inner, kernel, uncounted
from minigrad.kernels.registers import TILE_ROWS, TILE_VECTORS, VECTOR_BYTES
from minigrad.kernels.rows import copy_row, fill, interleave_rows
from minigrad.kernels.threads import get_num_threads, run
from minigrad.kernels.winograd_transforms import (
    input_transform,
    output_transform,
    weight_transform,
)

Array = np.ndarray
Pair = tuple[int, int]

LANES = VECTOR_BYTES // 4  # float32 only: the transforms cost a digit of accuracy

# Output channels lie side by side in U: a whole number of vectors, and of tiles of the kernel.
GROUP = max(LANES, TILE_ROWS)
# The most tiles and output channels that a task treats at a time, and bytes of its V.
TILES = 8 * TILE_VECTORS * LANES
CHANNELS = 64
V_BYTES = 8 * 2**20
# Sums over more channels are made of parts, since they round less.
DEPTH = 64
# With so few tiles U stays in the second-level cache: it is made of DEPTH channels at a time.
FEW = 2 * TILE_VECTORS * LANES


@uncounted
def transform_weights(u, pitch, taps, weight, steps, first, outputs, channel, channels):
    """U of some output channels and channels, as the micro-kernel reads it.

    Group `k` of output channels and frequency `f` begin at ``(k * 36 + f) * pitch``; there, channel
    after channel, are the group's `GROUP` numbers.

    Parameters
    ----------
    taps : scratch memory for 9 vectors of each of LANES channels
    weight : flat array
    steps : from one output channel and channel to the next in `weight`, from one tap to the next,
        and where the first tap is
    """
    groups, vectors = (channels + LANES - 1) // LANES, (outputs + LANES - 1) // LANES
    for block in range(groups * vectors):
        k, c_first = block % vectors * LANES, block // vectors * LANES
        rows, some = min(LANES, outputs - k), min(LANES, channels - c_first)
        place = (first + k) * steps[0] + (channel + c_first) * steps[1]
        runs, run = (1, 9 * some) if steps[1] == 9 else (some, 9)
        for c in range(runs):
            fro = place + c * steps[1]
            interleave_rows(taps, 9 * c * LANES, weight, fro, steps[0], rows, run)
        for c in range(some):
            tap = 9 * c + steps[3]
            left, middle, right = (
                transform_weight_column(taps, tap, steps[2]),
                transform_weight_column(taps, tap + steps[2], steps[2]),
                transform_weight_column(taps, tap + 2 * steps[2], steps[2]),
            )
            to = k // GROUP * 36 * pitch + (c_first + c) * GROUP + k % GROUP
            for i in range(6):
                row = weight_transform(left[i], middle[i], right[i])
                for j in range(6):
                    store(u, to + (6 * i + j) * pitch, row[j])


@inlined
def transform_weight_column(taps, tap, step):
    """G w for one column of the kernels, which begins at a tap."""
    first, down = tap * LANES, 3 * step * LANES
    top, middle, bottom = load(taps, first), load(taps, first + down), load(taps, first + 2 * down)
    return weight_transform(top, middle, bottom)


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


@uncounted
def transform_input(v, place, step, lines, halves, x, channel, tiles, grid, padding):
    """V of a block of tiles of a channel: frequency `f` begins at ``place + f * step``.

    Parameters
    ----------
    lines, halves : scratch memory for six rows of the image each
    tiles : the first one and how many there are
    grid : rows and columns of tiles in an image
    padding : above and left of x
    """
    height, width = x.shape[2:]
    flat = x.reshape(-1)
    pitch = len(lines) // 6
    for f in range(36):  # lanes beyond the block take part in the products
        store(v, place + f * step + tiles[1], spread(0, v))
    slot = 0
    while slot < tiles[1]:
        image, row, column = tile_position(tiles[0] + slot, grid)
        count = min(grid[1] - column, tiles[1] - slot)
        top, left = 4 * row - padding[0], 4 * column - padding[1]
        wanted = 4 * count + 2
        begin, end = min(max(-left, 0), wanted), max(min(wanted, width - left), 0)
        filled = (count + LANES - 1) // LANES * 4 * LANES + 2 * LANES
        source = ((image * x.shape[1] + channel) * height + top) * width + left
        for i in range(6):
            line = i * pitch
            if 0 <= top + i < height and begin < end:
                fill(lines, line, begin, 0)
                fill(lines, line + end, filled - end, 0)
                copy_row(lines, line + begin, flat, source + i * width + begin, end - begin)
            else:
                fill(lines, line, filled, 0)
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
                    store(v, place + (6 * i + j) * step + slot + t, row_of_six[j])
        slot += count


@uncounted
def put_panels(v, channel, channels, panel, step, values, values_step, vectors):
    """Put V of a channel where the micro-kernel reads it, see `Plan`."""
    for f in range(36):
        place, fro = f * step + channel * panel * LANES, f * values_step
        for _ in range(0, vectors, panel):
            for t in range(0, panel * LANES, LANES):
                store(v, place + t, load(values, fro + t))
            place += channels * panel * LANES
            fro += panel * LANES


@uncounted
def multiply(m, m_step, u, u_step, v, outputs, channel, channels, offsets, starts, tiles):
    """Add to M what some channels give: `k` of frequency `f` begins at ``f * m_step + k * width``.

    It begins anew with channel 0.
    """
    vectors = len(starts) // 36
    width = vectors * LANES
    for f in range(36):
        for t in range(0, tiles, TILE_VECTORS * LANES):
            start = f * vectors + t // LANES
            for c in range(0, channels, DEPTH):
                depth, table = min(DEPTH, channels - c), offsets[channel + c :]
                add = channel + c > 0
                for k in range(0, outputs, TILE_ROWS):
                    a = (k // GROUP * 36 + f) * u_step + c * GROUP + k % GROUP
                    place = f * m_step + k * width + t
                    if tiles - t <= LANES:
                        multiply_tile(
                            u, a, GROUP, depth, v, table, starts, start, m, place, width, add, 1
                        )
                    elif tiles - t <= 2 * LANES:
                        multiply_tile(
                            u, a, GROUP, depth, v, table, starts, start, m, place, width, add, 2
                        )
                    else:
                        multiply_tile(
                            u, a, GROUP, depth, v, table, starts, start, m, place, width, add,
                            TILE_VECTORS,
                        )  # fmt: skip


@uncounted
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


@uncounted
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
            copy_row(flat, place + i * width, strip, i * pitch + 4 * slot, columns)
        slot += count


@kernel
def convolve(
    first, last, x, weight, steps, y, bias, padding, grid, most_tiles, part, panel, chunk,
    offsets, starts, finite,
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
    panel, chunk, offsets, starts : see `Plan`
    finite : (tasks,); a task notes whether its results are
    """
    channels, outputs = x.shape[1], y.shape[1]
    total = x.shape[0] * grid[0] * grid[1]
    vectors = len(starts) // 36
    width = vectors * LANES
    line = (min(most_tiles, grid[1]) // LANES + 2) * 4 * LANES
    lines, halves = np.empty(6 * line, x.dtype), np.empty(6 * line, x.dtype)
    step, v_step = spaced(width + LANES), spaced(channels * width)
    values, v = np.empty(36 * step, x.dtype), np.empty(36 * v_step, x.dtype)
    most = min(CHANNELS if chunk == channels else CHANNELS // 2, part)
    u_step, m_step = spaced(chunk * GROUP), spaced((most + TILE_ROWS) * width)
    u = np.empty((most + GROUP - 1) // GROUP * 36 * u_step, x.dtype)
    m = np.empty(36 * m_step, x.dtype)
    taps, strip = np.empty(9 * LANES * LANES, x.dtype), np.empty(16 * width, x.dtype)
    parts = (outputs + part - 1) // part
    for task in range(first, last):
        tile = task // parts * most_tiles
        tiles = tile, min(most_tiles, total - tile)
        for c in range(channels):
            transform_input(values, 0, step, lines, halves, x, c, tiles, grid, padding)
            put_panels(v, c, channels, panel, v_step, values, step, vectors)
        trace = x.dtype.type(0)
        k_last = min((task % parts + 1) * part, outputs)
        for k in range(task % parts * part, k_last, most):
            ks = min(most, k_last - k)
            for c in range(0, channels, chunk):
                cs = min(chunk, channels - c)
                transform_weights(u, u_step, taps, weight, steps, k, ks, c, cs)
                multiply(m, m_step, u, u_step, v, ks, c, cs, offsets, starts, tiles[1])
            for i in range(ks):
                trace += transform_output(
                    strip, halves, m, i * width, m_step, tiles[1], bias[k + i]
                )
                put_strip(y, k + i, strip, tiles, grid)
        finite[task] = trace == 0


class Plan(NamedTuple):
    """How tiles are cut into blocks.

    V of a frequency is a *panel* for each tile of the micro-kernel: all channels' vectors for it,
    one after the other as it reads them.
    """

    grid: Pair  # rows and columns of tiles in an image
    blocks: int
    tiles: int  # the most in a block
    panel: int  # vectors of a channel in a panel
    chunk: int  # channels whose U is made at a time
    offsets: Array  # of each channel in V
    starts: Array  # of each vector of each frequency in V


@functools.lru_cache(maxsize=256)
def plan_blocks(batch: int, channels: int, size: Pair, multiple: int) -> Plan:
    """As few blocks as the cache allows; a `multiple` of some number where there are many tiles."""
    grid, blocks, tiles = cut_tiles(batch, channels, size, multiple)
    panel = min(TILE_VECTORS, -(-tiles // LANES))
    vectors = -(-tiles // (panel * LANES)) * panel
    in_panels = np.arange(vectors) // panel * channels * panel + np.arange(vectors) % panel
    starts = np.add.outer(np.arange(36) * spaced(channels * vectors * LANES), in_panels * LANES)
    return Plan(
        grid, blocks, tiles, panel, channels if tiles > FEW else min(channels, DEPTH),
        (np.arange(channels) * panel * LANES).astype(np.int32), starts.astype(np.int32).ravel(),
    )  # fmt: skip


def cut_tiles(batch: int, channels: int, size: Pair, multiple: int) -> tuple[Pair, int, int]:
    """Rows and columns of tiles in an image; how many blocks; how many tiles each has."""
    group = TILE_VECTORS * LANES
    grid = -(-size[0] // 4), -(-size[1] // 4)
    total = batch * grid[0] * grid[1]
    most = max(group, min(TILES, V_BYTES // (36 * 4 * channels)))
    blocks = -(-total // most)
    if total >= 2 * group * multiple:
        blocks = -(-blocks // multiple) * multiple
    tiles = -(-total // blocks)
    return grid, -(-total // tiles), tiles


def conv2d(x: Array, weight: Array, padding: Pair, bias: Array | None = None) -> Array | None:
    """See `minigrad.kernels.reference.conv2d`; nothing where infinity or NaN would spread.

    Parameters
    ----------
    x, weight, bias : float32, prepared, and not empty
    """
    size = len(weight), x.shape[2] + 2 * padding[0] - 2, x.shape[3] + 2 * padding[1] - 2
    steps = 9 * weight.shape[1], 9, 1, 0
    return _correlate(x, weight, steps, size, padding, bias)


def conv2d_input_gradient(
    g: Array, weight: Array, input_size: Pair, padding: Pair, bias: Array | None = None
) -> Array | None:
    """See `minigrad.kernels.reference.conv2d_input_gradient`, and `conv2d` above."""
    size = weight.shape[1], *input_size
    steps = 9, 9 * weight.shape[1], -1, 8
    return _correlate(g, weight, steps, size, (2 - padding[0], 2 - padding[1]), bias)


def _correlate(
    x: Array,
    weight: Array,
    steps: tuple[int, int, int, int],
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
        x, weight.reshape(-1), steps, y, bias, padding, plan.grid, plan.tiles, part, plan.panel,
        plan.chunk, plan.offsets, plan.starts, finite,
    )  # fmt: skip
    return y if finite.all() else None
