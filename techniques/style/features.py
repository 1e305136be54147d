"""What a network makes of a picture at some layers, and no deeper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

import layers
import minigrad as mg
from layers.module import observing
from layers.training import evaluation_mode
from techniques.model import Model

Layer: TypeAlias = str | layers.Module


class _Reached(Exception):
    """Every layer that was asked for has been computed."""


def features_at(model: Model, x: mg.Tensor, at: Sequence[Layer]) -> list[mg.Tensor]:
    """Return the outputs of some layers, on the tape, without computing what follows them.

    Of a module that is called more than once, the first call counts.

    Parameters
    ----------
    model : Module or callable
        In evaluation mode meanwhile.
    x : Tensor (N, C, H, W)
    at : sequence of str or Module
        Dotted names, or the modules.

    Raises
    ------
    ValueError
        If the model has no such layer, does not call it, or it returns no maps (N, C, H, W).

    Examples
    --------
    >>> import layers, minigrad as mg, numpy as np
    >>> from techniques.style.features import features_at
    >>> model = layers.Sequential(layers.Conv2d(3, 4, 3, rng=0), layers.ReLU(), layers.Flatten())
    >>> [maps.shape for maps in features_at(model, mg.Tensor(np.ones((1, 3, 6, 6))), ["1"])]
    [(1, 4, 4, 4)]
    """
    with evaluation_mode(model), layers.capture(model, *at) as kept:
        missing = set(map(id, (_module(model, layer) for layer in at)))
        with _stopping(missing):
            model(x)
    if missing:
        raise ValueError(
            f"the model was called, and {len(missing)} of its layers {listed(at)} were not"
        )
    found = [kept.all(layer)[0] for layer in at]
    for layer, maps in zip(at, found, strict=True):
        if getattr(maps, "ndim", 0) != 4:
            raise ValueError(
                f"layer {listed([layer])} gives {getattr(maps, 'shape', type(maps).__name__)}, "
                "not maps (N, C, H, W): choose one before the fully connected layers"
            )
    return found


@contextmanager
def _stopping(missing: set[int]) -> Iterator[None]:
    """End the model's computation when all modules in `missing`, by id, have been called."""

    def note(module: layers.Module, inputs: tuple[Any, ...], output: Any) -> None:
        missing.discard(id(module))
        if not missing:
            raise _Reached

    with observing(note), suppress(_Reached):
        yield


def _module(model: Model, layer: Layer) -> layers.Module:
    return layer if isinstance(layer, layers.Module) else model.get_submodule(layer)  # type: ignore[attr-defined]


def listed(at: Sequence[Layer]) -> str:
    """What to call layers in a message."""
    return ", ".join(each if isinstance(each, str) else type(each).__name__ for each in at)
