"""Weights of libraries that keep channels last, such as Keras, for networks of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .convolution import Conv2d, ConvTranspose2d
from .linear import Linear
from .module import Module
from .normalization import BatchNorm1d, BatchNorm2d

# What Keras calls the arrays of a layer. A depthwise kernel has a name of its own in old versions.
_PLAIN = {"weight": ("kernel", "depthwise_kernel"), "bias": ("bias",)}
_NORM = {
    "weight": ("gamma",),
    "bias": ("beta",),
    "running_mean": ("moving_mean",),
    "running_var": ("moving_variance",),
}


def from_channels_last(
    model: Module,
    arrays: Mapping[str, np.ndarray],
    names: Mapping[str, Any],
) -> dict[str, np.ndarray]:
    """Return weights of Keras as `Module.load_state_dict` takes them.

    Kernels (height, width, in, out) become (out, in, height, width), matrices (in, out) become
    (out, in), and gamma, beta and the moving statistics get their names here.

    Parameters
    ----------
    model : Module
    arrays : mapping from str to array
        ``"block1_conv1/kernel"``, ``"block1_conv1/bias"`` and so on, also with ``":0"`` behind
        them: ``{w.path: w.numpy() for w in keras_model.weights}``, saved as .npz, for example.
    names : mapping from str to str, or to [str, [height, width]]
        The Keras layer of each module with weights. For the first linear layer behind a
        flattening, also the height and width of the maps that were flattened, since their
        order is another: ``{"features.0": "block1_conv1", "classifier.0": ["fc1", [7, 7]]}``.

    Returns
    -------
    dict from str to array
        All parameters and buffers of `model`.

    Raises
    ------
    ValueError
        Naming what is missing, left over or of another shape.

    Notes
    -----
    Keras's batch normalisation has ``eps=1e-3``, ours 1e-5: set ``eps`` of each before use.

    Examples
    --------
    >>> import layers, numpy as np
    >>> model = layers.Sequential(layers.Conv2d(3, 8, 5))
    >>> arrays = {"conv/kernel": np.ones((5, 5, 3, 8)), "conv/bias": np.zeros(8)}
    >>> state = layers.from_channels_last(model, arrays, {"0": "conv"})
    >>> model.load_state_dict(state) and state["0.weight"].shape
    (8, 3, 5, 5)
    """
    given = {name.removesuffix(":0"): array for name, array in arrays.items()}
    used: set[str] = set()
    state = model.state_dict()
    with_weights = {name for name, module in model.named_modules() if _own(module, name, state)}
    if with_weights != set(names):
        wrong = sorted(with_weights ^ set(names))
        raise ValueError(
            f"names must give a Keras layer for each module with weights, and {wrong[0]!r} is "
            f"{'left out' if wrong[0] in with_weights else 'no such module'}"
        )
    for name in names:
        module = model.get_submodule(name)
        layer, flattened = _parsed(names[name])
        known = _NORM if isinstance(module, BatchNorm1d | BatchNorm2d) else _PLAIN
        for key in _own(module, name, state):
            if key == "num_batches_tracked":
                continue
            entry = next((e for k in known.get(key, ()) if (e := f"{layer}/{k}") in given), None)
            if entry is None:
                wanted = " or ".join(repr(f"{layer}/{each}") for each in known.get(key, (key,)))
                raise ValueError(f"{wanted} is missing, for {name}.{key}")
            used.add(entry)
            goal = state[f"{name}.{key}"]
            array = np.asarray(given[entry])
            if key == "weight":
                array = _turned(module, array, flattened, entry)
            if array.shape != goal.shape:
                raise ValueError(
                    f"{entry!r} of shape {np.shape(given[entry])} would become {array.shape}, and "
                    f"{name}.{key} has {goal.shape}"
                )
            state[f"{name}.{key}"] = np.ascontiguousarray(array)
    if left := sorted(given.keys() - used):
        raise ValueError(f"{left[0]!r} belongs to none of the layers in names")
    return state


def _own(module: Module, name: str, state: Mapping[str, Any]) -> list[str]:
    """The keys of a module's own arrays."""
    own = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
    return [key for key, _ in own if f"{name}.{key}" in state]


def _parsed(value: Any) -> tuple[str, tuple[int, int] | None]:
    """A layer's name, and the size of the maps that were flattened before it."""
    if isinstance(value, str):
        return value, None
    match value:
        case [str(layer), [int(height), int(width)]] if height > 0 and width > 0:
            return layer, (height, width)
    raise ValueError(f"names holds {value!r}: give a name, or [name, [height, width]]")


def _turned(
    module: Module, array: np.ndarray, flattened: tuple[int, int] | None, entry: str
) -> np.ndarray:
    """A kernel or matrix with the axes in our order."""
    if isinstance(module, Linear) and array.ndim == 2:
        if flattened is not None:
            if len(array) % (flattened[0] * flattened[1]):
                raise ValueError(f"{entry!r} of shape {array.shape} takes no maps of {flattened}")
            array = array.reshape(*flattened, -1, array.shape[1]).transpose(2, 0, 1, 3)
            array = array.reshape(-1, array.shape[3])
        return array.T
    if isinstance(module, ConvTranspose2d) and array.ndim == 4:
        return array.transpose(3, 2, 0, 1)  # (height, width, out, in)
    if isinstance(module, Conv2d) and array.ndim == 4:
        if module.groups > 1 and array.shape[2] == module.groups:  # depthwise: (h, w, in, times)
            return array.reshape(*array.shape[:2], 1, -1).transpose(3, 2, 0, 1)
        return array.transpose(3, 2, 0, 1)
    return array
