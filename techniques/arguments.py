"""Arguments that several techniques take, checked."""

from __future__ import annotations

import numpy as np


def check_positive(name: str, value: object) -> None:
    """Raise a ``ValueError`` that names the argument unless it is an integer of 1 or more."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a positive integer, not {value!r}")


def pair_of(name: str, value: int | tuple[int, int]) -> tuple[int, int]:
    """Return a positive integer, or a pair of them, as a pair: of rows and of columns.

    Examples
    --------
    >>> from techniques.arguments import pair_of
    >>> pair_of("stride", 3), pair_of("stride", (2, 1))
    ((3, 3), (2, 1))
    """
    rows, columns = value if isinstance(value, tuple) and len(value) == 2 else (value, value)
    for one in (rows, columns):
        check_positive(name, one)
    return rows, columns
