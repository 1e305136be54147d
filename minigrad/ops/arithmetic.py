"""Arithmetic on two arrays, broadcast against each other."""

from __future__ import annotations

import numpy as np

from ..numpy_protocol import implements
from ..primitive import primitive
from .samples import binary, calls

# ---- sums and products -------------------------------------------------------------------------


@primitive(formula="a + b", numpy=np.add, broadcasts=True, sample=binary())
def add(a, b, /):
    """As `numpy.add`."""
    return np.add(a, b)


@add.vjp("a", "ȳ")
def add_a(g):
    return g


@add.vjp("b", "ȳ")
def add_b(g):
    return g


@primitive(formula="a − b", numpy=np.subtract, broadcasts=True, sample=binary())
def subtract(a, b, /):
    """As `numpy.subtract`."""
    return np.subtract(a, b)


@subtract.vjp("a", "ȳ")
def subtract_a(g):
    return g


@subtract.vjp("b", "−ȳ")
def subtract_b(g):
    return -g


@primitive(formula="a · b", numpy=np.multiply, broadcasts=True, linear="ab", sample=binary())
def multiply(a, b, /):
    """As `numpy.multiply`."""
    return np.multiply(a, b)


@multiply.vjp("a", "ȳ · b")
def multiply_a(g, b):
    return g * b


@multiply.vjp("b", "ȳ · a")
def multiply_b(g, a):
    return g * a


@primitive(
    formula="a / b", numpy=np.divide, broadcasts=True, linear="a", sample=binary(low=0.5, high=2.0)
)
def divide(a, b, /):
    """As `numpy.divide`."""
    return np.divide(a, b)


@divide.vjp("a", "ȳ / b")
def divide_a(g, b):
    return g / b


@divide.vjp("b", "−ȳ · a / b²")
def divide_b(g, a, b):
    return -g * a / (b * b)


true_divide = divide


@primitive(
    formula="a with the sign of b",
    kinks="0 at a = 0",
    numpy=np.copysign,
    broadcasts=True,
    branches=lambda a, b: np.sign(a) + 3 * np.signbit(b),
    sample=binary(),
)
def copysign(a, b, /):
    """As `numpy.copysign`."""
    return np.copysign(a, b)


@copysign.vjp("a", "ȳ · sign(a) · sign(b)")
def copysign_a(g, a, b):
    return g * np.sign(a) * np.where(np.signbit(b), -1, 1)


@copysign.vjp("b", "0")
def copysign_b(g, b_shape):
    return np.zeros(b_shape)


# ---- division with a remainder -----------------------------------------------------------------


@primitive(
    formula="⌊a / b⌋",
    kinks="0 everywhere, also at the jumps",
    numpy=np.floor_divide,
    broadcasts=True,
    branches=lambda a, b: np.floor_divide(a, b),
    sample=binary(low=0.5, high=2.0),
)
def floor_divide(a, b, /):
    """As `numpy.floor_divide`."""
    return np.floor_divide(a, b)


@floor_divide.vjp("a", "0")
def floor_divide_a(g, a_shape):
    return np.zeros(a_shape)


@floor_divide.vjp("b", "0")
def floor_divide_b(g, b_shape):
    return np.zeros(b_shape)


@primitive(
    formula="a − b · ⌊a / b⌋",
    kinks="the smooth part's derivative, also at the jumps",
    numpy=np.mod,
    broadcasts=True,
    branches=lambda a, b: np.floor_divide(a, b),
    sample=binary(low=0.5, high=2.0),
)
def mod(a, b, /):
    """As `numpy.mod`: the remainder with the sign of the divisor."""
    return np.mod(a, b)


@mod.vjp("a", "ȳ")
def mod_a(g):
    return g


@mod.vjp("b", "−ȳ · ⌊a / b⌋")
def mod_b(g, a, b):
    return -g * np.floor_divide(a, b)


@primitive(
    formula="a − b · trunc(a / b)",
    kinks="the smooth part's derivative, also at the jumps",
    numpy=np.fmod,
    broadcasts=True,
    branches=lambda a, b: np.trunc(np.divide(a, b)),
    sample=binary(low=0.5, high=2.0),
)
def fmod(a, b, /):
    """As `numpy.fmod`: the remainder with the sign of the dividend."""
    return np.fmod(a, b)


@fmod.vjp("a", "ȳ")
def fmod_a(g):
    return g


@fmod.vjp("b", "−ȳ · trunc(a / b)")
def fmod_b(g, a, b):
    return -g * np.trunc(a / b)


remainder = mod


@implements(np.divmod)
def _divmod(a, b):
    return floor_divide(a, b), mod(a, b)


# ---- powers ------------------------------------------------------------------------------------


@primitive(
    formula="aᵇ",
    kinks="a⁰ has derivative 0 in a; 0ᵇ has derivative 0 in b",
    numpy=np.power,
    broadcasts=True,
    sample=calls(
        lambda rng: ((rng.uniform(0.5, 2, (3, 4)), rng.uniform(-2, 2, (4,))), {}),
        lambda rng: ((rng.normal(size=(3,)), 2), {}),
        lambda rng: ((rng.normal(size=(3,)), 3.0), {}),
        lambda rng: ((rng.uniform(0.5, 2, (3,)), -0.5), {}),
        lambda rng: ((2.0, rng.normal(size=(3,))), {}),
    ),
)
def power(a, b, /):
    """As `numpy.power`."""
    return np.power(a, b)


@power.vjp("a", "ȳ · b · aᵇ⁻¹")
def power_a(g, a, b):
    if isinstance(b, (int, float)):
        if b == 2:
            return g * 2 * a
        return g * b * a ** (b - 1) if b != 0 else g * 0
    # Where b is 0 the derivative is 0, although 0 · 0⁻¹ is not a number.
    return g * np.where(b == 0, 0, b * a ** np.where(b == 0, 1, b - 1))


@power.vjp("b", "ȳ · aᵇ · ln a")
def power_b(g, y, a):
    return g * np.where(a == 0, 0, y * np.log(np.where(a == 0, 1, a)))


@implements(np.float_power)
def float_power(a, b):
    """As `numpy.float_power`: `power` in double precision."""
    return power(np.multiply(a, np.float64(1)), b)


# ---- sums of exponentials ----------------------------------------------------------------------
@primitive(formula="ln(eᵃ + eᵇ)", numpy=np.logaddexp, broadcasts=True, sample=binary())
def logaddexp(a, b, /):
    """As `numpy.logaddexp`."""
    return np.logaddexp(a, b)


# The derivative is exp(a − y), which the ends at infinity make inf − inf.
@logaddexp.vjp("a", "ȳ · exp(a − y)")
def logaddexp_a(g, y, a):
    return g * np.exp(np.where(np.isfinite(y), a, 0) - np.where(np.isfinite(y), y, 0))


@logaddexp.vjp("b", "ȳ · exp(b − y)")
def logaddexp_b(g, y, b):
    return g * np.exp(np.where(np.isfinite(y), b, 0) - np.where(np.isfinite(y), y, 0))


@primitive(formula="log₂(2ᵃ + 2ᵇ)", numpy=np.logaddexp2, broadcasts=True, sample=binary())
def logaddexp2(a, b, /):
    """As `numpy.logaddexp2`."""
    return np.logaddexp2(a, b)


@logaddexp2.vjp("a", "ȳ · 2^(a − y)")
def logaddexp2_a(g, y, a):
    return g * np.exp2(np.where(np.isfinite(y), a, 0) - np.where(np.isfinite(y), y, 0))


@logaddexp2.vjp("b", "ȳ · 2^(b − y)")
def logaddexp2_b(g, y, b):
    return g * np.exp2(np.where(np.isfinite(y), b, 0) - np.where(np.isfinite(y), y, 0))
