"""Python numbers as arrays, made once: NumPy computes with an array in half the time."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np


@lru_cache(maxsize=1024, typed=True)
def constant(number: float, dtype: np.dtype) -> Any:
    """What NumPy makes of `number` beside a floating-point array of that dtype.

    Beside integers and booleans the result's dtype depends on the kind of number, so there it
    stays as it is.

    Examples
    --------
    >>> import numpy as np
    >>> constant(0.5, np.dtype("float32"))
    array(0.5, dtype=float32)
    >>> constant(0.5, np.dtype("int64"))
    0.5
    """
    if dtype.kind != "f":
        return number
    # Over bytes, nobody can ever write to it: tapes may keep it without a copy.
    return np.ndarray((), dtype, np.array(number, dtype).tobytes())


def is_constant(value: Any) -> bool:
    """Whether `value` is an array that nobody can ever write to."""
    return type(value) is np.ndarray and type(value.base) is bytes
