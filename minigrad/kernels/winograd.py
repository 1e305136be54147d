"""Winograd's convolution F(4×4, 3×3): a 3×3 kernel with a quarter of the multiplications.

An output tile of 4×4 needs an input tile ``d`` of 6×6. Directly that is 144 products a channel;
Lavin and Gray (2016) transform tile and kernel, multiply 36 numbers, and transform back::

    y = Aᵀ [ (G w Gᵀ) ⊙ (Bᵀ d B) ] A

Each of the 36 products, for all tiles and channels, is a matrix product for the micro-kernel:

    M[f, k, t] = Σ over c of U[f, k, c] · V[f, c, t]        (convolve)
    S[f, k, c] = Σ over t of Z[f, k, t] · V[f, c, t]        (weight_gradient)

where U = G w Gᵀ, V = Bᵀ d B and, since the transposed sequence of steps is the gradient,
Z = A g Aᵀ and dw = Gᵀ S G. A task owns a block of tiles (or of output channels), and its V and M
stay in the cache.
"""

from __future__ import annotations

import numpy as np
from numba import extending

from minigrad.kernels.cache import inner, kernel
from minigrad.kernels.micro_kernel import (
    DOT_COLUMNS,
    DOT_ROWS,
    TILE_ROWS,
    TILE_VECTORS,
    dot_tile,
    dot_tile_size,
    multiply_tile,
)
from minigrad.kernels.threads import get_num_threads, run
from minigrad.kernels.vector import (
    VECTOR_BYTES,
    copy,
    load,
    load_every_fourth,
    spread,
    store,
    store_every_fourth,
)

LANES = VECTOR_BYTES // 4  # float32 only: the transforms cost a digit of accuracy

# The polynomials behind the method are taken at 0, ±P, ±Q and infinity. The usual ±1, ±2 need
# fewer multiplications, but rounding errors are four times larger.
P, Q = 3 / 4, 3 / 2
P2, P3, Q2, Q3 = P**2, P**3, Q**2, Q**3
AT_P, AT_Q = 1 / (2 * P2 * (P2 - Q2)), 1 / (2 * Q2 * (Q2 - P2))

# Tiles and output channels that a task treats at a time, so that V, U and M fit the cache.
TILES = 8 * TILE_VECTORS * LANES
CHANNELS = 8 * TILE_ROWS
# Sums over more channels are made of parts, which round less.
DEPTH = 64


@inner
def input_transform(d0, d1, d2, d3, d4, d5):
    """Bᵀ d."""
    a, b = d4 - Q2 * d2, P * (d3 - Q2 * d1)
    c, e = d4 - P2 * d2, Q * (d3 - P2 * d1)
    first = P2 * Q2 * d0 - (P2 + Q2) * d2 + d4
    last = P2 * Q2 * d1 - (P2 + Q2) * d3 + d5
    return first, a + b, a - b, c + e, c - e, last


@inner
def weight_transform(w0, w1, w2):
    """G w."""
    a, b = AT_P * w0 + (AT_P * P2) * w2, (AT_P * P) * w1
    c, d = AT_Q * w0 + (AT_Q * Q2) * w2, (AT_Q * Q) * w1
    return (1 / (P2 * Q2)) * w0, a + b, a - b, c + d, c - d, w2


@inner
def output_transform(m0, m1, m2, m3, m4, m5):
    """Aᵀ m."""
    a, b, c, d = m1 + m2, m1 - m2, m3 + m4, m3 - m4
    return m0 + a + c, P * b + Q * d, P2 * a + Q2 * c, P3 * b + Q3 * d + m5


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
            left = weight_transform(load(taps, q), load(taps, 3 * pitch + q), load(taps, 6 * pitch + q))
            q1 = q + pitch
            middle = weight_transform(load(taps, q1), load(taps, 3 * pitch + q1), load(taps, 6 * pitch + q1))
            q2 = q1 + pitch
            right = weight_transform(load(taps, q2), load(taps, 3 * pitch + q2), load(taps, 6 * pitch + q2))
            for i in range(6):
                row = weight_transform(left[i], middle[i], right[i])
                place = (k // TILE_ROWS * 36 + 6 * i) * pitch + q
                for j in range(6):
                    store(u, place + j * pitch, row[j])


@extending.register_jitable
def spaced(elements):
    """A distance of at least that many elements and an odd number of cache lines.

    With a power of two, all frequencies would compete for the same few places of the cache.
    """
    return (elements + 15) // 32 * 32 + 16


@inner
def transform_input(v, step, stride, lines, halves, x, channel_first, channels, run, grid, padding):
    """V of a run of tiles: frequency f of channel c begins at ``(f * channels + c) * stride``.

    Parameters
    ----------
    lines, halves : scratch memory
    run : the first tile and how many there are, counted through images and rows of tiles
    grid : rows and columns of tiles in an image
    """
    height, width = x.shape[2:]
    flat = x.reshape(-1)
    pitch = len(lines) // 6
    nothing = spread(0, v)
    for c in range(channels):
        for f in range(36):  # lanes beyond the run take part in the products
            store(v, f * step + c * stride + run[1], nothing)
        tile, slot = run[0], 0
        while slot < run[1]:
            row, column = tile // grid[1], tile % grid[1]
            image, row = row // grid[0], row % grid[0]
            count = min(grid[1] - column, run[1] - slot)
            top, left = 4 * row - padding[0], 4 * column - padding[1]
            wanted = 4 * count + 2
            begin, end = min(max(-left, 0), wanted), max(min(wanted, width - left), 0)
            filled = (count + LANES - 1) // LANES * 4 * LANES + 2 * LANES
            for i in range(6):
                line = i * pitch
                if 0 <= top + i < height and begin < end:
                    lines[line : line + begin] = 0
                    lines[line + end : line + filled] = 0
                    source = ((image * x.shape[1] + channel_first + c) * height + top + i) * width
                    copy(lines, line + begin, flat, source + left + begin, end - begin)
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
                        place = (6 * i + j) * step + c * stride + slot + t
                        store(v, place, row_of_six[j])
            tile += count
            slot += count


@inner
def multiply(m, m_step, u, pitch, v, outputs, channels, offsets, starts, tiles):
    """M of some output channels: output channel `k` of frequency `f` is at ``(f * CHANNELS + k) * TILES``."""
    for f in range(36):
        for t in range(0, tiles, TILE_VECTORS * LANES):
            start = f * (TILES // LANES) + t // LANES
            for c in range(0, channels, DEPTH):
                depth = min(DEPTH, channels - c)
                for k in range(0, outputs, TILE_ROWS):
                    a = (k // TILE_ROWS * 36 + f) * pitch + c * TILE_ROWS
                    place = f * m_step + k * TILES + t
                    if tiles - t <= LANES:
                        multiply_tile(
                            u, a, depth, v, offsets[c:], starts, start, m, place, TILES, c > 0, 1
                        )
                    elif tiles - t <= 2 * LANES:
                        multiply_tile(
                            u, a, depth, v, offsets[c:], starts, start, m, place, TILES, c > 0, 2
                        )
                    else:
                        multiply_tile(
                            u, a, depth, v, offsets[c:], starts, start, m, place, TILES, c > 0,
                            TILE_VECTORS,
                        )


@inner
def transform_output(strip, half, m, first, frequency_step, tiles, bias):
    """Four rows of results of one output channel, tile beside tile; NaN if any is not finite."""
    pitch = 4 * TILES
    trace = load(m, first) * 0
    for t in range(0, tiles, LANES):
        for j in range(6):
            place = first + j * frequency_step + t
            column = output_transform(
                load(m, place),
                load(m, place + 6 * frequency_step),
                load(m, place + 12 * frequency_step),
                load(m, place + 18 * frequency_step),
                load(m, place + 24 * frequency_step),
                load(m, place + 30 * frequency_step),
            )
            for i in range(4):
                store(half, (6 * i + j) * LANES, column[i])
        for i in range(4):
            y0, y1, y2, y3 = output_transform(
                load(half, 6 * i * LANES),
                load(half, (6 * i + 1) * LANES),
                load(half, (6 * i + 2) * LANES),
                load(half, (6 * i + 3) * LANES),
                load(half, (6 * i + 4) * LANES),
                load(half, (6 * i + 5) * LANES),
            )
            store_every_fourth(
                strip, i * pitch + 4 * t, y0 + bias, y1 + bias, y2 + bias, y3 + bias
            )
            trace = trace + (y0 + y1 + y2 + y3) * 0
    store(half, 0, trace)
    total = half[0]
    for lane in range(1, LANES):
        total += half[lane]
    return total


@inner
def put_strip(y, channel, strip, run, grid):
    """Copy the results of a run of tiles to where they belong in `y`."""
    height, width = y.shape[2:]
    flat = y.reshape(-1)
    tile, slot = run[0], 0
    while slot < run[1]:
        row, column = tile // grid[1], tile % grid[1]
        image, row = row // grid[0], row % grid[0]
        count = min(grid[1] - column, run[1] - slot)
        plane = (image * y.shape[1] + channel) * height
        columns = min(4 * count, width - 4 * column)
        for i in range(min(4, height - 4 * row)):
            place = (plane + 4 * row + i) * width + 4 * column
            copy(flat, place, strip, i * 4 * TILES + 4 * slot, columns)
        tile += count
        slot += count


@kernel
def convolve(
    first, last, x, weight, steps, y, bias, padding, grid, tiles, part, offsets, starts, finite
):  # fmt: skip
    """Every `part` output channels of every `tiles` tiles are a task.

    Parameters
    ----------
    x : (N, C, H, W)
    weight : flat array
    steps : see `transform_weights`
    y : (N, K, OH, OW)
    bias : (K,)
    padding : above and left of x
    grid : rows and columns of tiles in an image
    offsets, starts : of the channels and of the vectors of each frequency in V
    finite : (tasks,); a task notes whether its results are
    """
    channels, outputs = x.shape[1], y.shape[1]
    total = x.shape[0] * grid[0] * grid[1]
    stride = TILES + LANES
    line = (min(tiles, grid[1]) // LANES + 2) * 4 * LANES
    lines, halves = np.empty(6 * line, x.dtype), np.empty(6 * line, x.dtype)
    v_step, m_step = spaced(channels * stride), spaced(CHANNELS * TILES)
    v = np.empty(36 * v_step, x.dtype)
    pitch = spaced(channels * TILE_ROWS)
    taps = np.zeros(9 * pitch, x.dtype)
    u = np.empty((CHANNELS // TILE_ROWS) * 36 * pitch, x.dtype)
    m = np.empty(36 * m_step, x.dtype)
    strip, half = np.empty(16 * TILES, x.dtype), np.empty(24 * LANES, x.dtype)
    parts = (outputs + part - 1) // part
    for task in range(first, last):
        run = task // parts * tiles, min(tiles, total - task // parts * tiles)
        transform_input(v, v_step, stride, lines, halves, x, 0, channels, run, grid, padding)
        trace = x.dtype.type(0)
        k_last = min((task % parts + 1) * part, outputs)
        for k0 in range(task % parts * part, k_last, CHANNELS):
            ks = min(CHANNELS, k_last - k0)
            transform_weights(u, pitch, taps, weight, steps, k0, ks, channels)
            multiply(m, m_step, u, pitch, v, ks, channels, offsets, starts, run[1])
            for k in range(ks):
                trace += transform_output(
                    strip, half, m, k * TILES, m_step, run[1], bias[k0 + k]
                )
                put_strip(y, k0 + k, strip, run, grid)
        finite[task] = trace == 0


@inner
def transform_upstream(z, step, stride, lines, halves, g, channel_first, channels, run, grid):
    """Z of a run of tiles: what `transform_input` is for V, from tiles of 4×4."""
    height, width = g.shape[2:]
    flat = g.reshape(-1)
    pitch = len(lines) // 6
    nothing = spread(0, z)
    for c in range(channels):
        tile, slot = run[0], 0
        while slot < run[1]:
            row, column = tile // grid[1], tile % grid[1]
            image, row = row // grid[0], row % grid[0]
            count = min(grid[1] - column, run[1] - slot)
            filled = (count + LANES - 1) // LANES * 4 * LANES
            real = min(4 * count, width - 4 * column)
            for i in range(4):
                line = i * pitch
                if 4 * row + i < height:
                    source = ((image * g.shape[1] + channel_first + c) * height + 4 * row + i) * width
                    copy(lines, line, flat, source + 4 * column, real)
                    lines[line + real : line + filled] = 0
                else:
                    lines[line : line + filled] = 0
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
                        store(z, (6 * i + j) * step + c * stride + slot + t, row_of_six[j])
            tile += count
            slot += count
        for f in range(36):  # no tile: it adds nothing to the sums
            store(z, f * step + c * stride + run[1], nothing)


@inner
def upstream_transform(g0, g1, g2, g3):
    """A g."""
    a, b = g0 + P2 * g2, P * g1 + P3 * g3
    c, d = g0 + Q2 * g2, Q * g1 + Q3 * g3
    return g0, a + b, a - b, c + d, c - d, g3


@inner
def gradient_transform(s0, s1, s2, s3, s4, s5):
    """Gᵀ s."""
    a, b = AT_P * (s1 + s2), AT_P * P * (s1 - s2)
    c, d = AT_Q * (s3 + s4), AT_Q * Q * (s3 - s4)
    return (1 / (P2 * Q2)) * s0 + a + c, b + d, P2 * a + Q2 * c + s5


@kernel
def weight_gradient(first, last, x, g, dw, padding, grid, tiles, part, offsets, starts):
    """Every `part` output channels are a task.

    Parameters
    ----------
    x : (N, C, H, W)
    g : (N, K, OH, OW)
    dw : (K, C, 3, 3)
    padding, grid, tiles, offsets, starts : see `convolve`
    """
    channels, outputs = x.shape[1], g.shape[1]
    total = x.shape[0] * grid[0] * grid[1]
    stride = TILES + LANES
    line = (min(tiles, grid[1]) // LANES + 2) * 4 * LANES
    lines, halves = np.empty(6 * line, x.dtype), np.empty(6 * line, x.dtype)
    v_step, z_step = spaced(channels * stride), spaced(part * stride)
    v, z = np.empty(36 * v_step, x.dtype), np.empty(36 * z_step, x.dtype)
    size = dot_tile_size(x.itemsize)
    columns = (channels + DOT_COLUMNS - 1) // DOT_COLUMNS
    sums = np.empty((36, (part + DOT_ROWS - 1) // DOT_ROWS, columns, size), x.dtype)
    flat = sums.reshape(-1)
    half = np.empty((3, 6), x.dtype)
    for task in range(first, last):
        k_first = task * part
        ks = min(part, outputs - k_first)
        sums[:] = 0
        for tile in range(0, total, tiles):
            run = tile, min(tiles, total - tile)
            transform_input(v, v_step, stride, lines, halves, x, 0, channels, run, grid, padding)
            transform_upstream(z, z_step, stride, lines, halves, g, k_first, ks, run, grid)
            vectors = (run[1] + LANES - 1) // LANES
            for f in range(36):
                for k in range(0, ks, DOT_ROWS):
                    for c in range(0, channels, DOT_COLUMNS):
                        place = ((f * sums.shape[1] + k // DOT_ROWS) * columns + c // DOT_COLUMNS) * size
                        dot_tile(
                            z, f * z_step + k * stride, stride, min(DOT_ROWS, ks - k),
                            v, offsets, c, min(DOT_COLUMNS, channels - c),
                            starts[f * (TILES // LANES) :], vectors, flat, place,
                        )  # fmt: skip
        for k in range(ks):
            for c in range(channels):
                tile_sums = sums[:, k // DOT_ROWS, c // DOT_COLUMNS]
                e = k % DOT_ROWS * DOT_COLUMNS + c % DOT_COLUMNS
                for j in range(6):
                    half[0, j], half[1, j], half[2, j] = gradient_transform(
                        tile_sums[j, e], tile_sums[6 + j, e], tile_sums[12 + j, e],
                        tile_sums[18 + j, e], tile_sums[24 + j, e], tile_sums[30 + j, e],
                    )  # fmt: skip
                for i in range(3):
                    taps = gradient_transform(
                        half[i, 0], half[i, 1], half[i, 2], half[i, 3], half[i, 4], half[i, 5]
                    )
                    for j in range(3):
                        dw[k_first + k, c, i, j] = taps[j]
