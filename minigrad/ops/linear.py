"""The fully connected layer as one operation."""

from __future__ import annotations

import math

import numpy as np

from ..kernels.products import matmul as product
from ..primitive import primitive
from ..unbroadcasting import summed
from .products import matmul
from .samples import calls, normal


def _rows(x):
    """All axes but the last made one."""
    shape = np.shape(x)
    return np.reshape(x, (math.prod(shape[:-1]), shape[-1]))


@primitive(
    formula="y = x Wᵀ + b",
    sample=calls(
        normal((5, 3), (4, 3), (4,)),
        normal((2, 5, 3), (4, 3), (4,)),
        normal((3,), (2, 3), None),
        normal((0, 3), (2, 3), (2,)),
    ),
)
def linear(x, weight, bias=None, /):
    """A fully connected layer: every output is a weighted sum of all inputs.

    One operation in place of three, whose gradients need no copy.

    Parameters
    ----------
    x : (..., inputs) array_like or Tensor
    weight : (outputs, inputs) array_like or Tensor
    bias : (outputs,) array_like or Tensor, optional

    Returns
    -------
    (..., outputs) ndarray or Tensor

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.linear([1.0, 2.0, 3.0], [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]], [0.0, 10.0])
    array([ 1., 15.])
    """
    x, weight = np.asarray(x), np.asarray(weight)
    if weight.ndim != 2 or x.shape[-1:] != weight.shape[1:]:
        raise ValueError(
            "linear takes x of shape (..., inputs) and weight of shape (outputs, inputs), not "
            f"{x.shape} and {weight.shape}" + "; flatten images first" * (x.ndim == 4)
        )
    y = product(x, weight.T)
    if bias is None:
        return y
    if np.shape(bias) != weight.shape[:1]:
        raise ValueError(f"bias has shape {weight.shape[:1]}, not {np.shape(bias)}")
    return y + bias


@linear.vjp("x", "ȳ W")
def linear_x(g, weight):
    return matmul(g, weight)


@linear.vjp("weight", "ȳᵀ x, summed over the batch")
def linear_weight(g, x):
    return matmul(np.swapaxes(_rows(g), 0, 1), _rows(x))


@linear.vjp("bias", "Σ ȳ over the batch")
def linear_bias(g):
    return summed(_rows(g), (0,))
