"""Convolution and transposed convolution, float32, at the shapes of well-known networks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..case import Array, Case, normal


class Shape(NamedTuple):
    """A convolution: square images, a square kernel."""

    batch: int
    channels: int
    size: int
    filters: int
    kernel: int = 3
    stride: int = 1
    padding: int = 1
    groups: int = 1
    transposed: bool = False

    def __str__(self) -> str:
        name = "transposed " if self.transposed else "depthwise " if self.groups > 1 else ""
        stride = f" stride {self.stride}" if self.stride > 1 else ""
        return (
            f"{name}{self.kernel}x{self.kernel}{stride} "
            f"{self.batch}x{self.channels}x{self.size}² to {self.filters}"
        )

    @property
    def output_size(self) -> int:
        if self.transposed:
            return (self.size - 1) * self.stride - 2 * self.padding + self.kernel
        return (self.size + 2 * self.padding - self.kernel) // self.stride + 1

    @property
    def bar(self) -> str:
        """Which bar it is held to, but for weight gradients and frozen weights."""
        if self.transposed:
            return "transposed convolution"
        if self.groups > 1:
            return "depthwise"
        return "1x1" if self.kernel == 1 else "few channels, 5x5, 7x7 stride 2"

    def settings(self) -> dict[str, Any]:
        """The arguments of the operation after image and weight."""
        return {"stride": self.stride, "padding": self.padding, "groups": self.groups}

    def arrays(self) -> dict[str, Array]:
        """Random images and weights."""
        ends = (self.channels, self.filters) if self.transposed else (self.filters, self.channels)
        weight = normal(ends[0], ends[1] // self.groups, self.kernel, self.kernel, seed=1)
        return {"x": normal(self.batch, self.channels, self.size, self.size), "weight": weight}

    def flops(self) -> float:
        """Two for each multiply-add of one pass."""
        places = self.size if self.transposed else self.output_size
        pairs = self.channels * self.filters // self.groups
        return 2 * self.batch * pairs * self.kernel**2 * places**2

    def traffic(self) -> float:
        """Bytes of images, weights and result."""
        images = self.channels * self.size**2 + self.filters * self.output_size**2
        weights = self.channels * self.filters // self.groups * self.kernel**2
        return 4 * (self.batch * images + weights)


CONVOLUTIONS = [
    Shape(8, 3, 64, 32),
    Shape(8, 32, 64, 64),
    Shape(4, 64, 32, 128),
    Shape(1, 3, 224, 64),
    Shape(1, 64, 224, 64),
    Shape(1, 256, 56, 256),
    Shape(1, 512, 14, 512),
    Shape(8, 64, 56, 256, kernel=1, padding=0),
    Shape(4, 3, 224, 64, kernel=7, stride=2, padding=3),
    Shape(64, 1, 28, 16, kernel=5, padding=2),
    Shape(4, 64, 56, 64, groups=64),
]
TRANSPOSED = [
    Shape(8, 64, 32, 32, kernel=2, stride=2, padding=0, transposed=True),
    Shape(8, 64, 32, 32, kernel=4, stride=2, padding=1, transposed=True),
]

# What the weights do between two calls, for the shapes where it decides the algorithm.
WEIGHTS = {"frozen weights": "", "in training": "weight"}


def cases() -> Iterator[Case]:
    """All cases of this group."""
    backward: dict[str, Any] = {"wrt": ("x",)}
    for shape in CONVOLUTIONS:
        for way, task, wrt in (
            ("forward", "forward", {}),
            ("input gradient", "backward", backward),
        ):
            if shape.kernel == 3 and shape.groups == 1 and shape.channels >= 64:
                for title, changing in WEIGHTS.items():
                    bar = f"3x3, 64 channels or more, {title}"
                    yield case(shape, f"{way}, {title}", task, bar, **wrt, changing=changing)
            else:
                yield case(shape, way, task, shape.bar, **wrt)
        bar = shape.bar if shape.groups > 1 else "weight gradient"
        yield case(shape, "weight gradient", "backward", bar, wrt=("weight",))
    for shape in TRANSPOSED:
        yield case(shape, "forward", "forward", shape.bar)
        yield case(shape, "both ways", "both_ways", shape.bar, passes=3, wrt=("x", "weight"))


def case(shape: Shape, way: str, task: str, bar: str, passes: int = 1, **arguments: Any) -> Case:
    """One pass, or several, of a convolution; a depthwise one is bound by memory."""
    arguments |= {
        "operation": "conv_transpose2d" if shape.transposed else "conv2d",
        "arrays": shape.arrays,
        "settings": shape.settings(),
    }
    flops, traffic = passes * shape.flops(), 0.0
    if shape.groups > 1:
        flops, traffic = 0.0, passes * shape.traffic()
    return Case("convolution", f"{shape}: {way}", task, arguments, bar, flops, traffic)
