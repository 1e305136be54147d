"""The same tape under several backward rules, step by step side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..rules import backward_rules
from ..tape import Node
from ..tensor import Tensor
from .cursor import Stepper
from .record import Record


def deconvnet(g: Any) -> Any:
    """ReLU's rule in a deconvnet: ReLU again, on the way back (Zeiler & Fergus 2014)."""
    return np.maximum(g, 0)


def guided(g: Any, y: Any) -> Any:
    """ReLU's rule in guided backprop: both masks (Springenberg et al. 2015)."""
    return np.maximum(g, 0) * (y > 0)


RULES: dict[str, dict[str, Any]] = {
    "backprop": {},
    "deconvnet": {"relu": deconvnet},
    "guided backprop": {"relu": guided},
}


@dataclass(frozen=True, eq=False)
class Cells:
    """What one step sends to one input under each rule.

    Attributes
    ----------
    argument, to : str
        The input's name in the operation, and the label of where it goes.
    values : dict from str to array
        By the name of the rules.
    differing : dict from str to array of bool
        Where a value is not what the first rules give.
    """

    argument: str
    to: str
    values: dict[str, Any]
    differing: dict[str, np.ndarray]


class Comparison:
    """Cursors over the same tape, one for each set of rules, that move together.

    Parameters
    ----------
    *outputs : Tensor
    rules : mapping from str to (mapping from str to rule), optional
        Sets of rules as `minigrad.backward_rules` takes them, by name; the first is the one
        compared with. Backprop, deconvnet and guided backprop by default.
    gradients : sequence of array_like, optional
        As in `Stepper`.

    Attributes
    ----------
    steppers : dict from str to Stepper

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([-1.0, 2.0, 3.0], requires_grad=True, name="x")
    >>> y = (mg.relu(x) * [1.0, -1.0, 1.0]).sum()
    >>> both = Comparison(y)
    >>> both.move(3)
    >>> for name, value in both.cells[0].values.items():
    ...     print(f"{name:16}", value, both.cells[0].differing[name])
    backprop         [ 0. -1.  1.] [False False False]
    deconvnet        [1. 0. 1.] [ True  True False]
    guided backprop  [0. 0. 1.] [False  True False]
    """

    def __init__(
        self,
        *outputs: Tensor,
        rules: Mapping[str, Mapping[str, Any]] | None = None,
        gradients: Any = None,
    ):
        self.steppers: dict[str, Stepper] = {}
        for name, chosen in (RULES if rules is None else rules).items():
            with backward_rules(**chosen):
                self.steppers[name] = Stepper(*outputs, gradients=gradients)
        if not self.steppers:
            raise ValueError("there is nothing to compare: give at least one set of rules")

    @property
    def first(self) -> Stepper:
        """The stepper that the others are compared with."""
        return next(iter(self.steppers.values()))

    @property
    def position(self) -> int:
        """How many steps have been taken."""
        return self.first.position

    @property
    def node(self) -> Node | None:
        """The node whose turn came last."""
        return self.first.node

    @property
    def records(self) -> dict[str, Record | None]:
        """The record of the step taken last, under each rule."""
        return {name: stepper.record for name, stepper in self.steppers.items()}

    def next(self) -> dict[str, Record | None]:
        """Take one step under every rule."""
        self.move(min(self.position + 1, len(self.first)))
        return self.records

    def back(self) -> dict[str, Record | None]:
        """Undo one step under every rule."""
        self.move(max(self.position - 1, 0))
        return self.records

    def move(self, position: int) -> None:
        """Move every cursor to where so many steps have been taken."""
        for stepper in self.steppers.values():
            stepper.move(position)

    @property
    def cells(self) -> list[Cells]:
        """What the step taken last sent along each edge, under each rule, and where it differs."""
        return self.cells_at(self.position)

    def cells_at(self, position: int) -> list[Cells]:
        """The cells behind so many steps; the cursors move there."""
        self.move(position)
        node = self.node
        if node is None:
            return []
        sent = {name: stepper.sent() for name, stepper in self.steppers.items()}
        found = []
        for i, edge in enumerate(node.edges):
            values = {name: contributions[i] for name, contributions in sent.items()}
            base = next(iter(values.values()))
            differing = {
                name: ~np.isclose(value, base, rtol=1e-6, atol=0, equal_nan=True)
                for name, value in values.items()
            }
            argument = node.primitive.label(edge[0])
            found.append(Cells(argument, self.first.labels[edge[1]], values, differing))
        return found
