"""Convolution and transposed convolution, float32, at the shapes of well-known networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import layers
import minigrad as mg
from minigrad.kernels import kernel_set

from .measure import Case, Run


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

    def __str__(self) -> str:
        name = "depthwise " if self.groups > 1 else ""
        stride = f" stride {self.stride}" if self.stride > 1 else ""
        return (
            f"{name}{self.kernel}x{self.kernel}{stride} {self.batch}x{self.channels}x{self.size}² "
            f"to {self.filters}"
        )

    @property
    def output_size(self) -> int:
        return (self.size + 2 * self.padding - self.kernel) // self.stride + 1


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
    Shape(8, 64, 32, 32, kernel=2, stride=2, padding=0),
    Shape(8, 64, 32, 32, kernel=4, stride=2, padding=1),
]


def cases() -> Iterator[Case]:
    """All cases of this group."""
    for s in CONVOLUTIONS:
        yield Case(f"{s}: forward", partial(forward, s), partial(torch_forward, s))
        for which, name in enumerate(("input gradient", "weight gradient")):
            ours, theirs = partial(gradient, s, which), partial(torch_gradient, s, which)
            yield Case(f"{s}: {name}", ours, theirs)
        if s.kernel == 3 and s.groups == 1 and s.channels >= 64:
            for frozen, title in ((True, "frozen weights"), (False, "in training")):
                for back in (False, True):
                    way = "input gradient" if back else "forward"
                    ours = partial(with_weights, s, frozen, back)
                    theirs = partial(torch_with_weights, s, frozen, back)
                    yield Case(f"{s}: {way}, {title}", ours, theirs)
    for s in TRANSPOSED:
        name = f"transposed {s}"
        yield Case(f"{name}: forward", partial(transposed, s), partial(torch_transposed, s))
        yield Case(
            f"{name}: both ways",
            partial(transposed, s, backward=True),
            partial(torch_transposed, s, backward=True),
        )


def arrays(s: Shape) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Random images, weights and gradients of the output."""
    return (
        random(s.batch, s.channels, s.size, s.size),
        random(s.filters, s.channels // s.groups, s.kernel, s.kernel),
        random(s.batch, s.filters, s.output_size, s.output_size),
    )


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def forward(s: Shape) -> Run:
    x, weight, _ = arrays(s)
    return lambda: mg.conv2d(x, weight, None, s.stride, s.padding, 1, s.groups)


def torch_forward(s: Shape) -> Run:
    import torch

    x, weight, _ = map(torch.from_numpy, arrays(s))
    return lambda: torch.nn.functional.conv2d(x, weight, None, s.stride, s.padding, 1, s.groups)


def gradient(s: Shape, which: int) -> Run:
    x, weight, g = arrays(s)
    stride, padding = (s.stride, s.stride), (s.padding, s.padding)
    kernels = kernel_set("compiled")
    if which == 0:
        back: Callable = kernels.conv2d_input_gradient
        return lambda: back(g, weight, x.shape[2:], stride, padding, (1, 1), s.groups)
    back = kernels.conv2d_weight_gradient
    return lambda: back(x, g, weight.shape[2:], stride, padding, (1, 1), s.groups)


def torch_gradient(s: Shape, which: int) -> Run:
    import torch

    x, weight, g = map(torch.from_numpy, arrays(s))
    stride, padding = (s.stride, s.stride), (s.padding, s.padding)
    wanted = [which == 0, which == 1, False]
    back = torch.ops.aten.convolution_backward
    return lambda: back(
        g, x, weight, None, stride, padding, (1, 1), False, (0, 0), s.groups, wanted
    )


def transposed(s: Shape, backward: bool = False) -> Run:
    x, weight = (mg.Tensor(array, requires_grad=backward) for array in transposed_arrays(s))
    return timed(x, weight, lambda: mg.conv_transpose2d(x, weight, None, s.stride, s.padding))


def torch_transposed(s: Shape, backward: bool = False) -> Run:
    import torch

    x, weight = (torch.from_numpy(a).requires_grad_(backward) for a in transposed_arrays(s))
    function = torch.nn.functional.conv_transpose2d
    return timed(x, weight, lambda: function(x, weight, None, s.stride, s.padding))


def transposed_arrays(s: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Random images and weights."""
    return (
        random(s.batch, s.channels, s.size, s.size),
        random(s.channels, s.filters, s.kernel, s.kernel),
    )


def timed(x: Any, weight: Any, function: Callable) -> Run:
    """The function or, if they are wanted, its gradients; the same for both libraries."""

    def run() -> Any:
        y = function()
        if not x.requires_grad:
            return y
        y.sum().backward()
        gradient, x.grad, weight.grad = x.grad, None, None
        return gradient

    return run


def with_weights(s: Shape, frozen: bool, back: bool) -> Run:
    """With the same weights at every call or, as in training, others each time."""
    x, weight, g = arrays(s)
    parameter = layers.Parameter(weight, requires_grad=False)
    image = mg.Tensor(x, requires_grad=back)
    y = mg.conv2d(image, parameter, None, s.stride, s.padding)

    def run() -> Any:
        if not frozen:
            parameter.own(weight.copy())
        if back and frozen:
            return mg.grad(y, image, g, retain_tape=True)[0]
        if back:
            return kernel_set("compiled").conv2d_input_gradient(
                g, parameter.array, x.shape[2:], (s.stride,) * 2, (s.padding,) * 2, (1, 1), 1
            )
        return mg.conv2d(image, parameter, None, s.stride, s.padding)

    return run


def torch_with_weights(s: Shape, frozen: bool, back: bool) -> Run:
    """The same with PyTorch."""
    import torch

    x, fresh, _ = map(torch.from_numpy, arrays(s))
    weight = fresh.clone()
    gradient = torch_gradient(s, 0)
    function = torch.nn.functional.conv2d

    def run() -> Any:
        if not frozen:
            weight.copy_(fresh)
        return gradient() if back else function(x, weight, None, s.stride, s.padding)

    return run
