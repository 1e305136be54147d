"""Sums and scalings of each channel, for batch normalisation, compiled.

Arrays are (N, C, L). Sums along a row are in the array's precision, sums of rows in float64. Where
a channel is read twice, its rows are still in the cache the second time.
"""

from __future__ import annotations

import numpy as np

from minigrad.kernels.arguments import inputs
from minigrad.kernels.kernel import inner, kernel
from minigrad.kernels.threads import run

Array = np.ndarray


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


def channel_moments(x: Array) -> tuple[Array, Array]:
    """See `minigrad.kernels.reference.channel_moments`."""
    (x,) = inputs(x)
    mean, variance = np.empty((2, x.shape[1]), x.dtype)
    run(moments, x.shape[1], 2 * x.size, x, mean, variance)
    return mean, variance


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


def channel_scale(x: Array, mean: Array, factor: Array, shift: Array) -> Array:
    """See `minigrad.kernels.reference.channel_scale`."""
    x, mean, factor, shift = inputs(x, mean, factor, shift)
    y = np.empty_like(x)
    run(scale, x.shape[0] * x.shape[1], 2 * x.size, x, mean, factor, shift, y)
    return y


@inner
def sums_of(g, x, c, centre):
    """Of one channel Σ g and Σ g · (x − mean)."""
    zero = x.dtype.type(0)
    total, total_along = 0.0, 0.0
    for n in range(x.shape[0]):
        row_g, row_x = g[n, c], x[n, c]
        part, part_along = zero, zero
        for i in range(x.shape[2]):
            part += row_g[i]
            part_along += row_g[i] * (row_x[i] - centre)
        total += part
        total_along += part_along
    return x.dtype.type(total), x.dtype.type(total_along)


@kernel
def products(first, last, g, x, mean, sums, along):
    """Each task is a channel."""
    for c in range(first, last):
        sums[c], along[c] = sums_of(g, x, c, mean[c])


def channel_products(g: Array, x: Array, mean: Array) -> tuple[Array, Array]:
    """See `minigrad.kernels.reference.channel_products`."""
    g, x, mean = inputs(g, x, mean)
    sums, along = np.empty((2, x.shape[1]), x.dtype)
    run(products, x.shape[1], 2 * x.size, g, x, mean, sums, along)
    return sums, along


@kernel
def backward(first, last, g, x, mean, inverse, weight, dx, sums, along):
    """Each task is a channel."""
    count = x.dtype.type(max(x.shape[0] * x.shape[2], 1))
    for c in range(first, last):
        centre, factor = mean[c], weight[c] * inverse[c]
        sums[c], along[c] = sums_of(g, x, c, centre)
        slope = -factor * inverse[c] * inverse[c] * along[c] / count
        shift = -factor * sums[c] / count
        for n in range(x.shape[0]):
            row_g, row_x, row = g[n, c], x[n, c], dx[n, c]
            for i in range(x.shape[2]):
                row[i] = row_g[i] * factor + (row_x[i] - centre) * slope + shift


def channel_backward(
    g: Array, x: Array, mean: Array, inverse: Array, weight: Array
) -> tuple[Array, Array, Array]:
    """See `minigrad.kernels.reference.channel_backward`."""
    g, x, mean, inverse, weight = inputs(g, x, mean, inverse, weight)
    dx = np.empty_like(x)
    sums, along = np.empty((2, x.shape[1]), x.dtype)
    run(backward, x.shape[1], 4 * x.size, g, x, mean, inverse, weight, dx, sums, along)
    return dx, sums, along
