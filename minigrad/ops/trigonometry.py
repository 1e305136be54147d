"""Circular and hyperbolic functions, and what right triangles need. Angles are in radians."""

from __future__ import annotations

import math

import numpy as np

from ..primitive import primitive
from .samples import binary, unary

# ---- circular functions -----------------------------------------------------------------------


@primitive(formula="sin x", numpy=np.sin, sample=unary())
def sin(x, /):
    """As `numpy.sin`, of radians.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = mg.Tensor([0.0, np.pi / 2, np.pi], requires_grad=True)
    >>> mg.sin(x).sum().backward()
    >>> x.grad.round(4)
    array([ 1.,  0., -1.])
    """
    return np.sin(x)


@sin.vjp("x", "ȳ · cos x")
def sin_x(g, x):
    return g * np.cos(x)


@primitive(formula="cos x", numpy=np.cos, sample=unary())
def cos(x, /):
    """As `numpy.cos`, of radians.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = mg.Tensor([0.0, np.pi / 2], requires_grad=True)
    >>> mg.cos(x).sum().backward()
    >>> x.grad
    array([-0., -1.])
    """
    return np.cos(x)


@cos.vjp("x", "−ȳ · sin x")
def cos_x(g, x):
    return -g * np.sin(x)


@primitive(formula="tan x", numpy=np.tan, sample=unary(low=-1.2, high=1.2))
def tan(x, /):
    """As `numpy.tan`, of radians.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = mg.Tensor([0.0, np.pi / 4], requires_grad=True)
    >>> y = mg.tan(x)
    >>> y.sum().backward()
    >>> y.data.round(4), x.grad.round(4)
    (array([0., 1.]), array([1., 2.]))
    """
    return np.tan(x)


@tan.vjp("x", "ȳ · (1 + y²)")
def tan_x(g, y):
    return g * (1 + y * y)


@primitive(formula="arcsin x", numpy=np.arcsin, sample=unary(low=-0.8, high=0.8))
def arcsin(x, /):
    """As `numpy.arcsin`: radians in [−π/2, π/2], NaN outside [−1, 1].

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([0.0, 0.6], requires_grad=True)
    >>> mg.arcsin(x).sum().backward()
    >>> x.grad
    array([1.  , 1.25])
    """
    return np.arcsin(x)


@arcsin.vjp("x", "ȳ / √(1 − x²)")
def arcsin_x(g, x):
    return g / np.sqrt(1 - x * x)


@primitive(formula="arccos x", numpy=np.arccos, sample=unary(low=-0.8, high=0.8))
def arccos(x, /):
    """As `numpy.arccos`: radians in [0, π], NaN outside [−1, 1].

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([0.0, 0.6], requires_grad=True)
    >>> mg.arccos(x).sum().backward()
    >>> x.grad
    array([-1.  , -1.25])
    """
    return np.arccos(x)


@arccos.vjp("x", "−ȳ / √(1 − x²)")
def arccos_x(g, x):
    return -g / np.sqrt(1 - x * x)


@primitive(formula="arctan x", numpy=np.arctan, sample=unary())
def arctan(x, /):
    """As `numpy.arctan`: radians in [−π/2, π/2].

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = mg.Tensor([0.0, 1.0, np.inf], requires_grad=True)
    >>> y = mg.arctan(x)
    >>> y.sum().backward()
    >>> y.data.round(4), x.grad
    (array([0.    , 0.7854, 1.5708]), array([1. , 0.5, 0. ]))
    """
    return np.arctan(x)


@arctan.vjp("x", "ȳ / (1 + x²)")
def arctan_x(g, x):
    return g / (1 + x * x)


@primitive(formula="sin(πx) / πx", numpy=np.sinc, sample=unary())
def sinc(x, /):
    """As `numpy.sinc`: sin(πx) / πx, and 1 at x = 0.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([0.0, 0.5, 1.0], requires_grad=True)
    >>> y = mg.sinc(x)
    >>> y.sum().backward()
    >>> y.data.round(4), x.grad.round(4)
    (array([1.    , 0.6366, 0.    ]), array([ 0.    , -1.2732, -1.    ]))
    """
    return np.sinc(x)


@sinc.vjp("x", "ȳ · (cos πx − y) / x")
def sinc_x(g, y, x):
    away = np.where(x == 0, 1, x)
    return g * np.where(x == 0, 0, (np.cos(math.pi * x) - y) / away)


# ---- degrees ----------------------------------------------------------------------------------


@primitive(formula="x in radians", numpy=(np.deg2rad, np.radians), linear="x", sample=unary())
def deg2rad(x, /):
    """As `numpy.deg2rad`.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.deg2rad([180.0, 90.0]).round(4)
    array([3.1416, 1.5708])
    """
    return np.deg2rad(x)


@deg2rad.vjp("x", "ȳ · π/180")
def deg2rad_x(g):
    return g * (math.pi / 180)


@primitive(formula="x in degrees", numpy=(np.rad2deg, np.degrees), linear="x", sample=unary())
def rad2deg(x, /):
    """As `numpy.rad2deg`.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> mg.rad2deg([np.pi, np.pi / 2])
    array([180.,  90.])
    """
    return np.rad2deg(x)


@rad2deg.vjp("x", "ȳ · 180/π")
def rad2deg_x(g):
    return g * (180 / math.pi)


# ---- right triangles --------------------------------------------------------------------------


@primitive(
    formula="√(a² + b²)",
    kinks="0 at a = b = 0",
    numpy=np.hypot,
    broadcasts=True,
    sample=binary(low=0.5, high=2.0),
)
def hypot(a, b, /):
    """As `numpy.hypot`: √(a² + b²) without overflow; its derivative at a = b = 0 is 0.

    Parameters
    ----------
    a, b : array_like or Tensor
        Broadcast against each other.

    Examples
    --------
    >>> import minigrad as mg
    >>> a = mg.Tensor([3.0, 0.0, 3e200], requires_grad=True)
    >>> y = mg.hypot(a, [4.0, 0.0, 4e200])
    >>> y.sum().backward()
    >>> y.data, a.grad
    (array([5.e+000, 0.e+000, 5.e+200]), array([0.6, 0. , 0.6]))
    """
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
    """As `numpy.arctan2`: the angle of the point (b, a), in radians; no gradient at the origin.

    Parameters
    ----------
    a, b : array_like or Tensor
        The second coordinate first; broadcast against each other.

    Examples
    --------
    >>> import minigrad as mg
    >>> a = mg.Tensor([1.0, -1.0, 0.0], requires_grad=True)
    >>> y = mg.arctan2(a, [-1.0, -1.0, 0.0])
    >>> y.sum().backward()
    >>> mg.rad2deg(y.data), a.grad
    (array([ 135., -135.,    0.]), array([-0.5, -0.5,  0. ]))
    """
    return np.arctan2(a, b)


@arctan2.vjp("a", "ȳ · b / (a² + b²)")
def arctan2_a(g, a, b):
    squares = a * a + b * b
    return g * b / np.where(squares == 0, 1, squares)


@arctan2.vjp("b", "−ȳ · a / (a² + b²)")
def arctan2_b(g, a, b):
    squares = a * a + b * b
    return -g * a / np.where(squares == 0, 1, squares)


# ---- hyperbolic functions ---------------------------------------------------------------------


@primitive(formula="sinh x", numpy=np.sinh, sample=unary())
def sinh(x, /):
    """As `numpy.sinh`.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([0.0, 1.0], requires_grad=True)
    >>> mg.sinh(x).sum().backward()
    >>> x.grad.round(4)
    array([1.    , 1.5431])
    """
    return np.sinh(x)


@sinh.vjp("x", "ȳ · cosh x")
def sinh_x(g, x):
    return g * np.cosh(x)


@primitive(formula="cosh x", numpy=np.cosh, sample=unary())
def cosh(x, /):
    """As `numpy.cosh`.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([0.0, 1.0], requires_grad=True)
    >>> mg.cosh(x).sum().backward()
    >>> x.grad.round(4)
    array([0.    , 1.1752])
    """
    return np.cosh(x)


@cosh.vjp("x", "ȳ · sinh x")
def cosh_x(g, x):
    return g * np.sinh(x)


@primitive(formula="tanh x", numpy=np.tanh, sample=unary())
def tanh(x, /):
    """As `numpy.tanh`: where it saturates, no gradient is left.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([0.0, 1.0, 20.0], requires_grad=True)
    >>> y = mg.tanh(x)
    >>> y.sum().backward()
    >>> y.data.round(4), x.grad.round(4)
    (array([0.    , 0.7616, 1.    ]), array([1.  , 0.42, 0.  ]))
    """
    return np.tanh(x)


@tanh.vjp("x", "ȳ · (1 − y²)")
def tanh_x(g, y):
    return g * (1 - y * y)


@primitive(formula="arsinh x", numpy=np.arcsinh, sample=unary())
def arcsinh(x, /):
    """As `numpy.arcsinh`.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([0.0, 0.75], requires_grad=True)
    >>> mg.arcsinh(x).sum().backward()
    >>> x.grad
    array([1. , 0.8])
    """
    return np.arcsinh(x)


@arcsinh.vjp("x", "ȳ / √(x² + 1)")
def arcsinh_x(g, x):
    return g / np.sqrt(x * x + 1)


@primitive(formula="arcosh x", numpy=np.arccosh, sample=unary(low=1.2, high=3))
def arccosh(x, /):
    """As `numpy.arccosh`: NaN below 1, where the derivative grows without bound.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor(1.25, requires_grad=True)
    >>> mg.arccosh(x).backward()
    >>> round(float(x.grad), 4)
    1.3333
    """
    return np.arccosh(x)


@arccosh.vjp("x", "ȳ / √(x² − 1)")
def arccosh_x(g, x):
    return g / np.sqrt(x * x - 1)


@primitive(formula="artanh x", numpy=np.arctanh, sample=unary(low=-0.8, high=0.8))
def arctanh(x, /):
    """As `numpy.arctanh`: ±∞ at ±1, NaN outside.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([0.0, 0.5], requires_grad=True)
    >>> mg.arctanh(x).sum().backward()
    >>> x.grad.round(4)
    array([1.    , 1.3333])
    """
    return np.arctanh(x)


@arctanh.vjp("x", "ȳ / (1 − x²)")
def arctanh_x(g, x):
    return g / (1 - x * x)
