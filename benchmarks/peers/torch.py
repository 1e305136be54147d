"""PyTorch, eager."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, ClassVar

import torch

from .. import architectures
from ..case import Array
from .eager import Eager


class Torch(Eager):
    """See `Eager`."""

    name = "PyTorch"
    startup: ClassVar = {
        "import": "import torch",
        "small": "import torch; x = torch.ones(3, requires_grad=True); "
        "(x * x).sum().backward(); print(x.grad.sum().item())",
        "convolution": "import torch; x = torch.ones(1, 3, 32, 32, requires_grad=True); "
        "torch.nn.functional.conv2d(x, torch.ones(8, 3, 3, 3)).sum().backward(); "
        "print(x.grad.sum().item())",
    }

    def versions(self) -> dict[str, str]:
        return {"PyTorch": torch.__version__}

    def use_threads(self, threads: int) -> bool:
        torch.set_num_threads(threads)
        return True

    def arrays(self, result: Any) -> list[Array]:
        parts = result if isinstance(result, (tuple, list)) else [result]
        return [part.detach().numpy() for part in parts]

    def tensor(self, array: Array, requires_grad: bool = False) -> torch.Tensor:
        return torch.from_numpy(array).requires_grad_(requires_grad)

    def integers(self, array: Array) -> torch.Tensor:
        return torch.from_numpy(array)

    def write(self, tensor: torch.Tensor, array: Array) -> None:
        tensor.copy_(torch.from_numpy(array))

    def function(self, name: str) -> Callable:
        return getattr(torch.nn.functional, name)

    def grad(self, y: Any, inputs: list, g: Any = None, retain: bool = False) -> Any:
        return torch.autograd.grad(y, inputs, g, retain_graph=retain)

    def no_grad(self) -> AbstractContextManager:
        return torch.no_grad()

    def network(self, name: str) -> torch.nn.Module:
        with torch.device("meta"):  # the values come below
            model = architectures.BUILDERS[name](torch.nn, torch.cat)
        model.to_empty(device="cpu")
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.reset_running_stats()
        for key, parameter in model.named_parameters():
            architectures.fill(key, parameter.detach().numpy())
        return model

    def optimizer(self, name: str, parameters: Iterable, **settings: float) -> Any:
        return getattr(torch.optim, name)(parameters, **settings)


library = Torch()
