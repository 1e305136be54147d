"""The activations of networks: functions of each element alone."""

from __future__ import annotations

import numpy as np

from ..primitive import primitive
from ..settings import kernel
from .arrays import compiled_pays
from .samples import unary


@primitive(
    formula="max(x, 0)", kinks="0 at 0; NaN survives", branches=lambda x: x > 0, sample=unary()
)
def relu(x, /):
    """The rectified linear unit, ``max(x, 0)``: its derivative at 0 is 0; NaN stays NaN.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([-1.0, 0.0, 2.0], requires_grad=True)
    >>> y = mg.relu(x)
    >>> y.data
    array([0., 0., 2.])
    >>> y.sum().backward()
    >>> x.grad
    array([0., 0., 1.])
    """
    return kernel("relu")(x) if compiled_pays(x) else np.maximum(x, 0)


# y > 0 exactly where x > 0, and the output is what the next layer keeps anyway.
@relu.vjp("x", "ȳ · 1[x > 0]")
def relu_x(g, y):
    return kernel("gate")(g, y, 0) if compiled_pays(g, y) else g * (y > 0)


@primitive(
    formula="x if x > 0 else slope · x",
    kinks="slope at 0",
    branches=lambda x, negative_slope=0.01: x > 0,
    sample=unary(),
)
def leaky_relu(x, /, negative_slope=0.01):
    """``x`` where positive, else ``negative_slope · x``, so that no unit ever dies.

    Parameters
    ----------
    x : array_like or Tensor
    negative_slope : float
        Also the derivative at 0.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([-2.0, 0.0, 2.0], requires_grad=True)
    >>> y = mg.leaky_relu(x, 0.1)
    >>> y.data
    array([-0.2,  0. ,  2. ])
    >>> y.sum().backward()
    >>> x.grad
    array([0.1, 0.1, 1. ])
    """
    x = np.asarray(x)
    if compiled_pays(x):
        return kernel("gate")(x, x, negative_slope)
    return np.where(x > 0, x, x * negative_slope)


@leaky_relu.vjp("x", "ȳ · (1 if x > 0 else slope)")
def leaky_relu_x(g, x, negative_slope):
    if compiled_pays(g, x):
        return kernel("gate")(g, x, negative_slope)
    return np.where(x > 0, g, g * negative_slope)


@primitive(
    formula="x if x > 0 else α (exp(x) − 1)",
    kinks="α at 0",
    branches=lambda x, alpha=1.0: x > 0,
    sample=unary(),
)
def elu(x, /, alpha=1.0):
    """The exponential linear unit (Clevert and others, 2016).

    ``x`` where positive, else ``alpha · (exp(x) − 1)``, which levels off at ``−alpha``.

    Parameters
    ----------
    x : array_like or Tensor
    alpha : float
        Also the derivative at 0.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.elu([-1000.0, -1.0, 0.0, 2.0], alpha=2.0).round(4)
    array([-2.    , -1.2642,  0.    ,  2.    ])
    """
    x = np.asarray(x)
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


@elu.vjp("x", "ȳ · (1 if x > 0 else α exp(x))")
def elu_x(g, x, alpha):
    return g * np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))


@primitive(formula="1 / (1 + exp(−x))", sample=unary())
def sigmoid(x, /):
    """The logistic function ``1 / (1 + exp(−x))``, stable for any x.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([-1000.0, 0.0, 1000.0], requires_grad=True)
    >>> y = mg.sigmoid(x)
    >>> y.sum().backward()
    >>> y.data, x.grad
    (array([0. , 0.5, 1. ]), array([0.  , 0.25, 0.  ]))
    """
    x = np.asarray(x)
    decay = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, decay) / (1 + decay)


@sigmoid.vjp("x", "ȳ · y (1 − y)")
def sigmoid_x(g, y):
    return g * y * (1 - y)


@primitive(formula="x · sigmoid(x)", sample=unary())
def silu(x, /):
    """The sigmoid-weighted linear unit, ``x · sigmoid(x)``, also known as swish.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([-1000.0, 0.0, 1.0], requires_grad=True)
    >>> y = mg.silu(x)
    >>> y.sum().backward()
    >>> y.data.round(4), x.grad.round(4)
    (array([-0.    ,  0.    ,  0.7311]), array([0.    , 0.5   , 0.9277]))
    """
    return np.multiply(x, sigmoid.forward(x))


@silu.vjp("x", "ȳ · (s + x s (1 − s)), s = sigmoid(x)")
def silu_x(g, x):
    s = sigmoid(x)
    return g * (s + x * s * (1 - s))


@primitive(formula="ln(1 + exp(βx)) / β", sample=unary())
def softplus(x, /, beta=1.0):
    """A smooth relu, ``ln(1 + exp(beta · x)) / beta``, stable for any x.

    Parameters
    ----------
    x : array_like or Tensor
    beta : float
        How sharp the bend is: the larger, the nearer to relu.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.softplus([-1000.0, 0.0, 1000.0]).round(4)
    array([0.000e+00, 6.931e-01, 1.000e+03])
    >>> mg.softplus([0.0], beta=10.0).round(4)
    array([0.0693])
    """
    x = np.asarray(x)
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(beta * x))) / beta


@softplus.vjp("x", "ȳ · sigmoid(βx)")
def softplus_x(g, x, beta):
    return g * sigmoid(beta * x)
