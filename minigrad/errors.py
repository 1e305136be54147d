"""The engine's own exceptions, each also one of Python's."""

from __future__ import annotations

from typing import Any

import numpy as np


class NonFiniteError(FloatingPointError, ValueError):
    """A NaN or an infinity met under ``mg.detect_anomaly()``."""


class FreedTapeError(RuntimeError):
    """A backward pass over a tape whose values a former backward pass has freed."""


def check_finite(values: Any, what: str, where: str) -> None:
    """Raise a `NonFiniteError` if `values` holds a NaN or an infinity."""
    finite = np.isfinite(values)
    if not finite.all():
        index = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise NonFiniteError(
            f"{what} {finite.size - np.count_nonzero(finite)} non-finite value(s), the first "
            f"{np.asarray(values)[index]} at index {index}, recorded at {where}; "
            "look at the inputs of this operation"
        )
