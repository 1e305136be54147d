"""What all optimizers share: parameter groups, state, the loop of one step."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from minigrad import Tensor

from .ownership import held_once

Parameters = Iterable[Tensor] | Iterable[dict[str, Any]]


class Optimizer:
    """The base of all optimizers.

    One of them is an `update`: it gets the values of a parameter, its gradient, what it has
    noted about that parameter so far, and the options of its group, and writes new values.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        The parameters, or groups of them: ``{"params": [...], "lr": 0.01}``, where an option
        that a group leaves out has the optimizer's value.
    defaults : dict
        The value of every option.

    Attributes
    ----------
    param_groups : list of dict
        The groups with their options, which may be changed between steps (schedules do).
    state : dict
        What the optimizer has noted about each parameter.
    """

    def __init__(self, params: Parameters, defaults: dict[str, Any]):
        if isinstance(params, Tensor | dict):
            raise TypeError(f"params must be a list of parameters, not one {type(params).__name__}")
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[Tensor, dict[str, Any]] = {}
        groups: list[Any] = list(params)
        if not groups:
            raise ValueError("the optimizer got no parameters: does the model have any?")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Add parameters with options of their own, ``{"params": [...], "lr": 0.01}``."""
        if "params" not in group:
            raise ValueError('a parameter group needs "params", the list of its parameters')
        params = group["params"]
        params = [params] if isinstance(params, Tensor) else list(params)
        unknown = group.keys() - self.defaults.keys() - {"params", "initial_lr"}
        if unknown:
            raise ValueError(
                f"{type(self).__name__} has no option {', '.join(sorted(unknown))}; "
                f"it has {', '.join(self.defaults)}"
            )
        known = set(self.state)
        for parameter in params:
            if not isinstance(parameter, Tensor):
                raise TypeError(
                    f"an optimizer changes Tensors, not {type(parameter).__name__}: "
                    "pass model.parameters()"
                )
            if not parameter.is_leaf:
                raise ValueError(
                    "an optimizer changes leaves, and this Tensor was made by "
                    f"{parameter.node.primitive.name}: pass the Tensors it was made from"  # type: ignore[union-attr]
                )
            if parameter in known:
                raise ValueError("a parameter was given twice: it would be updated twice a step")
            known.add(parameter)
        complete = {**self.defaults, **group, "params": params}
        self.check(complete)
        self.param_groups.append(complete)
        self.state.update((parameter, {}) for parameter in params)

    def check(self, options: Mapping[str, Any]) -> None:
        """Raise a ValueError if an option is out of range."""
        for name in ("lr", "weight_decay", "momentum", "eps"):
            value = options.get(name, 0.0)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be a number of at least 0, not {value}")

    def update(
        self,
        values: np.ndarray,
        gradient: np.ndarray,
        state: dict[str, Any],
        options: Mapping,
        new: np.ndarray,
    ) -> None:
        """Write the new values of one parameter to `new`, which may be `values` itself.

        `state` may be written to, `gradient` may not.
        """
        raise NotImplementedError

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient.

        Parameters
        ----------
        closure : callable, optional
            Called first; computes the loss and the gradients, and returns the loss.

        Returns
        -------
        object
            What `closure` returned.
        """
        loss = None if closure is None else closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                gradient = checked_gradient(parameter)
                # Where a tape or the user still holds the old array, it stays as it is.
                alone = held_once(parameter.array)
                new = parameter.array if alone else np.empty_like(parameter.array)
                self.update(parameter.array, gradient, self.state[parameter], group, new)
                parameter.own(new)
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients, or set them to zero."""
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None if set_to_none else np.zeros_like(parameter.array)

    # ---- saving ---------------------------------------------------------------------------

    def state_dict(self) -> dict[str, np.ndarray]:
        """Options and state as a flat dict of arrays, for example for ``layers.save``.

        Keys are ``param_groups.<group>.<option>`` and ``state.<parameter>.<name>``, parameters
        counted through all groups. Options that are no numbers are left out.

        Examples
        --------
        >>> import minigrad as mg
        >>> from layers.optim import SGD
        >>> sorted(SGD([mg.Tensor([1.0])], lr=0.1).state_dict())[:2]
        ['param_groups.0.dampening', 'param_groups.0.lr']
        """
        arrays = {}
        for i, group in enumerate(self.param_groups):
            for name, value in _numbers(group).items():
                arrays[f"param_groups.{i}.{name}"] = np.array(value)
        for i, state in enumerate(self.state.values()):
            for name, value in state.items():
                arrays[f"state.{i}.{name}"] = np.array(value)
        return arrays

    def load_state_dict(self, arrays: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned: all of it or, after an error, nothing.

        Raises
        ------
        ValueError
            If `arrays` is the state of an optimizer with other groups or parameters.
        """
        groups: list[dict] = [{} for _ in self.param_groups]
        states: list[dict] = [{} for _ in self.state]
        parameters = list(self.state)
        for key, value in arrays.items():
            part, _, rest = key.partition(".")
            index, _, name = rest.partition(".")
            rooms = {"param_groups": groups, "state": states}.get(part, [])
            if not (index.isdecimal() and int(index) < len(rooms) and name):
                raise ValueError(
                    f"{key!r} has no place in this optimizer of {len(groups)} group(s) and "
                    f"{len(states)} parameters: is it the state of another one?"
                )
            array = np.asarray(value)
            if part == "param_groups":
                rooms[int(index)][name] = array.item() if array.ndim == 0 else tuple(array.tolist())
            else:
                rooms[int(index)][name] = self.restored(key, array, parameters[int(index)])
        for current, loaded in zip(self.param_groups, groups, strict=True):
            if loaded.keys() - {"initial_lr"} != _numbers(current).keys() - {"initial_lr"}:
                raise ValueError(
                    f"the state has the options {', '.join(loaded)}, this {type(self).__name__} "
                    f"{', '.join(_numbers(current))}: is it the state of another optimizer?"
                )
            self.check({**current, **loaded})
        for current, loaded in zip(self.param_groups, groups, strict=True):
            current.update(loaded)
        self.state = dict(zip(parameters, states, strict=True))

    def restored(self, key: str, array: np.ndarray, parameter: Tensor) -> np.ndarray:
        """A copy of one loaded array of state, after a check that it fits `parameter`."""
        if array.shape not in ((), parameter.shape):
            raise ValueError(
                f"{key!r} has shape {array.shape}, its parameter {parameter.shape}: "
                "is it the state of another network's optimizer?"
            )
        return np.array(array, dtype=parameter.dtype if array.dtype.kind == "f" else None)

    def __repr__(self) -> str:
        options = [
            ", ".join(f"{name}={value}" for name, value in group.items() if name != "params")
            for group in self.param_groups
        ]
        return f"{type(self).__name__}({'; '.join(options)})"


def _numbers(group: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a group that are numbers, or tuples of them."""
    return {
        name: value
        for name, value in group.items()
        if name != "params" and np.asarray(value).dtype.kind in "fiub"
    }


def checked_gradient(parameter: Tensor) -> np.ndarray:
    """The gradient of a parameter, in its dtype; it must have its shape."""
    gradient = np.asarray(parameter.grad, dtype=parameter.dtype)
    if gradient.shape != parameter.shape:
        raise ValueError(
            f"a gradient of shape {gradient.shape} was set on a parameter of shape "
            f"{parameter.shape}: they must be equal"
        )
    return gradient


def decayed(
    values: np.ndarray, gradient: np.ndarray, weight_decay: float, maximize: bool
) -> np.ndarray:
    """The gradient of the loss (negated where it is maximised) plus that of ½·decay·‖values‖²."""
    if maximize:
        gradient = -gradient
    if weight_decay:
        decay = float(weight_decay) * values
        decay += gradient
        return decay
    return gradient
