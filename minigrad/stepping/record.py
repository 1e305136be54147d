"""What one step shows: the operation, its numbers, what it sends where, and what has arrived."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..tape import Node
from .arrays import inline, number
from .formula import at, equation, fill
from .values import Input, Values, in_order, settings_of


@dataclass(frozen=True, eq=False)
class Addend:
    """One contribution that arrived at a tensor.

    Attributes
    ----------
    origin : str
        The label of the operation that sent it, or ``"seed"`` at an output.
    value : array
    """

    origin: str
    value: Any


@dataclass(frozen=True, eq=False)
class Contribution:
    """What a step sends to one input.

    Attributes
    ----------
    argument : str
        The input's name in the operation.
    target : Node or Tensor
        Where it goes.
    to : str
        The target's label.
    value : array
    formula, filled : str
        The rule as declared, and with this node's numbers in it.
    rule : str
        The name of the function that stood in for the primitive's own rule; empty for its own.
    addends : tuple of Addend
        Everything that has arrived at the target so far, this one last.
    total : array
        Their sum, as the engine holds it.
    """

    argument: str
    target: Any
    to: str
    value: Any
    formula: str
    filled: str
    rule: str
    addends: tuple[Addend, ...]
    total: Any


@dataclass(frozen=True, eq=False)
class Record:
    """One node's turn.

    Attributes
    ----------
    index : int
        Which step it is, from 0, in the direction of the walk.
    direction : {"backward", "forward"}
    node : Node
    label : str
        As in the printed tape: ``%3``, or the name given to the output.
    operation, where : str
        The primitive's name and the user's line that recorded it.
    inputs : list of Input
    saved : dict
        What the tape keeps for the rules, by name.
    output : array or None
        ``None`` if the tape does not know it.
    formula : str
        What the operation computes.
    cotangent : array or None
        What came in; ``None`` in the forward walk.
    contributions : list of Contribution
        Empty in the forward walk.
    """

    index: int
    direction: str
    node: Node
    label: str
    operation: str
    where: str
    inputs: list[Input]
    saved: dict[str, Any]
    output: Any
    formula: str
    cotangent: Any = None
    contributions: list[Contribution] = field(default_factory=list)

    @cached_property
    def filled(self) -> str:
        """The formula with this node's numbers in it."""
        return forward_text(self.node, self.inputs, self.output)

    def check(self, rng: Any = 0) -> list[Any]:
        """Compare each contribution with finite differences of this one operation.

        Returns
        -------
        list of Check
            One for each contribution; see `minigrad.stepping.checking`.
        """
        from .checking import check

        return [check(self, contribution, rng) for contribution in self.contributions]

    def __str__(self) -> str:
        if self.direction == "forward":
            return f"{self.label} = {self.operation}: {self.filled} ({self.where})"
        sent = "; ".join(f"to {c.to}: {c.filled}" for c in self.contributions)
        return f"{self.label} = {self.operation} got {inline(self.cotangent)}, sends {sent}"


def names_of(record_inputs: Sequence[Input], node: Node, output: Any) -> dict[str, Any]:
    """The values that stand behind the names in a node's formulas."""
    saved = node.values or {}
    names = dict(saved)
    if node.primitive.variadic:
        names[node.primitive.inputs[0]] = None
    else:
        names.update({given.argument: given.value for given in record_inputs})
    names.update(settings_of(node))
    names["y"] = output if output is not None else saved.get("y")
    sizes = [np.size(given.value) for given in record_inputs if given.value is not None]
    names["n"] = max(sizes) // max(int(np.prod(node.shape)), 1) if sizes else None
    return names


def forward_text(node: Node, inputs: Sequence[Input], output: Any) -> str:
    """The formula of an operation with its numbers, and what came out."""
    names = names_of(inputs, node, output)
    primitive = node.primitive
    result = "" if output is None else f" = {inline(output)}"
    scalar = all(np.size(given.value) == 1 for given in inputs if given.value is not None)
    if output is None or np.size(output) <= 1 or scalar:
        return fill(primitive.formula, names) + result
    if _acts_elementwise(node, inputs, output):
        index = _focus(output)
        place = at({i.argument: i.value for i in inputs}, index, node.shape)
        text = fill(primitive.formula, {**names, **place, "y": output[index]})
        return f"{text} = {number(output[index])} at {_place(index)}"
    return fill(primitive.formula, names) + result


def _acts_elementwise(node: Node, inputs: Sequence[Input], output: Any) -> bool:
    """Whether the operation, applied to the numbers at one place, gives the number there."""
    primitive = node.primitive
    if primitive.variadic or primitive.saves or "Σ" in primitive.formula:
        return False
    if any(i.value is None for i in inputs):
        return False
    index = _focus(output)
    try:
        place = at({i.argument: i.value for i in inputs}, index, node.shape)
        with np.errstate(all="ignore"):
            one = primitive.forward(*in_order(node, place), **settings_of(node))
    except (ValueError, TypeError, IndexError):
        return False
    return np.ndim(one) == 0 and _same(one, output[index])


def contribution_text(
    node: Node, argument: int, rule: Any, cotangent: Any, value: Any, names: dict[str, Any]
) -> str:
    """A rule's formula with its numbers, and what it gave.

    Where the rule acts element by element, the numbers are those at the largest contribution.
    """
    names = {**names, "ȳ": cotangent}
    formula = rule.formula or f"{_name(rule)}({', '.join(('ȳ', *rule.needs))})"
    if np.size(value) > 1 and np.shape(value) == np.shape(cotangent) and "Σ" not in formula:
        index = _focus(value)
        try:
            used = {name: names[name] for name in rule.needs} | {"ȳ": cotangent}
            place = at(used, index, np.shape(value))
            with np.errstate(all="ignore"):
                one = rule.call(np.asarray(place["ȳ"]), place, argument)
        except (ValueError, TypeError, IndexError, KeyError):
            one = None
        if np.ndim(one) == 0 and one is not None and _same(one, value[index]):
            for name in names.keys() - place.keys():  # what the formula shows besides
                with suppress(ValueError):
                    place |= at({name: names[name]}, index, np.shape(value))
            text = _equation(fill(formula, place), number(value[index]))
            return f"{text} at {_place(index)}"
    text = fill(formula, names)
    if np.shape(value) != node.shape and node.primitive.broadcasts:
        text += ", summed over the broadcast axes"
    return _equation(text, inline(value))


def _equation(left: str, right: str) -> str:
    return left if left == right else f"{left} = {right}"


def _same(one: Any, other: Any) -> bool:
    one, other = float(one), float(other)
    return math.isclose(one, other, rel_tol=1e-4) or (math.isnan(one) and math.isnan(other))


def _focus(array: Any) -> tuple[int, ...]:
    """The place of the first NaN, else of the value that is largest in size."""
    place = int(np.abs(array).argmax())  # the first NaN is the largest of all
    return tuple(map(int, np.unravel_index(place, np.shape(array))))


def _place(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]"


def _name(rule: Any) -> str:
    name = getattr(rule.function, "__name__", "rule")
    return "rule" if name == "<lambda>" else name


def rule_name(node: Node, argument: int, rule: Any) -> str:
    """The name of a rule that stands in for the primitive's own; empty for its own."""
    return "" if node.primitive.rules[argument] is rule else _name(rule)


def forward_record(index: int, node: Node, label: str, values: Values) -> Record:
    """The record of a node in the forward walk."""
    inputs, output = values.inputs(node), values.of(node)
    return Record(
        index, "forward", node, label, node.primitive.name, node.where, inputs,
        dict(node.values or {}), output, equation(node.primitive.formula),
    )  # fmt: skip
