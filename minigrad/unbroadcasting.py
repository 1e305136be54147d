"""Undo broadcasting: what was repeated gets the sum of the gradients to its copies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def summed(gradient: Any, axes: Sequence[int], keepdims: bool = False) -> Any:
    """Sum over axes, half precision in single: it would lose what is small beside the sum.

    Parameters
    ----------
    gradient : ndarray or Tensor
    axes : sequence of int
    keepdims : bool

    Returns
    -------
    ndarray or Tensor
        Of float32 where the gradient is float16: the engine rounds it, once.

    Examples
    --------
    >>> import numpy as np
    >>> ones = np.ones((4096, 2), np.float16)
    >>> int(ones.sum(0)[0]), int(summed(ones, [0])[0])
    (2048, 4096)
    """
    dtype = np.float32 if gradient.dtype == np.float16 else None
    return gradient.sum(tuple(axes), dtype=dtype, keepdims=keepdims)


def unbroadcast(gradient: Any, shape: Sequence[int]) -> Any:
    """Sum over the axes along which an array of `shape` was repeated.

    Examples
    --------
    >>> import numpy as np
    >>> unbroadcast(np.ones((5, 2, 3)), (2, 1))
    array([[15.],
           [15.]])
    """
    if gradient.shape == tuple(shape):
        return gradient
    added = gradient.ndim - len(shape)
    stretched = [i + added for i, n in enumerate(shape) if n == 1 != gradient.shape[i + added]]
    return summed(gradient, (*range(added), *stretched), keepdims=True).reshape(tuple(shape))
