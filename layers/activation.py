"""Activations as modules. `inplace` is accepted and has no effect: nothing is ever overwritten."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg

from .module import Module


class ReLU(Module):
    """max(x, 0); its derivative at 0 is 0. What `mg.backward_rules(relu=...)` acts on.

    Examples
    --------
    >>> import layers
    >>> layers.ReLU()([-1.0, 2.0])
    array([0., 2.])
    """

    def __init__(self, inplace: bool = False):
        super().__init__()

    def forward(self, x: Any) -> Any:
        return mg.relu(x)


class ReLU6(Module):
    """min(max(x, 0), 6); its derivative at 0 and at 6 is 0.

    Examples
    --------
    >>> import layers, numpy as np
    >>> layers.ReLU6()(np.array([-1.0, 2.0, 9.0]))
    array([0., 2., 6.])
    """

    def __init__(self, inplace: bool = False):
        super().__init__()

    def forward(self, x: Any) -> Any:
        # Two choices rather than clip, which passes the gradient on the boundary.
        return np.where(x <= 0, 0, np.where(x >= 6, 6, x))


class LeakyReLU(Module):
    """x where positive, else negative_slope · x.

    Examples
    --------
    >>> import layers
    >>> layers.LeakyReLU(0.1)([-1.0, 2.0])
    array([-0.1,  2. ])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False):
        super().__init__()
        self.negative_slope = negative_slope

    def forward(self, x: Any) -> Any:
        return mg.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        return f"{self.negative_slope}"


class ELU(Module):
    """x where positive, else alpha · (exp(x) − 1).

    Examples
    --------
    >>> import layers
    >>> layers.ELU()([0.0, 2.0])
    array([0., 2.])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        super().__init__()
        self.alpha = alpha

    def forward(self, x: Any) -> Any:
        return mg.elu(x, self.alpha)

    def extra_repr(self) -> str:
        return f"{self.alpha}"


class GELU(Module):
    """x · Φ(x), with Φ the normal distribution function.

    Parameters
    ----------
    approximate : {"none", "tanh"}

    Examples
    --------
    >>> import layers
    >>> layers.GELU()([0.0]).item()
    0.0
    """

    def __init__(self, approximate: str = "none"):
        super().__init__()
        if approximate not in ("none", "tanh"):
            raise ValueError(f"approximate must be 'none' or 'tanh', not {approximate!r}")
        self.approximate = approximate

    def forward(self, x: Any) -> Any:
        return mg.gelu(x, approximate=self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}" * (self.approximate != "none")


class SiLU(Module):
    """x · sigmoid(x).

    Examples
    --------
    >>> import layers
    >>> layers.SiLU()([0.0]).item()
    0.0
    """

    def __init__(self, inplace: bool = False):
        super().__init__()

    def forward(self, x: Any) -> Any:
        return mg.silu(x)


class Sigmoid(Module):
    """1 / (1 + exp(−x)).

    Examples
    --------
    >>> import layers
    >>> layers.Sigmoid()([0.0]).item()
    0.5
    """

    def forward(self, x: Any) -> Any:
        return mg.sigmoid(x)


class Tanh(Module):
    """tanh(x).

    Examples
    --------
    >>> import layers
    >>> layers.Tanh()([0.0]).item()
    0.0
    """

    def forward(self, x: Any) -> Any:
        return np.tanh(x)


class Softmax(Module):
    """exp(x) / Σ exp(x) along an axis.

    Parameters
    ----------
    dim : int
        The axis that sums to one: 1 for class scores, also for those of each pixel.

    Examples
    --------
    >>> import layers
    >>> layers.Softmax(dim=1)([[0.0, 0.0]])
    array([[0.5, 0.5]])
    """

    def __init__(self, dim: int):
        super().__init__()
        self.dim = dim

    def forward(self, x: Any) -> Any:
        return mg.softmax(x, axis=self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"
