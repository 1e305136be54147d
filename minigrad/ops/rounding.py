"""Rounding, other dtypes, and the repair of values that are not finite."""

from __future__ import annotations

import numpy as np

from ..primitive import primitive
from ..tensor import Tensor
from .samples import unary


# ---- steps -------------------------------------------------------------------------------------
def _step_function(name, function, formula, **options):
    """A primitive that is constant but for jumps: its derivative is zero everywhere."""

    def forward(x, /):
        return function(x)

    forward.__name__ = name
    forward.__module__ = __name__
    forward.__doc__ = f"As `numpy.{function.__name__}`: its derivative is zero."
    made = primitive(
        forward, formula=formula, kinks="0 everywhere, also at the jumps", numpy=function,
        branches=function, sample=unary(),
    )  # fmt: skip

    @made.vjp("x", "0")
    def rule(g, x_shape):
        return np.zeros(x_shape)

    return made


sign = _step_function("sign", np.sign, "sign(x)")
floor = _step_function("floor", np.floor, "⌊x⌋")
ceil = _step_function("ceil", np.ceil, "⌈x⌉")
trunc = _step_function("trunc", np.trunc, "x without its fraction")
rint = _step_function("rint", np.rint, "x rounded to an integer")


@primitive(
    formula="x rounded",
    kinks="0 everywhere, also at the jumps",
    numpy=(np.round, np.around),
    branches=lambda x, decimals=0: np.round(x, decimals),
    sample=unary(),
)
def round(x, /, decimals=0):
    """As `numpy.round`: its derivative is zero."""
    return np.round(x, decimals)


@round.vjp("x", "0")
def round_x(g, x_shape):
    return np.zeros(x_shape)


# ---- other dtypes ------------------------------------------------------------------------------
@primitive(formula="x as another dtype", linear="x", sample=unary(dtype="float64"))
def cast(x, /, dtype):
    """Floating-point values in another floating-point dtype; the gradient comes back in x's."""
    return np.asarray(x).astype(dtype)


@cast.vjp("x", "ȳ")
def cast_x(g):
    return g


def astype(x, dtype):
    """As `numpy.astype`; integers and booleans leave the tape, since they have no derivative."""
    if np.dtype(dtype).kind == "f":
        return cast(x, dtype=dtype)
    return Tensor(x.array.astype(dtype)) if isinstance(x, Tensor) else np.asarray(x).astype(dtype)


# ---- repairs -----------------------------------------------------------------------------------
@primitive(
    formula="x with NaN and infinities replaced",
    kinks="0 where a value was replaced",
    numpy=np.nan_to_num,
    branches=lambda x, **_: np.isfinite(x),
    sample=unary(),
)
def nan_to_num(x, /, copy=True, nan=0.0, posinf=None, neginf=None):
    """As `numpy.nan_to_num` (always a copy)."""
    return np.nan_to_num(x, copy=True, nan=nan, posinf=posinf, neginf=neginf)


@nan_to_num.vjp("x", "ȳ · 1[x finite]")
def nan_to_num_x(g, x):
    return np.where(np.isfinite(x), g, 0)
