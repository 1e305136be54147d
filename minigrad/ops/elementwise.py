"""Functions of each element alone: NumPy's, and the activations of networks."""

from __future__ import annotations

import math

import numpy as np

from ..primitive import primitive
from ..tensor import Tensor
from .samples import unary

# ---- signs, copies and rounding ---------------------------------------------------------------


@primitive(formula="x", numpy=(np.positive, np.copy), linear="x", sample=unary())
def positive(x, /):
    """A copy that gradients flow through, as `numpy.positive`."""
    return np.positive(x)


@positive.vjp("x", "ȳ")
def positive_x(g):
    return g


@primitive(formula="−x", numpy=np.negative, linear="x", sample=unary())
def negative(x, /):
    """As `numpy.negative`."""
    return np.negative(x)


@negative.vjp("x", "−ȳ")
def negative_x(g):
    return -g


@primitive(
    formula="|x|", kinks="0 at 0", numpy=(np.absolute, np.fabs), branches=np.sign, sample=unary()
)
def absolute(x, /):
    """As `numpy.absolute`."""
    return np.absolute(x)


@absolute.vjp("x", "ȳ · sign(x)")
def absolute_x(g, x):
    return g * np.sign(x)


abs = absolute


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


# ---- powers and roots -------------------------------------------------------------------------


@primitive(formula="x²", numpy=np.square, sample=unary())
def square(x, /):
    """As `numpy.square`."""
    return np.square(x)


@square.vjp("x", "ȳ · 2x")
def square_x(g, x):
    return g * 2 * x


@primitive(formula="√x", numpy=np.sqrt, sample=unary(low=0.2))
def sqrt(x, /):
    """As `numpy.sqrt`."""
    return np.sqrt(x)


@sqrt.vjp("x", "ȳ / 2y")
def sqrt_x(g, y):
    return g / (2 * y)


@primitive(formula="∛x", numpy=np.cbrt, sample=unary(low=0.2))
def cbrt(x, /):
    """As `numpy.cbrt`."""
    return np.cbrt(x)


@cbrt.vjp("x", "ȳ / 3y²")
def cbrt_x(g, y):
    return g / (3 * y * y)


@primitive(formula="1 / x", numpy=np.reciprocal, sample=unary(low=0.2))
def reciprocal(x, /):
    """As `numpy.reciprocal`."""
    return np.reciprocal(x)


@reciprocal.vjp("x", "−ȳ · y²")
def reciprocal_x(g, y):
    return -g * y * y


# ---- exponentials and logarithms --------------------------------------------------------------


@primitive(formula="exp(x)", numpy=np.exp, sample=unary())
def exp(x, /):
    """As `numpy.exp`."""
    return np.exp(x)


@exp.vjp("x", "ȳ · y")
def exp_x(g, y):
    return g * y


@primitive(formula="2ˣ", numpy=np.exp2, sample=unary())
def exp2(x, /):
    """As `numpy.exp2`."""
    return np.exp2(x)


@exp2.vjp("x", "ȳ · y · ln 2")
def exp2_x(g, y):
    return g * y * math.log(2)


@primitive(formula="exp(x) − 1", numpy=np.expm1, sample=unary())
def expm1(x, /):
    """As `numpy.expm1`."""
    return np.expm1(x)


@expm1.vjp("x", "ȳ · (y + 1)")
def expm1_x(g, y):
    return g * (y + 1)


@primitive(formula="ln x", numpy=np.log, sample=unary(low=0.2))
def log(x, /):
    """As `numpy.log`."""
    return np.log(x)


@log.vjp("x", "ȳ / x")
def log_x(g, x):
    return g / x


@primitive(formula="log₂ x", numpy=np.log2, sample=unary(low=0.2))
def log2(x, /):
    """As `numpy.log2`."""
    return np.log2(x)


@log2.vjp("x", "ȳ / (x · ln 2)")
def log2_x(g, x):
    return g / (x * math.log(2))


@primitive(formula="log₁₀ x", numpy=np.log10, sample=unary(low=0.2))
def log10(x, /):
    """As `numpy.log10`."""
    return np.log10(x)


@log10.vjp("x", "ȳ / (x · ln 10)")
def log10_x(g, x):
    return g / (x * math.log(10))


@primitive(formula="ln(1 + x)", numpy=np.log1p, sample=unary(low=-0.8))
def log1p(x, /):
    """As `numpy.log1p`."""
    return np.log1p(x)


@log1p.vjp("x", "ȳ / (1 + x)")
def log1p_x(g, x):
    return g / (1 + x)


# ---- circular functions -----------------------------------------------------------------------


@primitive(formula="sin x", numpy=np.sin, sample=unary())
def sin(x, /):
    """As `numpy.sin`."""
    return np.sin(x)


@sin.vjp("x", "ȳ · cos x")
def sin_x(g, x):
    return g * np.cos(x)


@primitive(formula="cos x", numpy=np.cos, sample=unary())
def cos(x, /):
    """As `numpy.cos`."""
    return np.cos(x)


@cos.vjp("x", "−ȳ · sin x")
def cos_x(g, x):
    return -g * np.sin(x)


@primitive(formula="tan x", numpy=np.tan, sample=unary(low=-1.2, high=1.2))
def tan(x, /):
    """As `numpy.tan`."""
    return np.tan(x)


@tan.vjp("x", "ȳ · (1 + y²)")
def tan_x(g, y):
    return g * (1 + y * y)


@primitive(formula="arcsin x", numpy=np.arcsin, sample=unary(low=-0.8, high=0.8))
def arcsin(x, /):
    """As `numpy.arcsin`."""
    return np.arcsin(x)


@arcsin.vjp("x", "ȳ / √(1 − x²)")
def arcsin_x(g, x):
    return g / np.sqrt(1 - x * x)


@primitive(formula="arccos x", numpy=np.arccos, sample=unary(low=-0.8, high=0.8))
def arccos(x, /):
    """As `numpy.arccos`."""
    return np.arccos(x)


@arccos.vjp("x", "−ȳ / √(1 − x²)")
def arccos_x(g, x):
    return -g / np.sqrt(1 - x * x)


@primitive(formula="arctan x", numpy=np.arctan, sample=unary())
def arctan(x, /):
    """As `numpy.arctan`."""
    return np.arctan(x)


@arctan.vjp("x", "ȳ / (1 + x²)")
def arctan_x(g, x):
    return g / (1 + x * x)


@primitive(formula="x in radians", numpy=(np.deg2rad, np.radians), linear="x", sample=unary())
def deg2rad(x, /):
    """As `numpy.deg2rad`."""
    return np.deg2rad(x)


@deg2rad.vjp("x", "ȳ · π/180")
def deg2rad_x(g):
    return g * (math.pi / 180)


@primitive(formula="x in degrees", numpy=(np.rad2deg, np.degrees), linear="x", sample=unary())
def rad2deg(x, /):
    """As `numpy.rad2deg`."""
    return np.rad2deg(x)


@rad2deg.vjp("x", "ȳ · 180/π")
def rad2deg_x(g):
    return g * (180 / math.pi)


# ---- hyperbolic functions ---------------------------------------------------------------------


@primitive(formula="sinh x", numpy=np.sinh, sample=unary())
def sinh(x, /):
    """As `numpy.sinh`."""
    return np.sinh(x)


@sinh.vjp("x", "ȳ · cosh x")
def sinh_x(g, x):
    return g * np.cosh(x)


@primitive(formula="cosh x", numpy=np.cosh, sample=unary())
def cosh(x, /):
    """As `numpy.cosh`."""
    return np.cosh(x)


@cosh.vjp("x", "ȳ · sinh x")
def cosh_x(g, x):
    return g * np.sinh(x)


@primitive(formula="tanh x", numpy=np.tanh, sample=unary())
def tanh(x, /):
    """As `numpy.tanh`."""
    return np.tanh(x)


@tanh.vjp("x", "ȳ · (1 − y²)")
def tanh_x(g, y):
    return g * (1 - y * y)


@primitive(formula="arsinh x", numpy=np.arcsinh, sample=unary())
def arcsinh(x, /):
    """As `numpy.arcsinh`."""
    return np.arcsinh(x)


@arcsinh.vjp("x", "ȳ / √(x² + 1)")
def arcsinh_x(g, x):
    return g / np.sqrt(x * x + 1)


@primitive(formula="arcosh x", numpy=np.arccosh, sample=unary(low=1.2, high=3))
def arccosh(x, /):
    """As `numpy.arccosh`."""
    return np.arccosh(x)


@arccosh.vjp("x", "ȳ / √(x² − 1)")
def arccosh_x(g, x):
    return g / np.sqrt(x * x - 1)


@primitive(formula="artanh x", numpy=np.arctanh, sample=unary(low=-0.8, high=0.8))
def arctanh(x, /):
    """As `numpy.arctanh`."""
    return np.arctanh(x)


@arctanh.vjp("x", "ȳ / (1 − x²)")
def arctanh_x(g, x):
    return g / (1 - x * x)


# ---- limits and repairs -----------------------------------------------------------------------


def _clip_branches(x, min=None, max=None):
    below = 0 if min is None else np.less(x, min)
    return np.add(below, 0 if max is None else 2 * np.greater(x, max))


def _clip_sample(rng):
    yield (rng.uniform(-2, 2, (3, 4)), -0.5, 0.7), {}
    yield (rng.uniform(-2, 2, (3, 4)), rng.uniform(-1, -0.5, (4,)), rng.uniform(0.5, 1, (3, 1))), {}
    yield (rng.uniform(-2, 2, (5,)), None, 0.7), {}
    yield (rng.uniform(-2, 2, (5,)), -0.5, None), {}


@primitive(
    formula="x held between min and max",
    kinks="on the boundary the gradient goes to x; NaN survives",
    broadcasts=True,
    branches=_clip_branches,
    sample=_clip_sample,
)
def clip(x, min=None, max=None, /):
    """As `numpy.clip`; either bound may be ``None``."""
    return np.clip(x, min, max)


def _inside(x, min, max):
    inside = True if min is None else ~(x < min)
    return inside if max is None else inside & ~(x > max)


@clip.vjp("x", "ȳ · 1[min ≤ x ≤ max]")
def clip_x(g, x, min, max):
    return np.where(_inside(x, min, max), g, 0)


@clip.vjp("min", "ȳ · 1[x < min]")
def clip_min(g, x, min, max):
    wins = x < min
    if max is not None:
        wins = wins & ~(min > max)
    return np.where(wins, g, 0)


@clip.vjp("max", "ȳ · 1[x > max]")
def clip_max(g, x, min, max):
    wins = x > max
    if min is not None:
        wins = wins | (min > max)
    return np.where(wins, g, 0)


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


@primitive(formula="sin(πx) / πx", numpy=np.sinc, sample=unary())
def sinc(x, /):
    """As `numpy.sinc`."""
    return np.sinc(x)


@sinc.vjp("x", "ȳ · (cos πx − y) / x")
def sinc_x(g, y, x):
    away = np.where(x == 0, 1, x)
    return g * np.where(x == 0, 0, (np.cos(math.pi * x) - y) / away)


# ---- activations ------------------------------------------------------------------------------


@primitive(
    formula="max(x, 0)", kinks="0 at 0; NaN survives", branches=lambda x: x > 0, sample=unary()
)
def relu(x, /):
    """The rectified linear unit, ``max(x, 0)``.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.relu([-1.0, 2.0])
    array([0., 2.])
    """
    return np.maximum(x, 0)


# y > 0 exactly where x > 0, and the output is what the next layer keeps anyway.
@relu.vjp("x", "ȳ · 1[x > 0]")
def relu_x(g, y):
    return g * (y > 0)


@primitive(
    formula="x if x > 0 else slope · x",
    kinks="slope at 0",
    branches=lambda x, negative_slope=0.01: x > 0,
    sample=unary(),
)
def leaky_relu(x, /, negative_slope=0.01):
    """``x`` where positive, else ``negative_slope · x``."""
    x = np.asarray(x)
    return np.where(x > 0, x, x * negative_slope)


@leaky_relu.vjp("x", "ȳ · (1 if x > 0 else slope)")
def leaky_relu_x(g, x, negative_slope):
    return np.where(x > 0, g, g * negative_slope)


@primitive(
    formula="x if x > 0 else α (exp(x) − 1)",
    kinks="α at 0",
    branches=lambda x, alpha=1.0: x > 0,
    sample=unary(),
)
def elu(x, /, alpha=1.0):
    """The exponential linear unit: ``x`` where positive, else ``alpha · (exp(x) − 1)``."""
    x = np.asarray(x)
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


@elu.vjp("x", "ȳ · (1 if x > 0 else α exp(x))")
def elu_x(g, x, alpha):
    return g * np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))


@primitive(formula="1 / (1 + exp(−x))", sample=unary())
def sigmoid(x, /):
    """The logistic function, stable for any x."""
    x = np.asarray(x)
    decay = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, decay) / (1 + decay)


@sigmoid.vjp("x", "ȳ · y (1 − y)")
def sigmoid_x(g, y):
    return g * y * (1 - y)


@primitive(formula="x · sigmoid(x)", sample=unary())
def silu(x, /):
    """The sigmoid-weighted linear unit, ``x · sigmoid(x)``."""
    return np.multiply(x, sigmoid.forward(x))


@silu.vjp("x", "ȳ · (s + x s (1 − s)), s = sigmoid(x)")
def silu_x(g, x):
    s = sigmoid(x)
    return g * (s + x * s * (1 - s))


@primitive(formula="ln(1 + exp(βx)) / β", sample=unary())
def softplus(x, /, beta=1.0):
    """A smooth relu, ``ln(1 + exp(beta · x)) / beta``, stable for any x."""
    x = np.asarray(x)
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(beta * x))) / beta


@softplus.vjp("x", "ȳ · sigmoid(βx)")
def softplus_x(g, x, beta):
    return g * sigmoid(beta * x)
