"""RMSprop: the gradient divided by its recent size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .optimizer import Optimizer, Parameters, decayed


class RMSprop(Optimizer):
    """RMSprop: ``v ← α·v + (1 − α)·g²``, ``θ ← θ − lr·g/(√v + ε)``.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        The parameters or groups of them.
    lr : float
        Step size.
    alpha : float
        α, how slowly the mean of the squared gradient follows, in [0, 1).
    eps : float
        ε, for parameters whose gradient is almost zero.
    weight_decay : float
        Factor of the L2 penalty, added to the gradient.
    momentum : float
        How much of the last step is kept.
    centered : bool
        Divide by the standard deviation of the gradient instead of its root mean square.
    maximize : bool
        Ascend instead.

    Raises
    ------
    ValueError
        If an option is out of range.

    References
    ----------
    Tieleman and Hinton, Neural networks for machine learning, lecture 6.5, 2012; centered:
    Graves, Generating sequences with recurrent neural networks, 2013.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, -200.0], requires_grad=True)
    >>> optimizer = RMSprop([x], lr=0.01)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x.data
    array([   0.9, -199.9])
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ):
        super().__init__(
            params,
            {
                "lr": lr,
                "alpha": alpha,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "centered": centered,
                "maximize": maximize,
            },
        )

    def check(self, options: Mapping[str, Any]) -> None:
        super().check(options)
        if not 0 <= options["alpha"] < 1:
            raise ValueError(f"alpha must be in [0, 1), not {options['alpha']}")

    def update(
        self, values: np.ndarray, gradient: np.ndarray, state: dict[str, Any], options: Mapping
    ) -> np.ndarray:
        gradient = decayed(values, gradient, options["weight_decay"], options["maximize"])
        momentum, rest = float(options["momentum"]), 1 - float(options["alpha"])
        if not state:
            state["square_avg"] = np.zeros_like(values)
            if momentum:
                state["momentum_buffer"] = np.zeros_like(values)
            if options["centered"]:
                state["grad_avg"] = np.zeros_like(values)
        v = state["square_avg"]
        new = np.multiply(gradient, gradient, out=np.empty_like(values))
        new *= rest
        v *= 1 - rest
        v += new
        if options["centered"]:
            mean = state["grad_avg"]
            mean += rest * (gradient - mean)
            np.multiply(mean, mean, out=new)
            np.subtract(v, new, out=new)
            # The variance of a constant gradient is 0, which rounding can push below.
            np.maximum(new, 0, out=new)
            np.sqrt(new, out=new)
        else:
            np.sqrt(v, out=new)
        new += float(options["eps"])
        np.divide(gradient, new, out=new)
        if momentum:
            velocity = state["momentum_buffer"]
            velocity *= momentum
            velocity += new
            np.copyto(new, velocity)
        new *= -float(options["lr"])
        new += values
        return new
