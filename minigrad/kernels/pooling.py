"""Max and average pooling, and the scatter and gather that undo and redo them.

Each task owns one plane, or a block of planes. All windows of a block are visited at once, one
element of each after the other, so that the innermost loop runs along contiguous memory.
"""

from __future__ import annotations

import numpy as np

from minigrad.kernels.cache import inner, kernel
from minigrad.kernels.convolution import lay_out


@inner
def valid_outputs(offset, size, stride, outputs):
    """The outputs `i` in [first, last) whose input position `i * stride + offset` exists."""
    first = 0 if offset >= 0 else (-offset + stride - 1) // stride
    last = 0 if offset >= size else (size - offset - 1) // stride + 1
    return min(first, outputs), min(last, outputs)


@inner
def compete(best, winner, planes, shift, tap, count):
    """Let one element of every window compete: the larger wins, or the first NaN.

    There is no branch in it, so that it becomes vector instructions.
    """
    for q in range(count):
        rival, value, tap_before = planes[np.uintp(q + shift)], best[q], winner[q]
        won = (not rival <= value) & (value == value)
        best[q] = rival if won else value
        winner[q] = tap if won else tap_before


@kernel
def max_pool2d(
    first, last, x, y, indices, layout, phases, offsets, tap_steps, first_taps, window
):  # fmt: skip
    """The maxima of windows laid out as for a convolution, inside padding of minus infinity.

    Parameters
    ----------
    x, y, indices : (planes, 1, rows, columns)
    layout, phases, offsets : see `geometry.Plan`; a task is a block
    tap_steps : from the first element of a window to that of each tap, in the flat input plane
    first_taps : the first tap that is not padding, by row and by column: it wins if none is larger
    window : first row, row step, first column, column step of the windows
    """
    top, step_h, left, step_w = window
    row_blocks = (layout.outputs_h + layout.rows - 1) // layout.rows
    planes = np.empty(layout.phases * layout.plane, x.dtype)
    best = np.empty(layout.positions, x.dtype)
    winner = np.empty(layout.positions, np.int32)
    for task in range(first, last):
        image, row = task // row_blocks * layout.images, task % row_blocks * layout.rows
        images = min(layout.images, x.shape[0] - image)
        rows = min(layout.rows, layout.outputs_h - row)
        lay_out(planes, x, image, images, 0, 1, row, rows, layout, phases, -np.inf)
        best[:] = -np.inf
        for n in range(images):
            for i in range(rows):
                q = n * layout.result_image + i * layout.result_pitch
                for j in range(layout.outputs_w):
                    winner[np.uintp(q + j)] = first_taps[0, row + i] + first_taps[1, j]
        for tap in range(layout.taps):
            compete(best, winner, planes, offsets[tap], np.int32(tap), layout.positions)
        for n in range(images):
            for i in range(rows):
                q = n * layout.result_image + i * layout.result_pitch
                start = ((row + i) * step_h + top) * x.shape[3] + left
                for j in range(layout.outputs_w):
                    y[image + n, 0, row + i, j] = best[np.uintp(q + j)]
                    place = start + j * step_w + tap_steps[winner[np.uintp(q + j)]]
                    indices[image + n, 0, row + i, j] = place


@kernel
def scatter(first, last, x, indices, y):
    """`x` and `indices` are (planes, values), `y` is (planes, H * W)."""
    for task in range(first, last):
        plane = y[task]
        plane[:] = 0
        for i in range(x.shape[1]):
            plane[np.uintp(indices[task, i])] += x[task, i]


@kernel
def gather(first, last, y, indices, x):
    """`x` and `indices` are (planes, values), `y` is (planes, H * W)."""
    for task in range(first, last):
        plane = y[task]
        for i in range(x.shape[1]):
            x[task, i] = plane[np.uintp(indices[task, i])]


@kernel
def counted(outputs, size, length, stride, padding, count_include_pad):
    """How many elements of each window along one axis enter the divisor."""
    counts = np.empty(outputs, np.int64)
    for i in range(outputs):
        begin = i * stride - padding
        end = min(begin + length, size + padding)
        if not count_include_pad:
            begin, end = max(begin, 0), min(end, size)
        counts[i] = max(end - begin, 1)
    return counts


@kernel
def avg_pool2d(first, last, x, y, layout, phases, offsets, kernel_size, stride, padding, with_pad):
    """The sums of windows laid out as for a convolution, over their divisors; see `max_pool2d`."""
    height, width = x.shape[2:]
    rows_counted = counted(
        layout.outputs_h, height, kernel_size[0], stride[0], padding[0], with_pad
    )
    columns_counted = counted(
        layout.outputs_w, width, kernel_size[1], stride[1], padding[1], with_pad
    )
    row_blocks = (layout.outputs_h + layout.rows - 1) // layout.rows
    planes = np.empty(layout.phases * layout.plane, x.dtype)
    total = np.empty(layout.positions, x.dtype)
    for task in range(first, last):
        image, row = task // row_blocks * layout.images, task % row_blocks * layout.rows
        images = min(layout.images, x.shape[0] - image)
        rows = min(layout.rows, layout.outputs_h - row)
        lay_out(planes, x, image, images, 0, 1, row, rows, layout, phases)
        total[:] = 0
        for tap in range(layout.taps):
            shift = offsets[tap]
            for q in range(layout.positions):
                total[q] += planes[np.uintp(q + shift)]
        for n in range(images):
            for i in range(rows):
                q = n * layout.result_image + i * layout.result_pitch
                for j in range(layout.outputs_w):
                    count = rows_counted[row + i] * columns_counted[j]
                    y[image + n, 0, row + i, j] = total[np.uintp(q + j)] / x.dtype.type(count)


@kernel
def avg_pool2d_input_gradient(first, last, g, dx, kernel_size, stride, padding, count_include_pad):
    """`g` is (planes, OH, OW), `dx` is (planes, H, W)."""
    oh, ow = g.shape[1:]
    height, width = dx.shape[1:]
    rows = counted(oh, height, kernel_size[0], stride[0], padding[0], count_include_pad)
    columns = counted(ow, width, kernel_size[1], stride[1], padding[1], count_include_pad)
    share = np.empty(ow, dx.dtype)
    for task in range(first, last):
        dx[task] = 0
        for i in range(oh):
            for j in range(ow):
                share[j] = g[task, i, j] / g.dtype.type(rows[i] * columns[j])
            top = i * stride[0] - padding[0]
            for h in range(max(top, 0), min(top + kernel_size[0], height)):
                row = dx[task, h]
                for s in range(kernel_size[1]):
                    left = s - padding[1]
                    j0, j1 = valid_outputs(left, width, stride[1], ow)
                    for j in range(j0, j1):
                        row[np.uintp(j * stride[1] + left)] += share[j]
