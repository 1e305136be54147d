"""Learning-rate schedules, with `torch.optim.lr_scheduler`'s names, arguments and numbers.

A schedule changes the learning rates of an optimizer's groups each time its ``step()`` is
called, after the optimizer's own step: once an epoch, or once a batch for `OneCycleLR`.
Schedules that multiply (all but `OneCycleLR`) may act on one optimizer together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np

from .optim.optimizer import Optimizer


class Schedule:
    """The base of all schedules that depend on nothing but the number of steps.

    Parameters
    ----------
    optimizer : Optimizer
        Whose learning rates are changed.

    Attributes
    ----------
    last_epoch : int
        How often `step` was called; 0 in the beginning.
    base_lrs : list of float
        The learning rates the optimizer started with.
    """

    saved: tuple[str, ...] = ("last_epoch", "base_lrs")

    def __init__(self, optimizer: Optimizer):
        self.optimizer = _checked_optimizer(optimizer)
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs = [float(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = -1
        self.step()

    def rate(self, lr: float, base: float) -> float:
        """The learning rate at step `last_epoch`, where `lr` was the one before it."""
        raise NotImplementedError

    def step(self) -> None:
        """Go on to the next learning rates."""
        self.last_epoch += 1
        for group, base in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = self.rate(float(group["lr"]), base)

    def get_last_lr(self) -> list[float]:
        """The learning rate of each group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, np.ndarray]:
        """Where the schedule stands, as a flat dict of arrays. The rates are the optimizer's."""
        return {name: np.array(getattr(self, name)) for name in self.saved}

    def load_state_dict(self, arrays: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned.

        Raises
        ------
        ValueError
            If it is the state of another schedule.
        """
        if set(arrays) != set(self.saved):
            raise ValueError(
                f"the state of a {type(self).__name__} has {', '.join(self.saved)}, "
                f"not {', '.join(arrays)}: is it another schedule's?"
            )
        values = {name: np.asarray(value).tolist() for name, value in arrays.items()}
        bases = values.get("base_lrs")
        if bases is not None and len(bases) != len(self.optimizer.param_groups):
            raise ValueError(
                f"the state is of a schedule for {len(bases)} parameter group(s), "
                f"this optimizer has {len(self.optimizer.param_groups)}"
            )
        for name, value in values.items():
            setattr(self, name, value)


class StepLR(Schedule):
    """Multiply the learning rate by `gamma` every `step_size` steps.

    Examples
    --------
    >>> import minigrad as mg
    >>> from layers.optim import SGD
    >>> optimizer = SGD([mg.Tensor([1.0])], lr=1.0)
    >>> schedule = StepLR(optimizer, step_size=2)
    >>> for _ in range(4):
    ...     print(f"{optimizer.param_groups[0]['lr']:.2f}", end=" ")
    ...     schedule.step()
    1.00 1.00 0.10 0.10
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1):
        self.step_size = _positive("step_size", step_size)
        self.gamma = gamma
        super().__init__(optimizer)

    def rate(self, lr: float, base: float) -> float:
        due = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
        return lr * self.gamma if due else lr


class MultiStepLR(Schedule):
    """Multiply the learning rate by `gamma` at each of the `milestones`, counted in steps.

    Examples
    --------
    >>> import minigrad as mg
    >>> from layers.optim import SGD
    >>> schedule = MultiStepLR(SGD([mg.Tensor([1.0])], lr=1.0), [1, 3], gamma=0.5)
    >>> for _ in range(3):
    ...     schedule.step()
    >>> schedule.get_last_lr()
    [0.25]
    """

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1):
        self.milestones = sorted(milestones)
        self.gamma = gamma
        super().__init__(optimizer)

    def rate(self, lr: float, base: float) -> float:
        return float(lr * self.gamma ** self.milestones.count(self.last_epoch))


class ExponentialLR(Schedule):
    """Multiply the learning rate by `gamma` every step.

    Examples
    --------
    >>> import minigrad as mg
    >>> from layers.optim import SGD
    >>> schedule = ExponentialLR(SGD([mg.Tensor([1.0])], lr=1.0), gamma=0.5)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, gamma: float):
        self.gamma = gamma
        super().__init__(optimizer)

    def rate(self, lr: float, base: float) -> float:
        return lr * self.gamma if self.last_epoch > 0 else lr


class LinearLR(Schedule):
    """Warm up: the learning rate goes from `start_factor` to `end_factor` times itself.

    Parameters
    ----------
    optimizer : Optimizer
        Whose learning rates are changed.
    start_factor, end_factor : float
        The factor at first, in (0, 1], and after `total_iters` steps, in [0, 1].
    total_iters : int
        The number of steps from one to the other.

    Examples
    --------
    >>> import minigrad as mg
    >>> from layers.optim import SGD
    >>> optimizer = SGD([mg.Tensor([1.0])], lr=1.0)
    >>> schedule = LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> for _ in range(4):
    ...     print(f"{optimizer.param_groups[0]['lr']:.2f}", end=" ")
    ...     schedule.step()
    0.50 0.75 1.00 1.00
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
    ):
        if not 0 < start_factor <= 1:
            raise ValueError(f"start_factor must be in (0, 1], not {start_factor}")
        if not 0 <= end_factor <= 1:
            raise ValueError(f"end_factor must be in [0, 1], not {end_factor}")
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = _positive("total_iters", total_iters)
        super().__init__(optimizer)

    def factor(self, step: int) -> float:
        """The factor at a step between 0 and `total_iters`."""
        return self.start_factor + (self.end_factor - self.start_factor) * step / self.total_iters

    def rate(self, lr: float, base: float) -> float:
        if self.last_epoch == 0:
            return lr * self.start_factor
        if self.last_epoch > self.total_iters:
            return lr
        return lr * self.factor(self.last_epoch) / self.factor(self.last_epoch - 1)


class CosineAnnealingLR(Schedule):
    """Half a cosine from the learning rate down to `eta_min` in `T_max` steps.

    Further steps go up and down again with the period 2·T_max.

    References
    ----------
    Loshchilov and Hutter, SGDR: Stochastic gradient descent with warm restarts, 2017.

    Examples
    --------
    >>> import minigrad as mg
    >>> from layers.optim import SGD
    >>> optimizer = SGD([mg.Tensor([1.0])], lr=1.0)
    >>> schedule = CosineAnnealingLR(optimizer, T_max=2)
    >>> for _ in range(3):
    ...     print(f"{optimizer.param_groups[0]['lr']:.2f}", end=" ")
    ...     schedule.step()
    1.00 0.50 0.00
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0):
        self.T_max = _positive("T_max", T_max)
        self.eta_min = eta_min
        super().__init__(optimizer)

    def rate(self, lr: float, base: float) -> float:
        step = self.last_epoch
        if step == 0:
            return lr
        if (step - 1) % (2 * self.T_max) == self.T_max:
            # The former rate was eta_min, of which no multiple leads up again.
            return lr + (base - self.eta_min) * (1 - math.cos(math.pi / self.T_max)) / 2
        former, now = (1 + math.cos(math.pi * s / self.T_max) for s in (step - 1, step))
        return now / former * (lr - self.eta_min) + self.eta_min


class OneCycleLR(Schedule):
    """One rise of the learning rate and a long fall, stepped once a batch.

    From max_lr/div_factor up to max_lr in the first `pct_start` of the steps, then down to
    max_lr/div_factor/final_div_factor. Momentum moves the other way.

    Parameters
    ----------
    optimizer : Optimizer
        Whose learning rates are changed.
    max_lr : float or list of float
        The peak, for all groups or for each.
    total_steps : int, optional
        The number of batches in all epochs; or give `epochs` and `steps_per_epoch`.
    epochs, steps_per_epoch : int, optional
        Their product is the number of steps.
    pct_start : float
        The part of the steps that the rise takes, in [0, 1].
    anneal_strategy : {"cos", "linear"}
        The shape of rise and fall.
    cycle_momentum : bool
        Move the momentum (of Adam β₁) from `max_momentum` to `base_momentum` and back.
    base_momentum, max_momentum : float or list of float
        The smallest and the largest momentum.
    div_factor, final_div_factor : float
        The peak over the first learning rate; the first over the last one.
    three_phase : bool
        Fall as long as rise, then a third phase to the last learning rate.

    Raises
    ------
    ValueError
        If an argument is out of range, or `step` is called more than `total_steps` times.

    References
    ----------
    Smith and Topin, Super-convergence, 2018.

    Examples
    --------
    >>> import minigrad as mg
    >>> from layers.optim import SGD
    >>> optimizer = SGD([mg.Tensor([1.0])], lr=1.0, momentum=0.9)
    >>> schedule = OneCycleLR(optimizer, max_lr=1.0, total_steps=5, pct_start=0.4)
    >>> for _ in range(5):
    ...     print(f"{optimizer.param_groups[0]['lr']:.2f}", end=" ")
    ...     schedule.step()
    0.04 1.00 0.75 0.25 0.00
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
    ):
        groups = _checked_optimizer(optimizer).param_groups
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("give total_steps, or both epochs and steps_per_epoch")
            total_steps = _positive("epochs", epochs)
            total_steps *= _positive("steps_per_epoch", steps_per_epoch)
        self.total_steps = _positive("total_steps", total_steps)
        if not 0 <= pct_start <= 1:
            raise ValueError(f"pct_start must be in [0, 1], not {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f'anneal_strategy must be "cos" or "linear", not {anneal_strategy!r}')
        if cycle_momentum and not {"momentum", "betas"} & groups[0].keys():
            raise ValueError(
                f"{type(optimizer).__name__} has no momentum to cycle: pass cycle_momentum=False"
            )
        self.anneal_strategy, self.cycle_momentum = anneal_strategy, cycle_momentum
        low = _each("base_momentum", base_momentum, groups)
        high = _each("max_momentum", max_momentum, groups)
        peaks = _each("max_lr", max_lr, groups)
        self.lr_turns, self.momentum_turns = [], []
        for peak, smallest, largest in zip(peaks, low, high, strict=True):
            first = peak / div_factor
            back = [first] if three_phase else []
            self.lr_turns.append([first, peak, *back, first / final_div_factor])
            self.momentum_turns.append([largest, smallest, *[largest for _ in back], largest])
        # The steps at which the rates turn; the first and the last are the ends.
        rise = pct_start * self.total_steps
        self.turns = [0.0, rise - 1, *([2 * rise - 2] if three_phase else []), self.total_steps - 1]
        for group, (first, *_) in zip(groups, self.lr_turns, strict=True):
            group["initial_lr"] = first
        super().__init__(optimizer)

    def step(self) -> None:
        if self.last_epoch >= self.total_steps:
            raise ValueError(
                f"OneCycleLR was made for {self.total_steps} steps and they are over: step() once "
                "a batch, and count the batches of all epochs"
            )
        self.last_epoch += 1
        phase = 0
        while phase < len(self.turns) - 2 and self.last_epoch > self.turns[phase + 1]:
            phase += 1
        for i, group in enumerate(self.optimizer.param_groups):
            group["lr"] = self.between(self.lr_turns[i], phase)
            if self.cycle_momentum:
                momentum = self.between(self.momentum_turns[i], phase)
                if "betas" in group:
                    group["betas"] = (momentum, *group["betas"][1:])
                else:
                    group["momentum"] = momentum

    def between(self, values: list[float], phase: int) -> float:
        """The value at this step on the way from one turn to the next."""
        start, end = values[phase], values[phase + 1]
        length = self.turns[phase + 1] - self.turns[phase]
        part = (self.last_epoch - self.turns[phase]) / length if length else 1.0
        if self.anneal_strategy == "cos":
            part = (1 - math.cos(math.pi * part)) / 2
        return start + (end - start) * part


class ReduceLROnPlateau(Schedule):
    """Multiply the learning rate by `factor` when a metric has stopped improving.

    Parameters
    ----------
    optimizer : Optimizer
        Whose learning rates are changed.
    mode : {"min", "max"}
        Whether less is better (a loss) or more (an accuracy).
    factor : float
        In [0, 1).
    patience : int
        How many steps without improvement are let pass.
    threshold : float
        What counts as an improvement.
    threshold_mode : {"rel", "abs"}
        Whether `threshold` is a fraction of the best value or a difference.
    cooldown : int
        How many steps after a reduction are not counted.
    min_lr : float or list of float
        No learning rate goes below this, for all groups or for each.
    eps : float
        A smaller change of the learning rate is left out.

    Examples
    --------
    >>> import minigrad as mg
    >>> from layers.optim import SGD
    >>> schedule = ReduceLROnPlateau(SGD([mg.Tensor([1.0])], lr=1.0), patience=1, factor=0.5)
    >>> for loss in (2.0, 1.0, 1.0, 1.0):
    ...     schedule.step(loss)
    >>> schedule.get_last_lr()
    [0.5]
    """

    saved = ("last_epoch", "best", "num_bad_epochs", "cooldown_counter")

    def __init__(
        self,
        optimizer: Optimizer,
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0.0,
        eps: float = 1e-8,
    ):
        if mode not in ("min", "max"):
            raise ValueError(f'mode must be "min" or "max", not {mode!r}')
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f'threshold_mode must be "rel" or "abs", not {threshold_mode!r}')
        if not 0 <= factor < 1:
            raise ValueError(f"factor must be in [0, 1), not {factor}")
        self.optimizer = _checked_optimizer(optimizer)
        self.mode, self.factor, self.patience, self.eps = mode, factor, patience, eps
        self.threshold, self.threshold_mode, self.cooldown = threshold, threshold_mode, cooldown
        self.min_lrs = _each("min_lr", min_lr, optimizer.param_groups)
        self.last_epoch = self.num_bad_epochs = self.cooldown_counter = 0
        self.best = math.inf if mode == "min" else -math.inf

    def improves(self, metric: float) -> bool:
        """Whether a metric is better than the best so far by more than the threshold."""
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            return sign * metric > sign * self.best * (1 + sign * self.threshold)
        return sign * metric > sign * self.best + self.threshold

    def step(self, metric: float) -> None:  # type: ignore[override]
        """Note the metric of an epoch, and reduce the learning rates if it is time."""
        metric = float(metric)
        self.last_epoch += 1
        if self.improves(metric):
            self.best = metric
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
            for group, smallest in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
                lr = float(group["lr"])
                reduced = max(lr * self.factor, smallest)
                if lr - reduced > self.eps:
                    group["lr"] = reduced


def _checked_optimizer(optimizer: Optimizer) -> Optimizer:
    """The optimizer, if it is one."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"a schedule needs an Optimizer, not {type(optimizer).__name__}")
    return optimizer


def _positive(name: str, value: int) -> int:
    """A count, if it is at least 1."""
    if not (isinstance(value, int | np.integer) and value >= 1):
        raise ValueError(f"{name} must be a whole number of at least 1, not {value}")
    return int(value)


def _each(name: str, value: float | list[float], groups: list) -> list[float]:
    """One value for each parameter group."""
    values = list(value) if isinstance(value, list | tuple) else [value] * len(groups)
    if len(values) != len(groups):
        raise ValueError(f"{len(values)} values of {name} for {len(groups)} parameter group(s)")
    return values
