"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .optimizer import Optimizer, Parameters, decayed


class SGD(Optimizer):
    """Stochastic gradient descent: ``v ← μ·v + (1 − τ)·g``, ``θ ← θ − lr·v``.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        The parameters or groups of them.
    lr : float
        Step size.
    momentum : float
        μ, how much of the last step is kept. 0 is plain gradient descent.
    dampening : float
        τ, how much of the gradient is left out of the momentum (not in the first step).
    weight_decay : float
        Factor of the L2 penalty: decay·θ is added to the gradient.
    nesterov : bool
        Look ahead: step along ``g + μ·v``.
    maximize : bool
        Ascend instead.

    Raises
    ------
    ValueError
        If an option is out of range.

    References
    ----------
    Sutskever et al., On the importance of initialization and momentum in deep learning, 2013.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = SGD([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x.data
    array([ 0.8, -1.6])
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ):
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
            },
        )

    def check(self, options: Mapping[str, Any]) -> None:
        super().check(options)
        if options["nesterov"] and (options["momentum"] <= 0 or options["dampening"] != 0):
            raise ValueError("nesterov=True needs a momentum above 0 and no dampening")

    def update(
        self, values: np.ndarray, gradient: np.ndarray, state: dict[str, Any], options: Mapping
    ) -> np.ndarray:
        direction = decayed(values, gradient, options["weight_decay"], options["maximize"])
        lr, momentum = float(options["lr"]), float(options["momentum"])
        if not momentum:
            new = direction * -lr
        else:
            velocity = state.get("momentum_buffer")
            if velocity is None:
                velocity = state["momentum_buffer"] = np.array(direction)
            else:
                velocity *= momentum
                damped = float(options["dampening"])
                velocity += (1 - damped) * direction if damped else direction
            if options["nesterov"]:
                new = velocity * momentum
                new += direction
                new *= -lr
            else:
                new = velocity * -lr
        new += values
        return new
