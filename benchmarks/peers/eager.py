"""The tasks, written once for libraries that record operations on tensors as they go.

minigrad has PyTorch's names, so one text runs on both and both do the same work. A library adds
what differs: how tensors are made, written and differentiated.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, ClassVar

import numpy as np

from .. import architectures
from ..case import Array, normal
from ..timing import Run

Arrays = Callable[[], dict[str, Array]]
Labels = Callable[[], Array]


class Eager(ABC):
    """A library, and how it does each task. The methods that return a `Run` are the tasks."""

    name: ClassVar[str]
    # Programs for `groups.startup`; each prints one number, but for a mere import.
    startup: ClassVar[dict[str, str]]

    # ---- what differs ------------------------------------------------------------------------

    @abstractmethod
    def versions(self) -> dict[str, str]:
        """The packages that the times depend on."""

    @abstractmethod
    def use_threads(self, threads: int) -> bool:
        """Use that many threads; whether that is possible."""

    def can(self, task: str, arguments: dict[str, Any]) -> bool:
        """Whether it has this task."""
        return True

    @abstractmethod
    def arrays(self, result: Any) -> list[Array]:
        """The arrays in what a call has returned."""

    @abstractmethod
    def tensor(self, array: Array, requires_grad: bool = False) -> Any:
        """A tensor that nobody else writes to."""

    @abstractmethod
    def integers(self, array: Array) -> Any:
        """Class numbers or indices."""

    @abstractmethod
    def write(self, tensor: Any, array: Array) -> None:
        """Change a tensor's values, as an optimizer does."""

    @abstractmethod
    def function(self, name: str) -> Callable:
        """An operation by its name."""

    @abstractmethod
    def grad(self, y: Any, inputs: list, g: Any = None, retain: bool = False) -> Any:
        """The gradients of `inputs` for the gradient `g` of `y`."""

    @abstractmethod
    def no_grad(self) -> AbstractContextManager:
        """Within it nothing is recorded."""

    @abstractmethod
    def network(self, name: str) -> Any:
        """A network of `architectures`, filled with weights."""

    @abstractmethod
    def optimizer(self, name: str, parameters: Iterable, **settings: float) -> Any:
        """An optimizer by its name."""

    # ---- one operation -----------------------------------------------------------------------

    def inputs(self, arrays: dict[str, Array], wrt: tuple[str, ...] = ()) -> dict[str, Any]:
        """Tensors, of which those in `wrt` require a gradient."""
        return {
            name: self.tensor(array, name in wrt) if array.dtype.kind == "f"
            else self.integers(array)
            for name, array in arrays.items()
        }  # fmt: skip

    def applied(
        self, operation: str, inputs: dict[str, Any], settings: dict[str, Any]
    ) -> Callable[[], Any]:
        """The operation with its inputs: the first by place, the others by name."""
        first, *others = inputs
        named = {name: inputs[name] for name in others}
        return partial(self.function(operation), inputs[first], **named, **settings)

    def cotangent(self, y: Any) -> Any:
        """Random numbers of the shape of `y`."""
        return self.tensor(np.asarray(normal(*y.shape, seed=2)))

    def forward(
        self, operation: str, arrays: Arrays, settings: dict[str, Any], changing: str = ""
    ) -> Run:
        """An operation, where nothing requires a gradient; `changing` is written before."""
        inputs = self.inputs(arrays())
        call = self.applied(operation, inputs, settings)
        if not changing:
            return Run(call)
        return Run(call, partial(self.write, inputs[changing], arrays()[changing]))

    def backward(
        self,
        operation: str,
        arrays: Arrays,
        settings: dict[str, Any],
        wrt: tuple[str, ...],
        changing: str = "",
    ) -> Run:
        """The backward pass alone, of an operation recorded before."""
        inputs, fresh = self.inputs(arrays(), wrt), arrays()
        function = self.applied(operation, inputs, settings)
        targets = [inputs[name] for name in wrt]
        y = function()
        g = self.cotangent(y)

        def record() -> None:
            nonlocal y
            self.write(inputs[changing], fresh[changing])
            y = function()

        return Run(lambda: self.grad(y, targets, g, retain=True), record if changing else None)

    def both_ways(
        self, operation: str, arrays: Arrays, settings: dict[str, Any], wrt: tuple[str, ...]
    ) -> Run:
        """An operation and its backward pass."""
        inputs = self.inputs(arrays(), wrt)
        function = self.applied(operation, inputs, settings)
        targets = [inputs[name] for name in wrt]
        g = self.cotangent(function())

        def call() -> Any:
            y = function()
            return y, *self.grad(y, targets, g)

        return Run(call)

    def chain(self, operations: int) -> Run:
        """Many operations on four numbers, one after the other, and back."""
        x = self.tensor(np.ones(4, np.float32), requires_grad=True)

        def call() -> Any:
            y = x
            for _ in range(operations // 2):
                y = y * 0.999 + 0.001
            return self.grad(y.sum(), [x])

        return Run(call)

    def optimizer_step(
        self, optimizer: str, shapes: list[tuple[int, ...]], settings: dict[str, float]
    ) -> Run:
        """The update alone, with the same gradients at every call."""
        parameters = [self.tensor(normal(*shape), requires_grad=True) for shape in shapes]
        for parameter in parameters:
            (parameter * self.cotangent(parameter)).sum().backward()
        step = self.optimizer(optimizer, parameters, **settings).step

        def call() -> Any:
            step()
            return parameters

        return Run(call)

    # ---- networks ----------------------------------------------------------------------------

    def training_step(self, network: str, images: tuple[int, ...], labels: Labels) -> Run:
        """Forward, loss, backward, update."""
        model = self.network(network).train()
        optimizer = self.optimizer("SGD", model.parameters(), lr=1e-3, momentum=0.9)
        gradients = self._parameter_gradients(model, images, labels)

        def call() -> Any:
            result = gradients()
            optimizer.step()
            return result

        return Run(call)

    def parameter_gradients(
        self, network: str, images: tuple[int, ...], labels: Labels, training: bool
    ) -> Run:
        """Forward, loss, backward."""
        model = self.network(network).train(training)
        return Run(self._parameter_gradients(model, images, labels))

    def _parameter_gradients(
        self, model: Any, images: tuple[int, ...], labels: Labels
    ) -> Callable[[], Any]:
        x, target = self.tensor(normal(*images)), self.integers(labels())
        cross_entropy, first = self.function("cross_entropy"), next(iter(model.parameters()))

        def call() -> Any:
            model.zero_grad()
            loss = cross_entropy(model(x), target)
            loss.backward()
            return loss, first.grad

        return call

    def network_forward(self, network: str, images: tuple[int, ...]) -> Run:
        """Class scores, without recording."""
        model, x = self.network(network).eval(), self.tensor(normal(*images))

        def call() -> Any:
            with self.no_grad():
                return model(x)

        return Run(call)

    def input_gradient(self, network: str, images: tuple[int, ...]) -> Run:
        """The gradient of one class score with respect to the image."""
        model = self.network(network).eval()
        x = self.tensor(normal(*images), requires_grad=True)
        return Run(lambda: self.grad(model(x)[0, 3], [x]))

    def grad_cam(self, network: str, images: tuple[int, ...], layer: int) -> Run:
        """Grad-CAM of one class at a layer of VGG's features."""
        model, x = self.network(network).eval(), self.tensor(normal(*images))
        interpolate = self.function("interpolate")

        def call() -> Any:
            maps = x
            for part in model.features[: layer + 1]:
                maps = part(maps)
            rest = maps
            for part in model.features[layer + 1 :]:
                rest = part(rest)
            scores = model.classifier(model.flatten(model.avgpool(rest)))
            (slope,) = self.grad(scores[0, 3], [maps])
            with self.no_grad():
                cam = (maps * slope.mean((2, 3), keepdims=True)).sum(1)
                cam = self.function("relu")(cam)[:, None]
                return interpolate(cam, size=images[2:], mode="bilinear")[:, 0]

        return Run(call)

    def style_step(self, network: str, images: tuple[int, ...]) -> Run:
        """The gradient of content and style losses with respect to the image."""
        features = self.network(network).features[: architectures.STYLE_LAYERS[-1] + 1]
        for parameter in features.parameters():
            parameter.requires_grad = False
        with self.no_grad():
            targets = architectures.style_targets(features, self.tensor(normal(*images, seed=3)))
        x = self.tensor(normal(*images), requires_grad=True)
        return Run(lambda: self.grad(architectures.style_loss(features, x, targets), [x]))
