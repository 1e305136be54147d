"""Derivatives without rules: central differences in float64, each with an estimate of its error.

The difference at width h and at h/2 give the derivative to fourth order (Richardson's
extrapolation) and, by how far they are apart, its error. The same five values tell a kink: the
gap between the right and the left difference shrinks with h where the function is smooth, and
stays where it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..tensor import Tensor

FULL = 2000
"""Up to so many elements an input is differentiated one by one, beyond along directions."""

_EPS = float(np.finfo(float).eps)
_FINER = (0.1, 0.01, 1e-3, 1e-4, 10.0)  # the widths tried where the first one did not do
_KEPT = 4_000_000  # the largest Jacobian that is kept


@dataclass
class Derivative:
    """The gradient of ``Σ cotangent · function`` to one input, found by differences.

    Attributes
    ----------
    gradient, error : array
        Each element's derivative and the size of its error.
    low, high : array
        Between these lies every subgradient: apart only at kinks.
    kinks : array of bool
        Where the function has no derivative (or none that differences can find).
    jacobian : array or None
        Of shape (outputs, elements of the input), flat; None where it would be too large.
    steps : array
        The width that was used for each element.
    """

    gradient: np.ndarray
    error: np.ndarray
    low: np.ndarray
    high: np.ndarray
    kinks: np.ndarray
    jacobian: np.ndarray | None
    steps: np.ndarray


@dataclass
class _Difference:
    """One derivative along one direction, for every output; `low` and `high` bound its secants."""

    column: np.ndarray
    value: float
    error: float
    kink: float
    step: float
    low: float
    high: float

    @property
    def doubt(self) -> float:
        total = self.error + self.kink
        return total if np.isfinite(total) else np.inf


def flat_outputs(value: Any) -> np.ndarray:
    """All floating-point values of an output, or of a tuple of outputs, in one float64 array."""
    values = value if isinstance(value, (tuple, list)) else (value,)
    arrays = [np.asarray(v.array if isinstance(v, Tensor) else v) for v in values]
    arrays = [a.astype(float).ravel() for a in arrays if a.dtype.kind == "f"]
    return np.concatenate(arrays) if arrays else np.zeros(0)


def is_differentiable(value: Any) -> bool:
    """Whether an input is floating-point, so that it has a gradient."""
    numeric = isinstance(value, (float, np.ndarray, np.floating))
    return numeric and np.asarray(value).dtype.kind == "f"


def difference(
    function: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    direction: np.ndarray | int,
    cotangent: np.ndarray,
    middle: np.ndarray,
    step: float,
) -> _Difference:
    """Differentiate along a direction (or to the element of a flat index) at one width."""

    def at(width: float) -> np.ndarray:
        moved = x.copy()
        if isinstance(direction, np.ndarray):
            moved += width * direction
        else:
            moved.flat[direction] += width
        return function(moved)

    above, below, inner_above, inner_below = at(step), at(-step), at(step / 2), at(-step / 2)
    coarse = (above - below) / (2 * step)
    fine = (inner_above - inner_below) / step
    column = (4 * fine - coarse) / 3
    gap = 4 * (inner_above + inner_below - 2 * middle) / step - (above + below - 2 * middle) / step
    used = cotangent != 0
    weight = cotangent[used]
    rounding = 8 * _EPS * float(np.sum(np.abs(weight * middle[used]))) / step
    error = abs(float(weight @ (fine - coarse)[used])) / 3 + rounding
    kink = float(np.sum(np.abs(weight * gap[used])))
    # The four secants around x: at a kink near x the outer ones lie wholly on one side of it.
    values = np.stack([below, inner_below, middle, inner_above, above])[:, used]
    secants = np.diff(values, axis=0) * (2 / step) * weight
    low, high = float(secants.min(0).sum()), float(secants.max(0).sum())
    return _Difference(column, float(weight @ column[used]), error, kink, step, low, high)


def best_difference(
    function: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    direction: np.ndarray | int,
    cotangent: np.ndarray,
    middle: np.ndarray,
    step: float,
    enough: float,
    first: _Difference | None = None,
) -> _Difference:
    """The least doubtful of several widths; the first that is good `enough` ends the search."""
    best = first or difference(function, x, direction, cotangent, middle, step)
    for factor in _FINER:
        if best.doubt <= enough:
            break
        other = difference(function, x, direction, cotangent, middle, step * factor)
        if other.doubt < best.doubt:
            best = other
    return best


def first_steps(x: np.ndarray) -> np.ndarray:
    """A width for each element: a thousandth of its size, or of the array's where it is tiny."""
    finite = x[np.isfinite(x)]
    typical = float(np.sqrt(np.mean(finite * finite))) if finite.size else 0.0
    size = np.maximum(np.abs(x), 0.1 * typical)
    return 1e-3 * np.where(size > 0, size, 1.0)


def differentiate(
    function: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    cotangent: np.ndarray,
    rtol: float = 1e-6,
    atol: float = 1e-12,
) -> Derivative:
    """The derivative to each element of `x`, of a function that returns flat float64 values.

    Elements that are infinite or NaN cannot be moved: they count as kinks.
    """
    x = np.array(x, dtype=float)
    with np.errstate(all="ignore"):
        middle = function(x.copy())
        steps = first_steps(x).ravel()
        movable = [i for i in range(x.size) if np.isfinite(x.flat[i])]
        found = {
            i: difference(function, x, i, cotangent, middle, float(steps[i])) for i in movable
        }
        sizes = [abs(d.value) for d in found.values() if np.isfinite(d.value) and d.doubt < np.inf]
        scale = float(np.median(sizes)) if sizes else 0.0
        if sizes and scale == 0:
            scale = max(sizes)
        enough = 0.05 * (rtol * scale + atol)
        for i in movable:
            if not found[i].doubt <= enough:
                own = 1e-3 * abs(float(x.flat[i])) or float(steps[i])
                narrow = difference(function, x, i, cotangent, middle, own)
                first = min(found[i], narrow, key=lambda d: d.doubt)
                found[i] = best_difference(
                    function, x, i, cotangent, middle, float(steps[i]), enough, first
                )
    return _collected(x, found, cotangent, steps, rtol, atol)


def _collected(
    x: np.ndarray,
    found: dict[int, _Difference],
    cotangent: np.ndarray,
    steps: np.ndarray,
    rtol: float,
    atol: float,
) -> Derivative:
    gradient, error, kink, low, high = (np.zeros(x.size) for _ in range(5))
    jacobian = np.zeros((cotangent.size, x.size)) if cotangent.size * x.size <= _KEPT else None
    for i, d in found.items():
        gradient[i], error[i], kink[i], steps[i] = d.value, d.error, d.kink, d.step
        low[i], high[i] = d.low, d.high
        if jacobian is not None:
            jacobian[:, i] = d.column
    known = np.isfinite(gradient) & np.isfinite(error) & np.isfinite(kink)
    scale = float(np.max(np.abs(gradient[known]), initial=0.0))
    lost = ~known | (error > 1e-2 * scale + atol) if scale else ~known
    lost[[i for i in range(x.size) if i not in found]] = True
    kinks = lost | (kink > 10 * (rtol * scale + error) + atol)
    low = np.where(lost, -np.inf, np.where(kinks, low, gradient) - error)
    high = np.where(lost, np.inf, np.where(kinks, high, gradient) + error)
    gradient[~known] = 0.0
    error[~known] = 0.0
    if jacobian is not None:
        jacobian[~np.isfinite(jacobian)] = 0.0
    shape = x.shape
    return Derivative(
        gradient.reshape(shape), error.reshape(shape), low.reshape(shape), high.reshape(shape),
        kinks.reshape(shape), jacobian, steps.reshape(shape),
    )  # fmt: skip


def taylor_rate(
    function: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    gradient: np.ndarray,
    cotangent: np.ndarray,
    rng: np.random.Generator,
) -> float | None:
    """How fast the remainder of the Taylor expansion shrinks: as h² if the gradient is right.

    Returns
    -------
    float or None
        The power of h: about 2 for a right gradient of a curved function, 1 for a wrong one;
        None where nothing but rounding remains, which only a right gradient leaves.
    """
    direction = rng.choice([-1.0, 1.0], size=x.shape) * first_steps(x) * 10
    with np.errstate(all="ignore"):
        middle = cotangent @ function(x.copy())
        slope = float(np.sum(gradient * direction))
        widths = 0.5 ** np.arange(1, 5)
        values = np.array([cotangent @ function(x + w * direction) for w in widths])
    remainders = np.abs(values - middle - widths * slope)
    rounding = 64 * _EPS * max(abs(float(middle)), abs(slope), float(np.max(np.abs(values))))
    if not np.all(np.isfinite(remainders)) or np.any(remainders <= rounding):
        return None
    return float(np.polyfit(np.log(widths), np.log(remainders), 1)[0])


def moved(
    fn: Callable[..., Any], inputs: Sequence[Any], which: int
) -> Callable[[np.ndarray], np.ndarray]:
    """`fn` as a function of one of its inputs alone, each call on copies of the others."""

    def function(x: np.ndarray) -> np.ndarray:
        given = [
            x if i == which else (np.array(v) if isinstance(v, np.ndarray) else v)
            for i, v in enumerate(inputs)
        ]
        return flat_outputs(fn(*given))

    return function


def numerical_gradient(fn: Callable[..., Any], *inputs: Any, cotangent: Any = None) -> Any:
    """The gradient of ``Σ cotangent · fn(*inputs)`` by central differences, in float64.

    Parameters
    ----------
    fn : callable
        On arrays; returns an array or a tuple of arrays.
    *inputs : array_like
        Floating-point inputs are differentiated; others are only passed on.
    cotangent : array_like, optional
        The weight of each output value; ones by default, which is the derivative itself for a
        function with one value.

    Returns
    -------
    ndarray, or a tuple with one an input
        None in the place of an input that is not floating-point.

    Raises
    ------
    TypeError
        If no input is floating-point, or no output.

    Examples
    --------
    >>> import numpy as np
    >>> from minigrad.testing import numerical_gradient
    >>> numerical_gradient(lambda x: np.sum(x ** 3), np.array([1.0, 2.0])).round(6)
    array([ 3., 12.])
    """
    arrays = [as_input(x) for x in inputs]
    if not any(map(is_differentiable, arrays)):
        raise TypeError("no input is floating-point: make one with dtype=float")
    values = flat_outputs(fn(*[np.array(x) if isinstance(x, np.ndarray) else x for x in arrays]))
    if values.size == 0 and all(np.size(x) for x in arrays):
        raise TypeError("the function returned no floating-point values: only these have slopes")
    weights = np.ones(values.size)
    if cotangent is not None:
        weights = flat_outputs(np.asarray(cotangent, float))
    if weights.size != values.size:
        raise ValueError(f"the cotangent has {weights.size} values and the output {values.size}")
    gradients = tuple(
        differentiate(moved(fn, arrays, i), x, weights).gradient if is_differentiable(x) else None
        for i, x in enumerate(arrays)
    )
    return gradients[0] if len(gradients) == 1 else gradients


def as_input(x: Any) -> Any:
    """An input as it is passed on: floating-point numbers as float64, the rest as it is."""
    if isinstance(x, Tensor):
        x = x.array
    if isinstance(x, (list, tuple)):
        x = np.asarray(x)
    if is_differentiable(x):
        return np.array(x, dtype=float, order="K")
    return np.array(x) if isinstance(x, np.ndarray) else x
