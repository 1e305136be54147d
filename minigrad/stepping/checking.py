"""Finite differences of one step: is what it sends the derivative of what it computes?"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..settings import kernels
from .arrays import number
from .values import settings_of

if TYPE_CHECKING:
    from .record import Contribution, Record

SAMPLE = 64
"""Of a larger input so many elements, drawn at random, are differentiated; of a huge one fewer."""

SMALL = 4000
"""Up to so many elements, inputs and output together, a check takes no time to speak of."""

_WORK = 400_000  # elements that a check may compute, roughly
_FEWEST = 4

_TOLERANCE = {"float16": 2e-2, "float32": 1e-3, "float64": 1e-5}


@dataclass(frozen=True)
class Check:
    """What a check of one contribution found.

    Attributes
    ----------
    argument : str
    ok : bool or None
        ``None`` if it could not be checked.
    checked, kinks : int
        How many elements were compared, and how many have no derivative and were left out.
    sentence : str
    """

    argument: str
    ok: bool | None
    checked: int
    kinks: int
    sentence: str

    def __str__(self) -> str:
        mark = {True: "✓", False: "✗", None: "?"}[self.ok]
        return f"{mark} {self.argument}: {self.sentence}"


def check(record: Record, contribution: Contribution, rng: Any = 0) -> Check:
    """Differentiate ⟨cotangent, operation(inputs)⟩ to one input and compare.

    Parameters
    ----------
    record : Record
        Of a backward step.
    contribution : Contribution
        One of the record's.
    rng : int or numpy.random.Generator
        Chooses the elements of a large input.
    """
    from ..testing.numerics import differentiate

    node, argument = record.node, contribution.argument
    inputs, which, reason = _arguments(record, contribution)
    if reason:
        return Check(argument, None, 0, 0, reason)
    x = np.asarray(inputs[which], float)
    settings = settings_of(node)
    cotangent = np.asarray(record.cotangent, float).ravel()
    size = size_of(record)
    count = min(max(_WORK // max(size, 1), _FEWEST), SAMPLE, x.size)
    chosen = np.sort(np.random.default_rng(rng).choice(x.size, count, replace=False))

    def operation(moved: np.ndarray) -> np.ndarray:
        at = x.copy()
        at.flat[chosen] = moved
        given = [at if i == which else value for i, value in enumerate(inputs)]
        result = node.primitive.forward(*given, **settings)
        output = result[0] if node.primitive.saves else result
        return np.asarray(output, float).ravel()

    if "rng" in node.primitive.options:
        return Check(argument, None, 0, 0, "it draws at random, so differences say nothing")
    # The readable loops need no compiling, and for few numbers they are fast enough.
    loops = kernels("reference") if size <= SMALL else nullcontext()
    with np.errstate(all="ignore"), loops:
        derivative = differentiate(operation, x.flat[chosen], cotangent)
    sent = np.asarray(contribution.value, float).ravel()[chosen]
    smooth = ~derivative.kinks
    difference = np.abs(sent - derivative.gradient)
    scale = float(np.max(np.abs(derivative.gradient), initial=0.0))
    allowed = _TOLERANCE[str(np.asarray(contribution.value).dtype)] * scale + 1e-9
    kinks = int(np.count_nonzero(~smooth))
    left_out = f"; {kinks} at a kink left out" if kinks else ""
    of = f" of {x.size}" if count < x.size else ""
    wrong = smooth & ~(difference <= allowed)
    if not wrong.any():
        far = float(np.max(difference[smooth], initial=0.0))
        sentence = f"{count - kinks}{of} elements agree, to {number(far)}{left_out}"
        return Check(argument, True, count - kinks, kinks, sentence)
    worst = int(np.argmax(np.where(wrong, np.nan_to_num(difference, nan=np.inf), -1.0)))
    index = tuple(int(i) for i in np.unravel_index(chosen[worst], x.shape))
    place = f" at [{', '.join(map(str, index))}]" if index else ""
    sentence = (
        f"sent {number(sent[worst])}{place}, but differences give "
        f"{number(derivative.gradient[worst])}{left_out}"
    )
    if contribution.rule:
        sentence += f" (the rule in force is {contribution.rule}, not the derivative)"
    return Check(argument, False, count - kinks, kinks, sentence)


def size_of(record: Record) -> int:
    """How many elements the inputs and the output of a step have together."""
    sizes = [np.size(given.value) for given in record.inputs if given.value is not None]
    return sum(sizes) + int(np.prod(record.node.shape))


def _arguments(record: Record, contribution: Contribution) -> tuple[list[Any], int, str]:
    """The inputs to call the operation with, the one to move, and why it cannot be done."""
    node = record.node
    primitive = node.primitive
    known = {given.argument: given.value for given in record.inputs}
    count = len(record.inputs) if primitive.variadic else primitive.arity
    labels = [primitive.label(i) for i in range(count)]
    which = labels.index(contribution.argument)
    if known[contribution.argument] is None:
        return [], which, "the tape did not keep this input; record inside stepping.recording()"
    inputs = []
    for i, label in enumerate(labels):
        value = known.get(label)
        if value is None and i < primitive.required:
            # What no rule asks for does not change the derivative, if the rules see all there is.
            if primitive.saves or not primitive.broadcasts:
                return [], which, f"the tape did not keep {label}; record inside recording()"
            value = np.zeros(node.shape)
        elif isinstance(value, np.ndarray) and value.dtype.kind == "f":
            value = value.astype(float)
        inputs.append(value)
    return inputs, which, ""
