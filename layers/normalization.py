"""Normalisation over the batch, a layer, groups of channels, or each image's channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

import minigrad as mg

from .arguments import size
from .module import Module
from .parameter import Parameter


class _ChannelNorm(Module):
    """A scale and a shift for each channel, and statistics that run along with training."""

    running_mean: np.ndarray | None
    running_var: np.ndarray | None
    num_batches_tracked: np.ndarray | None

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        dtype: npt.DTypeLike,
    ):
        super().__init__()
        self.num_features = size("num_features", num_features)
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self.weight = Parameter(np.ones(num_features, dtype)) if affine else None
        self.bias = Parameter(np.zeros(num_features, dtype)) if affine else None
        tracked = track_running_stats
        self.register_buffer("running_mean", np.zeros(num_features, dtype) if tracked else None)
        self.register_buffer("running_var", np.ones(num_features, dtype) if tracked else None)
        self.register_buffer("num_batches_tracked", np.int64(0) if tracked else None)

    def _check_shape(self, x: Any, axes: tuple[int, ...], expected: str) -> None:
        shape = np.shape(x)
        if len(shape) not in axes or shape[1] != self.num_features:
            raise ValueError(f"{self} takes {expected}, not {shape}")

    def extra_repr(self) -> str:
        text = f"{self.num_features}"
        defaults = {"eps": 1e-5, "momentum": 0.1}
        for name, default in defaults.items():
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        return text


class _BatchNorm(_ChannelNorm):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        dtype: npt.DTypeLike = np.float32,
    ):
        super().__init__(num_features, eps, momentum, affine, track_running_stats, dtype)

    def _normalize(self, x: Any) -> Any:
        if not self.training or self.num_batches_tracked is None:
            return mg.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias,
                training=self.running_mean is None, eps=self.eps,
            )  # fmt: skip
        count = self.num_batches_tracked + 1
        momentum = 1 / float(count) if self.momentum is None else self.momentum
        y = mg.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias,
            training=True, momentum=momentum, eps=self.eps,
        )  # fmt: skip
        self.num_batches_tracked = count
        return y


class BatchNorm1d(_BatchNorm):
    """Normalise each feature over the batch, in evaluation by its running statistics.

    Parameters
    ----------
    num_features : int
    eps : float
        Added to the variance.
    momentum : float or None
        How much a batch counts in the running statistics; ``None`` averages over all batches.
    affine : bool
        Whether to learn a scale and a shift.
    track_running_stats : bool
        ``False`` uses the batch in evaluation too.
    dtype : dtype

    Notes
    -----
    Input (N, C) or (N, C, L), output the same. y = (x − mean) / √(var + eps) · weight + bias,
    with the biased variance; the running variance is the unbiased one.

    References
    ----------
    Ioffe and Szegedy, Batch normalization, ICML 2015.

    Examples
    --------
    >>> import layers, numpy as np
    >>> layers.BatchNorm1d(1, affine=False)(np.array([[1.0], [3.0]])).round(3)
    array([[-1.],
           [ 1.]])
    """

    def forward(self, x: Any) -> Any:
        self._check_shape(x, (2, 3), f"(N, {self.num_features}) or (N, {self.num_features}, L)")
        return self._normalize(x)


class BatchNorm2d(_BatchNorm):
    """Normalise each channel over batch and space, in evaluation by its running statistics.

    Parameters
    ----------
    num_features : int
        The number of channels.
    eps : float
        Added to the variance.
    momentum : float or None
        How much a batch counts in the running statistics; ``None`` averages over all batches.
    affine : bool
        Whether to learn a scale and a shift.
    track_running_stats : bool
        ``False`` uses the batch in evaluation too.
    dtype : dtype

    Notes
    -----
    Input (N, C, H, W), output the same; see `BatchNorm1d`.

    References
    ----------
    Ioffe and Szegedy, Batch normalization, ICML 2015.

    Examples
    --------
    >>> import layers, numpy as np
    >>> layer = layers.BatchNorm2d(3)
    >>> layer(np.ones((2, 3, 4, 4), np.float32)).shape
    (2, 3, 4, 4)
    >>> layer.running_mean
    array([0.1, 0.1, 0.1], dtype=float32)
    """

    def forward(self, x: Any) -> Any:
        self._check_shape(x, (4,), f"images of shape (N, {self.num_features}, H, W)")
        return self._normalize(x)


class InstanceNorm2d(_ChannelNorm):
    """Normalise each channel of each image over space.

    Parameters
    ----------
    num_features : int
        The number of channels.
    eps : float
        Added to the variance.
    momentum : float or None
        How much a batch counts in the running statistics; ``None`` leaves them alone.
    affine : bool
        Whether to learn a scale and a shift.
    track_running_stats : bool
        Whether to keep running statistics and use them in evaluation.
    dtype : dtype

    Notes
    -----
    Input (N, C, H, W), output the same.

    References
    ----------
    Ulyanov, Vedaldi and Lempitsky, Instance normalization, 2016.

    Examples
    --------
    >>> import layers, numpy as np
    >>> layers.InstanceNorm2d(1)(np.array([[[[1.0, 3.0]]]])).round(3)
    array([[[[-1.,  1.]]]])
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        dtype: npt.DTypeLike = np.float32,
    ):
        super().__init__(num_features, eps, momentum, affine, track_running_stats, dtype)

    def forward(self, x: Any) -> Any:
        self._check_shape(x, (4,), f"images of shape (N, {self.num_features}, H, W)")
        if self.running_mean is not None and not self.training:
            return mg.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias,
                training=False, eps=self.eps,
            )  # fmt: skip
        if np.shape(x)[2:] == (1, 1):
            raise ValueError(
                f"{self} was given images of one pixel, shape {np.shape(x)}, whose variance says "
                "nothing: normalise larger maps, or all channels together with LayerNorm"
            )
        y = mg.instance_norm(x, self.weight, self.bias, eps=self.eps)
        if self.running_mean is not None and self.momentum is not None and len(x):
            self._track(x.array if isinstance(x, mg.Tensor) else np.asarray(x), self.momentum)
        return y

    def _track(self, x: np.ndarray, momentum: float) -> None:
        """Move the running statistics towards the means over the batch of each image's own."""
        mean = x.mean(axis=(2, 3)).mean(axis=0)
        variance = x.var(axis=(2, 3), ddof=1).mean(axis=0)
        for name, batch in (("running_mean", mean), ("running_var", variance)):
            old = getattr(self, name)
            new = (1 - momentum) * old + momentum * batch
            setattr(self, name, new.astype(old.dtype))


class LayerNorm(Module):
    """Normalise each sample over its last axes.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The sizes of those axes.
    eps : float
        Added to the variance.
    elementwise_affine : bool
        Whether to learn a scale and a shift.
    bias : bool
        Whether to learn the shift.
    dtype : dtype

    Notes
    -----
    Input ``(..., *normalized_shape)``, output the same.

    References
    ----------
    Ba, Kiros and Hinton, Layer normalization, 2016.

    Examples
    --------
    >>> import layers, numpy as np
    >>> layers.LayerNorm(2, elementwise_affine=False)(np.array([[1.0, 3.0]])).round(3)
    array([[-1.,  1.]])
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: npt.DTypeLike = np.float32,
    ):
        super().__init__()
        given = normalized_shape if isinstance(normalized_shape, Sequence) else (normalized_shape,)
        self.normalized_shape = tuple(size("normalized_shape", n) for n in given)
        self.eps = eps
        shape = self.normalized_shape
        self.weight = Parameter(np.ones(shape, dtype)) if elementwise_affine else None
        self.bias = Parameter(np.zeros(shape, dtype)) if elementwise_affine and bias else None

    def forward(self, x: Any) -> Any:
        return mg.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}" + f", eps={self.eps}" * (self.eps != 1e-5)


class GroupNorm(Module):
    """Normalise each image over groups of channels and space.

    Parameters
    ----------
    num_groups, num_channels : int
    eps : float
        Added to the variance.
    affine : bool
        Whether to learn a scale and a shift for each channel.
    dtype : dtype

    Raises
    ------
    ValueError
        If the channels do not divide into the groups.

    Notes
    -----
    Input (N, C, ...), output the same.

    References
    ----------
    Wu and He, Group normalization, ECCV 2018.

    Examples
    --------
    >>> import layers, numpy as np
    >>> layers.GroupNorm(2, 4)(np.zeros((1, 4, 3, 3), np.float32)).shape
    (1, 4, 3, 3)
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        dtype: npt.DTypeLike = np.float32,
    ):
        super().__init__()
        self.num_groups = size("num_groups", num_groups)
        self.num_channels = size("num_channels", num_channels)
        if num_channels % num_groups:
            raise ValueError(
                f"num_channels must be a multiple of num_groups, and {num_channels} is none of "
                f"{num_groups}"
            )
        self.eps = eps
        self.weight = Parameter(np.ones(num_channels, dtype)) if affine else None
        self.bias = Parameter(np.zeros(num_channels, dtype)) if affine else None

    def forward(self, x: Any) -> Any:
        shape = np.shape(x)
        if len(shape) < 2 or shape[1] != self.num_channels:
            raise ValueError(f"{self} takes (N, {self.num_channels}, ...), not {shape}")
        return mg.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}" + f", eps={self.eps}" * (self.eps != 1e-5)
