"""Attack a network that one can only ask, through a substitute (Papernot et al. 2017)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import layers
import minigrad as mg
from layers.optim import Adam

from ..model import Model, logits, score_gradient
from ..progress import only_bar, tracked
from .budget import Bounds, images_within
from .fgsm import fgsm
from .result import AttackResult, judged
from .start import begun, checked_count

Array = NDArray[Any]


def transfer(
    victim: Model,
    substitute: Model,
    images: ArrayLike | mg.Tensor,
    labels: ArrayLike | mg.Tensor,
    epsilon: float,
    attack: Callable[..., AttackResult] = fgsm,
    targeted: bool = False,
    bounds: Bounds = (0, 1),
    **options: Any,
) -> AttackResult:
    """Attack the substitute, and see whether the victim is fooled too.

    Parameters
    ----------
    victim : callable
        The model to be fooled. It is asked twice about each image: before, and after.
    substitute : callable
        Another model for the same classes, of which the gradient is known; `train_substitute`
        makes one from the victim's answers.
    images, labels, epsilon, targeted, bounds
        As for `fgsm`.
    attack : callable
        ``attack(model, images, labels, epsilon, targeted=…, bounds=…, **options)``.

    Returns
    -------
    AttackResult
        What the victim says.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks import transfer
    >>> def victim(x):
    ...     return x.reshape(len(x), 2)
    >>> def substitute(x):
    ...     return x.reshape(len(x), 2) @ np.array([[3.0, 1.0], [0.0, 4.0]])
    >>> transfer(victim, substitute, np.array([[[[0.75, 0.5]]]]), labels=0, epsilon=0.25).success
    array([ True])
    """
    images, scores, classes = begun(victim, images, labels, bounds)
    options |= {"targeted": targeted, "bounds": bounds}
    found = attack(substitute, images, classes, epsilon, **options)
    queries = np.ones(len(images), np.int64)
    return AttackResult(
        **judged(victim, images, scores, found.images, classes, targeted, queries),
        norm=found.norm,
        variant=f"transfer from a substitute: {found.variant}",
    )


@dataclasses.dataclass(frozen=True)
class Substitute:
    """What `train_substitute` did.

    Attributes
    ----------
    model : Module
        The substitute, trained in place.
    queries : int
        How many images the victim was asked about.
    agreement : float
        On what share of the images that it was trained on the two agree.
    """

    model: layers.Module
    queries: int
    agreement: float


def train_substitute(
    victim: Model,
    substitute: layers.Module,
    images: ArrayLike | mg.Tensor,
    rounds: int = 6,
    step: float = 0.1,
    epochs: int = 10,
    learning_rate: float = 1e-3,
    bounds: Bounds = (0, 1),
    rng: int | np.random.Generator | None = None,
) -> Substitute:
    """Train a substitute on the victim's answers alone.

    After each round every image x brings along another, x + λ sign(∇ₓ F_y(x)): from where the
    substitute's answer changes fastest, the victim's answer tells most. So the set doubles.

    Parameters
    ----------
    victim : callable
        Only its predicted classes are used.
    substitute : Module
        Untrained, with as many classes.
    images : array (N, C, H, W)
        The first images; a hundred or so.
    rounds : int
        ρ; 6 in the paper. The last one only trains.
    step : float
        λ, in units of the images.
    epochs, learning_rate
        Of the training with Adam in each round.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques.attacks import train_substitute
    >>> def victim(x):
    ...     return x.reshape(len(x), -1) @ np.array([[1.0, -1.0], [-1.0, 1.0]])
    >>> substitute = layers.Sequential(layers.Flatten(), layers.Linear(2, 2, rng=0))
    >>> images = np.random.default_rng(0).random((16, 1, 1, 2))
    >>> train_substitute(victim, substitute, images, rounds=2, epochs=2, rng=0).model is substitute
    True
    """
    known, rng = images_within(images, bounds), np.random.default_rng(rng)
    answers = logits(victim, known).argmax(axis=1)
    optimizer = Adam(substitute.parameters(), lr=learning_rate)
    rounds = checked_count("rounds", rounds)
    for turn in tracked(range(rounds), "substitute"):
        with only_bar():
            layers.fit(
                substitute, (known, answers), optimizer=optimizer, epochs=epochs, rng=rng,
                progress=False,
            )  # fmt: skip
        if turn < rounds - 1:
            gradient, _ = score_gradient(substitute, known, answers)
            moved = np.clip(known + step * np.sign(gradient), *bounds).astype(known.dtype)
            known = np.concatenate([known, moved])
            answers = np.concatenate([answers, logits(victim, moved).argmax(axis=1)])
    agreement = layers.evaluate(substitute, known, answers)
    return Substitute(substitute.eval(), len(known), agreement)
