"""Keep what modules compute: activations by dotted name, still on the tape."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .module import Module, observing


class Activations(Mapping[str, Any]):
    """The outputs of the captured modules, by dotted name or by module.

    ``activations[name]`` is the last output, ``activations.all(name)`` the list of all of them.
    """

    def __init__(self, modules: dict[str, Module]):
        self._modules = modules
        self._outputs: dict[int, list[Any]] = {id(module): [] for module in modules.values()}

    def _record(self, module: Module, inputs: tuple[Any, ...], output: Any) -> None:
        if id(module) in self._outputs:
            self._outputs[id(module)].append(output)

    def all(self, name: str | Module) -> list[Any]:
        """Every output of that module, in the order of the calls."""
        module = name if isinstance(name, Module) else self._modules.get(name)
        if module is None or id(module) not in self._outputs:
            raise KeyError(f"{name!r} is not captured, only {', '.join(self._modules)}")
        return list(self._outputs[id(module)])

    def __getitem__(self, name: str | Module) -> Any:
        outputs = self.all(name)
        if not outputs:
            raise KeyError(f"{name!r} has not been called since the capture began")
        return outputs[-1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, module in self._modules.items() if self._outputs[id(module)])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __repr__(self) -> str:
        shapes = {name: getattr(self[name], "shape", type(self[name]).__name__) for name in self}
        return f"Activations({shapes})"


@contextmanager
def capture(model: Callable[..., Any], *names: str | Module) -> Iterator[Activations]:
    """Keep the outputs of some modules of a model while it is called inside the ``with``.

    Parameters
    ----------
    model : Module or callable
        In another function than a module, only modules themselves can be meant.
    *names : str or Module
        Dotted names as in ``state_dict``, or the modules themselves; without any, all modules.

    Yields
    ------
    Activations
        A mapping from name to the last output: a Tensor still on the tape, so that gradients to
        it can be taken. It stays valid after the ``with``.

    Raises
    ------
    ValueError
        If the model has no such module; the error lists near names.

    Notes
    -----
    Nothing in the model is changed, and calls in other threads are not captured.

    Examples
    --------
    >>> import layers, minigrad as mg, numpy as np
    >>> model = layers.Sequential(layers.Linear(3, 4, rng=0), layers.ReLU())
    >>> with layers.capture(model, "0") as activations:
    ...     score = model(np.ones((1, 3), np.float32)).sum()
    >>> activations["0"].shape
    (1, 4)
    >>> [gradient.shape for gradient in mg.grad(score, [activations["0"]])]
    [(1, 4)]
    """
    activations = Activations(_find(model, names))
    with observing(activations._record):
        yield activations


def _find(model: Callable[..., Any], names: tuple[str | Module, ...]) -> dict[str, Module]:
    """The modules meant, by name."""
    if not isinstance(model, Module):
        modules = [name for name in names if isinstance(name, Module)]
        if not names or len(modules) < len(names):
            raise TypeError(
                f"the layers of a {type(model).__name__} have no names, since it is no "
                "layers.Module: give the modules themselves"
            )
        return {str(i): module for i, module in enumerate(modules)}
    if not names:
        return dict(model.named_modules())
    by_id = {id(module): name for name, module in model.named_modules()}
    found = {}
    for name in names:
        if isinstance(name, str):
            found[name] = model.get_submodule(name)
        elif id(name) in by_id:
            found[by_id[id(name)]] = name
        else:
            raise ValueError(f"{name!r} is not a part of the {type(model).__name__}")
    return found
