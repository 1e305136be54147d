"""Which part of the image can a unit see? Found by walking the tape back to the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import minigrad as mg

_WINDOWS = ("conv2d", "max_pool2d", "avg_pool2d")
_POINTWISE = {
    f"minigrad.ops.{family}"
    for family in ("activation", "arithmetic", "choosing", "dropout", "elementwise", "gelu",
                   "rounding", "trigonometry")
}  # fmt: skip


@dataclass(frozen=True)
class ReceptiveField:
    """The unit at (i, j) sees rows i · stride + first … i · stride + last, columns alike.

    Attributes
    ----------
    stride, first, last : (int, int)
        For rows and columns; both ends are included, and may lie outside of the image.
    """

    stride: tuple[int, int]
    first: tuple[int, int]
    last: tuple[int, int]

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return (self.last[0] - self.first[0] + 1, self.last[1] - self.first[1] + 1)

    def window(self, row: int, column: int) -> tuple[int, int, int, int]:
        """Top, left, bottom and right of what a unit sees, half-open, not clipped."""
        top, left = (
            place * stride + first
            for place, stride, first in zip((row, column), self.stride, self.first, strict=True)
        )
        return top, left, top + self.size[0], left + self.size[1]

    def __or__(self, other: ReceptiveField) -> ReceptiveField:
        """What two branches see together."""
        if self.stride != other.stride:
            raise ValueError(f"branches of strides {self.stride} and {other.stride} cannot join")
        first = (min(self.first[0], other.first[0]), min(self.first[1], other.first[1]))
        last = (max(self.last[0], other.last[0]), max(self.last[1], other.last[1]))
        return ReceptiveField(self.stride, first, last)

    def through(self, kernel: Any, stride: Any, padding: Any, dilation: Any) -> ReceptiveField:
        """What is seen through a window over what sees this."""
        first = [f - s * p for f, s, p in zip(self.first, self.stride, padding, strict=True)]
        reach = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        last = [e + s * (r - p) for e, s, r, p in zip(self.last, self.stride, reach, padding,
                                                       strict=True)]  # fmt: skip
        jump = [a * b for a, b in zip(self.stride, stride, strict=True)]
        return ReceptiveField((jump[0], jump[1]), (first[0], first[1]), (last[0], last[1]))


def receptive_field(output: mg.Tensor, image: mg.Tensor) -> ReceptiveField:
    """Return the receptive field of the units of `output` (N, C, h, w) in `image` (N, C, H, W).

    Parameters
    ----------
    output : Tensor
        Computed from `image`, which requires a gradient, by convolutions, pooling and operations
        that look at one place: also branches that are joined again.

    Raises
    ------
    ValueError
        If something else is on the way, such as a mean over all places.

    Examples
    --------
    >>> import layers, minigrad as mg, numpy as np
    >>> from techniques.receptive_field import receptive_field
    >>> model = layers.Sequential(layers.Conv2d(3, 4, 3, padding=1, rng=0), layers.MaxPool2d(2))
    >>> image = mg.Tensor(np.zeros((1, 3, 8, 8), np.float32), requires_grad=True)
    >>> receptive_field(model(image), image)
    ReceptiveField(stride=(2, 2), first=(-1, -1), last=(2, 2))
    """
    fields: dict[int, ReceptiveField] = {id(image): ReceptiveField((1, 1), (0, 0), (0, 0))}
    for node in mg.tape(output):
        values = node.values or {}
        below = [fields[id(source)] for _, source, *_ in node.edges if id(source) in fields]
        if not below:
            continue  # made of weights alone
        seen = below[0]
        for other in below[1:]:
            seen = seen | other
        if node.primitive.name in _WINDOWS:
            kernel = values.get("kernel_size") or values["weight_shape"][2:]
            seen = seen.through(
                kernel, values["stride"], values["padding"], values.get("dilation", (1, 1))
            )
        elif not _looks_at_one_place(node):
            raise ValueError(
                f"how far {node.primitive.name} sees is not known: choose a layer before it"
            )
        fields[id(node)] = seen
    if id(output.node) not in fields:
        raise ValueError("the output does not depend on the image: there is no receptive field")
    return fields[id(output.node)]


def _looks_at_one_place(node: Any) -> bool:
    name = node.primitive.name
    if name == "join":
        return node.shape[2:] == node.edges[0][2][2:]  # along the channels
    return name == "batch_norm" or node.primitive.__module__ in _POINTWISE
