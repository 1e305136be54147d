"""Functions that are made rather than written out: a name and a docstring for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def namesake(function: Any, statement: str, *examples: str) -> Callable[[Function], Function]:
    """Give a function the name of a NumPy function, and a docstring: a decorator.

    Examples
    --------
    >>> import numpy as np
    >>> @namesake(np.sign, "the sign of 0 is 0.", ">>> mg.sign([0.0])", "array([0.])")
    ... def made(x):
    ...     return np.sign(x)
    >>> made.__name__, made.__doc__.splitlines()[0]
    ('sign', 'As `numpy.sign`: the sign of 0 is 0.')
    """
    name = function.__name__
    lines = [
        f"As `numpy.{name}`: {statement}", "", "Examples", "--------",
        ">>> import numpy as np, minigrad as mg", *examples,
    ]  # fmt: skip

    def rename(made: Function) -> Function:
        made.__name__ = made.__qualname__ = name
        made.__doc__ = "\n".join(lines)
        return made

    return rename
