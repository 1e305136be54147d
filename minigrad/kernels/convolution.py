"""Convolution and its gradient to the input, direct: as products of contiguous rows.

A task lays out a block of the image in scratch memory that fits the cache (see `geometry`), lets
the micro-kernel multiply, and takes the results out of the layout again. `correlate` is the forward
pass and, with the roles of input and output exchanged, the gradient to the input.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minigrad.kernels import geometry
from minigrad.kernels.instructions import copy, multiply_tile
from minigrad.kernels.kernel import inner, kernel
from minigrad.kernels.registers import TILE_ROWS, TILE_VECTORS, VECTOR_BYTES
from minigrad.kernels.threads import get_num_threads, run

Array = np.ndarray
Pair = tuple[int, int]

# The output channels of a task; more would push its scratch memory out of the cache.
MOST_CHANNELS = 128
# The output positions that a task treats at once, roughly.
OUTPUTS = 512
# Space between rows of scratch memory, so that a power of two does not put all in one cache set.
GAP = 16


@inner
def copy_block(target, first, to_steps, source, source_first, from_steps, counts):
    """Copy images x rows x columns between places with different steps."""
    images, rows, columns = counts
    to_image, to_row, to_column = to_steps
    from_image, from_row, from_column = from_steps
    if columns <= 0:
        return
    if to_column == 1 and from_column == 1:
        for n in range(images):
            for i in range(rows):
                to, fro = n * to_image + i * to_row, n * from_image + i * from_row
                copy(target, first + to, source, source_first + fro, columns)
    elif to_image == 1:
        for i in range(rows):
            for j in range(columns):
                to = first + i * to_row + j * to_column
                fro = source_first + i * from_row + j * from_column
                for n in range(images):
                    target[np.uintp(to + n)] = source[np.uintp(fro + n * from_image)]
    else:
        for n in range(images):
            for i in range(rows):
                to = first + n * to_image + i * to_row
                fro = source_first + n * from_image + i * from_row
                # With a known step, the compiler is fast.
                if to_column == 1 and from_column == 2:
                    for j in range(columns):
                        target[np.uintp(to + j)] = source[np.uintp(fro + j * 2)]
                elif to_column == 2 and from_column == 1:
                    for j in range(columns):
                        target[np.uintp(to + j * 2)] = source[np.uintp(fro + j)]
                else:
                    for j in range(columns):
                        place = np.uintp(to + j * to_column)
                        target[place] = source[np.uintp(fro + j * from_column)]


@inner
def fill(planes, first, count, value):
    """Set some elements of scratch memory to a value."""
    for q in range(first, first + count):
        planes[np.uintp(q)] = value


@inner
def lay_out(planes, x, image, images, channel, channels, row, rows, layout, phases, padding=0):
    """Copy a block of `x` into planes, in `padding`; `row` is the block's first output row."""
    height, width = x.shape[2:]
    sh, sw = layout.stride_h, layout.stride_w
    to_steps = layout.image, layout.pitch, layout.column
    from_steps = x.shape[1] * height * width, sh * width, sw
    # A row ends in what is the padding of the next one, too.
    line = layout.used_w * layout.column
    last = min(row + rows + layout.reach_h, layout.used_h)
    for c in range(channels):
        for phase in range(layout.phases):
            above = phases[phase, 0] - layout.padding_h
            left = phases[phase, 1] - layout.padding_w
            i0, i1 = max(row, -(above // sh)), min(last, (height - 1 - above) // sh + 1)
            j0, j1 = max(0, -(left // sw)), min(layout.used_w, (width - 1 - left) // sw + 1)
            plane = (c * layout.phases + phase) * layout.plane
            before, behind = max(j0, 0) * layout.column, max(j1, 0) * layout.column
            for n in range(images if layout.column == 1 else 1):
                for i in range(row, last):
                    to = plane + n * layout.image + (i - row) * layout.pitch
                    if i0 <= i < i1 and j0 < j1:
                        fill(planes, to, before, padding)
                        fill(planes, to + behind, line - behind, padding)
                    else:
                        fill(planes, to, line, padding)
            to = plane + (i0 - row) * layout.pitch + j0 * layout.column
            fro = (image * x.shape[1] + channel + c) * height + i0 * sh + above
            fro = fro * width + j0 * sw + left
            counts = images, i1 - i0, j1 - j0
            copy_block(planes, to, to_steps, x.reshape(-1), fro, from_steps, counts)


@inner
def block_vectors(images, rows, layout, lanes):
    """How many vectors of results a block has."""
    last = (images - 1) * layout.result_image + (rows - 1) * layout.result_pitch
    return (last + (layout.outputs_w - 1) * layout.result_column) // lanes + 1


@kernel
def pack(first, last, weight, steps, taps, channels, outputs, packed):
    """Put the weights in the order in which `multiply_tile` reads them; a task is a tile of rows.

    Parameters
    ----------
    weight : flat array
    steps : from one group, output channel and channel to the next in `weight`
    taps : where each tap is
    packed : (tiles of all groups, channels, taps, TILE_ROWS)
    """
    tiles = (outputs + TILE_ROWS - 1) // TILE_ROWS
    for task in range(first, last):
        start = task // tiles * steps[0]
        m = task % tiles * TILE_ROWS
        rows = min(TILE_ROWS, outputs - m)
        for c in range(channels):
            for t in range(len(taps)):
                place = start + m * steps[1] + c * steps[2] + taps[t]
                for i in range(rows):
                    packed[task, c, t, i] = weight[np.uintp(place + i * steps[1])]
                for i in range(rows, TILE_ROWS):
                    packed[task, c, t, i] = 0


@kernel
def correlate(
    first, last, x, packed, bias, y, layout, phases, offsets, starts, target, groups, part
):  # fmt: skip
    """Every `part` output channels of every block of every group are a task.

    Parameters
    ----------
    x : (N, groups * channels, H, W)
    packed : the weights, see `pack`; flat
    bias : (groups * outputs,)
    y : (N, groups * outputs, ...)
    layout, phases, offsets, starts : see `geometry.Plan`
    target : first row, row step, first column, column step of the results in `y`
    """
    batch, channels, outputs = x.shape[0], x.shape[1] // groups, y.shape[1] // groups
    lanes = VECTOR_BYTES // y.itemsize
    row_blocks = (layout.outputs_h + layout.rows - 1) // layout.rows
    parts = (outputs + part - 1) // part
    tiles = (outputs + TILE_ROWS - 1) // TILE_ROWS
    planes = np.zeros(layout.channels * layout.phases * layout.plane, y.dtype)
    plane = y.shape[2] * y.shape[3]
    at_once = fits_result(layout, y.shape, outputs, target, lanes)
    stride = plane if at_once else layout.positions + GAP
    results = y.reshape(-1) if at_once else np.empty(part * stride, y.dtype)
    for task in range(first, last):
        rest, m0 = task // parts, task % parts * part
        rest, group = rest // groups, rest % groups
        image, row = rest // row_blocks * layout.images, rest % row_blocks * layout.rows
        images, rows = min(layout.images, batch - image), min(layout.rows, layout.outputs_h - row)
        vectors = block_vectors(images, rows, layout, lanes)
        ms, m_first = min(part, outputs - m0), group * outputs + m0
        place = (image * y.shape[1] + m_first) * plane + row * y.shape[3] if at_once else 0
        for c0 in range(0, channels, layout.channels):
            cs = min(layout.channels, channels - c0)
            c_first = group * channels + c0
            lay_out(planes, x, image, images, c_first, cs, row, rows, layout, phases)
            tile = (group * tiles + m0 // TILE_ROWS) * channels + c0
            multiply(
                results, place, stride, vectors, ms, packed, tile * layout.taps * TILE_ROWS,
                channels * layout.taps * TILE_ROWS, cs * layout.taps, planes, offsets, starts,
                c0 > 0,
            )  # fmt: skip
        for m in range(ms):
            line = place + m * stride
            if channels == 0:
                fill(results, line, vectors * lanes, 0)
            if bias[m_first + m] != 0:
                for q in range(line, line + vectors * lanes):
                    results[np.uintp(q)] += bias[m_first + m]
        if not at_once:
            take_out(y, results, stride, image, images, m_first, ms, row, rows, layout, target)


@inner
def fits_result(layout, shape, outputs, target, lanes):
    """Whether whole tiles of results lie in a block as they do in the array, and can go there."""
    width = shape[3]
    ends = layout.rows * width % lanes, shape[2] % layout.rows * width % lanes
    same = layout.images == 1 and layout.result_pitch == width and target == (0, 1, 0, 1)
    return same and ends == (0, 0) and outputs % TILE_ROWS == 0


@inner
def multiply(
    results, place, stride, vectors, outputs, packed, first, tile_step, depth, planes, offsets,
    starts, add,
):  # fmt: skip
    """All tiles of a block; tiles of `packed` lie `tile_step` apart."""
    lanes = VECTOR_BYTES // results.itemsize
    for v in range(0, vectors, TILE_VECTORS):
        for m in range(0, outputs, TILE_ROWS):
            a = first + m // TILE_ROWS * tile_step
            c = place + m * stride + v * lanes
            if vectors - v == 1:
                multiply_tile(
                    packed, a, depth, planes, offsets, starts, v, results, c, stride, add, 1
                )
            elif vectors - v == 2:
                multiply_tile(
                    packed, a, depth, planes, offsets, starts, v, results, c, stride, add, 2
                )
            else:
                multiply_tile(
                    packed, a, depth, planes, offsets, starts, v, results, c, stride, add,
                    TILE_VECTORS,
                )  # fmt: skip


@inner
def take_out(y, results, stride, image, images, channel, channels, row, rows, layout, target):
    """Copy the results of a block to where they belong in `y`."""
    top, step_h, left, step_w = target
    height, width = y.shape[2:]
    to_steps = y.shape[1] * height * width, step_h * width, step_w
    from_steps = layout.result_image, layout.result_pitch, layout.result_column
    counts = images, rows, layout.outputs_w
    for c in range(channels):
        to = (image * y.shape[1] + channel + c) * height + top + row * step_h
        to = to * width + left
        copy_block(y.reshape(-1), to, to_steps, results, c * stride, from_steps, counts)


def output_length(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """How many windows there are along an axis."""
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def _part(channels: int, tile: int, others: int) -> int:
    """How many channels a task takes: whole tiles, and enough tasks for all threads."""
    wanted = -(-2 * get_num_threads() // max(others, 1))
    part = -(-channels // max(1, wanted))
    return max(tile, min(MOST_CHANNELS, -(-part // tile) * tile))


def conv2d(
    x: Array,
    weight: Array,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
    bias: Array | None = None,
) -> Array:
    """See `minigrad.kernels.reference.conv2d`; the arrays are prepared."""
    (batch, _, *size), (outputs, per_group, *kernel_size) = x.shape, weight.shape
    sizes = list(zip(size, kernel_size, stride, padding, dilation, strict=True))
    output_size = [output_length(*axis) for axis in sizes]
    y = np.empty((batch, outputs, *output_size), x.dtype)
    axes = [geometry.forward_axis(*axis, n) for axis, n in zip(sizes, output_size, strict=True)]
    taps = kernel_size[0] * kernel_size[1]
    steps = outputs // groups * per_group * taps, per_group * taps, taps
    _correlate(x, weight, y, axes, kernel_size[1], steps, (0, 1, 0, 1), groups, bias)
    return y


def _correlate(
    x: Array,
    weight: Array,
    y: Array,
    axes: Sequence[geometry.Axis],
    kernel_width: int,
    steps: tuple[int, int, int],
    target: tuple[int, int, int, int],
    groups: int,
    bias: Array | None,
) -> None:
    """Correlate `x` with `weight`, whose `steps` lie between groups, outputs and channels."""
    batch, channels, outputs = x.shape[0], x.shape[1] // groups, y.shape[1] // groups
    plan = geometry.plan(
        *axes, kernel_width, batch, channels, VECTOR_BYTES // x.itemsize,
        TILE_VECTORS, x.itemsize, OUTPUTS,
    )  # fmt: skip
    layout = plan.layout
    tiles = -(-outputs // TILE_ROWS) * groups
    packed = np.empty((tiles, channels, layout.taps, TILE_ROWS), x.dtype)
    run(
        pack, tiles, 4 * packed.size,
        weight.reshape(-1), steps, plan.taps, channels, outputs, packed,
    )  # fmt: skip
    blocks = _blocks(layout, batch) * groups
    part = _part(outputs, TILE_ROWS, blocks)
    tasks = blocks * -(-outputs // part)
    cost = tasks * part * layout.positions * channels * layout.taps / 3
    run(
        correlate, tasks, cost,
        x, packed.reshape(-1), np.zeros(y.shape[1], y.dtype) if bias is None else bias, y,
        layout, plan.phases, plan.offsets, plan.starts, target, groups, part,
    )  # fmt: skip


def conv2d_input_gradient(
    g: Array,
    weight: Array,
    input_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
    bias: Array | None = None,
) -> Array:
    """See `minigrad.kernels.reference.conv2d_input_gradient`; the arrays are prepared."""
    (batch, outputs, *sources), (_, per_group, *kernel_size) = g.shape, weight.shape
    dx = np.empty((batch, per_group * groups, *input_size), g.dtype)
    sizes = input_size, kernel_size, stride, padding, dilation, sources
    taps = kernel_size[0] * kernel_size[1]
    steps = outputs // groups * per_group * taps, taps, per_group * taps
    for a in range(min(stride[0], input_size[0])):
        for b in range(min(stride[1], input_size[1])):
            phases = [geometry.backward_axis(*axis) for axis in zip((a, b), *sizes, strict=True)]
            target = a, stride[0], b, stride[1]
            _correlate(g, weight, dx, phases, kernel_size[1], steps, target, groups, bias)
    return dx


def _blocks(layout: geometry.Layout, batch: int) -> int:
    return -(-batch // layout.images) * -(-layout.outputs_h // layout.rows)
