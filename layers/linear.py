"""Fully connected layers, and the shapes around them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

import minigrad as mg

from . import init
from .arguments import size
from .module import Module
from .parameter import Parameter


def default_weight_and_bias(
    shape: tuple[int, ...], outputs: int, bias: bool, dtype: npt.DTypeLike, rng: init.Seed
) -> tuple[Parameter, Parameter | None]:
    """The initial values of linear and convolutional layers: uniform in ±1/√fan_in, as PyTorch's.

    Examples
    --------
    >>> weight, bias = default_weight_and_bias((8, 4), 8, True, "float32", 0)
    >>> weight.shape, bias.shape, bool((abs(weight.data) <= 0.5).all())
    ((8, 4), (8,), True)
    """
    rng = np.random.default_rng(rng)
    weight = init.kaiming_uniform_(_zeros(shape, dtype), a=math.sqrt(5), rng=rng)
    if not bias:
        return weight, None
    fan_in, _ = init.fans(weight)
    bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
    return weight, init.uniform_(_zeros((outputs,), dtype), -bound, bound, rng)


def _zeros(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Parameter:
    """A parameter whose memory nobody has touched yet: Parameter(array) would copy it."""
    parameter = Parameter(np.empty(0, dtype))
    parameter.own(np.zeros(shape, dtype))
    return parameter


class Linear(Module):
    """A fully connected layer: y = x Wᵀ + b.

    Parameters
    ----------
    in_features, out_features : int
    bias : bool
    dtype : dtype
        Of the parameters.
    rng : int, Generator or None
        For the initial values, uniform in ±1/√in_features.

    Attributes
    ----------
    weight : Parameter, shape (out_features, in_features)
    bias : Parameter, shape (out_features,), or None

    Notes
    -----
    Input (..., in_features), output (..., out_features).

    Examples
    --------
    >>> import layers, numpy as np
    >>> layer = layers.Linear(3, 2, rng=0)
    >>> layer.load_state_dict({"weight": [[1, 0, 0], [0, 1, 1]], "bias": [0, 10]})
    LoadedKeys(missing_keys=[], unexpected_keys=[])
    >>> layer(np.array([[1, 2, 3]], np.float32)).data
    array([[ 1., 15.]], dtype=float32)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: npt.DTypeLike = np.float32,
        rng: init.Seed = None,
    ):
        super().__init__()
        self.in_features = size("in_features", in_features, least=0)
        self.out_features = size("out_features", out_features, least=0)
        self.weight, self.bias = default_weight_and_bias(
            (self.out_features, self.in_features), self.out_features, bias, dtype, rng
        )

    def forward(self, x: Any) -> mg.Tensor:
        return mg.linear(x, self.weight, self.bias)

    def multiply_adds(self, inputs: tuple[Any, ...], output: Any) -> int:
        return output.size * self.in_features

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.out_features}" + ", bias=False" * (self.bias is None)


class Flatten(Module):
    """Make one axis of several.

    Parameters
    ----------
    start_dim, end_dim : int
        The first and the last of the axes; by default all but the batch axis.

    Examples
    --------
    >>> import layers, numpy as np
    >>> layers.Flatten()(np.ones((2, 3, 4, 4))).shape
    (2, 48)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1):
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, x: Any) -> Any:
        shape = np.shape(x)
        start = self.start_dim + len(shape) * (self.start_dim < 0)
        end = self.end_dim + len(shape) * (self.end_dim < 0)
        if not 0 <= start <= end < len(shape):
            raise ValueError(
                f"Flatten({self.start_dim}, {self.end_dim}) has no axes to join in shape {shape}"
            )
        joined = math.prod(shape[start : end + 1])
        return np.reshape(x, (*shape[:start], joined, *shape[end + 1 :]))

    def extra_repr(self) -> str:
        default = (self.start_dim, self.end_dim) == (1, -1)
        return "" if default else f"{self.start_dim}, {self.end_dim}"


class Identity(Module):
    """The input, unchanged; takes any arguments, to stand in for another module.

    Examples
    --------
    >>> import layers
    >>> layers.Identity()(5)
    5
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__()

    def forward(self, x: Any) -> Any:
        return x
