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
_lock = Lock()
_users = 0
_call, _call_with_saved = Primitive.__call__, Primitive.call_with_saved


@contextmanager
def recording() -> Iterator[None]:
    """Have each operation keep all its inputs, its settings and its output.

    Examples
    --------
    >>> import minigrad as mg
    >>> from minigrad import stepping
    >>> x = mg.Tensor([1.0, 2.0], requires_grad=True)
    >>> with stepping.recording():
    ...     y = mg.relu(x + 3)          # a plain tape would not keep the 3
    >>> stepping.Stepper(y.sum(), direction="forward").next().inputs[1].value
    array(3)
    """
    global _users
    token = _wanted.set(True)
    with _lock:
        _users += 1
        setattr(Primitive, "__call__", _keeping_call)  # noqa: B010
        setattr(Primitive, "call_with_saved", _keeping_call_with_saved)  # noqa: B010
    try:
        yield
    finally:
        _wanted.reset(token)
        with _lock:
            _users -= 1
            if _users == 0:
                setattr(Primitive, "__call__", _call)  # noqa: B010
                setattr(Primitive, "call_with_saved", _call_with_saved)  # noqa: B010


def call_of(node: Node) -> Call | None:
    """What was kept of a node's call, or ``None`` if it was recorded as usual."""
    return vars(node).get("call")


def _keeping_call(self: Primitive, *args: Any, **options: Any) -> Any:
    output = _call(self, *args, **options)
    _keep(self, args, options, output)
    return output


def _keeping_call_with_saved(self: Primitive, *args: Any, **options: Any) -> Any:
    returned = _call_with_saved(self, *args, **options)
    _keep(self, args, options, returned[0])
    return returned


def _keep(primitive: Primitive, args: tuple, options: dict[str, Any], output: Any) -> None:
    if _wanted.get() and isinstance(output, Tensor) and output.node is not None:
        if not primitive.variadic:
            args, options = primitive._bind(args, options)
        settings = {**primitive.defaults, **options}
        inputs = tuple(None if arg is None else _copy(arg) for arg in args)
        vars(output.node)["call"] = Call(inputs, settings, _copy(output))


def _copy(value: Any) -> np.ndarray:
    return np.array(value.array if isinstance(value, Tensor) else value)
