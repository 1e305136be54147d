"""Reductions over axes."""

from __future__ import annotations

import numpy as np

from ..numpy_protocol import implements
from ..primitive import primitive
from .axes import put_axes_back, reduced_axes, reduced_count
from .cumulative import _shifted, _with_zeros
from .samples import calls, normal, reductions

# ---- sums -------------------------------------------------------------------------------------


@primitive(formula="Σ x", linear="x", numpy=np.sum, sample=reductions)
def sum(x, /, axis=None, dtype=None, keepdims=False):
    """As `numpy.sum`: the gradient is repeated to all that were summed.

    Parameters
    ----------
    x : array_like or Tensor
    axis : int or tuple of int, optional
        All axes unless given.
    dtype : dtype, optional
        Of the result.
    keepdims : bool
        Keep the reduced axes, with size one.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> y = mg.sum(x, axis=0)
    >>> y.data
    array([4., 6.])
    >>> y.backward([1.0, 10.0])
    >>> x.grad
    array([[ 1., 10.],
           [ 1., 10.]])
    """
    return np.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)


@sum.vjp("x", "ȳ, repeated")
def sum_x(g, x_shape, axis, keepdims):
    return np.broadcast_to(put_axes_back(g, x_shape, axis, keepdims), x_shape)


@primitive(formula="Σ x / n", linear="x", numpy=np.mean, sample=reductions)
def mean(x, /, axis=None, dtype=None, keepdims=False):
    """As `numpy.mean`: each element gets its share of the gradient.

    Parameters
    ----------
    x : array_like or Tensor
    axis : int or tuple of int, optional
        All axes unless given.
    dtype : dtype, optional
        Of the result.
    keepdims : bool
        Keep the reduced axes, with size one.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([[1.0, 2.0], [3.0, 6.0]], requires_grad=True)
    >>> y = mg.mean(x, axis=1, keepdims=True)
    >>> y.data
    array([[1.5],
           [4.5]])
    >>> y.sum().backward()
    >>> x.grad
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    return np.mean(x, axis=axis, dtype=dtype, keepdims=keepdims)


@mean.vjp("x", "ȳ / n, repeated")
def mean_x(g, x_shape, axis, keepdims):
    share = g / reduced_count(x_shape, axis)
    return np.broadcast_to(put_axes_back(share, x_shape, axis, keepdims), x_shape)


# ---- products ---------------------------------------------------------------------------------


def _prod_sample(rng):
    yield from _with_zeros(rng)
    yield from reductions(rng)


@primitive(formula="Π x", numpy=np.prod, sample=_prod_sample)
def prod(x, /, axis=None, dtype=None, keepdims=False):
    """As `numpy.prod`: the gradient is the product of the others, also where some are zero.

    Parameters
    ----------
    x : array_like or Tensor
    axis : int or tuple of int, optional
        All axes unless given.
    dtype : dtype, optional
        Of the result.
    keepdims : bool
        Keep the reduced axes, with size one.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([0.0, 2.0, 3.0], requires_grad=True)
    >>> mg.prod(x).backward()
    >>> x.grad
    array([6., 0., 0.])
    """
    return np.prod(x, axis=axis, dtype=dtype, keepdims=keepdims)


@prod.vjp("x", "ȳ · the product of the others")
def prod_x(g, y, x, x_shape, axis, keepdims):
    g, y = put_axes_back(g, x_shape, axis, keepdims), put_axes_back(y, x_shape, axis, keepdims)
    if np.all(x):
        return g * y / x
    # With a zero among them, the others are multiplied from the left and from the right.
    axes = reduced_axes(axis, len(x_shape))
    order = [i for i in range(len(x_shape)) if i not in axes] + list(axes)
    rows = np.transpose(x, order)
    lanes = np.reshape(rows, (*rows.shape[: len(order) - len(axes)], -1))
    left = _shifted(np.cumprod(lanes, -1), 1)
    right = np.flip(_shifted(np.cumprod(np.flip(lanes, -1), -1), 1), -1)
    return g * np.transpose(np.reshape(left * right, rows.shape), np.argsort(order))


# ---- spread -----------------------------------------------------------------------------------


def _variances(rng):
    for inputs, options in reductions(rng):
        yield inputs, options
        yield (rng.normal(size=(4, 3)),), {"axis": 0, "ddof": 1}


@primitive(formula="Σ (x − mean)² / (n − ddof)", numpy=np.var, sample=_variances)
def var(x, /, axis=None, dtype=None, ddof=0, keepdims=False):
    """As `numpy.var`.

    Parameters
    ----------
    x : array_like or Tensor
    axis : int or tuple of int, optional
        All axes unless given.
    dtype : dtype, optional
        Of the result.
    ddof : int
        What is taken from the number of elements in the divisor; 1 is the unbiased estimate.
    keepdims : bool
        Keep the reduced axes, with size one.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 3.0], requires_grad=True)
    >>> y = mg.var(x, ddof=1)
    >>> y.backward()
    >>> y.item(), x.grad
    (2.0, array([-2.,  2.]))
    """
    return np.var(x, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims)


@var.vjp("x", "ȳ · 2 (x − mean) / (n − ddof)")
def var_x(g, x, x_shape, axis, ddof, keepdims):
    centred = x - np.mean(x, axis=axis, keepdims=True)
    divisor = reduced_count(x_shape, axis) - ddof
    return put_axes_back(g, x_shape, axis, keepdims) * centred * (2 / divisor)


@primitive(
    formula="√(Σ (x − mean)² / (n − ddof))",
    kinks="0 where all are equal",
    numpy=np.std,
    sample=calls(
        normal((3, 4)),
        normal((3, 4), axis=0, ddof=1),
        normal((2, 3, 4), axis=(0, -1), keepdims=True),
    ),
)
def std(x, /, axis=None, dtype=None, ddof=0, keepdims=False):
    """As `numpy.std`: where all values are equal its derivative is 0.

    Parameters
    ----------
    x : array_like or Tensor
    axis : int or tuple of int, optional
        All axes unless given.
    dtype : dtype, optional
        Of the result.
    ddof : int
        What is taken from the number of elements in the divisor.
    keepdims : bool
        Keep the reduced axes, with size one.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([[1.0, 3.0], [2.0, 2.0]], requires_grad=True)
    >>> y = mg.std(x, axis=1)
    >>> y.sum().backward()
    >>> y.data
    array([1., 0.])
    >>> x.grad
    array([[-0.5,  0.5],
           [ 0. ,  0. ]])
    """
    return np.std(x, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims)


@std.vjp("x", "ȳ · (x − mean) / (y (n − ddof))")
def std_x(g, y, x, x_shape, axis, ddof, keepdims):
    centred = x - np.mean(x, axis=axis, keepdims=True)
    scale = g / np.where(y == 0, 1, y) * (y != 0) / (reduced_count(x_shape, axis) - ddof)
    return put_axes_back(scale, x_shape, axis, keepdims) * centred


# ---- averages ---------------------------------------------------------------------------------


@implements(np.average)
def average(x, axis=None, weights=None, returned=False, *, keepdims=False):
    """As `numpy.average`; gradients flow to the weights too.

    Parameters
    ----------
    x : array_like or Tensor
    axis : int or tuple of int, optional
        All axes unless given.
    weights : array_like or Tensor, optional
        Of the shape of x, or of its axis.
    returned : bool
        Also return the sum of the weights.
    keepdims : bool
        Keep the reduced axes, with size one.

    Raises
    ------
    ValueError
        If the weights have another shape.
    ZeroDivisionError
        If the weights sum to zero.

    Examples
    --------
    >>> import minigrad as mg
    >>> weights = mg.Tensor([1.0, 3.0], requires_grad=True)
    >>> y = mg.average([0.0, 4.0], weights=weights)
    >>> y.backward()
    >>> y.item(), weights.grad
    (3.0, array([-0.75,  0.25]))
    """
    if weights is None:
        result = mean(x, axis=axis, keepdims=keepdims)
        scale = np.full_like(result, reduced_count(np.shape(x), axis))
        return (result, scale) if returned else result
    if np.shape(weights) != np.shape(x):
        axes = (axis,) if axis is not None and np.ndim(axis) == 0 else axis
        if axes is None or np.shape(weights) != tuple([np.shape(x)[i] for i in axes]):
            raise ValueError(
                f"weights of shape {np.shape(weights)} for values of shape {np.shape(x)} over "
                f"axis {axis}: give them the shape of the values, or of that axis"
            )
        order = np.argsort([i % np.ndim(x) for i in axes])
        weights = _spread_weights(np.transpose(weights, order), np.shape(x), axis)
    weights = np.broadcast_to(weights, np.shape(x))
    scale = sum(weights, axis=axis, keepdims=keepdims)
    if np.any(scale == 0):
        raise ZeroDivisionError("the weights sum to zero, so there is no average")
    result = sum(np.multiply(x, weights), axis=axis, keepdims=keepdims) / scale
    return (result, scale) if returned else result


def _spread_weights(weights, shape, axis):
    """Weights of the reduced axes, with size one along all others."""
    axes = reduced_axes(axis, len(shape))
    return np.reshape(weights, [n if i in axes else 1 for i, n in enumerate(shape)])


@implements(np.nansum)
def nansum(x, axis=None, dtype=None, keepdims=False):
    """As `numpy.nansum`: NaN counts as zero and gets no gradient.

    Parameters
    ----------
    x : array_like or Tensor
    axis : int or tuple of int, optional
        All axes unless given.
    dtype : dtype, optional
        Of the result.
    keepdims : bool
        Keep the reduced axes, with size one.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = mg.Tensor([1.0, np.nan, 2.0], requires_grad=True)
    >>> y = mg.nansum(x)
    >>> y.backward()
    >>> y.item(), x.grad
    (3.0, array([1., 0., 1.]))
    """
    return sum(np.where(np.isnan(x), 0, x), axis=axis, dtype=dtype, keepdims=keepdims)
