"""Positions, truth values and counts: plain results, since there is nothing to differentiate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def _fact(function: Any) -> Callable[..., Any]:
    """NumPy's function under its own name: on Tensors too its result is plain."""

    def fact(*args: Any, **options: Any) -> Any:
        return function(*args, **options)

    fact.__name__ = fact.__qualname__ = function.__name__
    fact.__doc__ = f"As `numpy.{function.__name__}`: a plain result, without a derivative."
    return fact


equal = _fact(np.equal)
not_equal = _fact(np.not_equal)
less = _fact(np.less)
less_equal = _fact(np.less_equal)
greater = _fact(np.greater)
greater_equal = _fact(np.greater_equal)
isnan = _fact(np.isnan)
isinf = _fact(np.isinf)
isfinite = _fact(np.isfinite)
signbit = _fact(np.signbit)
logical_and = _fact(np.logical_and)
logical_or = _fact(np.logical_or)
logical_not = _fact(np.logical_not)
logical_xor = _fact(np.logical_xor)
any = _fact(np.any)
all = _fact(np.all)
argmax = _fact(np.argmax)
argmin = _fact(np.argmin)
nanargmax = _fact(np.nanargmax)
nanargmin = _fact(np.nanargmin)
argsort = _fact(np.argsort)
argwhere = _fact(np.argwhere)
nonzero = _fact(np.nonzero)
flatnonzero = _fact(np.flatnonzero)
count_nonzero = _fact(np.count_nonzero)
searchsorted = _fact(np.searchsorted)
unique = _fact(np.unique)
isclose = _fact(np.isclose)
allclose = _fact(np.allclose)
array_equal = _fact(np.array_equal)
isin = _fact(np.isin)
