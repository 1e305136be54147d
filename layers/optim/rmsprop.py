"""RMSprop: the gradient divided by its recent size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .blocks import in_blocks
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
        self,
        values: np.ndarray,
        gradient: np.ndarray,
        state: dict[str, Any],
        options: Mapping,
        new: np.ndarray,
    ) -> None:
        lr, eps = float(options["lr"]), float(options["eps"])
        decay, maximize = options["weight_decay"], options["maximize"]
        momentum, rest = float(options["momentum"]), 1 - float(options["alpha"])
        if not state:
            state["square_avg"] = np.zeros_like(values)
            if momentum:
                state["momentum_buffer"] = np.zeros_like(values)
            if options["centered"]:
                state["grad_avg"] = np.zeros_like(values)

        def block(values, gradient, v, mean, velocity, new, scratch):
            gradient = decayed(values, gradient, decay, maximize)
            np.multiply(gradient, gradient, out=scratch)
            scratch *= rest
            v *= 1 - rest
            v += scratch
            if options["centered"]:
                mean += rest * (gradient - mean)
                np.multiply(mean, mean, out=scratch)
                np.subtract(v, scratch, out=scratch)
                # The variance of a constant gradient is 0, which rounding can push below.
                np.maximum(scratch, 0, out=scratch)
                np.sqrt(scratch, out=scratch)
            else:
                np.sqrt(v, out=scratch)
            scratch += eps
            np.divide(gradient, scratch, out=scratch)
            if momentum:
                velocity *= momentum
                velocity += scratch
                np.copyto(scratch, velocity)
            scratch *= -lr
            np.add(values, scratch, out=new)

        v = state["square_avg"]
        # v stands in for the arrays that these options do without.
        mean, velocity = state.get("grad_avg", v), state.get("momentum_buffer", v)
        in_blocks(block, values, gradient, v, mean, velocity, new)
