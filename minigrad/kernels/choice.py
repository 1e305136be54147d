"""Which algorithm computes a convolution: decided here, from its shape alone.

* ``direct``: any convolution, with the rows laid out for the micro-kernel (`convolution`).
* ``winograd``: 3×3 kernels of stride 1 in float32, with a quarter of the multiplications.
* ``depthwise``: one or a few channels a group, plane by plane.
* ``pointwise``: 1×1 kernels, as products of matrices.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

Pair = tuple[int, ...]

# The largest tile of the micro-kernel on any processor: `pointwise` has no room for half a one.
TILE_ROWS, TILE_POSITIONS = 8, 48

algorithms = ("direct", "winograd", "depthwise", "pointwise")


class Shape(NamedTuple):
    """What the choice depends on; the channels are those of all groups."""

    batch: int
    channels: int  # summed over
    outputs: int
    kernel_size: Pair
    output_size: Pair
    positions: int  # of the smaller of both images
    stride: Pair
    padding: Pair
    dilation: Pair
    groups: int
    single: bool  # precision

    @property
    def tiles(self) -> int:
        """How many tiles of 4×4 the results fill."""
        height, width = self.output_size
        return self.batch * -(-height // 4) * -(-width // 4)

    @property
    def few_in_a_group(self) -> bool:
        """Whether tiles of the micro-kernel would be mostly empty."""
        return max(self.channels, self.outputs) < 4 * self.groups


def shape(
    x_shape: tuple[int, ...],
    weight_shape: tuple[int, ...],
    output_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
    dtype: np.dtype,
) -> Shape:
    """The shape of a convolution of (N, C, H, W) with (K, C / groups, kernel) kernels."""
    positions = min(math.prod(x_shape[2:]), math.prod(output_size))
    return Shape(
        x_shape[0], x_shape[1], weight_shape[0], weight_shape[2:], output_size, positions,
        stride, padding, dilation, groups, dtype == np.float32,
    )  # fmt: skip


def algorithm(shape: Shape, forced: str | None = None) -> str:
    """Of a convolution or its gradient to the input; `forced` wherever it is possible.

    With few channels or tiles, Winograd's transforms cost more than they save.
    """
    few = min(shape.channels, shape.outputs) < 16 or shape.output_size[1] < 10
    many = min(shape.channels, shape.outputs) >= 32
    possible = _possible(shape)
    if _pointwise_possible(shape):
        possible.add("pointwise")
    best = [
        ("depthwise", shape.few_in_a_group),
        ("winograd", shape.tiles >= 8 and (many or not few)),
        ("pointwise", shape.positions >= 2 * TILE_POSITIONS),
    ]
    return _first(best, possible, forced)


def gradient_algorithm(shape: Shape, forced: str | None = None) -> str:
    """Of the gradient to the weight, where sums run over tiles."""
    best = [
        ("depthwise", shape.few_in_a_group),
        ("winograd", min(shape.channels, shape.outputs) >= 16 and shape.tiles >= 48),
    ]
    return _first(best, _possible(shape), forced)


def _first(best: list[tuple[str, bool]], possible: set[str], forced: str | None) -> str:
    """The first that is worth it, or the forced one, if it is possible."""
    wanted = [(forced, True)] if forced else best
    return next((name for name, worth_it in wanted if worth_it and name in possible), "direct")


def _possible(shape: Shape) -> set[str]:
    """What can compute each of the three passes."""
    if 0 in (shape.batch, shape.channels, shape.outputs, *shape.output_size):
        return set()
    by_winograd = (
        shape.kernel_size == (3, 3)
        and shape.stride == shape.dilation == (1, 1)
        and shape.groups == 1
        and shape.single
    )
    return {"depthwise", "winograd"} if by_winograd else {"depthwise"}


def _pointwise_possible(shape: Shape) -> bool:
    return (
        shape.kernel_size == (1, 1)
        and shape.padding == (0, 0)
        and shape.outputs % (TILE_ROWS * shape.groups) == 0
        and shape.positions >= TILE_POSITIONS
        and shape.batch * shape.channels > 0
    )
