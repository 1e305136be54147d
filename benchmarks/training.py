"""Normalisation, losses, dropout and optimizer steps, float32."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import layers
import minigrad as mg

from .measure import Case, Run
from .pooling import images, timed


def cases() -> Iterator[Case]:
    """All cases of this group."""
    start = np.zeros(64, "f"), np.ones(64, "f")
    for name, ours, theirs in (
        ("batch norm", lambda x: mg.batch_norm(x, *start, None, None, True),
         lambda t, x: t.nn.functional.batch_norm(x, t.zeros(64), t.ones(64), None, None, True)),
        ("dropout", lambda x: mg.dropout(x, 0.5), lambda t, x: t.nn.functional.dropout(x, 0.5)),
    ):  # fmt: skip
        for title, backward in (("forward", False), ("both ways", True)):
            case = partial(ours_of, ours, backward), partial(theirs_of, theirs, backward)
            yield Case(f"{name}: {title}", *case)
    for shape in ((256, 1000), (8, 21, 64, 64)):
        name = "x".join(map(str, shape))
        yield Case(
            f"cross entropy {name}: both ways",
            partial(cross_entropy, shape),
            partial(torch_cross_entropy, shape),
        )
    for name, options in (("SGD", {"lr": 1e-3, "momentum": 0.9}), ("Adam", {"lr": 1e-3})):
        yield Case(
            f"{name} step, 11 million parameters",
            partial(step, name, options),
            partial(torch_step, name, options),
        )


def ours_of(function: Callable, backward: bool) -> Run:
    return timed(mg.Tensor(images(), requires_grad=backward), function)


def theirs_of(function: Callable, backward: bool) -> Run:
    import torch

    return timed(torch.from_numpy(images()).requires_grad_(backward), partial(function, torch))


def scores(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    target = rng.integers(shape[1], size=(shape[0], *shape[2:]))
    return rng.normal(size=shape).astype(np.float32), target


def cross_entropy(shape: tuple[int, ...]) -> Run:
    x, target = scores(shape)
    return timed(mg.Tensor(x, requires_grad=True), lambda x: mg.cross_entropy(x, target))


def torch_cross_entropy(shape: tuple[int, ...]) -> Run:
    import torch

    x, target = map(torch.from_numpy, scores(shape))
    return timed(x.requires_grad_(), lambda x: torch.nn.functional.cross_entropy(x, target))


def arrays() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = [(512, 512, 3, 3)] * 4 + [(256, 256, 3, 3)] * 3 + [(512,)] * 20
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


def step(name: str, options: dict[str, Any]) -> Run:
    parameters = [layers.Parameter(array) for array in arrays()]
    for parameter, gradient in zip(parameters, arrays(), strict=True):
        parameter.grad = gradient
    return getattr(layers.optim, name)(parameters, **options).step


def torch_step(name: str, options: dict[str, Any]) -> Run:
    import torch

    parameters = [torch.nn.Parameter(torch.from_numpy(array)) for array in arrays()]
    for parameter, gradient in zip(parameters, arrays(), strict=True):
        parameter.grad = torch.from_numpy(gradient)
    return getattr(torch.optim, name)(parameters, **options).step
