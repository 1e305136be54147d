"""Arguments that several techniques take, checked."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from pathlib import Path

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


def unknown(what: str, name: object, known: Iterable[str]) -> ValueError:
    """The error for a name that is not known, with a near one or all of them.

    Examples
    --------
    >>> from techniques.arguments import unknown
    >>> unknown("trained network", "shape", ["shapes", "cifar10"])
    ValueError("there is no trained network 'shape'; did you mean shapes?")
    """
    names = sorted(known)
    near = difflib.get_close_matches(str(name), names, 1) or names
    return ValueError(f"there is no {what} {name!r}; did you mean {' or '.join(near)}?")


def weight_file_to_be(out: str | os.PathLike[str]) -> Path:
    """The path of a ``.npz`` file to write, checked before anything is trained for it."""
    path = Path(out)
    if path.suffix.lower() != ".npz" or path.is_dir() or not path.parent.is_dir():
        raise ValueError(f"--out {path} must be a .npz file in a folder that is there")
    return path
