"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .blocks import compiled_pays, in_blocks
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
        self,
        values: np.ndarray,
        gradient: np.ndarray,
        state: dict[str, Any],
        options: Mapping,
        new: np.ndarray,
    ) -> None:
        lr, momentum = float(options["lr"]), float(options["momentum"])
        decay, maximize = options["weight_decay"], options["maximize"]
        damped = float(options["dampening"])
        if momentum and "momentum_buffer" not in state:
            state["momentum_buffer"] = np.zeros_like(values)
            damped = 0.0

        def plain(values, gradient, new, scratch):
            np.multiply(decayed(values, gradient, decay, maximize), -lr, out=scratch)
            np.add(values, scratch, out=new)

        def with_momentum(values, gradient, velocity, new, scratch):
            direction = decayed(values, gradient, decay, maximize)
            velocity *= momentum
            velocity += (1 - damped) * direction if damped else direction
            if options["nesterov"]:
                np.multiply(velocity, momentum, out=scratch)
                scratch += direction
                scratch *= -lr
            else:
                np.multiply(velocity, -lr, out=scratch)
            np.add(values, scratch, out=new)

        if not momentum:
            in_blocks(plain, values, gradient, new)
            return
        velocity = state["momentum_buffer"]
        if options["nesterov"] or not compiled_pays(values, gradient, velocity, new):
            in_blocks(with_momentum, values, gradient, velocity, new)
        else:
            from minigrad.kernels.updates import momentum_step

            momentum_step(
                values, gradient, velocity, new, lr=lr, momentum=momentum, share=1 - damped,
                sign=-1.0 if maximize else 1.0, decay=float(decay),
            )  # fmt: skip
