"""minigrad itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, ClassVar

import numpy as np

import layers
import minigrad as mg

from .. import architectures
from ..case import Array, normal
from ..timing import Run
from .eager import Eager

MODELS: dict[str, Callable[[], layers.Module]] = {
    "LeNet": layers.models.LeNet,
    "VGG-16": lambda: layers.models.VGG(16),
    "ResNet-18": lambda: layers.models.ResNet(18),
}


class Minigrad(Eager):
    """See `Eager`."""

    name = "minigrad"
    startup: ClassVar = {
        "import": "import minigrad",
        "small": "import numpy as np, minigrad as mg; x = mg.Tensor(np.ones(3, np.float32), True); "
        "(x * x).sum().backward(); print(x.grad.sum())",
        "convolution": "import numpy as np, minigrad as mg; "
        "x = mg.Tensor(np.ones((1, 3, 32, 32), np.float32), True); "
        "mg.conv2d(x, np.ones((8, 3, 3, 3), np.float32)).sum().backward(); print(x.grad.sum())",
    }

    def versions(self) -> dict[str, str]:
        import numba

        return {"minigrad": mg.__version__, "NumPy": np.__version__, "Numba": numba.__version__}

    def use_threads(self, threads: int) -> bool:
        mg.set_num_threads(threads)
        return True

    def arrays(self, result: Any) -> list[Array]:
        parts = result if isinstance(result, (tuple, list)) else [result]
        return [part.data if isinstance(part, mg.Tensor) else np.asarray(part) for part in parts]

    def tensor(self, array: Array, requires_grad: bool = False) -> mg.Tensor:
        # A parameter holds its array alone, as the tensors inside a network do.
        return layers.Parameter(array, requires_grad)

    def integers(self, array: Array) -> Array:
        return array

    def write(self, tensor: mg.Tensor, array: Array) -> None:
        tensor.own(array.copy())

    def function(self, name: str) -> Callable:
        return getattr(mg, name)

    def grad(self, y: Any, inputs: list, g: Any = None, retain: bool = False) -> Any:
        return mg.grad(y, inputs, g, retain_tape=retain)

    def no_grad(self) -> AbstractContextManager:
        return mg.no_grad()

    def network(self, name: str) -> layers.Module:
        with layers.init.skip():
            if name in MODELS:
                model = MODELS[name]()
            else:
                model = architectures.BUILDERS[name](layers, mg.concatenate)
        for key, parameter in model.named_parameters():
            parameter.own(np.empty(parameter.shape, np.float32))
            architectures.fill(key, parameter.array)
        return model

    def optimizer(self, name: str, parameters: Iterable, **settings: float) -> Any:
        return getattr(layers.optim, name)(parameters, **settings)

    def grad_cam(self, network: str, images: tuple[int, ...], layer: int) -> Run:
        """The technique as it comes with minigrad."""
        from techniques import grad_cam

        model, x = self.network(network), normal(*images)
        return Run(lambda: grad_cam(model, x, 3, f"features.{layer}").map)


library = Minigrad()
