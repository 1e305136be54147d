"""The cursor: one step after the other through the engine's own backward loop, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..tape import Node, Step, Tape
from ..tensor import Tensor
from .breakpoints import Breakpoint
from .labels import labels_of
from .record import (
    Addend,
    Contribution,
    Record,
    contribution_text,
    forward_record,
    names_of,
    rule_name,
)
from .values import Values
from .walks import walk_of
from .windows import Walk, Window

if TYPE_CHECKING:
    from .explanation import Explanation

_NOTHING = object()


class _Turn:
    """One step that the engine took, what the sums were before and after, and on the way."""

    __slots__ = ("after", "before", "step", "taken", "totals")

    def __init__(self, step: Step, sums: dict[Any, Any], after: dict[Any, Any]):
        self.step = step
        self.taken = sums[step.node]
        self.before = {target: sums.get(target, _NOTHING) for target in after}
        self.after = after
        self.totals = self._totals()

    def _totals(self) -> list[Any]:
        """The sum at its target behind each contribution; the engine's own behind the last."""
        left = Counter(edge[1] for edge in self.step.edges)
        now = dict(self.before)
        totals = []
        for edge, value in zip(self.step.edges, self.step.contributions, strict=True):
            target = edge[1]
            left[target] -= 1
            if left[target] == 0:
                now[target] = self.after[target]
            elif now[target] is _NOTHING:
                now[target] = value
            else:
                now[target] = np.asarray(now[target] + value)
            totals.append(now[target])
        return totals


class Stepper:
    """A cursor over what `outputs` were computed from.

    It stands between steps: at 0 nothing has happened, after ``len(stepper)`` steps everything
    has. Backwards it drives the engine's own loop, once; going back and forth after that restores
    what the engine held, bit for bit. The rules and kernels are those in force when the stepper
    is made. No ``.grad`` is touched, and the tape is kept.

    Parameters
    ----------
    *outputs : Tensor
    gradients : sequence of array_like, optional
        The gradient of each output; without it each must have one element, and gets 1.
    direction : {"backward", "forward"}
        In which direction `next` walks the tape; may be changed with `turn`.

    Attributes
    ----------
    tape : Tape
    labels : dict
        The label of each node and leaf, as in the printed tape.
    values : Values
        What is known of the forward pass.
    sums : dict
        What has arrived so far at each node that waits and at each leaf: the engine's own arrays.
    breakpoints : list of Breakpoint
        Where `run` stops.
    walk : Walk or None
        The inside of a kernel, between `into` and `out`.

    Raises
    ------
    ValueError
        If nothing was recorded.
    FreedTapeError
        If a backward pass has freed the tape.

    Examples
    --------
    >>> import minigrad as mg
    >>> from minigrad.stepping import Stepper
    >>> x = mg.Tensor(3.0, requires_grad=True, name="x")
    >>> stepper = Stepper(x * x + x)
    >>> print(stepper.next())
    %1 = add got 1, sends to %0: 1; to x: 1
    >>> print(stepper.next())
    %0 = multiply got 1, sends to x: 1 · 3 = 3; to x: 1 · 3 = 3
    >>> float(stepper.sums[x])
    7.0
    >>> stepper.back().operation, float(stepper.sums[x])
    ('add', 1.0)
    """

    def __init__(
        self, *outputs: Tensor, gradients: Any = None, direction: str = "backward"
    ) -> None:
        self.tape = Tape(*outputs)
        self.values = Values(self.tape)
        self.gradients = gradients
        grads = () if gradients is None else tuple(gradients)
        self._context = copy_context()
        seeds = self.tape._seeds(grads, False)
        self._engine = self.tape.steps(*grads)
        self.labels = labels_of(self.tape)
        self.sums: dict[Any, Any] = seeds
        self._addends = {target: [Addend("seed", seed)] for target, seed in seeds.items()}
        self._turns: list[_Turn] = []
        self._positions = {"backward": 0, "forward": 0}
        self._failure: Exception | None = None
        self.breakpoints: list[Breakpoint] = []
        self.walk: Walk | None = None
        self.direction = "backward"
        self.turn(direction)

    # ---- where the cursor stands ----------------------------------------------------------

    def __len__(self) -> int:
        return len(self.tape.nodes)

    def __repr__(self) -> str:
        return f"<Stepper: {self.direction}, step {self.position} of {len(self)}>"

    @property
    def position(self) -> int:
        """How many steps have been taken in the present direction."""
        return self._positions[self.direction]

    @property
    def node(self) -> Node | None:
        """The node whose turn came last."""
        return self.node_at(self.position - 1) if self.position else None

    def node_at(self, index: int) -> Node:
        """The node of a step, by the step's index in the present direction."""
        nodes = self.tape.nodes
        return nodes[index] if self.direction == "forward" else nodes[-1 - index]

    @property
    def record(self) -> Record | None:
        """The record of the step taken last; ``None`` before the first."""
        if not self.position:
            return None
        if self.direction == "forward":
            node = self.node_at(self.position - 1)
            return forward_record(self.position - 1, node, self.labels[node], self.values)
        return self._backward_record(self.position - 1)

    @property
    def window(self) -> Window | None:
        """The window of the kernel that was stepped over last; ``None`` outside of kernels."""
        return None if self.walk is None else self.walk.window

    def gradient(self, tensor: Tensor) -> Any:
        """What has arrived so far at a tensor of the tape, or ``None``."""
        return self.sums.get(tensor.target)

    def sent(self) -> list[Any]:
        """What the backward step taken last sent, one array an edge."""
        taken = self._positions["backward"]
        return list(self._turns[taken - 1].step.contributions) if taken else []

    @property
    def cotangent(self) -> Any:
        """What came in at the backward step taken last; ``None`` before the first."""
        taken = self._positions["backward"]
        return self._turns[taken - 1].step.cotangent if taken else None

    def explain(self, tensor: Tensor | Node) -> Explanation:
        """Why the gradient of a tensor is zero, NaN or huge; the cursor stays where it is."""
        from .explanation import explain_gradient

        direction, walk, position = self.direction, self.walk, self._positions["backward"]
        try:
            return explain_gradient(self, tensor)
        finally:
            self.turn("backward")
            self.move(position)
            self.direction, self.walk = direction, walk

    def addends(self, target: Any) -> list[Addend]:
        """What has arrived so far at a node or leaf, one by one."""
        return list(self._addends.get(target, ()))

    def _repr_html_(self) -> str:
        from .notebook import stepper_html

        return stepper_html(self)

    # ---- moving ---------------------------------------------------------------------------

    def next(self) -> Any:
        """Take one step.

        Returns
        -------
        Record, Window or None
            Where the cursor is then; ``None``, and nothing moves, at the end.
        """
        if self.walk is not None:
            return self.walk.next()
        if self.position == len(self):
            return None
        if self.direction == "backward":
            self._apply(self._turn_at(self.position))
        self._positions[self.direction] += 1
        return self.record

    def back(self) -> Any:
        """Undo one step.

        Returns
        -------
        Record, Window or None
            Where the cursor is then; ``None`` at the start.
        """
        if self.walk is not None:
            return self.walk.back()
        if self.position:
            self._positions[self.direction] -= 1
            if self.direction == "backward":
                self._undo(self._turns[self.position])
        return self.record

    def go(self, position: int) -> Record | None:
        """Move to where so many steps have been taken, and return the record there."""
        self.move(position)
        return self.record

    def move(self, position: int) -> None:
        """Move to where so many steps have been taken, leaving a kernel if inside one."""
        if not 0 <= position <= len(self):
            raise ValueError(f"there are {len(self)} steps: go to 0 … {len(self)}, not {position}")
        self.walk = None
        while self.position < position:
            if self.direction == "backward":
                self._apply(self._turn_at(self.position))
            self._positions[self.direction] += 1
        while self.position > position:
            self._positions[self.direction] -= 1
            if self.direction == "backward":
                self._undo(self._turns[self.position])

    def turn(self, direction: str | None = None) -> None:
        """Walk in the other direction, or in the one given. Each keeps its own place."""
        direction = direction or ("forward" if self.direction == "backward" else "backward")
        if direction not in self._positions:
            raise ValueError(f"the direction is 'backward' or 'forward', not {direction!r}")
        self.walk = None
        self.direction = direction

    def into(self, argument: str | None = None) -> Walk:
        """Go into the kernel of the step taken last: its windows, one by one.

        Parameters
        ----------
        argument : str, optional
            Backwards, the input whose contribution is meant; by default the first with a kernel.

        Raises
        ------
        ValueError
            If there is no step yet, or the operation has no windows.
        """
        record = self.record
        if record is None:
            raise ValueError("no step has been taken yet: next() comes before into()")
        self.walk = walk_of(record, argument)
        return self.walk

    def out(self) -> Record | None:
        """Leave the kernel."""
        self.walk = None
        return self.record

    def run_until(self, condition: str | int | Callable[[Record], bool]) -> Record | None:
        """Step until something comes up, or to the end.

        Parameters
        ----------
        condition : str, int or callable
            The name of an operation or of a tensor, or a label; how many steps are taken then; or
            a function of the record that says whether to stop.

        Returns
        -------
        Record or None
            ``None`` if it never came up; the cursor is at the end then.

        Raises
        ------
        ValueError
            If no operation or tensor of the tape has that name, or the index is out of range.
        """
        if isinstance(condition, int):
            return self.go(condition)
        self.walk = None
        if isinstance(condition, str):
            return self._run_until_named(condition)
        while (record := self.next()) is not None:
            if condition(record):
                return record
        return None

    def run(self) -> tuple[Record, Breakpoint] | None:
        """Step to the next breakpoint, or to the end.

        Returns
        -------
        (Record, Breakpoint) or None
            Where it stopped and why; ``None`` at the end.
        """
        self.walk = None
        while self.position < len(self):
            self.move(self.position + 1)
            for point in self.breakpoints:
                if point.hit(self):
                    record = self.record
                    assert record is not None
                    return record, point
        return None

    def find(self, text: str, start: int | None = None) -> int | None:
        """The position behind the next step whose label, operation or line holds `text`.

        The search goes on from the start when it reaches the end.
        """
        first = self.position if start is None else start
        for i in range(len(self)):
            index = (first + i) % len(self)
            node = self.node_at(index)
            if text in node.primitive.name or text in self.labels[node] or text in node.where:
                return index + 1
        return None

    def _run_until_named(self, name: str) -> Record | None:
        targets = {t for t, label in self.labels.items() if label == name}
        operations = {node.primitive.name for node in self.tape.nodes}
        if not targets and name not in operations:
            raise ValueError(
                f"no operation and no tensor of this tape is named {name!r}; its operations are "
                f"{', '.join(sorted(operations))}"
            )
        while self.position < len(self):
            self.move(self.position + 1)
            node = self.node
            assert node is not None
            sent = {edge[1] for edge in node.edges}
            if node.primitive.name == name or node in targets or sent & targets:
                return self.record
        return None

    # ---- the engine's steps ---------------------------------------------------------------

    def _turn_at(self, index: int) -> _Turn:
        """The engine's step of that index, taken now if it has not been taken yet."""
        if index < len(self._turns):
            return self._turns[index]
        if self._failure is not None:
            raise self._failure
        try:
            step: Step = self._context.run(next, self._engine)
        except Exception as error:  # the engine's loop has ended with it
            self._failure = error
            raise
        if index + 1 == len(self):
            self._context.run(next, self._engine, None)  # the hooks of the leaves
        after = {edge[1]: step.sums[edge[1]] for edge in step.edges}
        if index + 1 == len(self):
            after.update({leaf: step.sums[leaf] for leaf in self.tape.leaves if leaf in step.sums})
        turn = _Turn(step, self.sums, after)
        self._turns.append(turn)
        return turn

    def _apply(self, turn: _Turn) -> None:
        step = turn.step
        self.sums.pop(step.node)
        self.sums.update(turn.after)
        for edge, value in zip(step.edges, step.contributions, strict=True):
            arrived = self._addends.setdefault(edge[1], [])
            arrived.append(Addend(self.labels[step.node], value))

    def _undo(self, turn: _Turn) -> None:
        step = turn.step
        for edge in reversed(step.edges):
            self._addends[edge[1]].pop()
        for target, value in turn.before.items():
            if value is _NOTHING:
                del self.sums[target]
            else:
                self.sums[target] = value
        self.sums[step.node] = turn.taken

    def _backward_record(self, index: int) -> Record:
        turn = self._turns[index]
        step = turn.step
        node, cotangent = step.node, step.cotangent
        plain = forward_record(index, node, self.labels[node], self.values)
        names = names_of(plain.inputs, node, plain.output)
        sent = Counter(edge[1] for edge in step.edges)
        contributions = []
        for edge, value, rule, total in zip(
            step.edges, step.contributions, step.rules, turn.totals, strict=True
        ):
            argument, target = edge[:2]
            sent[target] -= 1  # what this same step sends there afterwards has not arrived yet
            arrived = self._addends[target][: len(self._addends[target]) - sent[target]]
            text = contribution_text(node, argument, rule, cotangent, value, names)
            sent_there = Contribution(
                node.primitive.label(argument), target, self.labels[target], value, rule.formula,
                text, rule_name(node, argument, rule), tuple(arrived), total,
            )  # fmt: skip
            contributions.append(sent_there)
        return replace(
            plain, direction="backward", cotangent=cotangent, contributions=contributions
        )
