"""Convolution without a matrix product: rows of the output, one weight at a time.

The innermost loop runs along a row, where the compiler finds vectors by itself. Each task owns one
plane of the result.
"""

from __future__ import annotations

import numba
import numpy as np

from minigrad.kernels.cache import kernel


@numba.njit(inline="always")
def valid_outputs(offset, size, stride, outputs):
    """The outputs `i` in [first, last) whose input position `i * stride + offset` exists."""
    first = 0 if offset >= 0 else (-offset + stride - 1) // stride
    last = 0 if offset >= size else (size - offset - 1) // stride + 1
    return min(first, outputs), min(last, outputs)


@kernel
def conv2d(first, last, x, weight, y, stride, padding, dilation, groups):
    outputs, per_group, kh, kw = weight.shape
    height, width = x.shape[2:]
    oh, ow = y.shape[2:]
    for task in range(first, last):
        n, k = task // outputs, task % outputs
        channel = k // (outputs // groups) * per_group
        plane = y[n, k]
        plane[:] = 0
        for c in range(per_group):
            for r in range(kh):
                top = r * dilation[0] - padding[0]
                i0, i1 = valid_outputs(top, height, stride[0], oh)
                for s in range(kw):
                    left = s * dilation[1] - padding[1]
                    j0, j1 = valid_outputs(left, width, stride[1], ow)
                    w = weight[k, c, r, s]
                    for i in range(i0, i1):
                        source = x[n, channel + c, i * stride[0] + top]
                        target = plane[i]
                        if stride[1] == 1:
                            for j in range(j0, j1):
                                target[j] += w * source[np.uintp(j + left)]
                        else:
                            for j in range(j0, j1):
                                target[j] += w * source[np.uintp(j * stride[1] + left)]


@kernel
def conv2d_input_gradient(first, last, g, weight, dx, stride, padding, dilation, groups):
    outputs, per_group, kh, kw = weight.shape
    per_group_out = outputs // groups
    oh, ow = g.shape[2:]
    channels, height, width = dx.shape[1:]
    for task in range(first, last):
        n, channel = task // channels, task % channels
        group, c = channel // per_group, channel % per_group
        plane = dx[n, channel]
        plane[:] = 0
        for k in range(group * per_group_out, (group + 1) * per_group_out):
            for r in range(kh):
                top = r * dilation[0] - padding[0]
                i0, i1 = valid_outputs(top, height, stride[0], oh)
                for s in range(kw):
                    left = s * dilation[1] - padding[1]
                    j0, j1 = valid_outputs(left, width, stride[1], ow)
                    w = weight[k, c, r, s]
                    for i in range(i0, i1):
                        source = g[n, k, i]
                        target = plane[i * stride[0] + top]
                        if stride[1] == 1:
                            for j in range(j0, j1):
                                target[np.uintp(j + left)] += w * source[j]
                        else:
                            for j in range(j0, j1):
                                target[np.uintp(j * stride[1] + left)] += w * source[j]


@kernel
def conv2d_weight_gradient(first, last, x, g, dw, stride, padding, dilation, groups):
    outputs, per_group, kh, kw = dw.shape
    height, width = x.shape[2:]
    batch, _, oh, ow = g.shape
    for task in range(first, last):
        k, c = task // per_group, task % per_group
        channel = k // (outputs // groups) * per_group + c
        for r in range(kh):
            top = r * dilation[0] - padding[0]
            i0, i1 = valid_outputs(top, height, stride[0], oh)
            for s in range(kw):
                left = s * dilation[1] - padding[1]
                j0, j1 = valid_outputs(left, width, stride[1], ow)
                total = dw.dtype.type(0)
                for n in range(batch):
                    for i in range(i0, i1):
                        source = x[n, channel, i * stride[0] + top]
                        upstream = g[n, k, i]
                        if stride[1] == 1:
                            for j in range(j0, j1):
                                total += upstream[j] * source[np.uintp(j + left)]
                        else:
                            for j in range(j0, j1):
                                total += upstream[j] * source[np.uintp(j * stride[1] + left)]
                dw[k, c, r, s] = total
