"""The compiled kernels behind the signatures of `minigrad.kernels`.

Here arrays are brought into the one form the kernels are compiled for (C-contiguous, aligned,
read-only), and convolutions go to the algorithm that `choice` names for their shape.
"""

from __future__ import annotations

from functools import cache, partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from minigrad.kernels import (
    choice,
    convolution,
    geometry,
    normalization,
    pooling,
    winograd,
    winograd_gradient,
)
from minigrad.kernels.arguments import inputs as _inputs
from minigrad.kernels.arguments import prepared as _prepared
from minigrad.kernels.convolution import OUTPUTS, _blocks
from minigrad.kernels.threads import run
from minigrad.kernels.vector import VECTOR_BYTES

Array = np.ndarray
Pair = tuple[int, int]


def conv2d(
    x: Array,
    weight: Array,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
    bias: Array | None = None,
    *,
    algorithm: str | None = None,
) -> Array:
    """See `minigrad.kernels.reference.conv2d`; `algorithm`: this one, where it is possible."""
    x, weight, bias = _with_bias(x, weight, bias)
    axes = zip(x.shape[2:], weight.shape[2:], stride, padding, dilation, strict=True)
    size = tuple(convolution.output_length(*axis) for axis in axes)
    shape = choice.shape(x.shape, weight.shape, size, stride, dilation, groups, x.dtype)
    if choice.algorithm(shape, algorithm) == "winograd":
        y = winograd.conv2d(x, weight, padding, bias)
        if y is not None:
            return y
    return convolution.conv2d(x, weight, stride, padding, dilation, groups, bias)


def conv2d_input_gradient(
    g: Array,
    weight: Array,
    input_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
    bias: Array | None = None,
    *,
    algorithm: str | None = None,
) -> Array:
    """See `minigrad.kernels.reference.conv2d_input_gradient`, and `conv2d` above."""
    g, weight, bias = _with_bias(g, weight, bias)
    back = weight.shape[1], weight.shape[0], *weight.shape[2:]
    shape = choice.shape(g.shape, back, input_size, stride, dilation, groups, g.dtype)
    if choice.algorithm(shape, algorithm) == "winograd":
        dx = winograd.conv2d_input_gradient(g, weight, input_size, padding, bias)
        if dx is not None:
            return dx
    return convolution.conv2d_input_gradient(
        g, weight, input_size, stride, padding, dilation, groups, bias
    )


def conv2d_weight_gradient(
    x: Array,
    g: Array,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
    *,
    algorithm: str | None = None,
) -> Array:
    """See `minigrad.kernels.reference.conv2d_weight_gradient`, and `conv2d` above."""
    x, g = _inputs(x, g)
    weight_shape = g.shape[1], x.shape[1] // groups, *kernel_size
    shape = choice.shape(x.shape, weight_shape, g.shape[2:], stride, dilation, groups, x.dtype)
    if choice.gradient_algorithm(shape, algorithm) == "winograd":
        dw = winograd_gradient.conv2d_weight_gradient(x, g, padding)
        if dw is not None:
            return dw
    return convolution.conv2d_weight_gradient(x, g, kernel_size, stride, padding, dilation, groups)


def _with_bias(x: Array, weight: Array, bias: Array | None) -> list[Any]:
    if bias is None:
        return [*_inputs(x, weight), None]
    x, weight = _inputs(x, weight)
    return [x, weight, _prepared(bias, x.dtype)]


@cache
def forced(algorithm: str) -> SimpleNamespace:
    """These kernels, with one algorithm for every convolution that it can compute."""
    own = {
        kernel.__name__: partial(kernel, algorithm=algorithm)
        for kernel in (conv2d, conv2d_input_gradient, conv2d_weight_gradient)
    }
    return SimpleNamespace(**{**globals(), **own})


def _planes(array: Array) -> Array:
    return array.reshape(array.shape[0] * array.shape[1], *array.shape[2:])


def _single_planes(array: Array) -> Array:
    return array.reshape(array.shape[0] * array.shape[1], 1, *array.shape[2:])


def _flat_planes(array: Array) -> Array:
    return array.reshape(array.shape[0] * array.shape[1], array.shape[2] * array.shape[3])


def _pool_plan(axes: list[tuple[int, ...]], planes: int, dtype: np.dtype) -> geometry.Plan:
    vertical, horizontal = (geometry.forward_axis(*axis) for axis in axes)
    return geometry.plan(
        vertical, horizontal, axes[1][1], planes, 1, VECTOR_BYTES // dtype.itemsize, 1,
        dtype.itemsize, 4 * OUTPUTS, ("run",),
    )  # fmt: skip


def max_pool2d(
    x: Array,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    output_size: Pair,
) -> tuple[Array, Array]:
    """See `minigrad.kernels.reference.max_pool2d`."""
    (x,) = _inputs(x)
    y = np.empty((*x.shape[:2], *output_size), x.dtype)
    indices = np.empty(y.shape, np.int64)
    arrays = [_single_planes(array) for array in (x, y, indices)]
    axes = list(zip(x.shape[2:], kernel_size, stride, padding, dilation, output_size, strict=True))
    plan = _pool_plan(axes, len(arrays[0]), x.dtype)
    cost = y.size * kernel_size[0] * kernel_size[1]
    window = -padding[0], stride[0], -padding[1], stride[1]
    run(
        pooling.max_pool2d, _blocks(plan.layout, len(arrays[0])), cost,
        *arrays, plan.layout, plan.phases, plan.offsets, *geometry.windows(*axes), window,
    )  # fmt: skip
    return y, indices


def max_unpool2d(x: Array, indices: Array, output_size: Pair) -> Array:
    """See `minigrad.kernels.reference.max_unpool2d`."""
    (x,) = _inputs(x)
    indices = _prepared(indices, np.int64)
    y = np.empty((*x.shape[:2], *output_size), x.dtype)
    arrays = _flat_planes(x), _flat_planes(indices), _flat_planes(y)
    run(pooling.scatter, len(arrays[0]), x.size + y.size, *arrays)
    return y


def gather2d(y: Array, indices: Array) -> Array:
    """See `minigrad.kernels.reference.gather2d`."""
    (y,) = _inputs(y)
    indices = _prepared(indices, np.int64)
    x = np.empty(indices.shape, y.dtype)
    arrays = _flat_planes(y), _flat_planes(indices), _flat_planes(x)
    run(pooling.gather, len(arrays[0]), x.size, *arrays)
    return x


def avg_pool2d(
    x: Array,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    output_size: Pair,
    count_include_pad: bool,
) -> Array:
    """See `minigrad.kernels.reference.avg_pool2d`."""
    (x,) = _inputs(x)
    y = np.empty((*x.shape[:2], *output_size), x.dtype)
    arrays = [_single_planes(array) for array in (x, y)]
    axes = list(zip(x.shape[2:], kernel_size, stride, padding, (1, 1), output_size, strict=True))
    plan = _pool_plan(axes, len(arrays[0]), x.dtype)
    cost = y.size * kernel_size[0] * kernel_size[1] / 2
    run(
        pooling.avg_pool2d, _blocks(plan.layout, len(arrays[0])), cost,
        *arrays, plan.layout, plan.phases, plan.offsets,
        kernel_size, stride, padding, count_include_pad,
    )  # fmt: skip
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
    (g,) = _inputs(g)
    dx = np.empty((*g.shape[:2], *input_size), g.dtype)
    cost = dx.size + g.size * kernel_size[0] * kernel_size[1]
    arrays = _planes(g), _planes(dx)
    run(
        pooling.avg_pool2d_input_gradient, len(arrays[0]), cost,
        *arrays, kernel_size, stride, padding, count_include_pad,
    )  # fmt: skip
    return dx


def channel_moments(x: Array) -> tuple[Array, Array]:
    """See `minigrad.kernels.reference.channel_moments`."""
    (x,) = _inputs(x)
    mean, variance = np.empty((2, x.shape[1]), x.dtype)
    run(normalization.moments, x.shape[1], 2 * x.size, x, mean, variance)
    return mean, variance


def channel_products(g: Array, x: Array, mean: Array) -> tuple[Array, Array]:
    """See `minigrad.kernels.reference.channel_products`."""
    g, x, mean = _inputs(g, x, mean)
    sums, along = np.empty((2, x.shape[1]), x.dtype)
    run(normalization.products, x.shape[1], 2 * x.size, g, x, mean, sums, along)
    return sums, along


def channel_scale(x: Array, mean: Array, factor: Array, shift: Array) -> Array:
    """See `minigrad.kernels.reference.channel_scale`."""
    x, mean, factor, shift = _inputs(x, mean, factor, shift)
    y = np.empty_like(x)
    run(normalization.scale, x.shape[0] * x.shape[1], x.size, x, mean, factor, shift, y)
    return y


def channel_combine(
    g: Array, x: Array, mean: Array, factor_g: Array, factor_x: Array, shift: Array
) -> Array:
    """See `minigrad.kernels.reference.channel_combine`."""
    g, x, *rest = _inputs(g, x, mean, factor_g, factor_x, shift)
    dx = np.empty_like(x)
    run(normalization.combine, x.shape[0] * x.shape[1], 2 * x.size, g, x, *rest, dx)
    return dx


def warm_up(dtypes: tuple[str, ...] = ("float32",)) -> None:
    """Compile every kernel for `dtypes`, or load it from the disk.

    One after the other: Numba lets only one thread compile at a time.
    """
    one, none = (1, 1), (0, 0)
    for dtype in dtypes:
        image, weight = np.ones((1, 1, 2, 2), dtype), np.ones((1, 1, 1, 1), dtype)
        conv2d(image, weight, one, none, one, 1)
        conv2d_input_gradient(image, weight, (2, 2), one, none, one, 1)
        conv2d_weight_gradient(image, image, one, one, none, one, 1)
        _, indices = max_pool2d(image, one, one, none, one, (2, 2))
        max_unpool2d(image, indices, (2, 2))
        gather2d(image, indices)
        avg_pool2d(image, one, one, none, (2, 2), True)
        avg_pool2d_input_gradient(image, (2, 2), one, one, none, True)
        rows = image[0]
        mean, variance = channel_moments(rows)
        channel_products(rows, rows, mean)
        channel_scale(rows, mean, variance, mean)
        channel_combine(rows, rows, mean, variance, variance, mean)
