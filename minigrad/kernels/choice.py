"""Which algorithm computes a convolution: decided here, from its shape alone.

* ``direct``: any convolution, with the rows laid out for the micro-kernel (`convolution`).
* ``winograd``: 3×3 kernels of stride 1 in float32, with a quarter of the multiplications.
* ``depthwise``: one or a few channels a group, plane by plane.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

Pair = tuple[int, ...]

algorithms = ("direct", "winograd", "depthwise")


class Shape(NamedTuple):
    """What the choice depends on; the channels are those of all groups."""

    batch: int
    channels: int  # summed over
    outputs: int
    kernel_size: Pair
    output_size: Pair
    stride: Pair
    dilation: Pair
    groups: int
    single: bool  # precision

    @property
    def tiles(self) -> int:
        """How many tiles of 4×4 the results fill."""
        height, width = self.output_size
        return self.batch * -(-height // 4) * -(-width // 4)

    @property
    def empty(self) -> bool:
        return 0 in (self.batch, self.channels, self.outputs, *self.output_size)

    @property
    def few_in_a_group(self) -> bool:
        """Whether tiles of the micro-kernel would be mostly empty."""
        return max(self.channels, self.outputs) < 4 * self.groups


def shape(
    x_shape: tuple[int, ...],
    weight_shape: tuple[int, ...],
    output_size: Pair,
    stride: Pair,
    dilation: Pair,
    groups: int,
    dtype: np.dtype,
) -> Shape:
    """The shape of a convolution of (N, C, H, W) with (K, C / groups, kernel) kernels."""
    return Shape(
        x_shape[0], x_shape[1], weight_shape[0], weight_shape[2:], output_size,
        stride, dilation, groups, dtype == np.float32,
    )  # fmt: skip


def algorithm(shape: Shape, forced: str | None = None) -> str:
    """Of a convolution or its gradient to the input; `forced` wherever it is possible.

    With few channels or tiles, the transforms cost more than they save.
    """
    few = min(shape.channels, shape.outputs) < 16 or shape.output_size[1] < 10
    many = min(shape.channels, shape.outputs) >= 32
    return _possible(shape, shape.tiles >= 8 and (many or not few), forced)


def gradient_algorithm(shape: Shape, forced: str | None = None) -> str:
    """Of the gradient to the weight, where sums run over tiles."""
    worth_it = min(shape.channels, shape.outputs) >= 16 and shape.tiles >= 48
    return _possible(shape, worth_it, forced)


def _possible(shape: Shape, winograd: bool, forced: str | None) -> str:
    """What is wanted, where it is possible; `winograd`: whether that would be worth it."""
    best = "depthwise" if shape.few_in_a_group else "winograd" if winograd else "direct"
    wanted = forced or best
    by_winograd = (
        shape.kernel_size == (3, 3)
        and shape.stride == shape.dilation == (1, 1)
        and shape.groups == 1
        and shape.single
    )
    if shape.empty or (wanted == "winograd" and not by_winograd):
        return "direct"
    return wanted
