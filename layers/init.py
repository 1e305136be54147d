"""Initial values: each function draws new values for a tensor and returns it.

A plain array, such as ``parameter.data``, is written to in place.
Every function of chance takes `rng`: an int, a `numpy.random.Generator` or ``None``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

import numpy as np

import minigrad as mg

TensorType = TypeVar("TensorType", bound=mg.Tensor | np.ndarray)
Seed = int | np.random.Generator | None

_skipping: ContextVar[bool] = ContextVar("layers_init_skipping", default=False)


@contextmanager
def skip() -> Iterator[None]:
    """Let layers begin with zeros, for a network whose weights come from a file.

    Functions of chance then leave their tensor as it is: drawing 138 million numbers for a
    VGG-16 takes seconds.

    Examples
    --------
    >>> import layers
    >>> with layers.init.skip():
    ...     layer = layers.Linear(2, 1)
    >>> layer.weight.data
    array([[0., 0.]], dtype=float32)
    """
    token = _skipping.set(True)
    try:
        yield
    finally:
        _skipping.reset(token)


def fans(tensor: mg.Tensor | np.ndarray) -> tuple[int, int]:
    """How many inputs feed one output, and how many outputs one input feeds.

    Parameters
    ----------
    tensor : Tensor, shape (outputs, inputs, ...)

    Returns
    -------
    fan_in, fan_out : int

    Raises
    ------
    ValueError
        If the tensor has fewer than two axes.

    Examples
    --------
    >>> import minigrad as mg, numpy as np
    >>> fans(mg.Tensor(np.ones((16, 3, 5, 5))))
    (75, 400)
    """
    if tensor.ndim < 2:
        raise ValueError(
            f"fan in and fan out are those of a weight (outputs, inputs, *kernel), and shape "
            f"{tensor.shape} has fewer than two axes"
        )
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor that keeps the variance through a nonlinearity.

    Parameters
    ----------
    nonlinearity : str
        ``"linear"``, ``"conv2d"`` (or another linear layer), ``"sigmoid"``, ``"tanh"``,
        ``"relu"``, ``"leaky_relu"`` or ``"selu"``.
    param : float, optional
        The negative slope of leaky_relu, 0.01 by default.

    Raises
    ------
    ValueError
        If the nonlinearity is unknown.

    Examples
    --------
    >>> calculate_gain("tanh")
    1.6666666666666667
    """
    gains = {"sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 0.75}
    linear = {"linear", "conv1d", "conv2d", "conv3d"}
    linear |= {f"conv_transpose{n}d" for n in (1, 2, 3)}
    if nonlinearity in linear:
        return 1.0
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in gains:
        known = ", ".join(sorted(gains | dict.fromkeys(linear) | {"leaky_relu": None}))
        raise ValueError(f"there is no gain for {nonlinearity!r}, only for {known}")
    return gains[nonlinearity]


def uniform_(tensor: TensorType, a: float = 0.0, b: float = 1.0, rng: Seed = None) -> TensorType:
    """Draw uniformly from [a, b).

    Examples
    --------
    >>> import layers
    >>> weight = uniform_(layers.Parameter([0.0, 0.0, 0.0]), -1, 1, rng=0)
    >>> bool((abs(weight.data) <= 1).all())
    True
    """
    if _skipping.get():
        return tensor
    values = np.random.default_rng(rng).random(tensor.shape, _drawn(tensor))
    values *= b - a
    values += a
    return _fill(tensor, values)


def normal_(
    tensor: TensorType, mean: float = 0.0, std: float = 1.0, rng: Seed = None
) -> TensorType:
    """Draw from the normal distribution.

    Parameters
    ----------
    tensor : Tensor or array
        Of any shape.
    mean, std : float
    rng : int, Generator or None

    Raises
    ------
    ValueError
        For a negative `std`.

    Examples
    --------
    >>> import layers, numpy as np
    >>> weight = normal_(layers.Parameter(np.zeros((64, 27))), std=0.1, rng=0)
    >>> bool(abs(weight.data.std() - 0.1) < 0.01)
    True
    """
    if std < 0:
        raise ValueError(f"std must be at least 0, not {std}")
    if _skipping.get():
        return tensor
    values = np.random.default_rng(rng).standard_normal(tensor.shape, _drawn(tensor))
    values *= std
    values += mean
    return _fill(tensor, values)


def constant_(tensor: TensorType, val: float) -> TensorType:
    """Fill with one value.

    Examples
    --------
    >>> import numpy as np
    >>> constant_(np.zeros(3), 0.5)
    array([0.5, 0.5, 0.5])
    """
    return _fill(tensor, np.full(tensor.shape, val, tensor.dtype))


def zeros_(tensor: TensorType) -> TensorType:
    """Fill with zeros.

    Examples
    --------
    >>> import numpy as np
    >>> zeros_(np.ones(3))
    array([0., 0., 0.])
    """
    return constant_(tensor, 0)


def ones_(tensor: TensorType) -> TensorType:
    """Fill with ones.

    Examples
    --------
    >>> import numpy as np
    >>> ones_(np.zeros(3))
    array([1., 1., 1.])
    """
    return constant_(tensor, 1)


def xavier_uniform_(tensor: TensorType, gain: float = 1.0, rng: Seed = None) -> TensorType:
    """Draw uniformly from ±gain · √(6 / (fan_in + fan_out)).

    References
    ----------
    Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks,
    AISTATS 2010.

    Examples
    --------
    >>> import numpy as np
    >>> weight = xavier_uniform_(np.zeros((64, 27)), rng=0)
    >>> bool(abs(weight).max() <= np.sqrt(6 / (64 + 27)))
    True
    """
    bound = gain * math.sqrt(6 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound, rng)


def xavier_normal_(tensor: TensorType, gain: float = 1.0, rng: Seed = None) -> TensorType:
    """Draw from a normal distribution of standard deviation gain · √(2 / (fan_in + fan_out)).

    References
    ----------
    Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks,
    AISTATS 2010.

    Examples
    --------
    >>> import numpy as np
    >>> weight = xavier_normal_(np.zeros((64, 27)), rng=0)
    >>> bool(abs(weight.std() - np.sqrt(2 / (64 + 27))) < 0.01)
    True
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(fans(tensor))), rng)


def kaiming_uniform_(
    tensor: TensorType,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    rng: Seed = None,
) -> TensorType:
    """Draw uniformly from ±gain · √(3 / fan).

    Parameters
    ----------
    tensor : Tensor, shape (outputs, inputs, ...)
    a : float
        The negative slope that follows, for ``"leaky_relu"``.
    mode : {"fan_in", "fan_out"}
        Whether the variance is kept forwards or backwards.
    nonlinearity : str
        As for `calculate_gain`.

    References
    ----------
    He et al., Delving deep into rectifiers, ICCV 2015.

    Examples
    --------
    >>> import layers, numpy as np
    >>> weight = kaiming_uniform_(layers.Parameter(np.zeros((64, 27))), rng=0)
    >>> bool(abs(weight.data.std() - np.sqrt(2 / 27)) < 0.01)
    True
    """
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, rng)


def kaiming_normal_(
    tensor: TensorType,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    rng: Seed = None,
) -> TensorType:
    """Draw from a normal distribution of standard deviation gain / √fan; see `kaiming_uniform_`.

    References
    ----------
    He et al., Delving deep into rectifiers, ICCV 2015.

    Examples
    --------
    >>> import numpy as np
    >>> weight = kaiming_normal_(np.zeros((64, 27)), nonlinearity="relu", rng=0)
    >>> bool(abs(weight.std() - np.sqrt(2 / 27)) < 0.02)
    True
    """
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), rng)


def _kaiming_std(tensor: mg.Tensor | np.ndarray, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode must be 'fan_in' or 'fan_out', not {mode!r}")
    fan = fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan) if fan else 0.0


def _drawn(tensor: mg.Tensor | np.ndarray) -> type[np.float32] | type[np.float64]:
    """The dtype that random numbers are drawn in."""
    return np.float32 if tensor.dtype == np.float32 else np.float64


def _fill(tensor: TensorType, values: np.ndarray) -> TensorType:
    if isinstance(tensor, np.ndarray):
        tensor[...] = values
    else:
        tensor.own(values.astype(tensor.dtype, copy=False))
    return tensor
