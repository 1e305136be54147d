"""Sums and scalings of each channel, for batch normalisation: one pass over memory each.

Arrays are (N, C, L). Sums along a row are in the array's precision, sums of rows in float64.
"""

from __future__ import annotations

from minigrad.kernels.cache import kernel


@kernel
def moments(first, last, x, mean, variance):
    """Each task is a channel. Two passes: a variance from squares alone would cancel."""
    count = max(x.shape[0] * x.shape[2], 1)
    zero = x.dtype.type(0)
    for c in range(first, last):
        total = 0.0
        for n in range(x.shape[0]):
            row, part = x[n, c], zero
            for i in range(x.shape[2]):
                part += row[i]
            total += part
        centre = x.dtype.type(total / count)
        total = 0.0
        for n in range(x.shape[0]):
            row, part = x[n, c], zero
            for i in range(x.shape[2]):
                part += (row[i] - centre) * (row[i] - centre)
            total += part
        mean[c], variance[c] = centre, total / count


@kernel
def products(first, last, g, x, mean, sums, along):
    """Each task is a channel: Σ g and Σ g · (x − mean)."""
    zero = x.dtype.type(0)
    for c in range(first, last):
        total, total_along = 0.0, 0.0
        centre = mean[c]
        for n in range(x.shape[0]):
            row_g, row_x = g[n, c], x[n, c]
            part, part_along = zero, zero
            for i in range(x.shape[2]):
                part += row_g[i]
                part_along += row_g[i] * (row_x[i] - centre)
            total += part
            total_along += part_along
        sums[c], along[c] = total, total_along


@kernel
def scale(first, last, x, mean, factor, shift, y):
    """Each task is a row: y = (x − mean) · factor + shift."""
    channels = x.shape[1]
    for task in range(first, last):
        n, c = task // channels, task % channels
        row_x, row_y = x[n, c], y[n, c]
        centre, slope, offset = mean[c], factor[c], shift[c]
        for i in range(x.shape[2]):
            row_y[i] = (row_x[i] - centre) * slope + offset


@kernel
def combine(first, last, g, x, mean, factor_g, factor_x, shift, dx):
    """Each task is a row: dx = g · factor_g + (x − mean) · factor_x + shift."""
    channels = x.shape[1]
    for task in range(first, last):
        n, c = task // channels, task % channels
        row_g, row_x, row = g[n, c], x[n, c], dx[n, c]
        centre, by_g, by_x, offset = mean[c], factor_g[c], factor_x[c], shift[c]
        for i in range(x.shape[2]):
            row[i] = row_g[i] * by_g + (row_x[i] - centre) * by_x + offset
