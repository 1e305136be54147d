"""Interpolation, its adjoint and adaptive average pooling, compiled: sparse maps of both axes.

Along an axis output i is the sum over k of weight[k, i] · x[index[k, i]]. Whole rows are added up
as vectors. Neighbouring columns read from here and there, so they are computed one by one, but four
rows at a time for each index and weight; and before the rows are combined where these get more,
after it where they get fewer. Terms of weight 0 are left out, for 0 · ∞ is not 0.
"""

from __future__ import annotations

import numpy as np

from minigrad.kernels.arguments import flat, inputs
from minigrad.kernels.kernel import inlined, kernel
from minigrad.kernels.threads import run

Array = np.ndarray
# The index and the weight of one axis, arrays (K, M): K terms for each of M outputs.
Axis = tuple[Array, Array]


@inlined
def combine_rows(x, start, width, index, weight, y, to):
    """Along the rows of a plane that begins at element `start` of `x`."""
    for i in range(index.shape[1]):
        row, first = to + i * width, True
        for k in range(index.shape[0]):
            read, share = start + index[k, i] * width, weight[k, i]
            if share == 0:
                continue
            if first:
                for j in range(width):
                    y[np.uintp(row + j)] = share * x[np.uintp(read + j)]
            else:
                for j in range(width):
                    y[np.uintp(row + j)] += share * x[np.uintp(read + j)]
            first = False
        if first:
            for j in range(width):
                y[np.uintp(row + j)] = 0


@inlined
def combine_columns(x, start, rows, width, index, weight, y, to):
    """Along the columns of a plane of so many rows; at its end the last one some times."""
    terms, outputs = index.shape
    for row in range(0, rows, 4):
        two, three, four = min(row + 1, rows - 1), min(row + 2, rows - 1), min(row + 3, rows - 1)
        a, b = start + row * width, start + two * width
        c, d = start + three * width, start + four * width
        p, q = to + row * outputs, to + two * outputs
        r, s = to + three * outputs, to + four * outputs
        for i in range(outputs):
            one = other = third = fourth = x.dtype.type(0)
            for k in range(terms):
                at, share = index[k, i], weight[k, i]
                if share != 0:
                    one += share * x[np.uintp(a + at)]
                    other += share * x[np.uintp(b + at)]
                    third += share * x[np.uintp(c + at)]
                    fourth += share * x[np.uintp(d + at)]
            y[np.uintp(p + i)], y[np.uintp(q + i)] = one, other
            y[np.uintp(r + i)], y[np.uintp(s + i)] = third, fourth


@kernel
def resample_planes(
    first, last, x, row_index, row_weight, column_index, column_weight, y, height, width
):
    """Each task is a plane."""
    rows, columns = row_index.shape[1], column_index.shape[1]
    fewer = rows < height
    between = np.empty(rows * width if fewer else height * columns, x.dtype)
    for task in range(first, last):
        start, to = task * height * width, task * rows * columns
        if fewer:
            combine_rows(x, start, width, row_index, row_weight, between, 0)
            combine_columns(between, 0, rows, width, column_index, column_weight, y, to)
        else:
            combine_columns(x, start, height, width, column_index, column_weight, between, 0)
            combine_rows(between, 0, columns, row_index, row_weight, y, to)


def resample(x: Array, rows: Axis, columns: Axis) -> Array:
    """See `minigrad.kernels.reference.resample`."""
    (x,) = inputs(x)
    height, width = x.shape[2:]
    y = np.empty((*x.shape[:2], rows[0].shape[1], columns[0].shape[1]), x.dtype)
    axes = [
        array
        for index, weight in (rows, columns)
        for array in (index.astype(np.int64), weight.astype(x.dtype))
    ]
    cost = 2 * (x.size + y.size)
    run(resample_planes, x.shape[0] * x.shape[1], cost, *flat(x), *axes, *flat(y), height, width)
    return y
