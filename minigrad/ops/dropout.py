"""Dropout: values, or whole channels, set to zero by chance."""

from __future__ import annotations

import numpy as np

from ..primitive import primitive
from .arrays import floating


def _mask(shape, dtype, p, training, rng):
    """What to multiply with: 0 with probability p, else 1 / (1 − p); just 1 if not training."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is the probability of dropping a value, between 0 and 1, not {p}")
    if not training or p == 0:
        return None
    if p == 1:
        return np.zeros(shape, dtype)
    draws = np.random.default_rng(rng).random(shape, dtype=np.float32)
    return (draws >= p) * np.asarray(1 / (1 - p), dtype)


def _dropout_samples(rng):
    yield (rng.normal(size=(3, 4)),), {"rng": 0}
    yield (rng.normal(size=(2, 3)),), {"p": 0.2, "rng": 1}
    yield (rng.normal(size=(3,)),), {"training": False}


@primitive(formula="x · mask / (1 − p)", saves=("mask",), linear="x", sample=_dropout_samples)
def dropout(x, /, p=0.5, training=True, rng=None):
    """Set each value to zero with probability `p` and scale the others by 1 / (1 − p).

    Parameters
    ----------
    x : array_like or Tensor
    p : float
        In [0, 1].
    training : bool
        Otherwise the values stay as they are.
    rng : int, Generator or None
        Where the draws come from.

    Raises
    ------
    ValueError
        If p is not a probability.

    Examples
    --------
    >>> import minigrad as mg, numpy as np
    >>> mg.dropout(np.ones(6), 0.5, rng=0)
    array([2., 2., 2., 0., 0., 0.])
    """
    x = floating(x)
    mask = _mask(x.shape, x.dtype, p, training, rng)
    return (x if mask is None else x * mask), mask


@dropout.vjp("x", "ȳ · mask / (1 − p)")
def dropout_x(g, mask):
    return g if mask is None else g * mask


def _dropout2d_samples(rng):
    yield (rng.normal(size=(2, 3, 2, 2)),), {"rng": 0}
    yield (rng.normal(size=(4, 1, 2)),), {"p": 0.3, "rng": 1}


@primitive(
    formula="x · mask of channels / (1 − p)", saves=("mask",), linear="x", sample=_dropout2d_samples
)
def dropout2d(x, /, p=0.5, training=True, rng=None):
    """As `dropout`, for whole channels of (N, C, H, W) (or (C, H, W)) at a time.

    Parameters
    ----------
    x : (N, C, H, W) or (C, H, W) array_like or Tensor
    p, training, rng
        As in `dropout`.

    Raises
    ------
    ValueError
        If p is not a probability, or x has another number of axes.

    Examples
    --------
    >>> import minigrad as mg, numpy as np
    >>> mg.dropout2d(np.ones((1, 4, 1, 2)), 0.5, rng=0)[0, :, 0]
    array([[2., 2.],
           [2., 2.],
           [2., 2.],
           [0., 0.]])
    """
    x = floating(x)
    if x.ndim not in (3, 4):
        raise ValueError(f"dropout2d takes (N, C, H, W) or (C, H, W), not shape {x.shape}")
    mask = _mask((*x.shape[:-2], 1, 1), x.dtype, p, training, rng)
    return (x if mask is None else x * mask), mask


@dropout2d.vjp("x", "ȳ · mask / (1 − p)")
def dropout2d_x(g, mask):
    return g if mask is None else g * mask
