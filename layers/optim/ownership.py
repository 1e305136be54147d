"""Whether anybody else could see a write to an array."""

from __future__ import annotations

from sys import getrefcount
from typing import Any
from weakref import getweakrefcount

import numpy as np


def held_once(array: Any) -> bool:
    """Whether this is an array with no holder but the one that it was just taken from.

    Ask about an attribute or an item, ``held_once(tensor.grad)``, and not about a variable, which
    would hold it too. Views hold what they look at. When in doubt the answer is no.

    Examples
    --------
    >>> held = {"a": np.zeros(2), "b": np.zeros(2)}
    >>> view = held["b"][:1]
    >>> held_once(held["a"]), held_once(held["b"])
    (True, False)
    """
    return (
        type(array) is np.ndarray
        and getrefcount(array) <= _ONCE
        and not getweakrefcount(array)
        and array.flags.owndata
        and array.flags.writeable
    )


def _references(array: Any) -> int:
    return getrefcount(array)


# Holder, argument and the count itself; how many that makes differs between Python's versions.
_holder = [np.empty(0)]
_ONCE = _references(_holder[0])
