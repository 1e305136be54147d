"""Why is it zero, NaN or huge? The first operation that made it so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..tape import Node, Tape
from ..tensor import Tensor
from .arrays import number
from .cursor import Stepper
from .labels import numbers_of
from .values import Values

HUGE = 1e4
"""From this size on a value counts as huge."""
TINY = 1e-8
"""Below this size everything counts as vanished."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """An answer.

    Attributes
    ----------
    sentence : str
    kind : {"zero", "nonfinite", "huge", "tiny", "ordinary", "absent"}
    of : {"value", "gradient"}
        What is explained.
    node : Node or None
        The first operation that made it so.
    """

    sentence: str
    kind: str
    of: str
    node: Node | None = None

    def __str__(self) -> str:
        return self.sentence


def explain(tensor: Tensor, *outputs: Tensor) -> Explanation:
    """Say why a tensor's value, or its gradient, is zero, NaN or huge.

    Parameters
    ----------
    tensor : Tensor
        With outputs, its gradient is explained; without, its value.
    *outputs : Tensor
        What the gradient is of: tensors with one element.

    Returns
    -------
    Explanation
        Prints as a sentence, and names the operation.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> from minigrad.stepping import explain
    >>> x = mg.Tensor([-1.0, -2.0], requires_grad=True, name="x")
    >>> print(explain(x, mg.relu(x).sum()))
    the gradient of x is zero: all 2 units of relu 1 are dead for this input (recorded at ...)
    >>> with np.errstate(divide="ignore"):
    ...     y = mg.log(mg.Tensor([1.0, 0.0], requires_grad=True)).sum()
    >>> print(explain(y))
    the value of %1 is −∞: log of 0 at [1] (recorded at ...)
    """
    if outputs:
        return explain_gradient(Stepper(*outputs), tensor)
    if not tensor.requires_grad:
        raise ValueError("nothing was recorded for this tensor: it requires no gradient")
    return explain_value(tensor)


def explain_value(tensor: Tensor) -> Explanation:
    """Why the value of a tensor is what it is."""
    tape = Tape(tensor)
    values, numbers = Values(tape), numbers_of(tape)
    label = tensor.name or (f"%{len(tape) - 1}" if tape.nodes else "the leaf")
    kind = _kind(tensor.array)
    start = f"the value of {label} is {_said(kind, tensor.array)}"
    if kind == "ordinary":
        return Explanation(start, kind, "value")
    guilty = _first_value(tape.nodes, values, kind)
    if guilty is None:
        return Explanation(f"{start}: it came in like that", kind, "value")
    why = _reason(guilty, numbers, kind, {i.argument: i.value for i in values.inputs(guilty)})
    return Explanation(f"{start}: {why} (recorded at {guilty.where})", kind, "value", guilty)


def explain_gradient(stepper: Stepper, tensor: Tensor | Node) -> Explanation:
    """Why the gradient that arrives at a tensor is what it is; the stepper goes to its end."""
    target = tensor if isinstance(tensor, Node) else tensor.target
    if target not in stepper.labels:
        sentence = (
            f"{tensor.name or 'this tensor'} is not on the tape: the output does not depend on it"
            " (or the way there was detached)"
        )
        return Explanation(sentence, "absent", "gradient")
    label = stepper.labels[target]
    stepper.turn("backward")
    stepper.move(len(stepper))
    gradient = _sum_at(stepper, target)
    kind = _kind(gradient)
    start = f"the gradient of {label} is {_said(kind, gradient)}"
    if kind == "ordinary":
        dead = int(np.count_nonzero(np.asarray(gradient) == 0))
        share = f", with {dead} of {np.size(gradient)} zero" if dead else ""
        return Explanation(start + share, kind, "gradient")
    values, numbers = stepper.values, numbers_of(stepper.tape)
    if kind == "nonfinite":
        guilty = _first_value(stepper.tape.nodes, values, kind)
        if guilty is not None:
            given = {i.argument: i.value for i in values.inputs(guilty)}
            why = _reason(guilty, numbers, kind, given)
            sentence = f"{start}: going forward, {why} (recorded at {guilty.where})"
            return Explanation(sentence, kind, "gradient", guilty)
    found = _first_step(stepper, target, kind)
    if found is None:
        return Explanation(f"{start}: the gradient of the output was", kind, "gradient")
    position, edge = found
    record = stepper.go(position)
    assert record is not None
    given = {i.argument: i.value for i in record.inputs} | record.saved
    why = _reason(record.node, numbers, kind, given, record, edge)
    return Explanation(
        f"{start}: {why} (recorded at {record.where})", kind, "gradient", record.node
    )


def _kind(array: Any) -> str:
    size = np.abs(np.asarray(array, float))
    if not np.isfinite(size).all():
        return "nonfinite"
    largest = float(size.max(initial=0.0))
    if largest == 0:
        return "zero"
    return "huge" if largest >= HUGE else "tiny" if largest < TINY else "ordinary"


def _said(kind: str, array: Any) -> str:
    array = np.asarray(array)
    size = number(np.max(np.abs(array[np.isfinite(array)]), initial=0.0))
    if kind == "nonfinite":
        bad = array[~np.isfinite(array)]
        some = number(bad.ravel()[0]).replace("nan", "NaN")
        return some if array.size == 1 else f"{some} in {bad.size} of {array.size} places"
    words = {"zero": "zero", "huge": "huge, up to", "tiny": "vanishing, at most"}
    return f"{words[kind]} {size}" if kind in ("huge", "tiny") else words.get(
        kind, f"ordinary: at most {size} in size"
    )  # fmt: skip


def _first_value(nodes: Iterable[Node], values: Values, kind: str) -> Node | None:
    """The first operation whose output is of that kind though none of its inputs is."""
    for node in nodes:
        output = values.of(node)
        if output is None or _kind(output) != kind:
            continue
        given = [i.value for i in values.inputs(node) if i.value is not None]
        if not any(np.asarray(v).dtype.kind == "f" and _kind(v) == kind for v in given):
            return node
    return None


def _sum_at(stepper: Stepper, target: Any) -> Any:
    if target in stepper.sums:
        return stepper.sums[target]
    total = 0.0
    for addend in stepper.addends(target):
        total = total + addend.value
    return np.asarray(total)


def _first_step(stepper: Stepper, target: Any, kind: str) -> tuple[int, int] | None:
    """The first step on the way to the target that made something of that kind, and which edge."""
    below = _on_the_way(stepper, target)
    for position in range(1, len(stepper) + 1):
        node = stepper.node_at(position - 1)
        stepper.move(position)
        sent = stepper.sent()
        edges = [i for i, edge in enumerate(node.edges) if edge[1] in below]
        if node not in below or _kind(stepper.cotangent) == kind:
            continue
        for i in edges:
            if _kind(sent[i]) == kind:
                return position, i
    return None


def _on_the_way(stepper: Stepper, target: Any) -> set[Any]:
    """The target and all nodes that were computed from it."""
    found = {target}
    for node in stepper.tape.nodes:
        if any(edge[1] in found for edge in node.edges):
            found.add(node)
    return found


# ---- why one operation did it -----------------------------------------------------------------

# Where an operation leaves the numbers: (argument, whether it is bad there, in words).
_EDGES: dict[str, tuple[str, Any, str]] = {
    "log": ("x", lambda x: x <= 0, "log of"),
    "log2": ("x", lambda x: x <= 0, "log2 of"),
    "log10": ("x", lambda x: x <= 0, "log10 of"),
    "log1p": ("x", lambda x: x <= -1, "log1p of"),
    "sqrt": ("x", lambda x: x <= 0, "sqrt of"),
    "divide": ("b", lambda b: b == 0, "division by"),
    "reciprocal": ("x", lambda x: x == 0, "division by"),
    "exp": ("x", lambda x: x > 80, "exp of"),
    "arcsin": ("x", lambda x: np.abs(x) >= 1, "arcsin of"),
    "arccos": ("x", lambda x: np.abs(x) >= 1, "arccos of"),
    "power": ("a", lambda a: a <= 0, "a power of"),
}


def _reason(
    node: Node,
    numbers: dict[Node, int],
    kind: str,
    given: dict[str, Any],
    record: Any = None,
    edge: int = 0,
) -> str:
    name = node.primitive.name
    which = f"{name} {numbers[node]}"
    if kind == "zero":
        units = int(np.prod(node.shape))
        if "relu" in name or name in ("clip", "maximum", "minimum"):
            return f"all {units} units of {which} are dead for this input"
        if record is not None:
            return f"{which} sends nothing to {record.contributions[edge].to}: " + (
                record.contributions[edge].filled
            )
        return f"{which} gave zero everywhere"
    if name in _EDGES:
        argument, is_bad, words = _EDGES[name]
        value = given.get(argument)
        if value is None and name == "sqrt":
            value = given.get("y")
        if value is not None:
            bad = np.argwhere(is_bad(np.asarray(value)))
            if len(bad):
                index = tuple(int(i) for i in bad[0])
                place = f" at [{', '.join(map(str, index))}]" if index else ""
                return f"{words} {number(np.asarray(value)[index])}{place}"
    if record is None:
        return f"{which} made it from ordinary numbers"
    sent = record.contributions[edge]
    size = number(np.max(np.abs(record.cotangent), initial=0.0))
    return f"{which} got at most {size} and sends {sent.filled} to {sent.to}"
