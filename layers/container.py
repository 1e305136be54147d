"""Modules made of a sequence or a dict of modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import index as as_index
from typing import TYPE_CHECKING, Any, overload

from .module import Module

if TYPE_CHECKING:  # newer than the oldest Python
    from typing import Self


class _ModuleSequence(Module):
    """Submodules in order, named ``"0"``, ``"1"``, ... unless given names."""

    def __len__(self) -> int:
        return len(list(self.named_children()))

    def __iter__(self) -> Iterator[Module]:
        return iter(list(self.children()))

    def _name(self, index: int) -> str:
        names = [name for name, _ in self.named_children()]
        try:
            return names[as_index(index)]
        except IndexError:
            raise IndexError(
                f"index {index} into a {type(self).__name__} of {len(names)} modules"
            ) from None

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: Any) -> Any:
        if not isinstance(index, slice):
            return getattr(self, self._name(index))
        part = type(self)()
        for name, module in list(self.named_children())[index]:
            setattr(part, name, module)
        return part

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._name(index), _checked(self, module))

    def append(self, module: Module) -> Self:
        """Add a module at the end."""
        setattr(self, str(len(self)), _checked(self, module))
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add several modules at the end."""
        for module in modules:
            self.append(module)
        return self


class Sequential(_ModuleSequence):
    """Modules applied one after the other.

    Parameters
    ----------
    *modules : Module, or one dict from name to Module
        Without names they are called ``"0"``, ``"1"``, ...

    Examples
    --------
    >>> import layers, numpy as np
    >>> model = layers.Sequential(layers.Flatten(), layers.Linear(12, 5, rng=0), layers.ReLU())
    >>> model
    Sequential(
      (0): Flatten()
      (1): Linear(12, 5)
      (2): ReLU()
    )
    >>> model(np.ones((2, 3, 4))).shape
    (2, 5)
    >>> model[:2], model[-1]
    (Sequential(
      (0): Flatten()
      (1): Linear(12, 5)
    ), ReLU())
    >>> list(layers.Sequential({"hidden": layers.Linear(2, 2)}).state_dict())
    ['hidden.weight', 'hidden.bias']
    """

    def __init__(self, *modules: Module | Mapping[str, Module]):
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                setattr(self, name, _checked(self, module))
        else:
            self.extend(modules)  # type: ignore[arg-type]

    def forward(self, x: Any) -> Any:
        for module in self.children():
            x = module(x)
        return x


class ModuleList(_ModuleSequence):
    """A list of modules, each registered; it has no forward of its own.

    Parameters
    ----------
    modules : iterable of Module

    Examples
    --------
    >>> import layers
    >>> blocks = layers.ModuleList(layers.Linear(n, n) for n in (2, 3))
    >>> len(blocks), list(blocks.state_dict())
    (2, ['0.weight', '0.bias', '1.weight', '1.bias'])
    """

    def __init__(self, modules: Iterable[Module] = ()):
        super().__init__()
        self.extend(modules)


class ModuleDict(Module):
    """A dict of modules, each registered; it has no forward of its own.

    Parameters
    ----------
    modules : mapping from str to Module, or iterable of pairs of both

    Examples
    --------
    >>> import layers
    >>> heads = layers.ModuleDict({"shape": layers.Linear(8, 4), "texture": layers.Linear(8, 6)})
    >>> heads["texture"], list(heads)
    (Linear(8, 6), ['shape', 'texture'])
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()):
        super().__init__()
        self.update(modules)

    def __getitem__(self, name: str) -> Module:
        return dict(self.named_children())[name]

    def __setitem__(self, name: str, module: Module) -> None:
        setattr(self, name, _checked(self, module))

    def __delitem__(self, name: str) -> None:
        del vars(self)[name]

    def __len__(self) -> int:
        return len(list(self.named_children()))

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.named_children())

    def __contains__(self, name: object) -> bool:
        return name in list(self)

    def keys(self) -> list[str]:
        """The names."""
        return list(self)

    def values(self) -> list[Module]:
        """The modules."""
        return list(self.children())

    def items(self) -> list[tuple[str, Module]]:
        """Names and modules."""
        return list(self.named_children())

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add or replace modules by name."""
        for name, module in dict(modules).items():
            self[name] = module


def _checked(owner: Module, module: Any) -> Module:
    if not isinstance(module, Module):
        raise TypeError(
            f"{type(owner).__name__} is made of modules, not of {module!r}; for an activation "
            "take its module, such as layers.ReLU()"
        )
    return module
