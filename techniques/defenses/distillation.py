"""Defensive distillation (Papernot et al. 2016): learn the soft answers of another network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import layers
import minigrad as mg
from layers.optim import Optimizer
from layers.training import History

from ..model import Model, logits

Array = NDArray[Any]


def tempered(temperature: float) -> Callable[[mg.Tensor, Array], mg.Tensor]:
    """Return the cross-entropy at a temperature, for `layers.fit`.

    The targets are classes (N,), for the first network, or probabilities (N, K), for the second.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> from techniques.defenses import tempered
    >>> scores = mg.Tensor([[200.0, 0.0]])
    >>> round(tempered(100.0)(scores, np.array([0])).item(), 3)
    0.127
    """

    def loss(scores: mg.Tensor, targets: Array) -> mg.Tensor:
        if targets.ndim == 1:
            return mg.cross_entropy(scores / temperature, targets)
        return -(mg.log_softmax(scores / temperature) * targets).sum(axis=1).mean()

    return loss


def distillation(
    teacher: Model,
    student: layers.Module,
    images: Array,
    *,
    optimizer: Optimizer,
    epochs: int,
    temperature: float = 100.0,
    **options: Any,
) -> History:
    """Train a student on the teacher's probabilities, both at a high temperature.

    At test time the student is asked at temperature 1. Its logits are then so large that the
    gradient of its loss vanishes: a defence that hides its gradient and is no harder to fool.
    `at_temperature` brings the gradient back.

    Parameters
    ----------
    teacher : callable
        Trained with ``loss=tempered(temperature)``.
    student : Module
        Trained in place.
    images : array (N, C, H, W)
    temperature : float
        100 in the paper.
    optimizer, epochs, **options
        As for `layers.fit`.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques.defenses import distillation
    >>> images = np.random.default_rng(0).random((32, 1, 2, 2)).astype(np.float32)
    >>> teacher, student = (
    ...     layers.Sequential(layers.Flatten(), layers.Linear(4, 2, rng=seed)) for seed in (0, 1))
    >>> history = distillation(teacher, student, images, epochs=2, rng=0, progress=False,
    ...     optimizer=layers.optim.SGD(student.parameters(), lr=0.1))
    >>> len(history.loss)
    2
    """
    if not 0 < temperature < np.inf:
        raise ValueError(f"a temperature is positive, not {temperature}")
    answers: Array = mg.softmax(logits(teacher, images) / temperature)
    return layers.fit(
        student, (images, answers), optimizer=optimizer, epochs=epochs, loss=tempered(temperature),
        **options,
    )  # fmt: skip
