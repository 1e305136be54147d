"""Sums of outer products: the gradient of a convolution to its weight, with many channels.

Every output position q gives, with the window of the image that it saw, an outer product::

    dw[k, (c, tap)] = Σ over q of g[k, q] · x[c, q's window at tap]

`outer_tile` holds a tile of these sums in registers. Its rows `a` are read number by number, where
they are in the array. Its columns `b` are read vector by vector, and lie in scratch memory in which
the channels of an image are neighbours: a task interleaves one block of positions after the other.

Either of the two arrays is `a`. When it is g, a tap of the image is a shift of the same vectors;
when it is the image, each of its channels and taps is a row. The one whose channels fill vectors
better is `b`.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from minigrad.kernels.convolution_windows import Windows
from minigrad.kernels.geometry import balanced
from minigrad.kernels.instructions import copy, outer_tile
from minigrad.kernels.kernel import inner, kernel, uncounted
from minigrad.kernels.registers import TILE_ROWS, TILE_VECTORS, VECTOR_BYTES
from minigrad.kernels.rows import fill_rows, interleave_rows
from minigrad.kernels.threads import run

Array = np.ndarray
Pair = tuple[int, int]

# A block of positions, with which the vectors of a tile fit the first-level cache.
POSITIONS = 256
# What a task keeps in the second-level cache: the block of `b`, and its sums.
BLOCK_BYTES = 160 * 1024
SUMS_BYTES = 176 * 1024
# Of at least so many rows, if there are.
ROWS = 64
# About as many tasks there are, if need be by cutting the positions into chunks summed at the end.
TASKS = 16
# Where tiles of `TILE_VECTORS` would not be full.
NARROW = TILE_VECTORS - 1


class Cut(NamedTuple):
    """How the work is cut into tasks, and these into blocks."""

    images: int  # of a block of output positions
    rows: int
    columns: int
    outputs_h: int
    outputs_w: int
    blocks: int  # of a task
    a_channels: int
    b_channels: int
    groups: int


class Layout(NamedTuple):
    """How the windows of a block lie in an array, or in scratch memory."""

    stride_h: int
    stride_w: int
    padding_h: int
    padding_w: int
    height: int  # rows and columns of all windows together
    width: int
    taps: int


class Plan(NamedTuple):
    """All that follows from the shapes."""

    parts: int  # of the channels
    chunks: int  # of the positions
    cut: Cut
    a: Layout
    a_starts: Array  # where the rows begin: of each channel, each tap
    b: Layout
    b_starts: Array  # where the vectors begin: of each `lanes` channels, each tap


@kernel
def outer_products(first, last, a, b, sums, cut, a_layout, a_starts, b_layout, b_starts):
    """A task owns the sums over some blocks, of some channels of `a` and some of `b`.

    Parameters
    ----------
    a, b : (N, groups * channels, ...)
    sums : (chunks, groups * channels of `a` * taps, channels of `b` * taps)
    cut, a_layout, a_starts, b_layout, b_starts : see `Plan`
    """
    lanes, groups, batch = VECTOR_BYTES // sums.itemsize, cut.groups, len(a)
    a_channels, b_channels = a.shape[1] // groups, b.shape[1] // groups
    a_parts = (a_channels + cut.a_channels - 1) // cut.a_channels
    b_parts = (b_channels + cut.b_channels - 1) // cut.b_channels
    line = b_layout.width * lanes
    plane = cut.images * b_layout.height * line
    planes = np.empty((cut.b_channels + lanes - 1) // lanes * plane, sums.dtype)
    totals = np.empty(len(a_starts) * len(b_starts) * lanes, sums.dtype)
    a_rows, a_flat = np.empty_like(a_starts), a.reshape(-1)
    a_offsets = np.empty(cut.images * cut.rows * cut.columns, np.int32)
    b_offsets = np.empty_like(a_offsets)
    a_steps = a.shape[1] * a.shape[2] * a.shape[3], a_layout.stride_h * a.shape[3]
    b_steps = b_layout.height * line, b_layout.stride_h * line
    for task in range(first, last):
        rest, b_first = task // b_parts, task % b_parts * cut.b_channels
        rest, a_first = rest // a_parts, rest % a_parts * cut.a_channels
        chunk, group = rest // groups, rest % groups
        rows = min(cut.a_channels, a_channels - a_first) * a_layout.taps
        columns = min(cut.b_channels, b_channels - b_first)
        vectors = (columns + lanes - 1) // lanes * b_layout.taps
        a_first, b_real = group * a_channels + a_first, group * b_channels + b_first
        for i in range(len(a_rows)):  # what fills up the last tile repeats a real row
            a_rows[i] = a_starts[min(i, rows - 1)]
        start = chunk * cut.blocks
        for index in range(start, min(start + cut.blocks, count_blocks(cut, batch))):
            block = block_at(index, cut, batch)
            interleave_block(planes, plane, b, block, b_real, columns, b_layout)
            positions = set_offsets(a_offsets, block, a_steps, a_layout.stride_w)
            set_offsets(b_offsets, block, b_steps, b_layout.stride_w * lanes)
            add_products(
                totals, a_flat, first_element(a.shape, a_first, block, a_layout), a_offsets,
                a_rows, rows, planes, b_offsets, b_starts, vectors, positions, index > start,
            )  # fmt: skip
        put_sums(
            sums[chunk], a_first * a_layout.taps, rows, b_first, columns, b_layout.taps,
            totals, len(b_starts) * lanes,
        )  # fmt: skip


@inner
def count_blocks(cut, batch):
    """How many blocks a layout has."""
    images = (batch + cut.images - 1) // cut.images
    rows = (cut.outputs_h + cut.rows - 1) // cut.rows
    return images * rows * ((cut.outputs_w + cut.columns - 1) // cut.columns)


@inner
def block_at(index, cut, batch):
    """First image and how many, first row and how many, first column and how many."""
    across = (cut.outputs_w + cut.columns - 1) // cut.columns
    down = (cut.outputs_h + cut.rows - 1) // cut.rows
    image = index // (down * across) * cut.images
    row, column = index // across % down * cut.rows, index % across * cut.columns
    return (
        image, min(cut.images, batch - image),
        row, min(cut.rows, cut.outputs_h - row),
        column, min(cut.columns, cut.outputs_w - column),
    )  # fmt: skip


@inner
def first_element(shape, channel, block, layout):
    """Where a channel of a block begins in an array."""
    image, _, row, _, column, _ = block
    line = (image * shape[1] + channel) * shape[2] + row * layout.stride_h
    return line * shape[3] + column * layout.stride_w


@uncounted
def set_offsets(offsets, block, steps, column_step):
    """Where each position of a block lies behind the first, in elements; how many there are."""
    _, images, _, rows, _, columns = block
    q = 0
    for n in range(images):
        for i in range(rows):
            for j in range(columns):
                offsets[q] = n * steps[0] + i * steps[1] + j * column_step
                q += 1
    return q


@uncounted
def interleave_block(planes, plane, x, block, channel, channels, layout):
    """Lay out what the windows of a block read: images, rows, columns and, innermost, lanes.

    This is a plane; there is one for every `lanes` channels.
    """
    image, images, row, _, column, _ = block
    lanes = VECTOR_BYTES // planes.itemsize
    height, width = x.shape[2:]
    above = row * layout.stride_h - layout.padding_h
    left = column * layout.stride_w - layout.padding_w
    i0, i1 = overlap(above, layout.height, height)
    j0, j1 = overlap(left, layout.width, width)
    lines, count = i1 - i0, j1 - j0
    if count == width == layout.width:  # then rows follow each other here and there
        lines, count = min(lines, 1), lines * count
    line, flat = layout.width * lanes, x.reshape(-1)
    for c in range(0, channels, lanes):
        for n in range(images):
            to = c // lanes * plane + n * layout.height * line
            fill_rows(planes, to, 0, 1, i0 * line, 0)
            fill_rows(planes, to + i1 * line, 0, 1, (layout.height - i1) * line, 0)
            fro = ((image + n) * x.shape[1] + channel + c) * height + above + i0
            fro, to = fro * width + left + j0, to + i0 * line
            fill_rows(planes, to, line, lines, j0 * lanes, 0)
            fill_rows(planes, to + j1 * lanes, line, lines, line - j1 * lanes, 0)
            for i in range(lines):
                interleave_rows(
                    planes, to + i * line + j0 * lanes, flat, fro + i * width, height * width,
                    min(lanes, channels - c), count,
                )  # fmt: skip


@inner
def overlap(first, extent, size):
    """Of `extent` rows from `first` on, which are of the image: from where to where."""
    start = min(max(0, -first), extent)
    return start, max(start, min(extent, size - first))


@uncounted
def add_products(
    totals, a, place, a_offsets, a_rows, rows, b, b_offsets, b_starts, vectors, positions, add
):  # fmt: skip
    """All tiles of the sums over a block, wide and narrow ones so that few have empty vectors."""
    lanes = VECTOR_BYTES // totals.itemsize
    line = len(b_starts) * lanes
    v = 0
    while v < vectors:
        tiles = (vectors - v + TILE_VECTORS - 1) // TILE_VECTORS
        narrow = tiles * NARROW >= vectors - v
        for i in range(0, rows, TILE_ROWS):
            c = i * line + v * lanes
            if narrow:
                outer_tile(
                    a, place, a_offsets, a_rows, i, b, b_offsets, b_starts, v, positions,
                    totals, c, line, add, NARROW,
                )  # fmt: skip
            else:
                outer_tile(
                    a, place, a_offsets, a_rows, i, b, b_offsets, b_starts, v, positions,
                    totals, c, line, add, TILE_VECTORS,
                )  # fmt: skip
        v += NARROW if narrow else TILE_VECTORS


@uncounted
def put_sums(sums, row, rows, channel, channels, taps, totals, line):
    """Take the vectors of each channel and tap apart again."""
    lanes = VECTOR_BYTES // totals.itemsize
    for i in range(rows):
        target = sums[row + i]
        if taps == 1:
            copy(target, channel, totals, i * line, channels)
            continue
        for c in range(0, channels, lanes):
            to, fro = (channel + c) * taps, i * line + c * taps
            for lane in range(min(lanes, channels - c)):
                for t in range(taps):
                    place = fro + t * lanes + lane
                    target[np.uintp(to + lane * taps + t)] = totals[np.uintp(place)]


def outer_sums(
    a: Array, a_windows: Windows, b: Array, b_windows: Windows, size: Pair, groups: int, out: Array
) -> None:
    """Sum the outer products of all positions.

    Parameters
    ----------
    a, b : (N, groups * channels, ...), prepared; those of `a` without padding
    a_windows, b_windows : what a position reads
    size : rows and columns of positions
    out : (groups * channels of `a` * taps, channels of `b` * taps)
    """
    plan = _plan(a.shape, a_windows, b.shape, b_windows, size, groups, out.itemsize)
    sums = out[None] if plan.chunks == 1 else np.empty((plan.chunks, *out.shape), out.dtype)
    run(
        outer_products, plan.chunks * plan.parts, len(a) * size[0] * size[1] * out.size / 2,
        a, b, sums, plan.cut, plan.a, plan.a_starts, plan.b, plan.b_starts,
    )  # fmt: skip
    if plan.chunks > 1:
        sums.sum(0, out=out)


@functools.lru_cache(maxsize=256)
def _plan(
    a_shape: tuple[int, ...], a_windows: Windows, b_shape: tuple[int, ...], b_windows: Windows,
    size: Pair, groups: int, item_bytes: int,
) -> Plan:  # fmt: skip
    lanes, (batch, _, height, width) = VECTOR_BYTES // item_bytes, a_shape
    a_channels, b_channels = a_shape[1] // groups, b_shape[1] // groups
    images, rows, columns = _block(batch, *size)
    a, b = (
        Layout(*w.stride, *w.padding, *w.extent(rows, columns), w.taps)
        for w in (a_windows, b_windows)
    )
    # As many planes of `b` as fit the cache, also with the sums of some rows.
    plane = images * b.height * b.width * lanes
    most = min(BLOCK_BYTES // (plane * item_bytes), SUMS_BYTES // (ROWS * b.taps * VECTOR_BYTES))
    planes = balanced(_parts(b_channels, lanes), most)
    b_starts = np.add.outer(np.arange(planes) * plane, b_windows.shifts(b.width) * lanes)
    b_starts = np.append(b_starts, 0)  # a narrow tile may have a vector too many
    # As many rows as there is room for their sums, in whole tiles.
    tile = TILE_ROWS if a.taps == 1 else 1
    most = SUMS_BYTES // (len(b_starts) * VECTOR_BYTES * a.taps * tile)
    a_part, b_part = balanced(_parts(a_channels, tile), most) * tile, planes * lanes
    a_starts = np.add.outer(np.arange(a_part) * height * width, a_windows.shifts(width)).ravel()
    a_starts = np.append(a_starts, np.zeros(-len(a_starts) % TILE_ROWS, np.int64))
    parts = groups * _parts(a_channels, a_part) * _parts(b_channels, b_part)
    blocks = _parts(batch, images) * _parts(size[0], rows) * _parts(size[1], columns)
    chunk = balanced(blocks, _parts(blocks * parts, TASKS))
    cut = Cut(images, rows, columns, *size, chunk, a_part, b_part, groups)
    return Plan(parts, _parts(blocks, chunk), cut, a, a_starts, b, b_starts)


def _block(batch: int, height: int, width: int) -> tuple[int, int, int]:
    """Images, rows and columns of about `POSITIONS`, in whole rows if possible."""
    if width > POSITIONS:
        return 1, 1, balanced(width, POSITIONS)
    if height * width > POSITIONS:
        return 1, balanced(height, POSITIONS // width), width
    return balanced(batch, POSITIONS // (height * width)), height, width


def _parts(n: int, size: int) -> int:
    """How many parts of that size hold `n`."""
    return -(-n // size)
