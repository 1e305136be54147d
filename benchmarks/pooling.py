"""Pooling, unpooling, interpolation and relu on images of (8, 64, 64, 64), float32."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import minigrad as mg

from .measure import Case, Run


def cases() -> Iterator[Case]:
    """All cases of this group."""
    for name, ours, theirs in (
        ("max 2x2", lambda x: mg.max_pool2d(x, 2), lambda f, x: f.max_pool2d(x, 2)),
        ("max 3x3 stride 2", lambda x: mg.max_pool2d(x, 3, 2), lambda f, x: f.max_pool2d(x, 3, 2)),
        ("average 2x2", lambda x: mg.avg_pool2d(x, 2), lambda f, x: f.avg_pool2d(x, 2)),
        ("adaptive average 7x7", lambda x: mg.adaptive_avg_pool2d(x, 7),
         lambda f, x: f.adaptive_avg_pool2d(x, 7)),
        ("bilinear x2", lambda x: mg.interpolate(x, scale_factor=2, mode="bilinear"),
         lambda f, x: f.interpolate(x, scale_factor=2, mode="bilinear")),
        ("nearest x2", lambda x: mg.interpolate(x, scale_factor=2),
         lambda f, x: f.interpolate(x, scale_factor=2)),
        ("relu", mg.relu, lambda f, x: f.relu(x)),
    ):  # fmt: skip
        for title, backward in (("forward", False), ("both ways", True)):
            yield Case(
                f"{name}: {title}",
                partial(pooled, ours, backward),
                partial(torch_pooled, theirs, backward),
            )
    for window, stride in ((2, 2), (3, 2)):
        yield Case(
            f"max {window}x{window} stride {stride}: backward",
            partial(backward_alone, window, stride),
            partial(torch_backward_alone, window, stride),
        )
    yield Case("max-unpool 2x2: forward", partial(unpooled, False), partial(torch_unpooled, False))
    yield Case("max-unpool 2x2: both ways", partial(unpooled, True), partial(torch_unpooled, True))


def images() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(8, 64, 64, 64)).astype(np.float32)


def timed(x: Any, function: Callable) -> Run:
    """The function or, if wanted, its gradient; the same for both libraries."""

    def run() -> Any:
        y = function(x)
        if not x.requires_grad:
            return y
        y.sum().backward()
        gradient, x.grad = x.grad, None
        return gradient

    return run


def pooled(function: Callable, backward: bool) -> Run:
    return timed(mg.Tensor(images(), requires_grad=backward), function)


def torch_pooled(function: Callable, backward: bool) -> Run:
    import torch

    x = torch.from_numpy(images()).requires_grad_(backward)
    return timed(x, partial(function, torch.nn.functional))


def unpooled(backward: bool) -> Run:
    values, indices = mg.max_pool2d(images(), 2, return_indices=True)
    x = mg.Tensor(values, requires_grad=backward)
    return timed(x, lambda x: mg.max_unpool2d(x, indices, 2))


def torch_unpooled(backward: bool) -> Run:
    import torch

    values, indices = torch.nn.functional.max_pool2d(
        torch.from_numpy(images()), 2, return_indices=True
    )
    x = values.requires_grad_(backward)
    return timed(x, lambda x: torch.nn.functional.max_unpool2d(x, indices, 2))


def backward_alone(window: int, stride: int) -> Run:
    x = mg.Tensor(images(), requires_grad=True)
    y = mg.max_pool2d(x, window, stride)
    g = np.random.default_rng(1).normal(size=y.shape).astype(np.float32)
    return lambda: mg.grad(y, x, g, retain_tape=True)[0]


def torch_backward_alone(window: int, stride: int) -> Run:
    import torch

    x = torch.from_numpy(images()).requires_grad_()
    y = torch.nn.functional.max_pool2d(x, window, stride)
    g = torch.from_numpy(np.random.default_rng(1).normal(size=y.shape).astype(np.float32))
    return lambda: torch.autograd.grad(y, x, g, retain_graph=True)[0]
