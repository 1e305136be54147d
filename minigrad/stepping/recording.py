"""Keep every value of the forward pass, for whoever wants to look at all of them.

A tape keeps only what its rules ask for. Inside ``with recording():`` each node also remembers
what went into it and what came out. Outside, the engine knows nothing of it and pays nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from ..primitive import Primitive
from ..tape import Node
from ..tensor import Tensor


class Call(NamedTuple):
    """One call of a primitive: its inputs (``None`` where left out), settings and output."""

    inputs: tuple[Any, ...]
    settings: dict[str, Any]
    output: np.ndarray


_wanted: ContextVar[bool] = ContextVar("minigrad_stepping_recording", default=False)
_calls: WeakKeyDictionary[Node, Call] = WeakKeyDictionary()
_lock = Lock()
_users = 0
_result = Primitive._result


@contextmanager
def recording() -> Iterator[None]:
    """Have each operation keep all its inputs, its settings and its output.

    Examples
    --------
    >>> import minigrad as mg
    >>> from minigrad.stepping import Stepper
    >>> from minigrad.stepping.recording import recording
    >>> x = mg.Tensor([1.0, 2.0], requires_grad=True)
    >>> with recording():
    ...     y = mg.relu(x + 3)          # a plain tape would not keep the 3
    >>> Stepper(y.sum(), direction="forward").next().inputs[1].value
    array(3.)
    """
    global _users
    token = _wanted.set(True)
    with _lock:
        _users += 1
        setattr(Primitive, "_result", _keeping_result)  # noqa: B010
    try:
        yield
    finally:
        _wanted.reset(token)
        with _lock:
            _users -= 1
            if _users == 0:
                setattr(Primitive, "_result", _result)  # noqa: B010


def call_of(node: Node) -> Call | None:
    """What was kept of a node's call, or ``None`` if it was recorded as usual."""
    return _calls.get(node)


def _keeping_result(
    self: Primitive, args: Any, arrays: Any, options: Any, *rest: Any, **named: Any
) -> Any:
    """The engine's own step behind every call on Tensors, and a copy of what it saw."""
    returned = _result(self, args, arrays, options, *rest, **named)
    output = returned[0] if self.saves else returned
    if _wanted.get() and output.node is not None:
        inputs = tuple(None if arg is None else _copy(arg) for arg in args)
        _calls[output.node] = Call(inputs, {**self.defaults, **options}, _copy(output))
    return returned


def _copy(value: Any) -> np.ndarray:
    return np.array(value.array if isinstance(value, Tensor) else value)
