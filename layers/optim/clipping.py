"""Clip gradients before a step, so that one bad batch cannot throw the parameters far away."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from minigrad import Tensor


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0
) -> float:
    """Scale all gradients together so that their common norm is at most `max_norm`.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Those without a gradient are skipped.
    max_norm : float
        The largest norm allowed.
    norm_type : float
        The p of the p-norm; ``inf`` for the largest absolute entry.

    Returns
    -------
    float
        The norm before clipping.

    Raises
    ------
    ValueError
        If `max_norm` is negative, or a gradient holds a NaN or an infinity.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([3.0, 4.0], requires_grad=True)
    >>> x.sum().backward(); x.grad = x.data.copy()
    >>> clip_grad_norm_([x], max_norm=1.0)
    5.0
    >>> x.grad.round(4)
    array([0.6, 0.8])
    """
    if not max_norm >= 0:
        raise ValueError(f"max_norm must be at least 0, not {max_norm}")
    with_gradient = _with_gradient(parameters)
    norms = [np.linalg.norm(np.ravel(p.grad), norm_type) for p in with_gradient]  # type: ignore[arg-type]
    total = float(np.linalg.norm(norms, norm_type)) if norms else 0.0
    if not math.isfinite(total):
        raise ValueError(
            f"the norm of the gradients is {total}, which clipping cannot mend: "
            "mg.detect_anomaly() finds the operation it came from"
        )
    # The small number keeps a zero norm from dividing by zero; it is PyTorch's.
    factor = float(max_norm) / (total + 1e-6)
    if factor < 1:
        for parameter in with_gradient:
            parameter.grad = np.asarray(parameter.grad * factor)  # type: ignore[operator]
    return total


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Clip every entry of every gradient to [−clip_value, clip_value].

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Those without a gradient are skipped.
    clip_value : float
        The largest absolute entry allowed.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([3.0, -4.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> clip_grad_value_([x], 7.0)
    >>> x.grad
    array([ 6., -7.])
    """
    if not clip_value >= 0:
        raise ValueError(f"clip_value must be at least 0, not {clip_value}")
    for parameter in _with_gradient(parameters):
        parameter.grad = np.clip(parameter.grad, -clip_value, clip_value)  # type: ignore[arg-type]


def _with_gradient(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    return [parameter for parameter in parameters if parameter.grad is not None]
