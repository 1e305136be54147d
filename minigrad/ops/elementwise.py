"""Functions of each element alone: signs, powers, exponentials and logarithms."""

from __future__ import annotations

import math

import numpy as np

from ..primitive import primitive
from .samples import unary

# ---- signs and copies -------------------------------------------------------------------------


@primitive(formula="x", numpy=(np.positive, np.copy), linear="x", sample=unary())
def positive(x, /):
    """A copy that gradients flow through, as `numpy.positive`.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, -2.0], requires_grad=True)
    >>> y = mg.positive(x)
    >>> y is x, y.data
    (False, array([ 1., -2.]))
    """
    return np.positive(x)


@positive.vjp("x", "ȳ")
def positive_x(g):
    return g


@primitive(formula="−x", numpy=np.negative, linear="x", sample=unary())
def negative(x, /):
    """As `numpy.negative`.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, -2.0], requires_grad=True)
    >>> y = mg.negative(x)
    >>> y.sum().backward()
    >>> y.data, x.grad
    (array([-1.,  2.]), array([-1., -1.]))
    """
    return np.negative(x)


@negative.vjp("x", "−ȳ")
def negative_x(g):
    return -g


@primitive(
    formula="|x|", kinks="0 at 0", numpy=(np.absolute, np.fabs), branches=np.sign, sample=unary()
)
def absolute(x, /):
    """As `numpy.absolute`: at 0 the derivative is 0, midway between −1 and 1.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([-3.0, 0.0, 2.0], requires_grad=True)
    >>> mg.absolute(x).sum().backward()
    >>> x.grad
    array([-1.,  0.,  1.])
    """
    return np.absolute(x)


@absolute.vjp("x", "ȳ · sign(x)")
def absolute_x(g, x):
    return g * np.sign(x)


abs = absolute


# ---- powers and roots -------------------------------------------------------------------------


@primitive(formula="x²", numpy=np.square, sample=unary())
def square(x, /):
    """As `numpy.square`.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([-3.0, 0.5], requires_grad=True)
    >>> mg.square(x).sum().backward()
    >>> x.grad
    array([-6.,  1.])
    """
    return np.square(x)


@square.vjp("x", "ȳ · 2x")
def square_x(g, x):
    return g * 2 * x


@primitive(formula="√x", numpy=np.sqrt, sample=unary(low=0.2))
def sqrt(x, /):
    """As `numpy.sqrt`: the derivative grows without bound towards 0.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([4.0, 1e-8], requires_grad=True)
    >>> mg.sqrt(x).sum().backward()
    >>> x.grad
    array([2.5e-01, 5.0e+03])
    """
    return np.sqrt(x)


@sqrt.vjp("x", "ȳ / 2y")
def sqrt_x(g, y):
    return g / (2 * y)


@primitive(formula="∛x", numpy=np.cbrt, sample=unary(low=0.2))
def cbrt(x, /):
    """As `numpy.cbrt`: the cube root, also of negative numbers.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([-8.0, 1.0], requires_grad=True)
    >>> y = mg.cbrt(x)
    >>> y.sum().backward()
    >>> y.data, x.grad.round(4)
    (array([-2.,  1.]), array([0.0833, 0.3333]))
    """
    return np.cbrt(x)


@cbrt.vjp("x", "ȳ / 3y²")
def cbrt_x(g, y):
    return g / (3 * y * y)


@primitive(formula="1 / x", numpy=np.reciprocal, sample=unary(low=0.2))
def reciprocal(x, /):
    """As `numpy.reciprocal`; integers divide as integers, so that all but ±1 become 0.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([2.0, -0.5], requires_grad=True)
    >>> y = mg.reciprocal(x)
    >>> y.sum().backward()
    >>> y.data, x.grad
    (array([ 0.5, -2. ]), array([-0.25, -4.  ]))
    """
    return np.reciprocal(x)


@reciprocal.vjp("x", "−ȳ · y²")
def reciprocal_x(g, y):
    return -g * y * y


# ---- exponentials and logarithms --------------------------------------------------------------


@primitive(formula="exp(x)", numpy=np.exp, sample=unary())
def exp(x, /):
    """As `numpy.exp`: its derivative is its value.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = mg.Tensor([0.0, 1.0, -np.inf], requires_grad=True)
    >>> y = mg.exp(x)
    >>> y.sum().backward()
    >>> y.data.round(4), x.grad.round(4)
    (array([1.    , 2.7183, 0.    ]), array([1.    , 2.7183, 0.    ]))
    """
    return np.exp(x)


@exp.vjp("x", "ȳ · y")
def exp_x(g, y):
    return g * y


@primitive(formula="2ˣ", numpy=np.exp2, sample=unary())
def exp2(x, /):
    """As `numpy.exp2`: 2 to the power x.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([0.0, 3.0], requires_grad=True)
    >>> y = mg.exp2(x)
    >>> y.sum().backward()
    >>> y.data, x.grad.round(4)
    (array([1., 8.]), array([0.6931, 5.5452]))
    """
    return np.exp2(x)


@exp2.vjp("x", "ȳ · y · ln 2")
def exp2_x(g, y):
    return g * y * math.log(2)


@primitive(formula="exp(x) − 1", numpy=np.expm1, sample=unary())
def expm1(x, /):
    """As `numpy.expm1`: exp(x) − 1, exact where the subtraction would leave no digits.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> np.exp(1e-20) - 1, mg.expm1(1e-20)
    (np.float64(0.0), np.float64(1e-20))
    """
    return np.expm1(x)


@expm1.vjp("x", "ȳ · (y + 1)")
def expm1_x(g, y):
    return g * (y + 1)


@primitive(formula="ln x", numpy=np.log, sample=unary(low=0.2))
def log(x, /):
    """As `numpy.log`: the natural logarithm.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 4.0], requires_grad=True)
    >>> mg.log(x).sum().backward()
    >>> x.grad
    array([1.  , 0.25])
    """
    return np.log(x)


@log.vjp("x", "ȳ / x")
def log_x(g, x):
    return g / x


@primitive(formula="log₂ x", numpy=np.log2, sample=unary(low=0.2))
def log2(x, /):
    """As `numpy.log2`.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 8.0], requires_grad=True)
    >>> y = mg.log2(x)
    >>> y.sum().backward()
    >>> y.data, x.grad.round(4)
    (array([0., 3.]), array([1.4427, 0.1803]))
    """
    return np.log2(x)


@log2.vjp("x", "ȳ / (x · ln 2)")
def log2_x(g, x):
    return g / (x * math.log(2))


@primitive(formula="log₁₀ x", numpy=np.log10, sample=unary(low=0.2))
def log10(x, /):
    """As `numpy.log10`.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.log10([1.0, 1000.0])
    array([0., 3.])
    """
    return np.log10(x)


@log10.vjp("x", "ȳ / (x · ln 10)")
def log10_x(g, x):
    return g / (x * math.log(10))


@primitive(formula="ln(1 + x)", numpy=np.log1p, sample=unary(low=-0.8))
def log1p(x, /):
    """As `numpy.log1p`: ln(1 + x), exact where 1 + x would round to 1.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> np.log(1 + 1e-20), mg.log1p(1e-20)
    (np.float64(0.0), np.float64(1e-20))
    """
    return np.log1p(x)


@log1p.vjp("x", "ȳ / (1 + x)")
def log1p_x(g, x):
    return g / (1 + x)
