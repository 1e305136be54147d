"""Small work, where the cost of recording operations shows: a chain, an MLP step, a LeNet step."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import layers
import minigrad as mg

from .measure import Case, Run


def cases() -> Iterator[Case]:
    """All cases of this group."""
    yield Case("1000 chained operations on 4 elements", chain, torch_chain)
    yield Case("MLP step 784-128-10, batch 32", mlp_step, torch_mlp_step)
    yield Case("LeNet step, batch 64", lenet_step, torch_lenet_step)


def chain() -> Run:
    x = mg.Tensor(np.ones(4, np.float32), requires_grad=True)

    def run() -> None:
        y = x
        for _ in range(500):
            y = y * 0.999 + 0.001
        y.sum().backward()

    return run


def torch_chain() -> Run:
    import torch

    x = torch.ones(4, requires_grad=True)

    def run() -> None:
        y = x
        for _ in range(500):
            y = y * 0.999 + 0.001
        y.sum().backward()

    return run


def batch(*shape: int) -> tuple[np.ndarray, np.ndarray]:
    """Random images of that shape and labels."""
    rng = np.random.default_rng(0)
    return rng.normal(size=shape).astype(np.float32), rng.integers(10, size=shape[0])


def mlp_step() -> Run:
    model = layers.Sequential(layers.Linear(784, 128), layers.ReLU(), layers.Linear(128, 10))
    return step(model, *batch(32, 784))


def torch_mlp_step() -> Run:
    from torch import nn

    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    return torch_step(model, *batch(32, 784))


def lenet_step() -> Run:
    return step(layers.models.LeNet(), *batch(64, 1, 28, 28))


def torch_lenet_step() -> Run:
    from torch import nn

    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
        nn.Linear(84, 10),
    )  # fmt: skip
    return torch_step(model, *batch(64, 1, 28, 28))


def step(model: layers.Module, images: np.ndarray, labels: np.ndarray) -> Run:
    """A training step: forward, loss, backward, update."""
    optimizer = layers.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    x = mg.Tensor(images)

    def run() -> None:
        optimizer.zero_grad()
        mg.cross_entropy(model(x), labels).backward()
        optimizer.step()

    return run


def torch_step(model, images: np.ndarray, labels: np.ndarray) -> Run:  # type: ignore[no-untyped-def]
    """The same step with PyTorch."""
    import torch

    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    x, target = torch.from_numpy(images), torch.from_numpy(labels)

    def run() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), target).backward()
        optimizer.step()

    return run
