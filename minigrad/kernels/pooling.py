"""Max and average pooling, compiled.

A pooling reads the rows under a row of windows into lines (see `windows`) and goes through the
elements of eight windows at a time, a vector of each. The adjoint of average pooling goes through
the windows that cover one row of the image and adds up in its line; that of max-pooling is in
`unpooling`.

A max-pooling remembers the *winner* of each window, the number of its largest element in row-major
order: a byte where an index would be eight. In the registers, winners are numbers like the values.
"""

from __future__ import annotations

import numpy as np

from minigrad.kernels.arguments import flat, inputs
from minigrad.kernels.instructions import (
    beats,
    every_other,
    every_second,
    lanes_of,
    load,
    load_part,
    select,
    spread,
    store,
    store_numbers,
    store_part,
)
from minigrad.kernels.kernel import inner, kernel
from minigrad.kernels.threads import run
from minigrad.kernels.windows import Pair, plan, read_rows, rows_of, write_row

Array = np.ndarray


@inner
def first_elements(counts, kernel, stride, padding, dilation, like):
    """The first element of each window along one axis that is no padding."""
    lanes = lanes_of(like)
    elements = np.zeros((counts + lanes - 1) // lanes * lanes, like.dtype)
    for i in range(min(counts, (padding + stride - 1) // stride)):
        elements[i] = min((padding - i * stride + dilation - 1) // dilation, kernel - 1)
    return elements


@kernel
def max_rows(first, last, x, y, winners, windows, line, phases, elements):
    """Each task is a row of windows; the first element wins if none is larger."""
    lanes = lanes_of(x)
    first_rows = first_elements(
        windows.rows, windows.kernel_h, windows.stride_h, windows.padding_h, windows.dilation_h, x
    )
    first_columns = first_elements(
        windows.columns, windows.kernel_w, windows.stride_w, windows.padding_w, windows.dilation_w,
        x,
    )  # fmt: skip
    lines = np.full(windows.kernel_h * line, -np.inf, x.dtype)
    for task in range(first, last):
        plane, i = task // windows.rows, task % windows.rows
        read_rows(lines, line, x, plane, i, windows, phases, -np.inf)
        above = spread(first_rows[i] * windows.kernel_w, x)
        for j in range(0, windows.columns, lanes):
            best, winner = spread(-np.inf, x), load(first_columns, j) + above
            number = spread(0, x)
            for element in elements:
                rival = load(lines, element + j)
                won = beats(rival, best)
                best, winner = select(won, rival, best), select(won, number, winner)
                number = number + 1
            store_part(y, task * windows.columns + j, best, windows.columns - j)
            store_numbers(winners, task * windows.columns + j, winner, windows.columns - j)


def max_pool2d(
    x: Array, kernel_size: Pair, stride: Pair, padding: Pair, dilation: Pair, output_size: Pair
) -> tuple[Array, Array]:
    """See `minigrad.kernels.reference.max_pool2d`."""
    (x,) = inputs(x)
    elements = kernel_size[0] * kernel_size[1]
    y = np.empty((*x.shape[:2], *output_size), x.dtype)
    winners = np.empty(y.shape, np.min_scalar_type(elements - 1))
    tables = plan(x.shape[2:], kernel_size, stride, padding, dilation, output_size, x.itemsize)
    run(max_rows, rows_of(y), y.size * elements / 2, *flat(x, y, winners), *tables[:4])
    return y, winners


@inner
def counted(counts, size, kernel, stride, padding, with_padding, like):
    """How many elements of each window along one axis enter the mean."""
    lanes = lanes_of(like)
    elements = np.ones((counts + lanes - 1) // lanes * lanes, like.dtype)
    for i in range(counts):
        begin = i * stride - padding
        end = min(begin + kernel, size + padding)
        if not with_padding:
            begin, end = max(begin, 0), min(end, size)
        elements[i] = max(end - begin, 1)
    return elements


@inner
def counted_both(windows, with_padding, like):
    """The same along both axes."""
    return (
        counted(
            windows.rows, windows.height, windows.kernel_h, windows.stride_h, windows.padding_h,
            with_padding, like,
        ),
        counted(
            windows.columns, windows.width, windows.kernel_w, windows.stride_w, windows.padding_w,
            with_padding, like,
        ),
    )  # fmt: skip


@kernel
def mean_rows(first, last, x, y, windows, line, phases, elements, with_padding):
    """Each task is a row of windows."""
    lanes = lanes_of(x)
    rows_counted, columns_counted = counted_both(windows, with_padding, x)
    lines = np.zeros(windows.kernel_h * line, x.dtype)
    for task in range(first, last):
        plane, i = task // windows.rows, task % windows.rows
        read_rows(lines, line, x, plane, i, windows, phases, 0)
        rows = spread(rows_counted[i], x)
        for j in range(0, windows.columns, lanes):
            total = spread(0, x)
            for element in elements:
                total = total + load(lines, element + j)
            mean = total / (load(columns_counted, j) * rows)
            store_part(y, task * windows.columns + j, mean, windows.columns - j)


@kernel
def mean_tiles(first, last, x, y, windows):
    """The same for windows of 2 × 2 side by side, without lines."""
    lanes, columns, width = lanes_of(x), windows.columns, windows.width
    whole, quarter = columns // lanes * lanes, x.dtype.type(0.25)
    for task in range(first, last):
        top = (task // windows.rows * windows.height + task % windows.rows * 2) * width
        below = top + width
        for j in range(0, whole, lanes):
            left, right = top + 2 * j, top + 2 * j + lanes
            one = load(x, left) + load(x, left + width)
            two = load(x, right) + load(x, right + width)
            total = every_second(one, two) + every_other(one, two)
            store(y, task * columns + j, total * quarter)
        for j in range(whole, columns):
            left, under = np.uintp(top + 2 * j), np.uintp(below + 2 * j)
            total = x[left] + x[under] + (x[left + np.uintp(1)] + x[under + np.uintp(1)])
            y[np.uintp(task * columns + j)] = total * quarter


@kernel
def share_rows(first, last, g, y, windows, line, phases, elements, covering, with_padding):
    """Spread each value evenly over its window; each task is a row of `y`."""
    lanes = lanes_of(g)
    rows_counted, columns_counted = counted_both(windows, with_padding, g)
    sums = np.empty(line, g.dtype)
    for task in range(first, last):
        plane, h = task // windows.height, task % windows.height
        sums[:] = 0
        for r in range(windows.kernel_h):
            i = covering[h, r]
            if i < 0:
                continue
            row, rows = (plane * windows.rows + i) * windows.columns, spread(rows_counted[i], g)
            for j in range(0, windows.columns, lanes):
                values = load_part(g, row + j, windows.columns - j)
                share = values / (load(columns_counted, j) * rows)
                for s in range(windows.kernel_w):
                    place = elements[s] + j
                    store(sums, place, load(sums, place) + share)
        write_row(y, task * windows.width, sums, windows, phases)


def avg_pool2d(
    x: Array,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    output_size: Pair,
    count_include_pad: bool,
) -> Array:
    """See `minigrad.kernels.reference.avg_pool2d`."""
    (x,) = inputs(x)
    y = np.empty((*x.shape[:2], *output_size), x.dtype)
    tables = plan(x.shape[2:], kernel_size, stride, padding, (1, 1), output_size, x.itemsize)
    cost = y.size * kernel_size[0] * kernel_size[1] / 2
    inside = all(2 * count <= n for count, n in zip(output_size, x.shape[2:], strict=True))
    if inside and kernel_size == (2, 2) == stride and padding == (0, 0):
        run(mean_tiles, rows_of(y), cost, *flat(x, y), tables.windows)
        return y
    run(mean_rows, rows_of(y), cost, *flat(x, y), *tables[:4], count_include_pad)
    return y


def avg_pool2d_input_gradient(
    g: Array,
    input_size: Pair,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    count_include_pad: bool,
) -> Array:
    """See `minigrad.kernels.reference.avg_pool2d_input_gradient`."""
    (g,) = inputs(g)
    dx = np.empty((*g.shape[:2], *input_size), g.dtype)
    tables = plan(input_size, kernel_size, stride, padding, (1, 1), g.shape[2:], g.itemsize)
    cost = dx.size + g.size * kernel_size[0] * kernel_size[1] / 2
    run(share_rows, rows_of(dx), cost, *flat(g, dx), *tables, count_include_pad)
    return dx
