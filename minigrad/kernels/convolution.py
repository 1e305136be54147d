"""Convolution and its gradient to the input, direct: as products of contiguous rows.

A task lays out a block of the image in scratch memory that fits the cache (see `geometry`), lets
the micro-kernel multiply, and takes the results out of the layout again. `correlate` is the forward
pass and, with the roles of input and output exchanged, the gradient to the input.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minigrad.kernels import geometry
from minigrad.kernels.instructions import multiply_tile
from minigrad.kernels.kernel import inner, kernel, uncounted
from minigrad.kernels.registers import TILE_ROWS, TILE_VECTORS, VECTOR_BYTES
from minigrad.kernels.rows import fill_rows, take_rows, zip_rows
from minigrad.kernels.threads import get_num_threads, run

Array = np.ndarray
Pair = tuple[int, int]

# The output channels of a task, times residues: more would not fit the cache.
MOST_CHANNELS = 128
# The output positions that a task treats at once, roughly.
OUTPUTS = 512
# What tiles beside each other read of the planes should fit the first-level cache.
SHARED_BYTES = 16 * 1024
# Space between rows of scratch memory, so that a power of two does not put all in one cache set.
GAP = 16


@uncounted
def lay_out(planes, x, image, images, channel, channels, row, rows, layout, phases):
    """Copy a block of `x` into planes, in zeros; `row` is the block's first output row."""
    height, width = x.shape[2:]
    sh, sw, pitch, column = layout.stride_h, layout.stride_w, layout.pitch, layout.column
    flat, image_step = x.reshape(-1), x.shape[1] * height * width
    # A row ends in what is the padding of the next one, too.
    line = layout.used_w * column
    last = min(row + rows + layout.reach_h, layout.used_h)
    for phase in range(layout.phases):
        above, left = phases[phase, 0] - layout.padding_h, phases[phase, 1] - layout.padding_w
        i0, i1 = max(row, -(above // sh)), min(last, (height - 1 - above) // sh + 1)
        j0, j1 = max(0, -(left // sw)), min(layout.used_w, (width - 1 - left) // sw + 1)
        if j0 >= j1 or i0 >= i1:
            i0 = i1 = last
        first = ((image * x.shape[1] + channel) * height + i0 * sh + above) * width + j0 * sw + left
        for block in range(channels * (images if column == 1 else 1)):
            n, c = block // channels, block % channels
            to = (c * layout.phases + phase) * layout.plane + n * layout.image
            fro = first + n * image_step + c * height * width
            fill_rows(planes, to, pitch, i0 - row, line, 0)
            fill_rows(planes, to + (i1 - row) * pitch, pitch, last - i1, line, 0)
            to += (i0 - row) * pitch
            fill_rows(planes, to, pitch, i1 - i0, j0 * column, 0)
            fill_rows(planes, to + j1 * column, pitch, i1 - i0, line - j1 * column, 0)
            to += j0 * column
            if column == 1:
                take_rows(planes, to, pitch, flat, fro, sh * width, i1 - i0, j1 - j0, sw)
            else:  # an image in every lane
                for i in range(i1 - i0):
                    take_rows(
                        planes, to + i * pitch, column, flat, fro + i * sh * width, sw,
                        j1 - j0, images, image_step,
                    )  # fmt: skip


@inner
def block_vectors(images, rows, layout, lanes):
    """How many vectors of results a block has."""
    last = (images - 1) * layout.result_image + (rows - 1) * layout.result_pitch
    return (last + (layout.outputs_w - 1) * layout.result_column) // lanes + 1


@kernel
def pack(first, last, weight, steps, taps, bounds, channels, outputs, packed):
    """Put the weights in the order in which `multiply_tile` reads them; a task is a tile of rows.

    Parameters
    ----------
    weight : flat array
    steps : from one group, output channel and channel to the next in `weight`
    taps, bounds : where each tap is, and which taps each residue has
    packed : flat: tiles of all groups, residues, channels, taps and TILE_ROWS
    """
    tiles = (outputs + TILE_ROWS - 1) // TILE_ROWS
    for task in range(first, last):
        start = task // tiles * steps[0]
        m = task % tiles * TILE_ROWS
        rows = min(TILE_ROWS, outputs - m)
        place = task * channels * len(taps) * TILE_ROWS
        for residue in range(len(bounds) - 1):
            for c in range(channels):
                for t in range(bounds[residue], bounds[residue + 1]):
                    fro = start + m * steps[1] + c * steps[2] + taps[t]
                    for i in range(TILE_ROWS):  # what fills up the last tile repeats a real row
                        number = weight[np.uintp(fro + min(i, rows - 1) * steps[1])]
                        packed[np.uintp(place + i)] = number
                    place += TILE_ROWS


@kernel
def correlate(
    first, last, x, packed, bias, y, layout, phases, bounds, offsets, starts, groups, part
):  # fmt: skip
    """Every `part` output channels of every block of every group are a task.

    Parameters
    ----------
    x : (N, groups * channels, H, W)
    packed : the weights, see `pack`
    bias : (groups * outputs,)
    y : (N, groups * outputs, ...)
    layout, phases, bounds, offsets, starts : see `geometry.Plan`
    """
    batch, channels, outputs = x.shape[0], x.shape[1] // groups, y.shape[1] // groups
    lanes = VECTOR_BYTES // y.itemsize
    row_blocks = (layout.outputs_h + layout.rows - 1) // layout.rows
    parts = (outputs + part - 1) // part
    tiles = (outputs + TILE_ROWS - 1) // TILE_ROWS
    residues = len(bounds) - 1
    planes = np.zeros(layout.channels * layout.phases * layout.plane, y.dtype)
    plane = y.shape[2] * y.shape[3]
    at_once = fits_result(layout, y.shape, outputs, lanes)
    stride = plane if at_once else layout.positions + GAP
    results = y.reshape(-1) if at_once else np.empty(residues * part * stride, y.dtype)
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
            for residue in range(residues):
                tap, taps = bounds[residue], bounds[residue + 1] - bounds[residue]
                tile = (group * tiles + m0 // TILE_ROWS) * channels * layout.taps
                multiply(
                    results, place + residue * part * stride, stride, vectors, ms,
                    packed, (tile + channels * tap + c0 * taps) * TILE_ROWS,
                    channels * layout.taps * TILE_ROWS, cs * taps,
                    planes, offsets[layout.channels * tap :], starts, c0 > 0,
                )  # fmt: skip
        for m in range(ms):
            for residue in range(residues):
                line = place + (residue * part + m) * stride
                if channels == 0:
                    fill_rows(results, line, 0, 1, vectors * lanes, 0)
                if bias[m_first + m] != 0:
                    for q in range(line, line + vectors * lanes):
                        results[np.uintp(q)] += bias[m_first + m]
        if not at_once:
            take_out(y, results, stride, part, image, images, m_first, ms, row, rows, layout)


@inner
def fits_result(layout, shape, outputs, lanes):
    """Whether whole tiles of results lie in a block as they do in the array, and can go there."""
    width = shape[3]
    ends = layout.rows * width % lanes, shape[2] % layout.rows * width % lanes
    one = layout.images == layout.spacing_h == layout.spacing_w == 1
    return one and layout.result_pitch == width and ends == (0, 0) and outputs % TILE_ROWS == 0


@uncounted
def multiply(
    results, place, stride, vectors, outputs, packed, first, tile_step, depth, planes, offsets,
    starts, add,
):  # fmt: skip
    """All tiles of a block; tiles of `packed` lie `tile_step` apart."""
    lanes = VECTOR_BYTES // results.itemsize
    columns = (vectors + TILE_VECTORS - 1) // TILE_VECTORS
    rows = (outputs + TILE_ROWS - 1) // TILE_ROWS
    # What a row of tiles shares stays in the first-level cache, and results are written in order.
    wide = max(1, SHARED_BYTES // (max(depth, 1) * TILE_VECTORS * VECTOR_BYTES))
    for start in range(0, columns, wide):
        for i in range(rows):
            for j in range(start, min(start + wide, columns)):
                v, a = j * TILE_VECTORS, first + i * tile_step
                c = place + i * TILE_ROWS * stride + v * lanes
                if vectors - v == 1:
                    multiply_tile(
                        packed, a, TILE_ROWS, depth, planes, offsets, starts, v,
                        results, c, stride, add, 1,
                    )  # fmt: skip
                elif vectors - v == 2:
                    multiply_tile(
                        packed, a, TILE_ROWS, depth, planes, offsets, starts, v,
                        results, c, stride, add, 2,
                    )  # fmt: skip
                else:
                    multiply_tile(
                        packed, a, TILE_ROWS, depth, planes, offsets, starts, v,
                        results, c, stride, add, TILE_VECTORS,
                    )  # fmt: skip


@uncounted
def take_out(y, results, stride, part, image, images, channel, channels, row, rows, layout):
    """Copy the results of a block to where they belong in `y`, those of all residues in turns."""
    height, width = y.shape[2:]
    flat, down, across = y.reshape(-1), layout.spacing_h, layout.spacing_w
    pitch, column = layout.result_pitch, layout.result_column
    for m in range(channels):
        for n in range(images):
            plane = ((image + n) * y.shape[1] + channel + m) * height
            for residue in range(down):
                top = row * down + residue
                to, lines = (plane + top) * width, min(rows, (height - top + down - 1) // down)
                fro = (residue * across * part + m) * stride + n * layout.result_image
                if across == 1:
                    take_rows(flat, to, down * width, results, fro, pitch, lines, width, column)
                else:
                    zip_rows(
                        flat, to, down * width, results, fro, pitch, lines, width,
                        across, part * stride, column,
                    )  # fmt: skip


def output_length(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """How many windows there are along an axis."""
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def _part(outputs: int, residues: int, blocks: int) -> int:
    """How many output channels a task takes: whole tiles, and enough tasks for all threads."""
    wanted = -(-2 * get_num_threads() // max(blocks, 1))
    part = min(-(-outputs // max(1, wanted)), MOST_CHANNELS // residues)
    return max(TILE_ROWS, geometry.round_up(part, TILE_ROWS))


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
    _correlate(x, weight, y, axes, kernel_size[1], steps, groups, bias)
    return y


def _correlate(
    x: Array,
    weight: Array,
    y: Array,
    axes: Sequence[geometry.Axis],
    kernel_width: int,
    steps: tuple[int, int, int],
    groups: int,
    bias: Array | None,
) -> None:
    """Correlate `x` with `weight`, whose `steps` lie between groups, outputs and channels."""
    batch, channels, outputs = x.shape[0], x.shape[1] // groups, y.shape[1] // groups
    # The results of all residues are kept until the end.
    positions = OUTPUTS if axes[0].spacing * axes[1].spacing == 1 else OUTPUTS // 2
    plan = geometry.plan(
        *axes, kernel_width, batch, channels, VECTOR_BYTES // x.itemsize,
        TILE_VECTORS, x.itemsize, positions,
    )  # fmt: skip
    layout = plan.layout
    tiles = -(-outputs // TILE_ROWS) * groups
    packed = np.empty(tiles * channels * layout.taps * TILE_ROWS, x.dtype)
    run(
        pack, tiles, 4 * packed.size,
        weight.reshape(-1), steps, plan.taps, plan.bounds, channels, outputs, packed,
    )  # fmt: skip
    blocks = _blocks(layout, batch) * groups
    part = _part(outputs, len(plan.bounds) - 1, blocks)
    tasks = blocks * -(-outputs // part)
    cost = tasks * part * layout.positions * channels * layout.taps / 3
    run(
        correlate, tasks, cost,
        x, packed, np.zeros(y.shape[1], y.dtype) if bias is None else bias, y,
        layout, plan.phases, plan.bounds, plan.offsets, plan.starts, groups, part,
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
    if dx.size == 0:
        return dx
    axes = [
        geometry.backward_axis(*axis)
        for axis in zip(input_size, kernel_size, stride, padding, dilation, sources, strict=True)
    ]
    taps = kernel_size[0] * kernel_size[1]
    steps = outputs // groups * per_group * taps, taps, per_group * taps
    _correlate(g, weight, dx, axes, kernel_size[1], steps, groups, bias)
    return dx


def _blocks(layout: geometry.Layout, batch: int) -> int:
    return -(-batch // layout.images) * -(-layout.outputs_h // layout.rows)
