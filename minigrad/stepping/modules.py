"""Which part of a network each step belongs to, so that a long tape can be collapsed.

The names come from the tensors: a node named ``encoder.relu`` belongs to ``encoder``, and so does
what was recorded on the way to it, without a name of its own. Where nothing is named, the function
or the line that recorded a node takes the part's place.
"""

from __future__ import annotations

from typing import NamedTuple

from ..tape import Node, Tape
from .labels import printable


class Part(NamedTuple):
    """Steps that follow each other and belong together.

    Attributes
    ----------
    name : str
    start, stop : int
        Positions in the order of recording; `stop` is behind the last.
    """

    name: str
    start: int
    stop: int


def modules_of(tape: Tape) -> list[str]:
    """The part that each node belongs to, in the order of recording.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0], requires_grad=True)
    >>> y = mg.exp(x * 2)
    >>> y.name = "encoder.activation"
    >>> modules_of(mg.tape(y.sum()))
    ['encoder', 'encoder', '<doctest minigrad.stepping.modules.modules_of[...]>:1']
    """
    found: list[str] = []
    for i, node in enumerate(tape.nodes):
        if node.name:
            part = printable(node.name).partition(".")[0]
            found += [part] * (i + 1 - len(found))
    return found + [_place(node) for node in tape.nodes[len(found) :]]


def parts_of(tape: Tape) -> list[Part]:
    """The tape as parts, first recorded first.

    Examples
    --------
    >>> from minigrad.stepping import Stepper, example
    >>> [part.name for part in parts_of(Stepper(example("skip")).tape)]
    ['encoder', 'decoder', 'head', 'skip.py:26']
    """
    parts: list[Part] = []
    for i, name in enumerate(modules_of(tape)):
        if parts and parts[-1].name == name:
            parts[-1] = parts[-1]._replace(stop=i + 1)
        else:
            parts.append(Part(name, i, i + 1))
    return parts


def _place(node: Node) -> str:
    """The function that recorded a node, or its line where that is in no function."""
    code = getattr(node, "_code", None)
    name = getattr(code, "co_qualname", "<module>")
    return node.where if name == "<module>" else name.replace(".<locals>", "")
