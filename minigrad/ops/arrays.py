"""What an argument is underneath: a plain array, or one of floating-point numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor


def plain(x: Any) -> np.ndarray:
    """The array of a Tensor, or anything else as an array; no derivative goes through it."""
    return x.array if isinstance(x, Tensor) else np.asarray(x)


def floating(x: Any) -> np.ndarray:
    """An array of floating-point numbers; integers become float64."""
    x = np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(np.float64)


def in_shape(x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A fresh array itself in another shape: a view would be taken for one of another's array."""
    x.resize(shape, refcheck=False)
    return x


def compiled_pays(*arrays: Any) -> bool:
    """Whether arrays are large enough for a compiled kernel to be faster than NumPy.

    On Tensors, which record what is done, and in half precision it is not.
    """
    return all(type(x) is np.ndarray and x.size >= 1 << 15 and x.dtype.char in "fd" for x in arrays)
