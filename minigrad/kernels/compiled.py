"""The compiled kernels behind the signatures of `minigrad.kernels`.

Here arrays are brought into the one form the kernels are compiled for (C-contiguous, aligned,
read-only), results are allocated, and the work is handed to threads.
"""

from __future__ import annotations

import numpy as np

from minigrad.kernels import convolution, geometry, normalization, pooling
from minigrad.kernels.micro_kernel import DOT_ROWS, TILE_ROWS, TILE_VECTORS
from minigrad.kernels.threads import get_num_threads, run
from minigrad.kernels.vector import VECTOR_BYTES

Array = np.ndarray
Pair = tuple[int, int]

# The output channels of a task; more would push its scratch memory out of the cache.
MOST_CHANNELS = 128
# The output positions that a task treats at once, roughly.
OUTPUTS = 512


def _inputs(*arrays: Array) -> list[Array]:
    """The arrays in one dtype, float32 or float64, as a kernel wants them."""
    dtype = np.result_type(np.float32, *arrays)
    return [_prepared(array, dtype) for array in arrays]


def _prepared(array: Array, dtype: type | np.dtype) -> Array:
    view = np.require(array, dtype, ("C", "A")).view()
    view.flags.writeable = False
    return view


def _planes(array: Array) -> Array:
    return array.reshape(array.shape[0] * array.shape[1], *array.shape[2:])


def _single_planes(array: Array) -> Array:
    return array.reshape(array.shape[0] * array.shape[1], 1, *array.shape[2:])


def _flat_planes(array: Array) -> Array:
    return array.reshape(array.shape[0] * array.shape[1], array.shape[2] * array.shape[3])


def _output_size(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def _part(channels: int, tile: int, others: int) -> int:
    """How many channels a task takes: whole tiles, and enough tasks for all threads."""
    wanted = -(-2 * get_num_threads() // max(others, 1))
    part = -(-channels // max(1, wanted))
    return max(tile, min(MOST_CHANNELS, -(-part // tile) * tile))


def conv2d(
    x: Array, weight: Array, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Array:
    """See `minigrad.kernels.reference.conv2d`."""
    x, weight = _inputs(x, weight)
    (batch, _, *size), (outputs, per_group, *kernel_size) = x.shape, weight.shape
    axes = list(zip(size, kernel_size, stride, padding, dilation, strict=True))
    output_size = [_output_size(*axis) for axis in axes]
    y = np.empty((batch, outputs, *output_size), x.dtype)
    vertical, horizontal = (
        geometry.forward_axis(*axis, n) for axis, n in zip(axes, output_size, strict=True)
    )
    taps = kernel_size[0] * kernel_size[1]
    steps = outputs // groups * per_group * taps, per_group * taps, taps
    _correlate(x, weight, y, vertical, horizontal, kernel_size[1], steps, (0, 1, 0, 1), groups)
    return y


def _correlate(
    x: Array,
    weight: Array,
    y: Array,
    vertical: geometry.Axis,
    horizontal: geometry.Axis,
    kernel_width: int,
    steps: tuple[int, int, int],
    target: tuple[int, int, int, int],
    groups: int,
) -> None:
    """Correlate `x` with `weight`, whose `steps` lie between groups, outputs and channels."""
    batch, channels, outputs = x.shape[0], x.shape[1] // groups, y.shape[1] // groups
    plan = geometry.plan(
        vertical, horizontal, kernel_width, batch, channels, VECTOR_BYTES // x.itemsize,
        TILE_VECTORS, x.itemsize, OUTPUTS,
    )  # fmt: skip
    layout = plan.layout
    tiles = -(-outputs // TILE_ROWS) * groups
    packed = np.empty((tiles, channels, layout.taps, TILE_ROWS), x.dtype)
    run(
        convolution.pack, tiles, packed.size,
        weight.reshape(-1), steps, plan.taps, channels, outputs, packed,
    )  # fmt: skip
    blocks = _blocks(layout, batch) * groups
    part = _part(outputs, TILE_ROWS, blocks)
    tasks = blocks * -(-outputs // part)
    cost = tasks * part * layout.positions * channels * layout.taps / 32
    run(
        convolution.correlate, tasks, cost,
        x, packed.reshape(-1), y, layout, plan.phases, plan.offsets, plan.starts,
        target, groups, part,
    )  # fmt: skip


def conv2d_input_gradient(
    g: Array,
    weight: Array,
    input_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> Array:
    """See `minigrad.kernels.reference.conv2d_input_gradient`."""
    g, weight = _inputs(g, weight)
    (batch, outputs, *sources), (_, per_group, *kernel_size) = g.shape, weight.shape
    dx = np.empty((batch, per_group * groups, *input_size), g.dtype)
    axes = list(zip(input_size, kernel_size, stride, padding, dilation, sources, strict=True))
    taps = kernel_size[0] * kernel_size[1]
    steps = outputs // groups * per_group * taps, taps, per_group * taps
    for a in range(min(stride[0], input_size[0])):
        vertical = geometry.backward_axis(a, *axes[0])
        for b in range(min(stride[1], input_size[1])):
            horizontal = geometry.backward_axis(b, *axes[1])
            target = a, stride[0], b, stride[1]
            _correlate(g, weight, dx, vertical, horizontal, kernel_size[1], steps, target, groups)
    return dx


def conv2d_weight_gradient(
    x: Array,
    g: Array,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> Array:
    """See `minigrad.kernels.reference.conv2d_weight_gradient`."""
    x, g = _inputs(x, g)
    (batch, inputs, *size), (_, outputs, *output_size) = x.shape, g.shape
    channels, per_group = inputs // groups, outputs // groups
    dw = np.empty((outputs, channels, *kernel_size), x.dtype)
    cost = g.size * dw[:1].size
    vertical, horizontal = (
        geometry.forward_axis(*axis)
        for axis in zip(size, kernel_size, stride, padding, dilation, output_size, strict=True)
    )
    plan = geometry.plan(
        vertical, horizontal, kernel_size[1], batch, channels, VECTOR_BYTES // x.itemsize,
        1, x.itemsize, 2 * OUTPUTS,
    )  # fmt: skip
    output_part = _part(per_group, DOT_ROWS, groups)
    output_parts = -(-per_group // output_part)
    channel_part = _part(channels, 1, groups * output_parts)
    tasks = groups * output_parts * -(-channels // channel_part)
    run(
        convolution.weight_gradient, tasks, cost / 32,
        x, g, dw.reshape(outputs, channels * kernel_size[0] * kernel_size[1]),
        plan.layout, plan.phases, plan.offsets, plan.starts,
        groups, output_part, channel_part,
    )  # fmt: skip
    return dw


def _pool_plan(axes: list[tuple[int, ...]], planes: int, dtype: np.dtype) -> geometry.Plan:
    vertical, horizontal = (geometry.forward_axis(*axis) for axis in axes)
    return geometry.plan(
        vertical, horizontal, axes[1][1], planes, 1, VECTOR_BYTES // dtype.itemsize, 1,
        dtype.itemsize, 4 * OUTPUTS, ("run",),
    )  # fmt: skip


def _blocks(layout: geometry.Layout, batch: int) -> int:
    return -(-batch // layout.images) * -(-layout.outputs_h // layout.rows)


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
