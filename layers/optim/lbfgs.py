"""L-BFGS: Newton's method with a curvature guessed from the last steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minigrad import Tensor

from .line_search import Point, strong_wolfe
from .optimizer import Optimizer, Parameters, checked_gradient


class LBFGS(Optimizer):
    """Limited-memory BFGS, for losses that are computed on all data.

    Parameters
    ----------
    params : iterable of Tensor
        The parameters, in one group.
    lr : float
        Step size; with a line search the first step tried.
    max_iter : int
        Most iterations in one call of `step`.
    max_eval : int, optional
        Most evaluations of the loss in one call; 1.25 · max_iter by default.
    tolerance_grad : float
        Stop when no entry of the gradient is larger.
    tolerance_change : float
        Stop when the loss or all parameters change by less.
    history_size : int
        How many former steps are kept; each costs twice the memory of the parameters.
    line_search_fn : {None, "strong_wolfe"}
        How the length of a step is found; ``None`` always takes `lr`.

    Raises
    ------
    ValueError
        If an option is out of range, or there is more than one group.

    References
    ----------
    Nocedal and Wright, Numerical Optimization, 2006, algorithms 7.4 and 7.5.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([-1.0, 2.0], requires_grad=True)
    >>> optimizer = LBFGS([x], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    ...     loss.backward()
    ...     return loss
    >>> for _ in range(3):
    ...     loss = optimizer.step(closure)
    >>> x.data.round(4)
    array([1., 1.])
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ):
        super().__init__(
            params,
            {
                "lr": lr,
                "max_iter": max_iter,
                "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
                "tolerance_grad": tolerance_grad,
                "tolerance_change": tolerance_change,
                "history_size": history_size,
                "line_search_fn": line_search_fn,
            },
        )

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        if self.param_groups:
            raise ValueError("LBFGS knows only one parameter group: pass one list of parameters")
        super().add_param_group(group)
        self.params: list[Tensor] = self.param_groups[0]["params"]

    def check(self, options: Mapping[str, Any]) -> None:
        super().check(options)
        for name in ("max_iter", "max_eval", "history_size"):
            if options[name] < 1:
                raise ValueError(f"{name} must be at least 1, not {options[name]}")
        if options["line_search_fn"] not in (None, "strong_wolfe"):
            raise ValueError(
                f'line_search_fn must be None or "strong_wolfe", not {options["line_search_fn"]!r}'
            )

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Do up to `max_iter` iterations.

        Parameters
        ----------
        closure : callable
            Clears the gradients, computes the loss and its gradients, and returns the loss.

        Returns
        -------
        object
            What `closure` returned at the first call, before anything was changed.
        """
        if closure is None:
            raise TypeError("LBFGS evaluates the loss several times: call step(closure)")
        options = self.param_groups[0]
        state = self.state[self.params[0]]
        first_loss = closure()
        loss, gradient, evaluations = float(first_loss), self.flat_gradient(), 1

        for iteration in range(options["max_iter"]):
            if largest(gradient) <= options["tolerance_grad"] or (
                iteration and evaluations >= options["max_eval"]
            ):
                break
            direction = self.next_direction(state, gradient, options["history_size"])
            step = float(options["lr"])
            if state["n_iter"] == 1:
                step *= min(1.0, 1 / float(np.sum(np.abs(gradient))))
            state.update(direction=direction, gradient=gradient, step_size=step)
            slope = float(gradient @ direction)
            if slope > -options["tolerance_change"]:
                break

            line = Line(self, closure, direction)
            new = Point(step, loss, gradient, slope)
            if options["line_search_fn"] is not None:
                start = Point(0.0, loss, gradient, slope)
                trials = options["max_eval"] - evaluations
                new = strong_wolfe(line.at, start, step, largest(direction), trials)
                line.move(new.step)
            elif iteration + 1 < options["max_iter"]:
                new = line.at(step)
            else:
                line.move(step)
            evaluations += line.evaluations
            state["step_size"] = new.step
            gradient, change = new.gradient, abs(new.loss - loss)
            loss = new.loss
            if (
                largest(gradient) <= options["tolerance_grad"]
                or largest(direction) * new.step <= options["tolerance_change"]
                or change < options["tolerance_change"]
            ):
                break
        state["func_evals"] = int(state.get("func_evals", 0)) + evaluations
        return first_loss

    def next_direction(
        self, state: dict[str, Any], gradient: np.ndarray, history_size: int
    ) -> np.ndarray:
        """Minus the gradient times the inverse curvature that the last steps showed."""
        n_iter = state["n_iter"] = int(state.get("n_iter", 0)) + 1
        if n_iter == 1:
            state.update(steps=[], changes=[], scale=1.0)
            return -gradient
        # After loading these are arrays with a row for each step.
        steps, changes = list(state["steps"]), list(state["changes"])
        step = state["direction"] * float(state["step_size"])
        change = gradient - state["gradient"]
        curvature = float(change @ step)
        if curvature > 1e-10:
            steps = [*steps, step][-history_size:]
            changes = [*changes, change][-history_size:]
            state["scale"] = curvature / float(change @ change)
        state.update(steps=steps, changes=changes)

        direction = -gradient
        pairs = [(s, y, 1 / float(y @ s)) for s, y in zip(steps, changes, strict=True)]
        shares = []
        for s, y, inverse in reversed(pairs):
            shares.append(float(s @ direction) * inverse)
            direction -= shares[-1] * y
        direction *= float(state["scale"])
        for (s, y, inverse), share in zip(pairs, reversed(shares), strict=True):
            direction += (share - float(y @ direction) * inverse) * s
        return direction

    def flat_gradient(self) -> np.ndarray:
        """All gradients in one vector; zeros for a parameter that has none."""
        return np.concatenate(
            [
                np.zeros(p.size, p.dtype) if p.grad is None else checked_gradient(p).ravel()
                for p in self.params
            ]
        )

    def restored(self, key: str, array: np.ndarray, parameter: Tensor) -> np.ndarray:
        size = sum(p.size for p in self.params)
        if array.size and array.ndim and array.shape[-1] != size:
            raise ValueError(
                f"{key!r} is for {array.shape[-1]} parameter values, and there are {size}: "
                "is it the state of another network's optimizer?"
            )
        return np.array(array, dtype=parameter.dtype if array.dtype.kind == "f" else None)


class Line:
    """The loss along a direction from where the parameters are."""

    def __init__(self, optimizer: LBFGS, closure: Callable[[], Any], direction: np.ndarray):
        self.optimizer, self.closure, self.direction = optimizer, closure, direction
        self.origin = [parameter.array for parameter in optimizer.params]
        self.evaluations = 0

    def move(self, step: float) -> None:
        """Put the parameters that far from the origin."""
        start = 0
        for parameter, origin in zip(self.optimizer.params, self.origin, strict=True):
            part = self.direction[start : start + origin.size].reshape(origin.shape)
            parameter.own(np.asarray(origin + step * part))
            start += origin.size

    def at(self, step: float) -> Point:
        """Evaluate the loss and its gradient there."""
        self.move(step)
        self.evaluations += 1
        loss = float(self.closure())
        gradient = self.optimizer.flat_gradient()
        return Point(step, loss, gradient, float(gradient @ self.direction))


def largest(vector: np.ndarray) -> float:
    """The largest absolute entry."""
    return float(np.max(np.abs(vector), initial=0.0))
