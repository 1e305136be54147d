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
    dot_tile,
    multiply_tile,
)

# Space between rows of scratch memory, so that a power of two does not put all in one cache set.
GAP = 16


@numba.njit
def lay_out(planes, x, image, images, channel, channels, row, rows, layout, phases):
    """Copy a block of `x` into planes of zeros; `row` is the first output row of the block."""
    planes[: channels * layout.phases * layout.plane] = 0
    batch, _, height, width = x.shape
    sh, sw = layout.stride_h, layout.stride_w
    for c in range(channels):
        for phase in range(layout.phases):
            start = (c * layout.phases + phase) * layout.plane
            above = phases[phase, 0] - layout.padding_h
            left = phases[phase, 1] - layout.padding_w
            i0 = max(row, -(above // sh))
            i1 = min(row + rows + layout.reach_h, layout.used_h, (height - 1 - above) // sh + 1)
            j0 = max(0, -(left // sw))
            j1 = min(layout.used_w, (width - 1 - left) // sw + 1)
            for n in range(images):
                for i in range(i0, i1):
                    target = start + (n * layout.image + i - row) * layout.pitch
                    source = x[image + n, channel + c, i * sh + above]
                    if sw == 1:
                        for j in range(j0, j1):
                            planes[np.uintp(target + j)] = source[np.uintp(j + left)]
                    else:
                        for j in range(j0, j1):
                            planes[np.uintp(target + j)] = source[np.uintp(j * sw + left)]


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
            for m in range(0, ms, TILE_ROWS):
                for q in range(0, positions, lanes):
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
    for n in range(images):
        for c in range(channels):
            for i in range(rows):
                source = c * stride + (n * layout.image + i) * layout.pitch
                line = y[image + n, channel + c, top + (row + i) * step_h]
                if step_w == 1:
                    for j in range(layout.outputs_w):
                        line[np.uintp(j + left)] = results[np.uintp(source + j)]
                else:
                    for j in range(layout.outputs_w):
                        line[np.uintp(j * step_w + left)] = results[np.uintp(source + j)]


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
    sums = np.empty(DOT_ROWS * DOT_COLUMNS + lanes, dw.dtype)
    for task in range(first, last):
        rest, c_first = task // channel_parts, task % channel_parts * channel_part
        group, k0 = rest // output_parts, rest % output_parts * output_part
        ks, k_first = min(output_part, outputs - k0), group * outputs + k0
        c_last = min(c_first + channel_part, channels)
        dw[k_first : k_first + ks, c_first * layout.taps : c_last * layout.taps] = 0
        for image in range(0, batch, layout.images):
            images = min(layout.images, batch - image)
            for row in range(0, layout.outputs_h, layout.rows):
                rows = min(layout.rows, layout.outputs_h - row)
                positions = block_positions(images, rows, layout, lanes)
                lay_out_upstream(upstream, stride, g, image, images, k_first, ks, row, rows, layout)
                for c0 in range(c_first, c_last, layout.channels):
                    cs = min(layout.channels, c_last - c0)
                    lay_out(
                        planes, x, image, images, group * channels + c0, cs, row, rows, layout,
                        phases,
                    )  # fmt: skip
                    for k in range(0, ks, DOT_ROWS):
                        for p in range(0, cs * layout.taps, DOT_COLUMNS):
                            k_real = min(DOT_ROWS, ks - k)
                            p_real = min(DOT_COLUMNS, cs * layout.taps - p)
                            dot_tile(
                                upstream, k * stride, stride, k_real,
                                planes, 0, offsets, p, p_real, positions, sums,
                            )  # fmt: skip
                            for i in range(k_real):
                                line = dw[k_first + k + i]
                                for j in range(p_real):
                                    line[c0 * layout.taps + p + j] += sums[i * DOT_COLUMNS + j]


@numba.njit
def lay_out_upstream(upstream, stride, g, image, images, channel, channels, row, rows, layout):
    """Copy a block of `g` to its positions; between them must be zeros, they enter the sums."""
    upstream[: channels * stride] = 0
    for c in range(channels):
        for n in range(images):
            for i in range(rows):
                target = c * stride + (n * layout.image + i) * layout.pitch
                source = g[image + n, channel + c, row + i]
                for j in range(layout.outputs_w):
                    upstream[np.uintp(target + j)] = source[j]
