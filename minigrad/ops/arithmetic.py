"""Arithmetic on two arrays, broadcast against each other."""

from __future__ import annotations

import numpy as np

from ..numpy_protocol import implements
from ..primitive import primitive
from .samples import binary, calls

# ---- sums and products ------------------------------------------------------------------------


@primitive(formula="a + b", numpy=np.add, broadcasts=True, sample=binary())
def add(a, b, /):
    """As `numpy.add`: the gradient passes unchanged to both sides, summed where one was repeated.

    Parameters
    ----------
    a, b : array_like or Tensor
        Broadcast against each other.

    Examples
    --------
    >>> import minigrad as mg
    >>> b = mg.Tensor([10.0, 20.0], requires_grad=True)
    >>> y = mg.add([[1.0, 2.0], [3.0, 4.0]], b)
    >>> y.data
    array([[11., 22.],
           [13., 24.]])
    >>> y.sum().backward()
    >>> b.grad
    array([2., 2.])
    """
    return np.add(a, b)


@add.vjp("a", "ȳ")
def add_a(g):
    return g


@add.vjp("b", "ȳ")
def add_b(g):
    return g


@primitive(formula="a − b", numpy=np.subtract, broadcasts=True, sample=binary())
def subtract(a, b, /):
    """As `numpy.subtract`: what is taken away gets the gradient with its sign turned.

    Parameters
    ----------
    a, b : array_like or Tensor
        Broadcast against each other.

    Examples
    --------
    >>> import minigrad as mg
    >>> b = mg.Tensor([1.0, 2.0], requires_grad=True)
    >>> mg.subtract(10.0, b).sum().backward()
    >>> b.grad
    array([-1., -1.])
    """
    return np.subtract(a, b)


@subtract.vjp("a", "ȳ")
def subtract_a(g):
    return g


@subtract.vjp("b", "−ȳ")
def subtract_b(g):
    return -g


@primitive(formula="a · b", numpy=np.multiply, broadcasts=True, linear="ab", sample=binary())
def multiply(a, b, /):
    """As `numpy.multiply`: each factor's gradient is the other factor.

    Parameters
    ----------
    a, b : array_like or Tensor
        Broadcast against each other.

    Examples
    --------
    >>> import minigrad as mg
    >>> a, b = (mg.Tensor(v, requires_grad=True) for v in ([1.0, 2.0], [3.0, 4.0]))
    >>> mg.multiply(a, b).sum().backward()
    >>> a.grad, b.grad
    (array([3., 4.]), array([1., 2.]))
    """
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
    """As `numpy.divide`.

    Parameters
    ----------
    a, b : array_like or Tensor
        Broadcast against each other.

    Examples
    --------
    >>> import minigrad as mg
    >>> b = mg.Tensor([1.0, 2.0], requires_grad=True)
    >>> y = mg.divide(4.0, b)
    >>> y.data
    array([4., 2.])
    >>> y.sum().backward()
    >>> b.grad
    array([-4., -1.])
    """
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
    """As `numpy.copysign`: the size of a, the sign of b.

    A negative zero counts as negative. The gradient to b is zero, and so is that to a at a = 0.

    Parameters
    ----------
    a, b : array_like or Tensor
        Broadcast against each other.

    Examples
    --------
    >>> import minigrad as mg
    >>> a = mg.Tensor([2.0, -2.0, 0.0], requires_grad=True)
    >>> y = mg.copysign(a, -0.0)
    >>> y.data
    array([-2., -2., -0.])
    >>> y.sum().backward()
    >>> a.grad
    array([-1.,  1., -0.])
    """
    return np.copysign(a, b)


@copysign.vjp("a", "ȳ · sign(a) · sign(b)")
def copysign_a(g, a, b):
    return g * np.sign(a) * np.where(np.signbit(b), -1, 1)


@copysign.vjp("b", "0")
def copysign_b(g, b_shape):
    return np.zeros(b_shape)


# ---- division with a remainder ----------------------------------------------------------------


@primitive(
    formula="⌊a / b⌋",
    kinks="0 everywhere, also at the jumps",
    numpy=np.floor_divide,
    broadcasts=True,
    branches=np.floor_divide,
    sample=binary(low=0.5, high=2.0),
)
def floor_divide(a, b, /):
    """As `numpy.floor_divide`: rounded towards −∞, and with a gradient of zero everywhere.

    Parameters
    ----------
    a, b : array_like or Tensor
        Broadcast against each other.

    Examples
    --------
    >>> import minigrad as mg
    >>> a = mg.Tensor([7.0, -7.0], requires_grad=True)
    >>> y = mg.floor_divide(a, 2.0)
    >>> y.data
    array([ 3., -4.])
    >>> y.sum().backward()
    >>> a.grad
    array([0., 0.])
    """
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
    branches=np.floor_divide,
    sample=binary(low=0.5, high=2.0),
)
def mod(a, b, /):
    """As `numpy.mod`: the remainder with the sign of the divisor.

    At a jump the derivative is that of the smooth parts on either side of it.

    Parameters
    ----------
    a, b : array_like or Tensor
        Broadcast against each other.

    Examples
    --------
    >>> import minigrad as mg
    >>> b = mg.Tensor(3.0, requires_grad=True)
    >>> y = mg.mod([7.0, -7.0], b)
    >>> y.data
    array([1., 2.])
    >>> y.backward([1.0, 0.0])
    >>> float(b.grad)  # 7 − 2b
    -2.0
    """
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
    """As `numpy.fmod`: the remainder with the sign of the dividend, as in C.

    At a jump the derivative is that of the smooth parts on either side of it.

    Parameters
    ----------
    a, b : array_like or Tensor
        Broadcast against each other.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.fmod([7.0, -7.0], 3.0)
    array([ 1., -1.])
    """
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


# ---- powers -----------------------------------------------------------------------------------


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
    """As `numpy.power`: a to the power b.

    Where b is 0 the derivative to a is 0, and where a is 0 the derivative to b is 0, although the
    formulas say 0 · ∞ there.

    Parameters
    ----------
    a, b : array_like or Tensor
        Broadcast against each other.

    Examples
    --------
    >>> import minigrad as mg
    >>> a = mg.Tensor([0.0, 3.0], requires_grad=True)
    >>> b = mg.Tensor([0.0, 2.0], requires_grad=True)
    >>> mg.power(a, b).sum().backward()
    >>> a.grad, b.grad.round(4)
    (array([0., 6.]), array([0.    , 9.8875]))
    """
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
    """As `numpy.float_power`: `power` in double precision, so that integers may have inverses.

    Parameters
    ----------
    a, b : array_like or Tensor
        Broadcast against each other.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.float_power([1, 2, 4], -1)
    array([1.  , 0.5 , 0.25])
    """
    return power(np.multiply(a, np.float64(1)), b)
