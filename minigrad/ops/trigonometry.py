"""Circular and hyperbolic functions, and what right triangles need. Angles are in radians."""

from __future__ import annotations

import math

import numpy as np

from ..primitive import primitive
from .samples import binary, unary

# ---- circular functions ------------------------------------------------------------------------


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


@primitive(formula="sin(πx) / πx", numpy=np.sinc, sample=unary())
def sinc(x, /):
    """As `numpy.sinc`."""
    return np.sinc(x)


@sinc.vjp("x", "ȳ · (cos πx − y) / x")
def sinc_x(g, y, x):
    away = np.where(x == 0, 1, x)
    return g * np.where(x == 0, 0, (np.cos(math.pi * x) - y) / away)


# ---- degrees -----------------------------------------------------------------------------------
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


# ---- right triangles ---------------------------------------------------------------------------
@primitive(
    formula="√(a² + b²)",
    kinks="0 at a = b = 0",
    numpy=np.hypot,
    broadcasts=True,
    sample=binary(low=0.5, high=2.0),
)
def hypot(a, b, /):
    """As `numpy.hypot`."""
    return np.hypot(a, b)


@hypot.vjp("a", "ȳ · a / y")
def hypot_a(g, y, a):
    return g * a / np.where(y == 0, 1, y)


@hypot.vjp("b", "ȳ · b / y")
def hypot_b(g, y, b):
    return g * b / np.where(y == 0, 1, y)


@primitive(
    formula="the angle of (b, a)",
    kinks="0 at a = b = 0",
    numpy=np.arctan2,
    broadcasts=True,
    sample=binary(low=0.5, high=2.0),
)
def arctan2(a, b, /):
    """As `numpy.arctan2`."""
    return np.arctan2(a, b)


@arctan2.vjp("a", "ȳ · b / (a² + b²)")
def arctan2_a(g, a, b):
    squares = a * a + b * b
    return g * b / np.where(squares == 0, 1, squares)


@arctan2.vjp("b", "−ȳ · a / (a² + b²)")
def arctan2_b(g, a, b):
    squares = a * a + b * b
    return -g * a / np.where(squares == 0, 1, squares)


# ---- hyperbolic functions ----------------------------------------------------------------------


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
