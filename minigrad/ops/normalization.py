"""Batch, layer, group and instance normalisation."""

from __future__ import annotations

import math
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..primitive import primitive
from ..settings import kernel
from ..tensor import Tensor
from .arrays import floating, in_shape

# ---- the formula they share -------------------------------------------------------------------


def _mean(x, axes):
    """The mean over `axes` (kept); of nothing it is 0."""
    count = math.prod(x.shape[axis] for axis in axes)
    return np.sum(x, axis=axes, keepdims=True) / max(count, 1)


def _moments(x, axes):
    """Mean and variance over `axes` (kept), in two passes; the centred values are kept too."""
    mean = _mean(x, axes)
    centered = x - mean
    return mean, _mean(centered * centered, axes), centered


def _centered(x, axes, eps, mean, inverse):
    """x − mean, and 1 / √(variance + eps).

    The statistics were saved as constants. A gradient that is differentiated again computes
    them from x again, since they depend on it.
    """
    if isinstance(x, Tensor):
        _, variance, centered = _moments(x, axes)
        return centered, 1 / np.sqrt(variance + eps)
    return x - mean, inverse


def _through_statistics(g, centered, inverse, axes):
    """The gradient to x of x̂ = (x − mean(x)) / √(var(x) + eps), but for a factor `inverse`.

    Moving all of x, or stretching it, changes nothing: so the mean of g, and the part of g
    along x̂, are taken away. `centered` is used up.
    """
    centered *= _mean(g * centered, axes) * inverse * inverse
    centered += _mean(g, axes)
    return g - centered


# ---- over the batch ---------------------------------------------------------------------------


def _per_channel(values, ndim):
    """(C,) as (1, C, 1, ...)."""
    return np.reshape(values, (1, -1) + (1,) * (ndim - 2))


def _check_channels(x, **arrays):
    if x.ndim < 2:
        raise ValueError(f"batch_norm takes (N, C) or (N, C, ...), not shape {x.shape}")
    for name, array in arrays.items():
        if array is not None and np.shape(array) != x.shape[1:2]:
            raise ValueError(
                f"{name} has shape {np.shape(array)}, and x of shape {x.shape} has "
                f"{x.shape[1]} channels: {name} has shape {x.shape[1:2]}"
            )


def _check_writable(*statistics):
    for running in statistics:
        if running is not None and not (
            isinstance(running, np.ndarray)
            and running.flags.writeable
            and running.dtype.kind == "f"
        ):
            raise TypeError(
                "running statistics are plain floating-point arrays that can be written to, or None"
            )


def _update(running, current, momentum):
    """Move a running statistic towards the current one, in place."""
    if running is not None:
        running += (momentum * (current.ravel() - running)).astype(running.dtype, copy=False)


def _batch_norm_samples(rng):
    for shape in [(5, 3), (3, 2, 4), (2, 3, 2, 2)]:
        channels = shape[1]
        x, weight, bias = (rng.normal(size=size) for size in (shape, channels, channels))
        mean, variance = rng.normal(size=channels), rng.uniform(0.5, 2, channels)
        yield (x, None, None, weight, bias), {"training": True}
        yield (x, mean, variance, weight, bias), {}
    yield (rng.normal(size=(4, 3)), None, None), {"training": True, "eps": 0.1}


@primitive(
    formula="(x − mean) / √(variance + eps) · weight + bias, mean and variance of a channel",
    saves=("mean", "inverse", "sums"),
    sample=_batch_norm_samples,
)
def batch_norm(
    x,
    running_mean,
    running_var,
    weight=None,
    bias=None,
    /,
    training=False,
    momentum=0.1,
    eps=1e-5,
):
    """Batch normalisation (Ioffe and Szegedy, 2015).

    Parameters
    ----------
    x : (N, C) or (N, C, ...) array_like or Tensor
    running_mean, running_var : (C,) ndarray or None
        Plain arrays. In training they are updated in place, the variance with its unbiased
        estimate; otherwise they are what x is normalised with. ``None`` means the statistics of
        the batch, in training or not.
    weight, bias : (C,) array_like or Tensor, optional
    training : bool
        Normalise with the statistics of the batch.
    momentum : float
        How far the running statistics move towards those of the batch.
    eps : float
        Added to the variance.

    Raises
    ------
    ValueError
        If shapes do not match, or a channel has a single value in training.

    Examples
    --------
    >>> import minigrad as mg, numpy as np
    >>> mean, variance = np.zeros(1), np.ones(1)
    >>> mg.batch_norm([[1.0], [3.0]], mean, variance, training=True).round(3)
    array([[-1.],
           [ 1.]])
    >>> mean, variance
    (array([0.2]), array([1.1]))
    """
    x = floating(x)
    _check_channels(x, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if not training and (running_mean is None) != (running_var is None):
        raise ValueError("outside training, running_mean and running_var are both given or None")
    if training or running_mean is None:
        count = x.size // max(x.shape[1], 1)
        if training and count == 1:
            raise ValueError(
                f"x of shape {x.shape} has one value a channel, whose variance says nothing: "
                "train with a larger batch, or pass training=False"
            )
        mean, variance = kernel("channel_moments")(_flat_planes(x))
        if training and count:
            _check_writable(running_mean, running_var)
            _update(running_mean, mean, momentum)
            _update(running_var, variance * (count / (count - 1)), momentum)
    else:
        mean, variance = (np.asarray(s).astype(x.dtype) for s in (running_mean, running_var))
    inverse = 1 / np.sqrt(variance + x.dtype.type(eps))
    factor = inverse if weight is None else inverse * weight
    shift = np.zeros_like(mean) if bias is None else bias
    y = kernel("channel_scale")(
        _flat_planes(x), mean, factor.astype(x.dtype), np.asarray(shift, x.dtype)
    )
    return in_shape(y, x.shape).astype(x.dtype, copy=False), mean, inverse, _Sums()


def _flat_planes(x):
    """(N, C, ...) as (N, C, L)."""
    return x.reshape(*x.shape[:2], math.prod(x.shape[2:]))


class _Sums:
    """Of each channel Σ ȳ and Σ ȳ · (x − mean), for the three rules that need them.

    They are given the same ȳ: what the first has summed is remembered as long as that lives.
    """

    def __init__(self):
        self.cotangent = lambda: None

    def remember(self, g, sums, along):
        self.cotangent, self.sums, self.along = weakref.ref(g), sums, along

    def of(self, g, x, mean):
        if self.cotangent() is not g:
            sums, along = kernel("channel_products")(_flat_planes(g), _flat_planes(x), mean)
            self.remember(g, sums, along)
        return self.sums, self.along


@batch_norm.vjp("x", "ĝ − mean(ĝ) − x̂ · mean(ĝ · x̂), over √(variance + eps), where ĝ = ȳ · weight")
def batch_norm_x(g, x, running_mean, weight, mean, inverse, sums, training, eps):
    factor = 1 if weight is None else weight
    if not training and running_mean is not None:
        return g * _per_channel(factor * inverse, g.ndim)
    if isinstance(g, Tensor):
        return _batch_norm_x(g, x, factor, eps)
    gradient, *found = kernel("channel_backward")(
        _flat_planes(g), _flat_planes(x), mean, inverse, np.broadcast_to(factor, mean.shape)
    )
    sums.remember(g, *found)
    return in_shape(gradient, x.shape)


def _batch_norm_x(g, x, factor, eps):
    """The same on Tensors: the statistics depend on x, so they are computed from it again."""
    axes = (0, *range(2, g.ndim))
    _, variance, centered = _moments(x, axes)
    inverse = 1 / np.sqrt(variance + eps)
    if not isinstance(factor, int):
        factor = _per_channel(factor, g.ndim)
    return _through_statistics(g, centered, inverse, axes) * (factor * inverse)


@batch_norm.vjp("weight", "Σ ȳ · x̂")
def batch_norm_weight(g, x, running_mean, mean, inverse, sums, training, eps):
    if not isinstance(g, Tensor):
        return sums.of(g, x, mean)[1] * inverse
    axes = (0, *range(2, g.ndim))
    if training or running_mean is None:
        _, variance, centered = _moments(x, axes)
        return np.sum(g * centered / np.sqrt(variance + eps), axis=axes)
    return np.sum(g * (x - _per_channel(mean, g.ndim)), axis=axes) * inverse


@batch_norm.vjp("bias", "Σ ȳ")
def batch_norm_bias(g, x, mean, sums):
    if not isinstance(g, Tensor):
        return sums.of(g, x, mean)[0]
    return np.sum(g, axis=(0, *range(2, g.ndim)))


# ---- over each example ------------------------------------------------------------------------


def _normalize_samples(rng):
    x = rng.normal(size=(3, 4))
    yield (x, rng.normal(size=(4,)), rng.normal(size=(4,))), {"axes": (1,)}
    x = rng.normal(size=(2, 3, 2, 2))
    yield (x, None, rng.normal(size=(3, 1, 1))), {"axes": (2, 3), "eps": 0.1}
    x = rng.normal(size=(2, 2, 3))
    yield (x, rng.normal(size=(2, 3))), {"axes": (1, 2), "eps": 0.1}
    yield (x,), {"axes": (-1,), "eps": 0.1}


@primitive(
    formula="(x − mean) / √(variance + eps) · weight + bias, mean and variance over the axes",
    saves=("mean", "inverse"),
    broadcasts=True,
    sample=_normalize_samples,
)
def normalize(x, weight=None, bias=None, /, axes=(-1,), eps=1e-5):
    """Bring x to mean 0 and variance 1 over some axes, then scale and shift it.

    Parameters
    ----------
    x : array_like or Tensor
    weight, bias : array_like or Tensor, optional
        Broadcast against x.
    axes : tuple of int
        The axes that mean and variance are taken over.
    eps : float
        Added to the variance.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.normalize([1.0, 2.0, 3.0], eps=0).round(3)
    array([-1.225,  0.   ,  1.225])
    """
    mean, variance, y = _moments(floating(x), axes)
    inverse = 1 / np.sqrt(variance + y.dtype.type(eps))
    y *= inverse
    if weight is not None:
        y *= weight
    if bias is not None:
        y += bias
    return y, mean, inverse


@normalize.vjp("x", "ĝ − mean(ĝ) − x̂ · mean(ĝ · x̂), over √(variance + eps), where ĝ = ȳ · weight")
def normalize_x(g, x, weight, mean, inverse, axes, eps):
    if weight is not None:
        g = g * weight
    centered, inverse = _centered(x, axes, eps, mean, inverse)
    gradient = _through_statistics(g, centered, inverse, axes)
    gradient *= inverse
    return gradient


@normalize.vjp("weight", "ȳ · x̂")
def normalize_weight(g, x, mean, inverse, axes, eps):
    centered, inverse = _centered(x, axes, eps, mean, inverse)
    centered *= inverse
    centered *= g
    return centered


@normalize.vjp("bias", "ȳ")
def normalize_bias(g):
    return g


def layer_norm(
    x: Any,
    normalized_shape: int | Sequence[int],
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
) -> Any:
    """Layer normalisation (Ba, Kiros and Hinton, 2016): over the last axes of each example.

    Parameters
    ----------
    x : array_like or Tensor
    normalized_shape : int or sequence of int
        The sizes of the last axes, over which mean and variance are taken.
    weight, bias : array_like or Tensor, optional
        Of shape `normalized_shape`.
    eps : float
        Added to the variance.

    Raises
    ------
    ValueError
        If x does not end in `normalized_shape`, or weight or bias have another shape.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.layer_norm([[1.0, 3.0], [5.0, 5.0]], 2).round(3)
    array([[-1.,  1.],
           [ 0.,  0.]])
    """
    sizes = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not sizes or np.shape(x)[-len(sizes) :] != sizes:
        raise ValueError(f"x of shape {np.shape(x)} does not end in normalized_shape {sizes}")
    for name, values in (("weight", weight), ("bias", bias)):
        if values is not None and np.shape(values) != sizes:
            raise ValueError(f"{name} has shape {np.shape(values)}, normalized_shape is {sizes}")
    return normalize(x, weight, bias, axes=tuple(range(-len(sizes), 0)), eps=eps)


def group_norm(x: Any, groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Group normalisation (Wu and He, 2018): over groups of channels of each example.

    Parameters
    ----------
    x : (N, C, ...) array_like or Tensor
    groups : int
        Divides C.
    weight, bias : (C,) array_like or Tensor, optional
    eps : float
        Added to the variance.

    Raises
    ------
    ValueError
        If the channels cannot be divided into the groups, or shapes do not match.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.group_norm([[1.0, 3.0, 10.0, 30.0]], 2).round(3)
    array([[-1.,  1., -1.,  1.]])
    """
    shape = np.shape(x)
    if len(shape) < 2:
        raise ValueError(f"group_norm takes (N, C) or (N, C, ...), not shape {shape}")
    channels = shape[1]
    if not isinstance(groups, (int, np.integer)) or groups < 1 or channels % groups:
        raise ValueError(f"{channels} channels cannot be divided into {groups!r} equal groups")
    for name, values in (("weight", weight), ("bias", bias)):
        if values is not None and np.shape(values) != (channels,):
            raise ValueError(
                f"{name} has shape {np.shape(values)}, and x of shape {shape} has "
                f"{channels} channels: {name} has shape {(channels,)}"
            )
    inner = (channels // groups, *shape[2:])
    affine = (groups, channels // groups) + (1,) * (len(shape) - 2)
    y = normalize(
        np.reshape(x, (shape[0], groups, *inner)),
        None if weight is None else np.reshape(weight, affine),
        None if bias is None else np.reshape(bias, affine),
        axes=tuple(range(2, 2 + len(inner))),
        eps=eps,
    )
    return np.reshape(y, shape)


def instance_norm(x: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Instance normalisation (Ulyanov, Vedaldi and Lempitsky, 2016): over each plane alone.

    Parameters
    ----------
    x : (N, C, ...) array_like or Tensor
    weight, bias : (C,) array_like or Tensor, optional
    eps : float
        Added to the variance.

    Raises
    ------
    ValueError
        If x has no axis behind its channels, or shapes do not match.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.instance_norm([[[1.0, 3.0], [10.0, 30.0]]]).round(3)
    array([[[-1.,  1.],
            [-1.,  1.]]])
    """
    shape = np.shape(x)
    if len(shape) < 3:
        raise ValueError(f"instance_norm takes (N, C, L) or (N, C, H, W), not shape {shape}")
    return group_norm(x, max(shape[1], 1), weight, bias, eps)
