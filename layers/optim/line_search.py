"""A line search for the strong Wolfe conditions, with cubic interpolation.

Along a descent direction d, φ(t) is the loss at x + t·d. A step is good if the loss has
decreased enough, φ(t) ≤ φ(0) + c₁·t·φ′(0), and the slope has flattened enough,
|φ′(t)| ≤ c₂·|φ′(0)|.

Source: Nocedal and Wright, Numerical Optimization, 2006, algorithms 3.5 and 3.6.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

SUFFICIENT_DECREASE = 1e-4
CURVATURE = 0.9
SMALLEST_CHANGE = 1e-9


class Point(NamedTuple):
    """A point on the line: t, φ(t), the gradient there, φ′(t)."""

    step: float
    loss: float
    gradient: np.ndarray
    slope: float


def strong_wolfe(
    at: Callable[[float], Point], start: Point, step: float, scale: float, trials: int
) -> Point:
    """Find a point that meets the strong Wolfe conditions, or the best within `trials`.

    Parameters
    ----------
    at : callable
        Evaluates the loss at a step.
    start : Point
        The point at step 0; its slope is negative.
    step : float
        The first step to try.
    scale : float
        The largest entry of the direction; intervals below 1e-9/scale are not searched.
    trials : int
        How many steps to try after the first one.

    Examples
    --------
    >>> def at(t):  # φ(t) = (t − 3)²
    ...     return Point(t, (t - 3) ** 2, np.array([2 * (t - 3)]), 2 * (t - 3))
    >>> strong_wolfe(at, at(0.0), 20.0, scale=1.0, trials=10).step
    3.0
    """
    former, new = start, at(step)
    for trial in range(trials):
        # The test with "not" holds a NaN for too high.
        if (
            not decreased(start, new)
            or (trial > 1 and new.loss >= former.loss)
            or (new.slope >= 0 and not flat(start, new))
        ):
            return narrow(at, start, [former, new], scale, trials - trial)
        if flat(start, new):
            return new
        # Still going down: try further, by between 1 and 10 times the way so far.
        nearest = new.step + 0.01 * (new.step - former.step)
        former, new = new, at(cubic_minimum(former, new, nearest, 10 * new.step))
    return start if start.loss <= new.loss else new


def narrow(
    at: Callable[[float], Point], start: Point, ends: list[Point], scale: float, trials: int
) -> Point:
    """Shrink an interval that holds a good point until one is found."""
    low = lower(ends)
    near_an_end = False
    for _ in range(trials):
        left, right = sorted(end.step for end in ends)
        if (right - left) * scale < SMALLEST_CHANGE:
            break
        step = cubic_minimum(ends[0], ends[1], left, right)
        margin = 0.1 * (right - left)
        # The second time in a row that an end attracts the search, keep away from it.
        crowded = min(right - step, step - left) < margin
        if crowded and (near_an_end or not left < step < right):
            step = right - margin if right - step < step - left else left + margin
            crowded = False
        near_an_end = crowded

        new = at(step)
        if not decreased(start, new) or new.loss >= ends[low].loss:
            ends[1 - low] = new
            low = lower(ends)
            continue
        if flat(start, new):
            return new
        if new.slope * (ends[1 - low].step - ends[low].step) >= 0:
            ends[1 - low] = ends[low]
        ends[low] = new
    return ends[low]


def decreased(start: Point, new: Point) -> bool:
    """The first condition: the loss has decreased in proportion to the step."""
    return new.loss <= start.loss + SUFFICIENT_DECREASE * new.step * start.slope


def flat(start: Point, new: Point) -> bool:
    """The second condition: the slope is less steep than at the start."""
    return abs(new.slope) <= -CURVATURE * start.slope


def lower(ends: list[Point]) -> int:
    """Which end has the smaller loss; the first at a tie."""
    return 0 if ends[0].loss <= ends[1].loss else 1


def cubic_minimum(a: Point, b: Point, smallest: float, largest: float) -> float:
    """Where the cubic with the loss and slope of two points is least, within bounds.

    Their middle where that cubic has no minimum.

    Source: Nocedal and Wright, equation 3.59.
    """
    if a.step > b.step:
        a, b = b, a
    step = math.nan
    if a.step < b.step:
        mean = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.step - b.step)
        square = mean * mean - a.slope * b.slope
        if square >= 0:
            root = math.sqrt(square)
            bottom = b.slope - a.slope + 2 * root
            if bottom:
                step = b.step - (b.step - a.step) * (b.slope + root - mean) / bottom
    return min(max(step, smallest), largest) if math.isfinite(step) else (smallest + largest) / 2
