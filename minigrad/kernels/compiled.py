"""The compiled kernels behind the signatures of `minigrad.kernels`.

Here arrays are brought into the one form the kernels are compiled for (C-contiguous, aligned,
read-only), results are allocated, and the work is handed to threads.
"""

from __future__ import annotations

import threading

import numpy as np

from minigrad.kernels import direct, pooling
from minigrad.kernels.threads import run

Array = np.ndarray
Pair = tuple[int, int]


def _inputs(*arrays: Array) -> list[Array]:
    """The arrays in one dtype, float32 or float64, as a kernel wants them."""
    dtype = np.result_type(np.float32, *arrays)
    return [_prepared(array, dtype) for array in arrays]


def _prepared(array: Array, dtype: type | np.dtype) -> Array:
    view = np.require(array, dtype, ("C", "A")).view()
    view.flags.writeable = False
    return view


def _planes(array: Array) -> Array:
    return array.reshape(-1, *array.shape[2:])


def _flat_planes(array: Array) -> Array:
    return array.reshape(array.shape[0] * array.shape[1], array.shape[2] * array.shape[3])


def conv2d(
    x: Array, weight: Array, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Array:
    """See `minigrad.kernels.reference.conv2d`."""
    x, weight = _inputs(x, weight)
    (batch, _, height, width), (outputs, per_group, kh, kw) = x.shape, weight.shape
    oh = (height + 2 * padding[0] - dilation[0] * (kh - 1) - 1) // stride[0] + 1
    ow = (width + 2 * padding[1] - dilation[1] * (kw - 1) - 1) // stride[1] + 1
    y = np.empty((batch, outputs, oh, ow), x.dtype)
    cost = y.size * per_group * kh * kw / 8
    run(direct.conv2d, batch * outputs, cost, x, weight, y, stride, padding, dilation, groups)
    return y


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
    per_group = weight.shape[1]
    dx = np.empty((g.shape[0], per_group * groups, *input_size), g.dtype)
    cost = g.size * weight[0].size / 8
    run(
        direct.conv2d_input_gradient, dx.shape[0] * dx.shape[1], cost,
        g, weight, dx, stride, padding, dilation, groups,
    )  # fmt: skip
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
    dw = np.empty((g.shape[1], x.shape[1] // groups, *kernel_size), x.dtype)
    cost = g.size * dw[:1].size / 8
    run(
        direct.conv2d_weight_gradient, dw.shape[0] * dw.shape[1], cost,
        x, g, dw, stride, padding, dilation, groups,
    )  # fmt: skip
    return dw


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
    cost = y.size * kernel_size[0] * kernel_size[1]
    arrays = _planes(x), _planes(y), _planes(indices)
    run(pooling.max_pool2d, len(arrays[0]), cost, *arrays, kernel_size, stride, padding, dilation)
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
    cost = y.size * kernel_size[0] * kernel_size[1]
    arrays = _planes(x), _planes(y)
    run(
        pooling.avg_pool2d, len(arrays[0]), cost,
        *arrays, kernel_size, stride, padding, count_include_pad,
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


def warm_up(dtypes: tuple[str, ...] = ("float32",)) -> None:
    """Compile every kernel for `dtypes`, or load it from the disk, side by side."""
    one = (1, 1)

    def compile_all(dtype: str) -> None:
        image, weight = np.ones((1, 1, 2, 2), dtype), np.ones((1, 1, 1, 1), dtype)
        conv2d(image, weight, one, (0, 0), one, 1)
        conv2d_input_gradient(image, weight, (2, 2), one, (0, 0), one, 1)
        conv2d_weight_gradient(image, image, one, one, (0, 0), one, 1)
        _, indices = max_pool2d(image, one, one, (0, 0), one, (2, 2))
        max_unpool2d(image, indices, (2, 2))
        gather2d(image, indices)
        avg_pool2d(image, one, one, (0, 0), (2, 2), True)
        avg_pool2d_input_gradient(image, (2, 2), one, one, (0, 0), True)

    threads = [threading.Thread(target=compile_all, args=(dtype,)) for dtype in dtypes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
