"""Central differences: the derivative that needs no rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np


def central_differences(
    function: Callable[..., np.ndarray],
    inputs: Sequence[np.ndarray],
    cotangent: np.ndarray,
    wanted: int,
    step: float = 1e-3,
) -> np.ndarray:
    """The gradient of ``Σ cotangent · function(*inputs)`` to one of the inputs, in float64.

    Differences at four widths are extrapolated to width zero (Richardson), so that the error is
    of eighth order in `step` and rounding decides: about 1e-11 for values around one.
    """
    inputs = [np.array(x, dtype=float) if i == wanted else x for i, x in enumerate(inputs)]
    varied = inputs[wanted]
    gradient = np.zeros(varied.shape)
    for place in np.ndindex(varied.shape):
        middle = varied[place]
        estimates = []
        for width in (step, step / 2, step / 4, step / 8):
            varied[place] = middle + width
            above = np.array(function(*inputs), dtype=float)
            varied[place] = middle - width
            below = np.array(function(*inputs), dtype=float)
            estimates.append(np.sum(cotangent * (above - below)) / (2 * width))
        varied[place] = middle
        factor = 4.0
        while len(estimates) > 1:
            estimates = [
                fine + (fine - coarse) / (factor - 1)
                for coarse, fine in pairwise(estimates)
            ]
            factor *= 4
        gradient[place] = estimates[0]
    return gradient


def scaled_error(actual: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference, relative to the largest expected value (or to 1, if that is less)."""
    if np.size(expected) == 0:
        return 0.0
    return float(np.max(np.abs(actual - expected)) / max(1.0, np.max(np.abs(expected))))
