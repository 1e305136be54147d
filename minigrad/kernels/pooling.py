"""Max and average pooling, and the scatter and gather that undo and redo them.

Each task owns one plane. Windows are visited offset by offset, a whole row of outputs at a time, so
that the innermost loop runs along a row.
"""

from __future__ import annotations

import numpy as np

from minigrad.kernels.cache import kernel
from minigrad.kernels.direct import valid_outputs


@kernel
def max_pool2d(first, last, x, y, indices, kernel_size, stride, padding, dilation):
    """`x` is (planes, H, W); `y` and `indices` are (planes, OH, OW)."""
    height, width = x.shape[1:]
    oh, ow = y.shape[1:]
    lowest = x.dtype.type(-np.inf)
    # The position of the first element of a window that is not padding, column part.
    start = np.empty(ow, np.int64)
    for j in range(ow):
        w = j * stride[1] - padding[1]
        while w < 0:
            w += dilation[1]
        start[j] = min(w, width - 1)
    for task in range(first, last):
        for i in range(oh):
            best, where = y[task, i], indices[task, i]
            h = i * stride[0] - padding[0]
            while h < 0:
                h += dilation[0]
            h = min(h, height - 1)
            for j in range(ow):
                best[j] = lowest
                where[j] = h * width + start[j]
            for r in range(kernel_size[0]):
                h = i * stride[0] - padding[0] + r * dilation[0]
                if h < 0 or h >= height:
                    continue
                row = x[task, h]
                for s in range(kernel_size[1]):
                    left = s * dilation[1] - padding[1]
                    j0, j1 = valid_outputs(left, width, stride[1], ow)
                    for j in range(j0, j1):
                        w = j * stride[1] + left
                        value = row[np.uintp(w)]
                        # NaN wins over everything but an earlier NaN.
                        wins = value > best[j] or (value != value and best[j] == best[j])
                        best[j] = value if wins else best[j]
                        where[j] = h * width + w if wins else where[j]


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
def avg_pool2d(first, last, x, y, kernel_size, stride, padding, count_include_pad):
    """`x` is (planes, H, W), `y` is (planes, OH, OW)."""
    height, width = x.shape[1:]
    oh, ow = y.shape[1:]
    rows = counted(oh, height, kernel_size[0], stride[0], padding[0], count_include_pad)
    columns = counted(ow, width, kernel_size[1], stride[1], padding[1], count_include_pad)
    for task in range(first, last):
        for i in range(oh):
            total = y[task, i]
            total[:] = 0
            top = i * stride[0] - padding[0]
            for h in range(max(top, 0), min(top + kernel_size[0], height)):
                row = x[task, h]
                for s in range(kernel_size[1]):
                    left = s - padding[1]
                    j0, j1 = valid_outputs(left, width, stride[1], ow)
                    for j in range(j0, j1):
                        total[j] += row[np.uintp(j * stride[1] + left)]
            for j in range(ow):
                total[j] /= rows[i] * columns[j]


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
                share[j] = g[task, i, j] / (rows[i] * columns[j])
            top = i * stride[0] - padding[0]
            for h in range(max(top, 0), min(top + kernel_size[0], height)):
                row = dx[task, h]
                for s in range(kernel_size[1]):
                    left = s - padding[1]
                    j0, j1 = valid_outputs(left, width, stride[1], ow)
                    for j in range(j0, j1):
                        row[np.uintp(j * stride[1] + left)] += share[j]
