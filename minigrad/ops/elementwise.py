"""Functions of each element alone: signs, powers, exponentials and logarithms."""

from __future__ import annotations

import math

import numpy as np

from ..primitive import primitive
from .samples import unary

# ---- signs and copies --------------------------------------------------------------------------


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


# ---- powers and roots --------------------------------------------------------------------------


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


# ---- exponentials and logarithms ---------------------------------------------------------------


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
