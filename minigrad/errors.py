"""The engine's own exceptions, each also one of Python's."""

from __future__ import annotations

from typing import Any

import numpy as np


class NonFiniteError(FloatingPointError, ValueError):
    """A NaN or an infinity met under ``mg.detect_anomaly()``.

    The message names the operation, the place in the array and the line that recorded it.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = mg.Tensor([1.0, 0.0], requires_grad=True)
    >>> with mg.detect_anomaly(), np.errstate(divide="ignore"):
    ...     y = mg.log(x)
    Traceback (most recent call last):
        ...
    minigrad.errors.NonFiniteError: log made 1 non-finite value(s), the first -inf at index (1,)...
    """


class FreedTapeError(RuntimeError):
    """A backward pass over a tape whose values a former backward pass has freed.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor(3.0, requires_grad=True)
    >>> y = x * x
    >>> y.backward()
    >>> y.backward()
    Traceback (most recent call last):
        ...
    minigrad.errors.FreedTapeError: ...
    """


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
