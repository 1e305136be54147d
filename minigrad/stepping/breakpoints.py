"""Where a run stops: an operation, a tensor, a NaN, a vanishing or exploding gradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..tensor import Tensor

if TYPE_CHECKING:
    from .cursor import Stepper

VANISHING = 1e-8
EXPLODING = 1e4


@dataclass(frozen=True)
class Breakpoint:
    """A condition on where a stepper stands, with its name.

    Examples
    --------
    >>> import minigrad as mg
    >>> from minigrad.stepping import Stepper, on_operation
    >>> x = mg.Tensor(2.0, requires_grad=True)
    >>> stepper = Stepper(mg.exp(x) * x)
    >>> stepper.breakpoints.append(on_operation("exp"))
    >>> record, point = stepper.run()
    >>> record.operation, point.name
    ('exp', 'operation exp')
    """

    name: str
    hit: Callable[[Stepper], bool]


def on_operation(name: str) -> Breakpoint:
    """Stop at each turn of an operation.

    Examples
    --------
    >>> import minigrad as mg
    >>> from minigrad.stepping import Stepper, on_operation
    >>> x = mg.Tensor([1.0, 2.0], requires_grad=True)
    >>> stepper = Stepper(mg.exp(mg.sin(x)).sum())
    >>> stepper.breakpoints.append(on_operation("sin"))
    >>> stepper.run()[0].operation
    'sin'
    """
    return Breakpoint(f"operation {name}", lambda stepper: _node(stepper).primitive.name == name)


def on_tensor(tensor: Tensor | str) -> Breakpoint:
    """Stop when something is sent to a tensor, or when its own turn comes; by label or itself.

    Examples
    --------
    >>> import minigrad as mg
    >>> from minigrad.stepping import Stepper, on_tensor
    >>> x = mg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> stepper = Stepper(mg.exp(mg.sin(x)).sum())
    >>> stepper.breakpoints.append(on_tensor("x"))
    >>> stepper.run()[0].operation
    'sin'
    """

    def hit(stepper: Stepper) -> bool:
        node = _node(stepper)
        near = [node, *(edge[1] for edge in node.edges)]
        if isinstance(tensor, str):
            return any(stepper.labels[target] == tensor for target in near)
        return any(target is tensor.target for target in near)

    label = tensor if isinstance(tensor, str) else tensor.name or "given"
    return Breakpoint(f"tensor {label}", hit)


def on_nan() -> Breakpoint:
    """Stop when a step makes a NaN or an infinity.

    Examples
    --------
    >>> import minigrad as mg
    >>> from minigrad.stepping import Stepper, on_nan
    >>> x = mg.Tensor([0.0, 4.0], requires_grad=True)
    >>> stepper = Stepper(mg.sqrt(x * x).sum())
    >>> stepper.breakpoints.append(on_nan())
    >>> stepper.run()[0].operation
    'sqrt'
    """
    return Breakpoint("NaN", lambda stepper: any(not np.isfinite(v).all() for v in _made(stepper)))


def on_vanishing(below: float = VANISHING) -> Breakpoint:
    """Stop when everything that a step makes is smaller than `below` in size.

    Examples
    --------
    >>> import minigrad as mg
    >>> from minigrad.stepping import Stepper, on_vanishing
    >>> x = mg.Tensor([40.0], requires_grad=True)
    >>> stepper = Stepper(mg.sigmoid(x * 2).sum())
    >>> stepper.breakpoints.append(on_vanishing(1e-20))
    >>> stepper.run()[0].operation
    'sigmoid'
    """

    def hit(stepper: Stepper) -> bool:
        made = _made(stepper)
        return bool(made) and all(_largest(value) < below for value in made)

    return Breakpoint(f"vanishing below {below:g}", hit)


def on_exploding(above: float = EXPLODING) -> Breakpoint:
    """Stop when a step makes something larger than `above` in size.

    Examples
    --------
    >>> import minigrad as mg
    >>> from minigrad.stepping import Stepper, on_exploding
    >>> x = mg.Tensor([1e-6], requires_grad=True)
    >>> stepper = Stepper(mg.log(x * 3).sum())
    >>> stepper.breakpoints.append(on_exploding(1000))
    >>> stepper.run()[0].operation
    'log'
    """
    return Breakpoint(
        f"exploding above {above:g}",
        lambda stepper: any(_largest(value) > above for value in _made(stepper)),
    )


def parse(text: str) -> Breakpoint:
    """A breakpoint from a word: ``nan``, ``vanishing``, ``exploding 100``, a name, an operation.

    Raises
    ------
    ValueError
        If it is empty, or a limit is not a number.
    """
    kind, _, limit = text.strip().partition(" ")
    if not kind:
        raise ValueError("give an operation, a tensor, nan, vanishing or exploding")
    if kind.lower() == "nan":
        return on_nan()
    if kind in ("vanishing", "exploding"):
        make = on_vanishing if kind == "vanishing" else on_exploding
        if not limit:
            return make()
        try:
            return make(float(limit))
        except ValueError:
            raise ValueError(f"{limit!r} is no number: write for example {kind} 0.001") from None
    from ..primitive import primitives

    return on_operation(kind) if kind in primitives() else on_tensor(text.strip())


def _node(stepper: Stepper) -> Any:
    return stepper.node


def _made(stepper: Stepper) -> list[Any]:
    """What the last step made: contributions backwards, the output forwards."""
    if stepper.direction == "backward":
        return stepper.sent()
    value = stepper.values.of(_node(stepper))
    return [] if value is None else [value]


def _largest(value: Any) -> float:
    return float(np.max(np.abs(value), initial=0.0))
