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
