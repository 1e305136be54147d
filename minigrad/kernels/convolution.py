"""Convolution and its two gradients as products of contiguous rows.

A task lays out a block of the image in scratch memory that fits the cache (see `geometry`), lets
the micro-kernel multiply, and takes the results out of the layout again. `correlate` is the forward
pass and, with the roles of input and output exchanged, the gradient to the input.
"""

from __future__ import annotations

import numba
import numpy as np

from minigrad.kernels.cache import kernel
from minigrad.kernels.micro_kernel import (
    DOT_COLUMNS,
    DOT_ROWS,
    TILE_BYTES,
    TILE_ROWS,
    VECTOR_BYTES,
    copy,
    dot_tile,
    dot_tile_size,
    multiply_tile,
)

# Space between rows of scratch memory, so that a power of two does not put all in one cache set.
GAP = 16


@numba.njit
def lay_out(planes, x, image, images, channel, channels, row, rows, layout, phases):
    """Copy a block of `x` into planes of zeros; `row` is the first output row of the block."""
    planes[: channels * layout.phases * layout.plane] = 0
    flat = x.reshape(-1)
    height, width = x.shape[2:]
    sh, sw = layout.stride_h, layout.stride_w
    for c in range(channels):
        for phase in range(layout.phases):
            above = phases[phase, 0] - layout.padding_h
            left = phases[phase, 1] - layout.padding_w
            i0 = max(row, -(above // sh))
            i1 = min(row + rows + layout.reach_h, layout.used_h, (height - 1 - above) // sh + 1)
            j0 = max(0, -(left // sw))
            columns = min(layout.used_w, (width - 1 - left) // sw + 1) - j0
            if columns <= 0:
                continue
            start = (c * layout.phases + phase) * layout.plane + j0
            for n in range(images):
                above_image = ((image + n) * x.shape[1] + channel + c) * height + above
                for i in range(i0, i1):
                    target = start + (n * layout.image + i - row) * layout.pitch
                    source = (above_image + i * sh) * width + left + j0 * sw
                    if sw == 1:
                        copy(planes, target, flat, source, columns)
                    else:
                        for j in range(columns):
                            planes[np.uintp(target + j)] = flat[np.uintp(source + j * sw)]


@numba.njit
def block_positions(images, rows, layout, step):
    """How many positions a block covers, in whole steps."""
    last = ((images - 1) * layout.image + rows - 1) * layout.pitch + layout.outputs_w
    return (last + step - 1) // step * step


@kernel
def correlate(
    first, last, x, weight, y, layout, phases, offsets, weights, steps, target, groups, part
):  # fmt: skip
    """Every `part` output channels of every block of every group are a task.

    Parameters
    ----------
    x : (N, groups * channels, H, W)
    weight : flat array
    y : (N, groups * outputs, ...)
    layout, phases, offsets, weights : see `geometry.Plan`
    steps : from one output channel, group and channel to the next in `weight`
    target : first row, row step, first column, column step of the results in `y`
    """
    batch, channels, outputs = x.shape[0], x.shape[1] // groups, y.shape[1] // groups
    lanes = TILE_BYTES // y.itemsize
    row_blocks = (layout.outputs_h + layout.rows - 1) // layout.rows
    parts = (outputs + part - 1) // part
    planes = np.zeros(layout.channels * layout.phases * layout.plane, y.dtype)
    stride = layout.positions + GAP
    results = np.empty((part + TILE_ROWS) * stride, y.dtype)
    for task in range(first, last):
        rest, m0 = task // parts, task % parts * part
        rest, group = rest // groups, rest % groups
        image, row = rest // row_blocks * layout.images, rest % row_blocks * layout.rows
        images, rows = min(layout.images, batch - image), min(layout.rows, layout.outputs_h - row)
        positions = block_positions(images, rows, layout, lanes)
        ms = min(part, outputs - m0)
        for c0 in range(0, channels, layout.channels):
            cs = min(layout.channels, channels - c0)
            lay_out(
                planes, x, image, images, group * channels + c0, cs, row, rows, layout, phases
            )  # fmt: skip
            # weights[p] counts from the first channel that is laid out.
            start = group * steps[1] + m0 * steps[0] + c0 * steps[2]
            for q in range(0, positions, lanes):
                for m in range(0, ms, TILE_ROWS):
                    multiply_tile(
                        weight, start + m * steps[0], steps[0], min(TILE_ROWS, ms - m), weights,
                        planes, q, offsets, cs * layout.taps,
                        results, m * stride + q, stride, c0 > 0,
                    )  # fmt: skip
        take_out(
            y, results, stride, image, images, group * outputs + m0, ms, row, rows, layout, target
        )


@numba.njit
def take_out(y, results, stride, image, images, channel, channels, row, rows, layout, target):
    """Copy what the positions of a block hold to where it belongs in `y`."""
    top, step_h, left, step_w = target
    height, width = y.shape[2:]
    flat = y.reshape(-1)
    for n in range(images):
        for c in range(channels):
            above = ((image + n) * y.shape[1] + channel + c) * height + top
            for i in range(rows):
                source = c * stride + (n * layout.image + i) * layout.pitch
                line = (above + (row + i) * step_h) * width + left
                if step_w == 1:
                    copy(flat, line, results, source, layout.outputs_w)
                else:
                    for j in range(layout.outputs_w):
                        flat[np.uintp(line + j * step_w)] = results[np.uintp(source + j)]


@kernel
def weight_gradient(
    first, last, x, g, dw, layout, phases, offsets, groups, output_part, channel_part
):  # fmt: skip
    """A task owns `output_part` x `channel_part` channels of the gradient of one group.

    Parameters
    ----------
    x : (N, groups * channels, H, W)
    g : (N, groups * outputs, OH, OW)
    dw : (groups * outputs, channels * taps)
    """
    batch, channels, outputs = x.shape[0], x.shape[1] // groups, g.shape[1] // groups
    lanes = VECTOR_BYTES // dw.itemsize
    output_parts = (outputs + output_part - 1) // output_part
    channel_parts = (channels + channel_part - 1) // channel_part
    planes = np.zeros(layout.channels * layout.phases * layout.plane, dw.dtype)
    stride = layout.positions + GAP
    upstream = np.empty(output_part * stride, dw.dtype)
    tiles = (output_part + DOT_ROWS - 1) // DOT_ROWS
    tiles *= (layout.channels * layout.taps + DOT_COLUMNS - 1) // DOT_COLUMNS
    laid = (channel_part + layout.channels - 1) // layout.channels
    sums = np.empty((laid, tiles * dot_tile_size(dw.itemsize)), dw.dtype)
    for task in range(first, last):
        rest, c_first = task // channel_parts, task % channel_parts * channel_part
        group, k_first = rest // output_parts, rest % output_parts * output_part
        ks, cs = min(output_part, outputs - k_first), min(channel_part, channels - c_first)
        k_first, c_real = group * outputs + k_first, group * channels + c_first
        sums[:] = 0
        for image in range(0, batch, layout.images):
            images = min(layout.images, batch - image)
            for row in range(0, layout.outputs_h, layout.rows):
                rows = min(layout.rows, layout.outputs_h - row)
                positions = block_positions(images, rows, layout, lanes)
                lay_out_upstream(upstream, stride, g, image, images, k_first, ks, row, rows, layout)
                for i in range(laid):
                    c = i * layout.channels
                    count = min(layout.channels, cs - c)
                    lay_out(planes, x, image, images, c_real + c, count, row, rows, layout, phases)
                    add_products(
                        sums[i], upstream, stride, ks, planes, offsets, count * layout.taps,
                        positions,
                    )  # fmt: skip
        for i in range(laid):
            c = i * layout.channels
            count = min(layout.channels, cs - c) * layout.taps
            put_sums(dw, k_first, ks, (c_first + c) * layout.taps, count, sums[i])


@numba.njit
def lay_out_upstream(upstream, stride, g, image, images, channel, channels, row, rows, layout):
    """Copy a block of `g` to its positions; between them must be zeros, they enter the sums."""
    upstream[: channels * stride] = 0
    flat = g.reshape(-1)
    height, width = g.shape[2:]
    for c in range(channels):
        for n in range(images):
            above = ((image + n) * g.shape[1] + channel + c) * height + row
            for i in range(rows):
                target = c * stride + (n * layout.image + i) * layout.pitch
                copy(upstream, target, flat, (above + i) * width, width)


@numba.njit
def add_products(sums, upstream, stride, outputs, planes, offsets, columns, positions):
    """Every tile of the product of `upstream` (outputs) and the planes (channel and tap)."""
    size = dot_tile_size(sums.itemsize)
    tile = 0
    for k in range(0, outputs, DOT_ROWS):
        for p in range(0, columns, DOT_COLUMNS):
            dot_tile(
                upstream, k * stride, stride, min(DOT_ROWS, outputs - k),
                planes, 0, offsets, p, min(DOT_COLUMNS, columns - p), positions,
                sums, tile * size,
            )  # fmt: skip
            tile += 1


@numba.njit
def put_sums(dw, output, outputs, column, columns, sums):
    """Take the tiles apart again."""
    size = dot_tile_size(sums.itemsize)
    tile = 0
    for k in range(0, outputs, DOT_ROWS):
        for p in range(0, columns, DOT_COLUMNS):
            for i in range(min(DOT_ROWS, outputs - k)):
                for j in range(min(DOT_COLUMNS, columns - p)):
                    dw[output + k + i, column + p + j] = sums[tile * size + i * DOT_COLUMNS + j]
            tile += 1
