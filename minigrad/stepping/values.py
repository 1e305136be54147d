"""The values of the forward pass, as far as a tape still knows them.

A tape keeps what its rules need: an input here, an output there. Each of these is the value of
some node; what lies between can often be computed again. What cannot is ``None``, never a guess.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..errors import FreedTapeError
from ..tape import Node, Tape
from ..tensor import Tensor
from .recording import call_of


class Input(NamedTuple):
    """One argument of an operation.

    Attributes
    ----------
    argument : str
        Its name in the primitive.
    target : Node, Tensor or None
        Where its gradient goes; ``None`` if it needs none.
    value : array or None
        ``None`` if the tape did not keep it.
    """

    argument: str
    target: Any
    value: Any


class Values:
    """What is known of the forward pass of a tape.

    Raises
    ------
    FreedTapeError
        If a backward pass has freed it.
    """

    def __init__(self, tape: Tape):
        self._known: dict[Any, Any] = {}
        for node in tape.nodes:
            if node.values is None:
                raise FreedTapeError(
                    f"the values of {node.primitive.name} (recorded at {node.where}) were freed by "
                    "a backward pass; step before it, or call backward(retain_tape=True) there"
                )
            self._harvest(node)
        for tensor in (*tape.outputs, *tape.leaves):
            self._known.setdefault(tensor.target, tensor.array)

    def _harvest(self, node: Node) -> None:
        """Take over what a node kept: its output, and its inputs, which are outputs of others."""
        call = call_of(node)
        values = node.values or {}
        if call is not None:
            self._known[node] = call.output
        elif "y" in values:
            self._known[node] = values["y"]
        for i, target, shape, _ in node.edges:
            kept = _kept_input(node, i)
            if kept is not None and np.shape(kept) == shape:
                self._known.setdefault(target, kept)

    def of(self, target: Node | Tensor) -> Any:
        """The value of a node's output or of a leaf, or ``None``."""
        waiting: list[Any] = [target]
        while waiting:  # without recursion: a tape may be deep
            last = waiting[-1]
            if last in self._known or not isinstance(last, Node):
                waiting.pop()
                continue
            below = [edge[1] for edge in last.edges if edge[1] not in self._known]
            below = [b for b in below if isinstance(b, Node)]
            if below and not _is_hopeless(last):
                waiting += below
            else:
                self._known[last] = self._again(last)
                waiting.pop()
        return self._known.get(target)

    def _again(self, node: Node) -> Any:
        """Compute a node's output again from its inputs, if all of them are known."""
        inputs = self.inputs(node)
        if _is_hopeless(node) or any(given.value is None for given in inputs):
            return None
        values = {given.argument: given.value for given in inputs}
        with np.errstate(all="ignore"):
            result = node.primitive.forward(*in_order(node, values), **settings_of(node))
        array = np.asarray(result)
        return array if array.shape == node.shape and array.dtype == node.dtype else None

    def inputs(self, node: Node) -> list[Input]:
        """Every argument of a node in order; those left out are left out here too."""
        primitive, call = node.primitive, call_of(node)
        targets = {edge[0]: edge[1] for edge in node.edges}
        count = max(targets, default=-1) + 1 if primitive.variadic else primitive.arity
        if call is not None:
            count = len(call.inputs)
        found = []
        for i in range(count):
            value = call.inputs[i] if call is not None else _kept_input(node, i)
            if value is None and i in targets:
                value = self.of(targets[i])
            if value is None and i not in targets and (call or i >= primitive.required):
                continue  # it was left out, or (a constant bias) nobody knows
            found.append(Input(primitive.label(i), targets.get(i), value))
        return found


def in_order(node: Node, values: dict[str, Any]) -> list[Any]:
    """The arguments of a node's operation in order, with ``None`` for what was left out."""
    return [values.get(name) for name in node.primitive.inputs]


def settings_of(node: Node) -> dict[str, Any]:
    """The settings that a node was called with."""
    call = call_of(node)
    if call is not None:
        return call.settings
    values = node.values or {}
    return {name: values[name] for name in node.primitive.options if name in values}


def _kept_input(node: Node, i: int) -> Any:
    """The input that stands at place `i`, if the node kept it."""
    call = call_of(node)
    if call is not None:
        return call.inputs[i]
    primitive, values = node.primitive, node.values or {}
    kept = values.get(primitive.inputs[0 if primitive.variadic else i])
    if kept is None or not primitive.variadic:
        return kept
    return kept[i]


def _is_hopeless(node: Node) -> bool:
    """Whether a node's output cannot be computed again for certain.

    It draws at random or returns more than its output, or an optional input that was not kept may
    have been given as a constant (a frozen bias).
    """
    primitive = node.primitive
    if primitive.saves or primitive.variadic:
        return True
    active = {edge[0] for edge in node.edges}
    unknown = set(range(primitive.required, primitive.arity)) - active
    values = node.values or {}
    return any(primitive.inputs[i] not in values for i in unknown)
