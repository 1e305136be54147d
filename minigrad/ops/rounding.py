"""Rounding, other dtypes, and the repair of values that are not finite."""

from __future__ import annotations

import numpy as np

from ..primitive import primitive
from ..tensor import Tensor
from .namesake import namesake
from .samples import unary

# ---- steps ------------------------------------------------------------------------------------


def _step_function(function, formula, statement, *examples):
    """A primitive that is constant but for jumps: its derivative is zero everywhere."""

    @namesake(function, statement, *examples)
    def forward(x, /):
        return function(x)

    made = primitive(
        forward, formula=formula, kinks="0 everywhere, also at the jumps", numpy=function,
        branches=function, sample=unary(),
    )  # fmt: skip

    @made.vjp("x", "0")
    def rule(g, x_shape):
        return np.zeros(x_shape)

    return made


sign = _step_function(
    np.sign,
    "sign(x)",
    "−1, 0 or 1; its derivative is zero everywhere.",
    ">>> x = mg.Tensor([-2.0, 0.0, 3.0], requires_grad=True)",
    ">>> y = mg.sign(x)",
    ">>> y.sum().backward()",
    ">>> y.data, x.grad",
    "(array([-1.,  0.,  1.]), array([0., 0., 0.]))",
)
floor = _step_function(
    np.floor,
    "⌊x⌋",
    "rounded towards −∞; its derivative is zero everywhere.",
    ">>> mg.floor([-1.5, 1.5])",
    "array([-2.,  1.])",
)
ceil = _step_function(
    np.ceil,
    "⌈x⌉",
    "rounded towards ∞; its derivative is zero everywhere.",
    ">>> mg.ceil([-1.5, 1.5])",
    "array([-1.,  2.])",
)
trunc = _step_function(
    np.trunc,
    "x without its fraction",
    "rounded towards 0; its derivative is zero everywhere.",
    ">>> mg.trunc([-1.5, 1.5])",
    "array([-1.,  1.])",
)
rint = _step_function(
    np.rint,
    "x rounded to an integer",
    "halves go to the even neighbour; its derivative is zero everywhere.",
    ">>> mg.rint([0.5, 1.5, 2.5])",
    "array([0., 2., 2.])",
)


@primitive(
    formula="x rounded",
    kinks="0 everywhere, also at the jumps",
    numpy=(np.round, np.around),
    branches=lambda x, decimals=0: np.round(x, decimals),
    sample=unary(),
)
def round(x, /, decimals=0):
    """As `numpy.round`: halves go to the even neighbour; the derivative is zero.

    Parameters
    ----------
    x : array_like or Tensor
    decimals : int
        How many places are kept behind the point; before it, if negative.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.round([0.5, 1.5, 2.5])
    array([0., 2., 2.])
    >>> mg.round([123.456], -1)
    array([120.])
    """
    return np.round(x, decimals)


@round.vjp("x", "0")
def round_x(g, x_shape):
    return np.zeros(x_shape)


# ---- other dtypes -----------------------------------------------------------------------------


@primitive(formula="x as another dtype", linear="x", sample=unary(dtype="float64"))
def cast(x, /, dtype):
    """Floating-point values in another floating-point dtype; the gradient comes back in x's.

    Parameters
    ----------
    x : array_like or Tensor
    dtype : dtype
        A floating-point one; `astype` takes any.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = mg.Tensor([1.0, 2.0], requires_grad=True, dtype=np.float32)
    >>> y = mg.cast(x, np.float64)
    >>> y.sum().backward()
    >>> y.dtype, x.grad.dtype
    (dtype('float64'), dtype('float32'))
    """
    return np.asarray(x).astype(dtype)


@cast.vjp("x", "ȳ")
def cast_x(g):
    return g


def astype(x, dtype):
    """As `numpy.astype`; integers and booleans leave the tape, since they have no derivative.

    Parameters
    ----------
    x : array_like or Tensor
    dtype : dtype

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = mg.Tensor([0.0, 1.7], requires_grad=True)
    >>> mg.astype(x, np.float32).requires_grad, mg.astype(x, bool).requires_grad
    (True, False)
    >>> mg.astype(x, int).data
    array([0, 1])
    """
    if np.dtype(dtype).kind == "f":
        return cast(x, dtype=dtype)
    return Tensor(x.array.astype(dtype)) if isinstance(x, Tensor) else np.asarray(x).astype(dtype)


# ---- repairs ----------------------------------------------------------------------------------


@primitive(
    formula="x with NaN and infinities replaced",
    kinks="0 where a value was replaced",
    numpy=np.nan_to_num,
    branches=lambda x, **_: np.isfinite(x),
    sample=unary(),
)
def nan_to_num(x, /, copy=True, nan=0.0, posinf=None, neginf=None):
    """As `numpy.nan_to_num` (always a copy): what was replaced gets no gradient.

    Parameters
    ----------
    x : array_like or Tensor
    copy : bool
        Without meaning: x is never written to.
    nan, posinf, neginf : float
        What stands for NaN and the infinities; for these the largest finite numbers unless given.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = mg.Tensor([1.0, np.nan, np.inf], requires_grad=True)
    >>> y = mg.nan_to_num(x, posinf=9.0)
    >>> y.data
    array([1., 0., 9.])
    >>> y.sum().backward()
    >>> x.grad
    array([1., 0., 0.])
    """
    return np.nan_to_num(x, copy=True, nan=nan, posinf=posinf, neginf=neginf)


@nan_to_num.vjp("x", "ȳ · 1[x finite]")
def nan_to_num_x(g, x):
    return np.where(np.isfinite(x), g, 0)
