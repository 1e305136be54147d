"""The compiled kernels behind the signatures of `minigrad.kernels`.

Here arrays are brought into the one form the kernels are compiled for (C-contiguous, aligned,
read-only), and convolutions go to the algorithm that `choice` names for their shape.
"""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from minigrad.kernels import (
    choice,
    convolution,
    depthwise,
    pointwise,
    weight_gradient,
    winograd,
    winograd_gradient,
)
from minigrad.kernels.activation import gate, relu
from minigrad.kernels.arguments import inputs as _inputs
from minigrad.kernels.arguments import prepared as _prepared
from minigrad.kernels.normalization import (
    channel_backward,
    channel_moments,
    channel_products,
    channel_scale,
)
from minigrad.kernels.pooling import avg_pool2d, avg_pool2d_input_gradient, max_pool2d
from minigrad.kernels.resampling import resample
from minigrad.kernels.softmax import (
    cross_entropy,
    cross_entropy_backward,
    softmax,
    softmax_backward,
)
from minigrad.kernels.unpooling import gather2d, index_winners, max_unpool2d, winner_indices

__all__ = [
    "avg_pool2d",
    "avg_pool2d_input_gradient",
    "channel_backward",
    "channel_moments",
    "channel_products",
    "channel_scale",
    "conv2d",
    "conv2d_input_gradient",
    "conv2d_weight_gradient",
    "cross_entropy",
    "cross_entropy_backward",
    "gate",
    "gather2d",
    "index_winners",
    "max_pool2d",
    "max_unpool2d",
    "relu",
    "resample",
    "softmax",
    "softmax_backward",
    "winner_indices",
]

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
    shape = choice.shape(x.shape, weight.shape, size, stride, padding, dilation, groups, x.dtype)
    best = choice.algorithm(shape, algorithm)
    if best == "winograd":
        y = winograd.conv2d(x, weight, padding, bias)
        if y is not None:
            return y
    if best == "depthwise":
        return depthwise.conv2d(x, weight, stride, padding, dilation, groups, bias)
    if best == "pointwise":
        return pointwise.conv2d(x, weight, stride, groups, bias)
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
    back = weight.shape[1] * groups, weight.shape[0], *weight.shape[2:]
    shape = choice.shape(g.shape, back, input_size, stride, padding, dilation, groups, g.dtype)
    best = choice.algorithm(shape, algorithm)
    if best == "winograd":
        dx = winograd.conv2d_input_gradient(g, weight, input_size, padding, bias)
        if dx is not None:
            return dx
    if best == "depthwise":
        return depthwise.conv2d_input_gradient(
            g, weight, input_size, stride, padding, dilation, groups, bias
        )
    if best == "pointwise":
        return pointwise.conv2d_input_gradient(g, weight, input_size, stride, groups, bias)
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
    shape = choice.shape(
        x.shape, weight_shape, g.shape[2:], stride, padding, dilation, groups, x.dtype
    )
    best = choice.gradient_algorithm(shape, algorithm)
    if best == "winograd":
        dw = winograd_gradient.conv2d_weight_gradient(x, g, padding)
        if dw is not None:
            return dw
    if best == "depthwise":
        return depthwise.conv2d_weight_gradient(
            x, g, kernel_size, stride, padding, dilation, groups
        )
    return weight_gradient.conv2d_weight_gradient(
        x, g, kernel_size, stride, padding, dilation, groups
    )


def _with_bias(x: Array, weight: Array, bias: Array | None) -> list[Any]:
    if bias is None:
        return [*_inputs(x, weight), None]
    x, weight = _inputs(x, weight)
    return [x, weight, _prepared(bias, x.dtype)]


def forced(algorithm: str) -> SimpleNamespace:
    """These kernels, with one algorithm for every convolution that it can compute."""
    own = {
        kernel.__name__: partial(kernel, algorithm=algorithm)
        for kernel in (conv2d, conv2d_input_gradient, conv2d_weight_gradient)
    }
    return SimpleNamespace(**{name: globals()[name] for name in __all__} | own)
