"""``np.exp(tensor)`` and friends: NumPy's functions find minigrad's through one table."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

IMPLEMENTATIONS: dict[Any, Callable] = {}
"""From a NumPy function to the function that carries derivatives."""

# These give positions, truth values or facts about shapes: plain results, no derivative.
PLAIN = {
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.isnan, np.isinf, np.isfinite, np.signbit,
    np.logical_and, np.logical_or, np.logical_not, np.logical_xor,
    np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argwhere, np.nonzero,
    np.flatnonzero, np.count_nonzero, np.searchsorted, np.digitize, np.bincount, np.histogram,
    np.any, np.all, np.array_equal, np.array_equiv, np.allclose, np.isclose, np.isin,
    np.unique, np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj,
    np.isrealobj, np.shares_memory, np.may_share_memory,
    np.array_repr, np.array_str, np.array2string, np.lexsort, np.argpartition,
    np.isposinf, np.isneginf, np.isreal, np.iscomplex, np.min_scalar_type, np.linalg.matrix_rank,
    np.tril_indices_from, np.triu_indices_from, np.diag_indices_from,
}  # fmt: skip

_REDUCTIONS = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
}
_ACCUMULATIONS = {np.add: np.cumsum, np.multiply: np.cumprod}


def implements(function: Any) -> Callable[[Callable], Callable]:
    """Declare what NumPy's `function` does on Tensors: a decorator."""

    def declare(implementation: Callable) -> Callable:
        IMPLEMENTATIONS[function] = implementation
        return implementation

    return declare


def array_ufunc(ufunc: Any, method: str, inputs: tuple, options: dict[str, Any]) -> Any:
    """What ``Tensor.__array_ufunc__`` does."""
    _refuse_out(ufunc, options)
    if method == "reduce" and ufunc in _REDUCTIONS:
        options.setdefault("axis", 0)
        return array_function(_REDUCTIONS[ufunc], inputs, options)
    if method == "accumulate" and ufunc in _ACCUMULATIONS:
        options.setdefault("axis", 0)
        return array_function(_ACCUMULATIONS[ufunc], inputs, options)
    if method != "__call__":
        raise TypeError(f"np.{ufunc.__name__}.{method} is not differentiable here; use .data")
    return array_function(ufunc, inputs, options)


def array_function(function: Any, args: tuple, options: dict[str, Any]) -> Any:
    """What ``Tensor.__array_function__`` does."""
    _refuse_out(function, options)
    implementation = IMPLEMENTATIONS.get(function)
    if implementation is not None:
        position = _position_of_out(function)
        if position is not None and len(args) > position:
            _refuse_out(function, {"out": args[position]})
            args = args[:position] + args[position + 1 :]
        return implementation(*args, **options)
    if function in PLAIN:
        return function(*_plain(args), **{k: _plain(v) for k, v in options.items()})
    name = getattr(function, "__name__", str(function))
    raise TypeError(
        f"np.{name} has no derivative rule, and a result without its gradient would be a silent "
        f"error; use .data (or .detach()) to leave the tape, or declare a primitive for it"
    )


@cache
def _position_of_out(function: Any) -> int | None:
    """Where `out` stands among the positional parameters of a NumPy function."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return None
    if "out" not in parameters or parameters["out"].kind is inspect.Parameter.KEYWORD_ONLY:
        return None
    return list(parameters).index("out")


def _refuse_out(function: Any, options: dict[str, Any]) -> None:
    out = options.pop("out", None)
    if out is not None and not (type(out) is tuple and all(array is None for array in out)):
        raise TypeError(
            f"np.{function.__name__}(..., out=...) would write into an array that the tape may "
            "need; assign the result instead"
        )


def _plain(value: Any) -> Any:
    """Tensors replaced by their arrays, also inside tuples and lists."""
    from .tensor import Tensor

    if isinstance(value, Tensor):
        return value.array
    if type(value) in (tuple, list):
        return type(value)(_plain(item) for item in value)
    return value
