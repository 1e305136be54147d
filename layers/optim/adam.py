"""Adam: steps of equal size, whatever the size of the gradient."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .blocks import compiled_pays, in_blocks
from .optimizer import Optimizer, Parameters, decayed


class Adam(Optimizer):
    """Adam: ``m ← β₁m + (1−β₁)g``, ``v ← β₂v + (1−β₂)g²``, ``θ ← θ − lr·m̂/(√v̂ + ε)``.

    m̂ and v̂ are m and v divided by 1 − βᵗ, which corrects for their start at zero.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        The parameters or groups of them.
    lr : float
        Step size: about the largest change of one parameter in a step.
    betas : pair of float
        β₁ and β₂, each in [0, 1).
    eps : float
        ε, for parameters whose gradient is almost zero.
    weight_decay : float
        Factor of the L2 penalty, added to the gradient.
    amsgrad : bool
        Divide by the largest v so far (Reddi et al., 2018).
    maximize : bool
        Ascend instead.

    Raises
    ------
    ValueError
        If an option is out of range.

    References
    ----------
    Kingma and Ba, Adam: A method for stochastic optimization, 2015.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, -200.0], requires_grad=True)
    >>> optimizer = Adam([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x.data
    array([   0.9, -199.9])
    """

    # AdamW's difference: the decay shrinks the parameters and does not enter the gradient.
    decouples_decay = False

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ):
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
            },
        )

    def check(self, options: Mapping[str, Any]) -> None:
        super().check(options)
        if len(options["betas"]) != 2 or not all(0 <= beta < 1 for beta in options["betas"]):
            raise ValueError(f"betas must be two numbers in [0, 1), not {options['betas']}")

    def update(
        self,
        values: np.ndarray,
        gradient: np.ndarray,
        state: dict[str, Any],
        options: Mapping,
        new: np.ndarray,
    ) -> None:
        lr, decay = float(options["lr"]), float(options["weight_decay"])
        beta1, beta2 = map(float, options["betas"])
        shrink = 1.0
        if self.decouples_decay:
            shrink, decay = 1 - lr * decay, 0.0
        if not state:
            state["step"] = 0
            state["exp_avg"] = np.zeros_like(values)
            state["exp_avg_sq"] = np.zeros_like(values)
            if options["amsgrad"]:
                state["max_exp_avg_sq"] = np.zeros_like(values)
        step = state["step"] = int(state["step"]) + 1
        # √v̂ is √v over this; m̂/(√v̂ + ε) is expanded by it, which saves an operation.
        root = math.sqrt(1 - beta2**step)
        size, eps = lr * root / (1 - beta1**step), float(options["eps"]) * root

        m, v = state["exp_avg"], state["exp_avg_sq"]

        def block(values, gradient, m, v, largest, new, scratch):
            gradient = decayed(values, gradient, decay, options["maximize"])
            np.subtract(gradient, m, out=scratch)
            scratch *= 1 - beta1
            m += scratch
            np.multiply(gradient, gradient, out=scratch)
            scratch *= 1 - beta2
            v *= beta2
            v += scratch
            if options["amsgrad"]:
                v = np.maximum(largest, v, out=largest)
            np.sqrt(v, out=scratch)
            scratch += eps
            np.divide(m, scratch, out=scratch)
            scratch *= -size
            if shrink != 1:
                values = np.multiply(values, shrink, out=new)
            np.add(values, scratch, out=new)

        if options["amsgrad"] or not compiled_pays(values, gradient, m, v, new):
            in_blocks(block, values, gradient, m, v, state.get("max_exp_avg_sq", v), new)
        else:
            from minigrad.kernels.updates import adam_step

            adam_step(
                values, gradient, m, v, new, rest1=1 - beta1, rest2=1 - beta2, size=size, eps=eps,
                shrink=shrink, sign=-1.0 if options["maximize"] else 1.0, decay=decay,
            )  # fmt: skip


class AdamW(Adam):
    """Adam with decoupled weight decay: ``θ ← θ − lr·decay·θ`` before Adam's own step.

    Parameters and errors are those of `Adam`; only the default `weight_decay` is another.

    References
    ----------
    Loshchilov and Hutter, Decoupled weight decay regularization, 2019.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, -200.0], requires_grad=True)
    >>> optimizer = AdamW([x], lr=0.1, weight_decay=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x.data
    array([   0.89, -197.9 ])
    """

    decouples_decay = True

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ):
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)
