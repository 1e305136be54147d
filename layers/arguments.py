"""Checks of the sizes that layers are made with."""

from __future__ import annotations

from operator import index
from typing import Any


def size(name: str, value: Any, least: int = 1) -> int:
    """`value` as an int of at least `least`.

    Raises
    ------
    TypeError, ValueError
        Naming the argument.

    Examples
    --------
    >>> size("stride", 0)
    Traceback (most recent call last):
    ...
    ValueError: stride must be at least 1, not 0
    """
    try:
        number = index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, not {value!r}") from None
    if number < least:
        raise ValueError(f"{name} must be at least {least}, not {number}")
    return number


def pair(name: str, value: Any, least: int = 1) -> tuple[int, int]:
    """`value`, an int or two of them, as (height, width), each at least `least`.

    Examples
    --------
    >>> pair("kernel_size", 3), pair("padding", (0, 1), least=0)
    ((3, 3), (0, 1))
    """
    if isinstance(value, tuple | list):
        if len(value) != 2:
            raise ValueError(f"{name} must be an integer or two of them, not {value!r}")
        return size(name, value[0], least), size(name, value[1], least)
    return (size(name, value, least),) * 2


def shown(value: tuple[int, int] | str) -> str:
    """A pair as one writes it: an int where both are equal.

    Examples
    --------
    >>> shown((3, 3)), shown((1, 3))
    ('3', '(1, 3)')
    """
    return str(value[0]) if isinstance(value, tuple) and value[0] == value[1] else repr(value)
