"""Gradient checks of functions on Tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..tensor import Tensor
from ..transforms import grad
from .checking import ATOL, RTOL, Check
from .kinks import Kinks
from .numerics import as_input, is_differentiable
from .report import GradientError, GradientReport


class _Pair:
    """A function on Tensors as a forward and a backward function on arrays."""

    def __init__(self, fn: Callable[..., Any]):
        self.fn = fn
        self.__name__ = getattr(fn, "__name__", type(fn).__name__)
        self.__wrapped__ = fn  # whose parameters are the names of the inputs

    def __call__(self, *inputs: Any) -> Any:
        return self.fn(*[Tensor(x) if isinstance(x, np.ndarray) else x for x in inputs])

    def backward(self, cotangent: Any, *inputs: Any) -> list[Any]:
        leaves = [
            Tensor(x, requires_grad=True) if is_differentiable(x)
            else Tensor(x) if isinstance(x, np.ndarray) else x
            for x in inputs
        ]  # fmt: skip
        wanted = [i for i, x in enumerate(leaves) if isinstance(x, Tensor) and x.requires_grad]
        value = self.fn(*leaves)
        outputs = list(value) if isinstance(value, (tuple, list)) else [value]
        weights = list(cotangent) if isinstance(value, (tuple, list)) else [cotangent]
        gradients: list[Any] = [None] * len(inputs)
        kept = [
            (y, g) for y, g in zip(outputs, weights, strict=True)
            if isinstance(y, Tensor) and y.requires_grad
        ]  # fmt: skip
        if kept:
            ys, gs = zip(*kept, strict=True)
            found = grad(list(ys), [leaves[i] for i in wanted], list(gs))
            for i, gradient in zip(wanted, found, strict=True):
                gradients[i] = gradient.array
        else:
            for i in wanted:
                gradients[i] = np.zeros(np.shape(inputs[i]))
        return gradients


def _slope(fn: Callable[..., Any], inputs: list[Any], rng: np.random.Generator) -> Callable:
    """The gradients of a function, as a function that can be checked in its turn."""
    value = fn(*[Tensor(x) if isinstance(x, np.ndarray) else x for x in inputs])
    outputs = list(value) if isinstance(value, (tuple, list)) else [value]
    weights = [rng.normal(size=y.shape) for y in outputs]

    def gradients(*given: Any) -> tuple[Any, ...]:
        leaves = [
            x if isinstance(x, Tensor) and x.requires_grad
            else Tensor(x.array, requires_grad=True)
            if isinstance(x, Tensor) and x.dtype.kind == "f" else x
            for x in given
        ]  # fmt: skip
        wanted = [x for x in leaves if isinstance(x, Tensor) and x.requires_grad]
        result = fn(*leaves)
        results = list(result) if isinstance(result, (tuple, list)) else [result]
        kept = [(y, w) for y, w in zip(results, weights, strict=True) if y.requires_grad]
        ys, ws = zip(*kept, strict=True)
        return grad(list(ys), wanted, [Tensor(w) for w in ws], create_graph=True)

    gradients.__name__ = f"the gradient of {getattr(fn, '__name__', 'the function')}"
    return gradients


def gradcheck(
    fn: Callable[..., Any],
    *inputs: Any,
    order: int = 1,
    rtol: float = RTOL,
    atol: float = ATOL,
    rng: Any = 0,
) -> GradientReport:
    """Check the gradients of a function on Tensors, and say what is wrong with them.

    Parameters
    ----------
    fn : callable
        On Tensors; returns a Tensor or a tuple of Tensors.
    *inputs : array_like or Tensor
        Integers and booleans are passed on and have no gradient.
    order : {1, 2}
        With 2 the gradients of the gradients are checked too.
    rtol, atol, rng
        As in `check_backward`.

    Returns
    -------
    GradientReport

    Raises
    ------
    ValueError
        If `order` is neither 1 nor 2.
    TypeError
        If no input or no output is floating-point.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> from minigrad.testing import gradcheck
    >>> gradcheck(lambda x: mg.tanh(x).sum(), np.array([0.3, -1.0]), order=2).ok
    True
    """
    if order not in (1, 2):
        raise ValueError(f"order is 1 or 2, not {order!r}")
    pair = _Pair(fn)
    report = Check(pair, pair.backward, inputs, rtol, atol, rng, _kinks_of(fn)).report()
    if order == 1 or not report.ok:
        return report
    drawn = np.random.default_rng(rng)
    slope = _Pair(_slope(fn, [as_input(x) for x in inputs], drawn))
    check = Check(slope, slope.backward, inputs, rtol, atol, rng, _kinks_of(slope.fn))
    check.names = [i.name for i in report.inputs]
    second = check.report()
    second.notes = list(dict.fromkeys(report.notes + second.notes))
    return report if second.cause == "ok" else second


def _kinks_of(fn: Callable[..., Any]) -> Callable[..., Kinks]:
    return lambda inputs, which: Kinks(fn, inputs, which)


def assert_gradients(fn: Callable[..., Any], *inputs: Any, **options: Any) -> GradientReport:
    """Check as `gradcheck` does, and raise where a gradient is wrong.

    Parameters
    ----------
    fn, *inputs, **options
        As in `gradcheck`.

    Returns
    -------
    GradientReport

    Raises
    ------
    GradientError
        An `AssertionError` whose ``.report`` is the report and whose text its message.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> from minigrad.testing import assert_gradients
    >>> assert_gradients(mg.exp, np.array([0.3, -1.0])).cause
    'ok'
    """
    report = gradcheck(fn, *inputs, **options)
    if not report.ok:
        raise GradientError(report)
    return report
