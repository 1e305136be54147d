"""Painting: change the pixels of a picture, step by step, until a loss is small."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

import minigrad as mg
from layers.optim import LBFGS, Adam, Optimizer

Array = NDArray[Any]
Measure: TypeAlias = Callable[[mg.Tensor], Mapping[str, Any]]
Watch: TypeAlias = Callable[[int, Mapping[str, float], Array], object]

TERMS = ("content", "style", "tv")
_DIVERGED = 100  # times the first total
_HISTORY = 20  # former steps that L-BFGS remembers: each costs twice the memory of the picture


class Painted(NamedTuple):
    """A picture (1, C, H, W), its losses after each step, and stages (K, C, H, W) on the way."""

    image: Array
    losses: np.recarray[Any, Any]
    stages: Array


def paint(
    measure: Measure,
    start: Array,
    steps: int,
    optimizer: str = "lbfgs",
    learning_rate: float | None = None,
    bounds: tuple[float, float] = (0.0, 1.0),
    stages: Sequence[int] = (),
    watch: Watch | None = None,
) -> Painted:
    """Minimise the sum of the terms that `measure` gives, over pictures.

    Parameters
    ----------
    measure : callable
        From a picture, a Tensor (1, C, H, W), to the terms of its loss by name (`TERMS`).
    start : ndarray (1, C, H, W)
    steps : int
    optimizer : {"lbfgs", "adam"}
        L-BFGS finds the length of each step itself and needs the fewest of them.
    learning_rate : float, optional
        1 for L-BFGS, 0.02 for Adam.
    bounds : (float, float)
        The range of pixels. L-BFGS may leave it on the way, for its model of the curvature
        holds only for steps as they were taken; the picture at the end is within.
    stages : sequence of int
        After which steps to keep a picture.
    watch : callable, optional
        Called as ``watch(step, losses, image)`` after each step.

    Returns
    -------
    Painted
        The last row of ``losses`` is that of ``image``.

    Raises
    ------
    ValueError
        For a bad option, and when the loss becomes NaN or grows without bound.
    """
    if steps < 1:
        raise ValueError(f"steps must be at least 1, not {steps}")
    canvas = _Canvas(measure, start, optimizer)
    move = _optimizer(optimizer, canvas.x, learning_rate)
    limit = _DIVERGED * max(canvas.look()["total"], 1.0)
    rows, kept = [], []
    for step in range(1, steps + 1):
        move.step(canvas.closure)
        if optimizer == "adam" or step == steps:
            canvas.x.own(np.clip(canvas.x.array, *bounds))
        losses = canvas.look()
        if losses["total"] > limit:
            raise ValueError(
                f"the loss has grown to {losses['total']:.3g} in {step} steps: {canvas.advice}"
            )
        rows.append(tuple(losses.values()))
        image = np.clip(canvas.x.array, *bounds)
        if step in stages:
            kept.append(image)
        if watch is not None:
            watch(step, losses, image)
    fields = [(name, np.float64) for name in ("total", *TERMS)]
    table = np.array(rows, fields).view(np.recarray)
    return Painted(image, table, np.concatenate([image[:0], *kept]))


def _optimizer(name: str, x: mg.Tensor, learning_rate: float | None) -> Optimizer:
    if name == "adam":
        return Adam([x], lr=0.02 if learning_rate is None else learning_rate)
    if name != "lbfgs":
        raise ValueError(f'optimizer must be "lbfgs" or "adam", not {name!r}')
    return LBFGS(
        [x],
        lr=1 if learning_rate is None else learning_rate,
        max_iter=1,
        max_eval=12,
        tolerance_grad=0,
        tolerance_change=0,
        history_size=_HISTORY,
        line_search_fn="strong_wolfe",
    )


class _Canvas:
    """The picture at work, with the losses of where it is: each place is measured once."""

    def __init__(self, measure: Measure, start: Array, optimizer: str):
        self.measure = measure
        self.x = mg.Tensor(start.copy(), requires_grad=True)
        self.measured: Array | None = None
        self.losses: dict[str, float] = {}
        self.gradient: Array | None = None
        self.advice = (
            'lower the learning rate, or use the optimizer "lbfgs"'
            if optimizer == "adam"
            else "lower the weights of the losses, or use another layer"
        )

    def look(self) -> dict[str, float]:
        """The terms of the loss where the picture is, and their total; notes the gradient."""
        if self.measured is not None and np.array_equal(self.measured, self.x.array):
            return self.losses
        terms = dict(self.measure(self.x))
        total = sum(terms.values())
        (gradient,) = mg.grad(total, self.x)
        values = {name: float(getattr(term, "data", term)) for name, term in terms.items()}
        self.losses = {"total": sum(values.values()), **values}
        self.gradient, self.measured = gradient.data, self.x.array
        if not math.isfinite(self.losses["total"]) or not np.isfinite(self.gradient).all():
            raise ValueError(
                f"the picture cannot be painted on: its losses are {_listed(values)}, or their "
                f"gradient is not finite: {self.advice}, and look at the network's weights"
            )
        return self.losses

    def closure(self) -> float:
        """What an optimizer asks for."""
        total = self.look()["total"]
        self.x.grad = self.gradient
        return total


def _listed(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in values.items())
