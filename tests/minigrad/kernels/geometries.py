"""Random convolutions and poolings, of the sizes at which kernels cut their work differently.

Numbers are drawn by a function ``integer(low, high)``, both included: from a seed where thousands
of cases are wanted, by Hypothesis where a failure is to be made small.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

Integer = Callable[[int, int], int]
Pair = tuple[int, int]
Shape = tuple[int, int, int, int]
ONE = (1, 1)


class Convolution(NamedTuple):
    """The shapes of image, weight and result, and the settings in the kernels' order."""

    x: Shape
    weight: Shape
    y: Shape
    stride: Pair
    padding: Pair
    dilation: Pair
    groups: int

    @property
    def settings(self) -> tuple[Pair, Pair, Pair, int]:
        return self[3:]


class Pooling(NamedTuple):
    """The shapes of image and result, and the settings; every window holds a pixel."""

    x: Shape
    y: Shape
    kernel_size: Pair
    stride: Pair
    padding: Pair
    dilation: Pair
    ceil_mode: bool


def pair(integer: Integer, low: int, high: int) -> Pair:
    return integer(low, high), integer(low, high)


def _scaled(integer: Integer, *bounds: int) -> int:
    """A number up to one of the bounds: small ones are as likely as large ones."""
    return integer(1, bounds[integer(0, len(bounds) - 1)])


def _batch(integer: Integer) -> int:
    return 0 if integer(0, 15) == 15 else _scaled(integer, 2, 4, 20)


def _extents(integer: Integer, most: int) -> Pair:
    """Rows and columns of a result, at most so many positions."""
    long = integer(1, min(max(most, 1), (12, 40, 130)[integer(0, 2)]))
    short = integer(1, min(max(most // long, 1), (3, 12, 40)[integer(0, 2)]))
    return (long, short) if integer(0, 1) else (short, long)


def convolution(integer: Integer, values: int = 100_000, products: int = 20_000_000) -> Convolution:
    """A convolution with about so many results, and multiplications, at most.

    A third is of any kind, the others of those that have algorithms of their own.
    """
    kernel, dilation, groups = pair(integer, 1, 7), pair(integer, 1, 3), integer(1, 3)
    stride = ONE if integer(0, 1) else pair(integer, 1, 4)
    channels, filters = (_scaled(integer, 4, 40, 130 // groups) for _ in range(2))
    match integer(0, 8):
        case 3:
            kernel, dilation = (3, 3), ONE
        case 4 | 5:  # many channels, as a Winograd algorithm likes them
            kernel, stride, dilation, groups = (3, 3), ONE, ONE, 1
            channels, filters = pair(integer, 30, 130)
        case 6:  # the product of two matrices
            kernel = ONE
            if integer(0, 1):  # in whole tiles
                channels, filters = 8 * integer(1, 9), 8 * integer(1, 9)
        case 7:  # depthwise, with some filters a channel
            groups, channels, filters = _scaled(integer, 4, 16, 130), 1, integer(1, 3)
        case 8:  # windows side by side
            stride, dilation = kernel, ONE
    weight = groups * filters, channels, *kernel
    batch = _batch(integer)
    results = max(1, batch * groups * filters)
    outputs = _extents(
        integer, min(values // results, products // (results * channels * kernel[0] * kernel[1]))
    )
    sizes, paddings = [], []
    for o, k, s, d in zip(outputs, kernel, stride, dilation, strict=True):
        covered = (o - 1) * s + (k - 1) * d + 1
        # None, that of "same", any, or all but a pixel of what the windows cover.
        none, same, most = 0, d * (k - 1) // 2, (covered - 1) // 2
        padding = min(most, (none, none, same, same, same, integer(0, 9), most)[integer(0, 6)])
        paddings.append(padding)
        sizes.append(covered - 2 * padding + integer(0, s - 1))
    return Convolution(
        (batch, groups * channels, *sizes), weight, (batch, groups * filters, *outputs),
        stride, (paddings[0], paddings[1]), dilation, groups,
    )  # fmt: skip


def pooling(integer: Integer, values: int = 100_000, dilated: bool = True) -> Pooling:
    """A pooling of about so many pixels at most; half of them have 2×2 or 3×3 windows."""
    kernel, stride = pair(integer, 1, 7), pair(integer, 1, 7)
    dilation = pair(integer, 1, 3) if dilated else ONE
    match integer(0, 3):
        case 1:
            kernel, stride, dilation = (2, 2), (2, 2), ONE
        case 2:
            kernel, stride, dilation = (3, 3), (2, 2), ONE
    padding = integer(0, kernel[0] // 2), integer(0, kernel[1] // 2)
    ceil_mode = bool(integer(0, 1))
    batch, channels = _batch(integer), _scaled(integer, 3, 30)
    extra = _extents(integer, values // max(1, batch * channels))
    # An image of fewer pixels than the dilation could lie between the taps of a window.
    size = [
        max(d, (k - 1) * d + 1 - 2 * p) + e - 1
        for k, p, d, e in zip(kernel, padding, dilation, extra, strict=True)
    ]
    outputs = [
        _windows(*axis, ceil_mode)
        for axis in zip(size, kernel, stride, padding, dilation, strict=True)
    ]
    return Pooling(
        (batch, channels, *size), (batch, channels, *outputs),
        kernel, stride, padding, dilation, ceil_mode,
    )  # fmt: skip


def _windows(
    size: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool
) -> int:
    """The number of windows: in ceil mode, one that starts inside may hang over."""
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil_mode:
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - 1 if (count - 1) * stride >= size + padding else count
