"""The values of a module by name: how they are taken over, and what is said about names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

import minigrad as mg

from .parameter import Parameter


class LoadedKeys(NamedTuple):
    """What `Module.load_state_dict` left alone: names without an array, arrays without a name."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def values(value: Parameter | np.ndarray) -> np.ndarray:
    """The array of a parameter or a buffer, not copied."""
    return value.array if isinstance(value, Parameter) else value


def converted(value: Any, like: np.ndarray) -> np.ndarray:
    """A fresh array of `like`'s shape and dtype, or an error that completes "<name> ..."."""
    array = value.array if isinstance(value, mg.Tensor) else np.asarray(value)
    if array.dtype.kind not in "fiub" or (array.dtype.kind == "f" and like.dtype.kind != "f"):
        raise TypeError(f"holds {array.dtype}, the module needs {like.dtype}")
    if array.shape != like.shape:
        raise ValueError(f"has shape {array.shape}, the module needs {like.shape}")
    try:
        with np.errstate(over="raise"):
            return np.array(array, like.dtype, order="C")
    except FloatingPointError:
        raise ValueError(f"holds values too large for {like.dtype}") from None


def suggest(name: str, known: Iterable[str], only_near: bool = False) -> str:
    """The end of a message about an unknown name: near ones, else (unless `only_near`) all."""
    known = list(known)
    near = difflib.get_close_matches(name, known, 3)
    if near:
        return f"; did you mean {', '.join(map(repr, near))}?"
    if only_near or not known:
        return ""
    return f"; there are {', '.join(known[:20])}" + ", ..." * (len(known) > 20)
