"""Max-unpooling, compiled: the backward pass of max-pooling, and what undoes it.

A value is put where the winner of its window stood, the number of an element in row-major order.
People write winners as indices in the flat plane; the functions at the end convert them.
"""

from __future__ import annotations

import numpy as np

from minigrad.kernels.arguments import flat, inputs, prepared
from minigrad.kernels.instructions import (
    equal,
    lanes_of,
    load_numbers,
    load_part,
    select,
    spread,
    store_part,
    zipped_high,
    zipped_low,
)
from minigrad.kernels.kernel import kernel
from minigrad.kernels.threads import run
from minigrad.kernels.windows import Pair, Windows, rows_of

Array = np.ndarray


def _windows(
    size: Pair, kernel_size: Pair, stride: Pair, padding: Pair, dilation: Pair, counts: Pair
) -> Windows:
    return Windows(*size, *counts, *kernel_size, *stride, *padding, *dilation)


def _elements(kernel_size: Pair, dilation: Pair) -> tuple[Array, Array]:
    """How many rows and columns each element of a window is away from the first."""
    rows, columns = np.indices(kernel_size).reshape(2, -1)
    return rows * dilation[0], columns * dilation[1]


def _steps(kernel_size: Pair, dilation: Pair, width: int) -> Array:
    """The same in the flat plane."""
    rows, columns = _elements(kernel_size, dilation)
    return rows * width + columns


def _tiles(
    size: Pair, kernel_size: Pair, stride: Pair, padding: Pair, dilation: Pair, counts: Pair
) -> bool:
    """Whether windows of 2 × 2 tile the image."""
    usual = kernel_size == (2, 2) == stride and padding == (0, 0) and dilation == (1, 1)
    return usual and tuple(size) == (2 * counts[0], 2 * counts[1])


@kernel
def scatter(first, last, x, winners, y, windows, steps):
    """Add each value where its winner was; each task is a plane.

    `steps` is how far behind the first element of a window each is in the plane.
    """
    size, count = windows.height * windows.width, windows.rows * windows.columns
    for task in range(first, last):
        plane = y[task * size : (task + 1) * size]
        plane[:] = 0
        for i in range(windows.rows):
            top = i * windows.stride_h - windows.padding_h
            start = top * windows.width - windows.padding_w
            row = task * count + i * windows.columns
            for j in range(windows.columns):
                step = steps[np.uintp(winners[np.uintp(row + j)])]
                place = np.uintp(start + j * windows.stride_w + step)
                if place < np.uintp(size):  # else the window has nothing but padding
                    plane[place] += x[np.uintp(row + j)]


@kernel
def scatter_tiles(first, last, x, winners, y, windows):
    """The same for windows of 2 × 2 that tile the image; each task is a row of windows."""
    lanes, width = lanes_of(x), windows.width
    nothing = spread(0, x)
    for task in range(first, last):
        for j in range(0, windows.columns, lanes):
            count, row = windows.columns - j, task * windows.columns + j
            values = load_part(x, row, count)
            winner = load_numbers(winners, row, count, x)
            for r in range(2):
                one = select(equal(winner, spread(2 * r, x)), values, nothing)
                two = select(equal(winner, spread(2 * r + 1, x)), values, nothing)
                to = (2 * task + r) * width + 2 * j
                store_part(y, to, zipped_low(one, two), 2 * count)
                store_part(y, to + lanes, zipped_high(one, two), 2 * count - lanes)


def max_unpool2d(
    x: Array,
    winners: Array,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    output_size: Pair,
) -> Array:
    """See `minigrad.kernels.reference.max_unpool2d`."""
    (x,) = inputs(x)
    winners = prepared(winners, winners.dtype)
    y = np.empty((*x.shape[:2], *output_size), x.dtype)
    geometry = output_size, kernel_size, stride, padding, dilation, x.shape[2:]
    windows = _windows(*geometry)
    if _tiles(*geometry):
        run(scatter_tiles, rows_of(x), y.size, *flat(x, winners, y), windows)
    else:
        steps = _steps(kernel_size, dilation, output_size[1])
        cost = y.size + 2 * x.size
        run(scatter, y.shape[0] * y.shape[1], cost, *flat(x, winners, y), windows, steps)
    return y


@kernel
def gather(first, last, y, winners, x, windows, steps):
    """Read each window of `y` at its winner; each task is a plane; `steps` as in `scatter`."""
    size, count = windows.height * windows.width, windows.rows * windows.columns
    for task in range(first, last):
        for i in range(windows.rows):
            top = i * windows.stride_h - windows.padding_h
            start = top * windows.width - windows.padding_w
            row = task * count + i * windows.columns
            for j in range(windows.columns):
                step = steps[np.uintp(winners[np.uintp(row + j)])]
                place = np.uintp(start + j * windows.stride_w + step)
                inside = place < np.uintp(size)
                x[np.uintp(row + j)] = y[np.uintp(task * size) + place] if inside else 0


def gather2d(
    y: Array, winners: Array, kernel_size: Pair, stride: Pair, padding: Pair, dilation: Pair
) -> Array:
    """See `minigrad.kernels.reference.gather2d`."""
    (y,) = inputs(y)
    winners = prepared(winners, winners.dtype)
    x = np.empty(winners.shape, y.dtype)
    windows = _windows(y.shape[2:], kernel_size, stride, padding, dilation, x.shape[2:])
    steps = _steps(kernel_size, dilation, y.shape[3])
    run(gather, x.shape[0] * x.shape[1], 2 * x.size, *flat(y, winners, x), windows, steps)
    return x


@kernel
def indices_of_rows(first, last, winners, indices, windows, steps):
    """The place in its plane of each winner; each task is a row of windows."""
    for task in range(first, last):
        top = task % windows.rows * windows.stride_h - windows.padding_h
        start = top * windows.width - windows.padding_w
        for j in range(windows.columns):
            place = np.uintp(task * windows.columns + j)
            indices[place] = start + j * windows.stride_w + steps[np.uintp(winners[place])]


def winner_indices(
    winners: Array,
    input_size: Pair,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
) -> Array:
    """See `minigrad.kernels.reference.winner_indices`."""
    winners = prepared(winners, winners.dtype)
    indices = np.empty(winners.shape, np.int64)
    windows = _windows(input_size, kernel_size, stride, padding, dilation, winners.shape[2:])
    steps = _steps(kernel_size, dilation, input_size[1])
    run(indices_of_rows, rows_of(winners), winners.size, *flat(winners, indices), windows, steps)
    return indices


@kernel
def winners_of_rows(first, last, indices, winners, windows, element_at, rows, columns, outside):
    """The inverse of `indices_of_rows`; `outside` says by task whether any lies in no window.

    `element_at` is the element of a window by the distance in the plane from its first one, which
    the element is `rows` and `columns` away from.
    """
    farthest, nowhere = np.uintp(len(element_at) - 1), len(rows) - 1
    lefts = np.arange(windows.columns) * windows.stride_w - windows.padding_w
    overhanging = (lefts < 0) | (lefts + columns[-1] >= windows.width)
    everywhere, at_the_edge = np.arange(windows.columns), np.flatnonzero(overhanging)
    for task in range(first, last):
        top = task % windows.rows * windows.stride_h - windows.padding_h
        start = top * windows.width - windows.padding_w
        wrong = False
        for j in range(windows.columns):
            place = np.uintp(task * windows.columns + j)
            distance = np.uintp(indices[place] - start - j * windows.stride_w)
            element = element_at[min(distance, farthest)]
            winners[place] = element
            wrong |= element == nowhere
        inside = top >= 0 and top + rows[-2] < windows.height
        for k in at_the_edge if inside else everywhere:
            element = winners[np.uintp(task * windows.columns + k)]
            row, column = top + rows[np.uintp(element)], lefts[k] + columns[np.uintp(element)]
            wrong |= not (0 <= row < windows.height and 0 <= column < windows.width)
        outside[task] = wrong


@kernel
def winners_of_tiles(first, last, indices, winners, windows, outside):
    """The same for windows of 2 × 2 that tile the image, without tables: in vectors."""
    width, columns = windows.width, windows.columns
    for task in range(first, last):
        start = task % windows.rows * 2 * width
        wrong = 0
        for j in range(columns):
            place = np.uintp(task * columns + j)
            distance = indices[place] - start - 2 * j
            below = 1 if distance >= width else 0
            right = distance - below * width
            winners[place] = 2 * below + right
            wrong |= right & -2  # neither 0 nor 1
        outside[task] = wrong != 0


def index_winners(
    indices: Array,
    input_size: Pair,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
) -> Array | None:
    """See `minigrad.kernels.reference.index_winners`."""
    indices = prepared(indices, np.int64)
    geometry = input_size, kernel_size, stride, padding, dilation, indices.shape[2:]
    windows, outside = _windows(*geometry), np.empty(rows_of(indices), np.bool_)
    winners = np.empty(indices.shape, np.min_scalar_type(kernel_size[0] * kernel_size[1] - 1))
    if _tiles(*geometry):
        arguments = *flat(indices, winners), windows, outside
        run(winners_of_tiles, len(outside), 2 * indices.size, *arguments)
        return None if outside.any() else winners
    rows, columns = _elements(kernel_size, dilation)
    steps = _steps(kernel_size, dilation, input_size[1])
    element_at = np.full(steps[-1] + 2, len(steps))
    element_at[steps] = np.arange(len(steps))
    # Behind the last element stands one that lies in no image.
    rows, columns = np.append(rows, input_size[0] + padding[0]), np.append(columns, columns[-1])
    run(
        winners_of_rows, len(outside), 2 * indices.size,
        *flat(indices, winners), windows, element_at, rows, columns, outside,
    )  # fmt: skip
    return None if outside.any() else winners
