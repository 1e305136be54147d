"""Softmax, its logarithm, and logarithms of sums of exponentials."""

from __future__ import annotations

import numpy as np

from ..primitive import primitive
from ..settings import kernel
from .arrays import compiled_pays, floating, in_shape
from .axes import around, put_axes_back
from .samples import binary, calls, normal

_along_an_axis = calls(
    normal((3, 4)),
    normal((3, 4), axis=0),
    normal((2, 3, 2), axis=1),
    normal((2, 1)),
    normal((0, 3)),
)


def _largest(x, axis):
    """The maximum along an axis that is kept, with 0 in place of an infinite one."""
    largest = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    infinite = np.isinf(largest)
    return np.where(infinite, x.dtype.type(0), largest) if infinite.any() else largest


def _compiled(name, *arrays, axis, logarithm):
    """What a kernel makes of large arrays in single precision; ``None`` of others."""
    if not (compiled_pays(*arrays) and arrays[0].dtype.char == "f" and isinstance(axis, int)):
        return None
    planes = around(arrays[0].shape, axis)
    y = kernel(name)(*[x.reshape(planes) for x in arrays], logarithm)
    return in_shape(y, arrays[0].shape)


@primitive(formula="exp(xᵢ) / Σⱼ exp(xⱼ)", sample=_along_an_axis)
def softmax(x, /, axis=-1):
    """Turn scores into probabilities that sum to one along `axis`.

    Parameters
    ----------
    x : array_like or Tensor
        Of any size and sign: the largest score is subtracted first. A score of −∞ gets
        probability 0; scores that are all −∞ have none, and give NaN.
    axis : int
        Where the classes lie.

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.softmax([1000.0, 1000.0])
    array([0.5, 0.5])
    """
    x = floating(x)
    y = _compiled("softmax", x, axis=axis, logarithm=False)
    if y is not None:
        return y
    # +∞ or nothing but −∞ along the axis: not a number, as in the limit.
    with np.errstate(invalid="ignore", over="ignore"):
        y = np.subtract(x, _largest(x, axis))
        np.exp(y, out=y)
        y /= np.sum(y, axis=axis, keepdims=True)
    return y


@softmax.vjp("x", "y · (ȳ − Σ ȳ y)")
def softmax_x(g, y, axis):
    dx = _compiled("softmax_backward", g, y, axis=axis, logarithm=False)
    if dx is not None:
        return dx
    return y * (g - np.sum(g * y, axis=axis, keepdims=True))


@primitive(formula="xᵢ − ln Σⱼ exp(xⱼ)", sample=_along_an_axis)
def log_softmax(x, /, axis=-1):
    """The logarithm of `softmax`, exact where the probability itself would round to 0.

    Parameters
    ----------
    x : array_like or Tensor
        Of any size and sign. Scores that are all −∞ give NaN.
    axis : int
        Where the classes lie.

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.log_softmax([0.0, 1000.0])
    array([-1000.,     0.])
    """
    x = floating(x)
    y = _compiled("softmax", x, axis=axis, logarithm=True)
    if y is not None:
        return y
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        y = np.subtract(x, _largest(x, axis))
        y -= np.log(np.sum(np.exp(y), axis=axis, keepdims=True))
    return y


@log_softmax.vjp("x", "ȳ − exp(y) · Σ ȳ")
def log_softmax_x(g, y, axis):
    dx = _compiled("softmax_backward", g, y, axis=axis, logarithm=True)
    if dx is not None:
        return dx
    return g - np.exp(y) * np.sum(g, axis=axis, keepdims=True)


@primitive(
    formula="ln Σ exp(x)",
    sample=calls(
        normal((3, 4)),
        normal((3, 4), axis=0),
        normal((2, 3, 2), axis=(0, -1)),
        normal((2, 3, 2), axis=1, keepdims=True),
        normal(()),
    ),
)
def logsumexp(x, /, axis=None, keepdims=False):
    """A smooth maximum, ``ln Σ exp(x)``, without overflow.

    Parameters
    ----------
    x : array_like or Tensor
        Of any size and sign. −∞ adds nothing; nothing but −∞ (or nothing at all) gives −∞,
        with gradient 0.
    axis : int, tuple of int or None
        The axes summed over; all of them by default.
    keepdims : bool
        Keep those axes, with size one.

    Examples
    --------
    >>> import minigrad as mg
    >>> float(mg.logsumexp([1000.0, 1000.0]) - 1000)
    0.693147180559...
    """
    x = floating(x)
    largest = _largest(x, axis)
    with np.errstate(over="ignore", divide="ignore"):
        y = np.log(np.sum(np.exp(x - largest), axis=axis, keepdims=True)) + largest
    return y if keepdims else np.squeeze(y, axis=axis)


@logsumexp.vjp("x", "ȳ · exp(x − y)")
def logsumexp_x(g, x, y, axis, keepdims):
    g, y = put_axes_back(g, x.shape, axis, keepdims), put_axes_back(y, x.shape, axis, keepdims)
    # Where all is −∞, x − y would be −∞ + ∞.
    return g * np.exp(x - np.where(y == -np.inf, 0, y))


@primitive(formula="ln(eᵃ + eᵇ)", numpy=np.logaddexp, broadcasts=True, sample=binary())
def logaddexp(a, b, /):
    """As `numpy.logaddexp`: the logarithm of eᵃ + eᵇ, which itself may be out of range.

    The gradient is split as the two terms are.

    Parameters
    ----------
    a, b : array_like or Tensor
        Broadcast against each other.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> a = mg.Tensor([1000.0, -np.inf], requires_grad=True)
    >>> y = mg.logaddexp(a, [1000.0, 5.0])
    >>> y.data.round(4)
    array([1000.6931,    5.    ])
    >>> y.sum().backward()
    >>> a.grad
    array([0.5, 0. ])
    """
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
    """As `numpy.logaddexp2`: the logarithm to base 2 of 2ᵃ + 2ᵇ.

    Parameters
    ----------
    a, b : array_like or Tensor
        Broadcast against each other.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.logaddexp2([3.0, 1000.0], [3.0, 0.0])
    array([   4., 1000.])
    """
    return np.logaddexp2(a, b)


@logaddexp2.vjp("a", "ȳ · 2^(a − y)")
def logaddexp2_a(g, y, a):
    return g * np.exp2(np.where(np.isfinite(y), a, 0) - np.where(np.isfinite(y), y, 0))


@logaddexp2.vjp("b", "ȳ · 2^(b − y)")
def logaddexp2_b(g, y, b):
    return g * np.exp2(np.where(np.isfinite(y), b, 0) - np.where(np.isfinite(y), y, 0))
