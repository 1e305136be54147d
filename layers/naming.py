"""Name what modules compute after the modules, for whoever looks at the tape."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import minigrad as mg

from .module import Module, observing

_Named = list[tuple[weakref.ref[mg.Node], str]]


@contextmanager
def naming() -> Iterator[None]:
    """Give the output of each module called inside, and its parameters, their dotted names.

    A tape is then printed, drawn and collapsed by module. Names given by hand are kept, and
    nothing is kept alive.

    Examples
    --------
    >>> import layers, minigrad as mg, numpy as np
    >>> from collections import OrderedDict
    >>> parts = OrderedDict(hidden=layers.Linear(3, 4, rng=0), relu=layers.ReLU())
    >>> with layers.naming():
    ...     y = layers.Sequential(OrderedDict(encoder=layers.Sequential(parts)))(np.ones((1, 3)))
    >>> [node.name for node in mg.tape(y.sum())]
    ['encoder.hidden', 'encoder.relu', None]
    """
    computed: dict[Module, _Named] = {}

    def observe(module: Module, inputs: tuple[Any, ...], output: Any) -> None:
        found: _Named = []
        for name, child in module.named_children():
            for reference, inner in computed.pop(child, ()):
                found.append((reference, f"{name}.{inner}" if inner else name))
        node = getattr(output, "node", None)
        if node is not None and all(other() is not node for other, _ in found):
            found.append((weakref.ref(node), ""))
        for reference, name in found:
            _name(reference(), name)
        for name, parameter in module.named_parameters():
            _name(parameter, name)
        before = computed.get(module, ())  # a module may be called twice
        computed[module] = [pair for pair in before if pair[0]() is not None] + found

    with observing(observe):
        yield


def _name(named: mg.Node | mg.Tensor | None, name: str) -> None:
    """Name what has no name, or the end of this one, from a module further in."""
    if named is not None and name and (named.name is None or name.endswith(f".{named.name}")):
        named.name = name
