"""Adversarial training: learn from pictures that attack the network as it is now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

import layers
from layers.optim import Optimizer
from layers.training import ArrayBatches, History

from ..attacks.budget import Bounds
from ..attacks.fgsm import fgsm
from ..attacks.pgd import pgd
from ..progress import only_bar

Array = NDArray[Any]
Adversary: TypeAlias = Callable[[layers.Module, Array, Array, np.random.Generator], Array]


def fgsm_adversary(epsilon: float, bounds: Bounds = (0, 1)) -> Adversary:
    """Return an adversary that takes one step of size ε (Goodfellow et al. 2015).

    Parameters
    ----------
    epsilon, bounds
        As for `fgsm`.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.defenses import fgsm_adversary
    >>> adversary = fgsm_adversary(epsilon=0.25)
    >>> adversary(lambda x: x.reshape(1, 2), np.array([[[[0.75, 0.25]]]]), np.array([0]), None)
    array([[[[0.5, 0.5]]]])
    """
    return lambda model, images, labels, rng: (
        fgsm(model, images, labels, epsilon, bounds=bounds).images
    )


def pgd_adversary(
    epsilon: float, step: float | None = None, steps: int = 7, bounds: Bounds = (0, 1)
) -> Adversary:
    """Return an adversary that climbs from a random start (Madry et al. 2018).

    There ε is 8/255, with 7 steps of 2/255.

    Parameters
    ----------
    epsilon, step, steps, bounds
        As for `pgd`.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.defenses import pgd_adversary
    >>> adversary = pgd_adversary(epsilon=0.25)
    >>> images, rng = np.array([[[[0.75, 0.25]]]]), np.random.default_rng(0)
    >>> adversary(lambda x: x.reshape(1, 2), images, np.array([0]), rng).round(6)
    array([[[[0.5, 0.5]]]])
    """
    return lambda model, images, labels, rng: (
        pgd(model, images, labels, epsilon, step, steps, bounds=bounds, rng=rng).images
    )


def adversarial_training(
    model: layers.Module,
    data: tuple[Array, Array],
    adversary: Adversary,
    *,
    optimizer: Optimizer,
    epochs: int,
    ratio: float = 1.0,
    batch_size: int = 64,
    augment: Callable[[Array, np.random.Generator], Array] | None = None,
    **options: Any,
) -> History:
    """Train a model on attacked pictures, each attacked anew in every epoch.

    Parameters
    ----------
    model : Module
        Trained in place.
    data : (images, labels)
        Arrays (N, C, H, W) and (N,).
    adversary : callable
        ``adversary(model, images, labels, rng)`` returns the attacked images: `fgsm_adversary` or
        `pgd_adversary`. The model is in evaluation mode meanwhile.
    optimizer, epochs
        As for `layers.fit`.
    ratio : float
        The share of each batch that is attacked, from 0 to 1: 0.5 with FGSM is the mixture of
        Goodfellow et al., 1 with PGD the min-max problem of Madry et al.
    batch_size : int
    augment : callable, optional
        ``augment(images, rng)``, applied before the attack.
    **options
        Further arguments of `layers.fit`.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques.defenses import adversarial_training, fgsm_adversary
    >>> images = np.random.default_rng(0).random((64, 1, 2, 2)).astype(np.float32)
    >>> labels = (images.mean(axis=(1, 2, 3)) > 0.5).astype(int)
    >>> model = layers.Sequential(layers.Flatten(), layers.Linear(4, 2, rng=0))
    >>> history = adversarial_training(
    ...     model, (images, labels), fgsm_adversary(0.02), ratio=0.5, epochs=2, rng=0,
    ...     optimizer=layers.optim.SGD(model.parameters(), lr=0.1), progress=False)
    >>> len(history.loss)
    2
    """
    if not 0 <= ratio <= 1:
        raise ValueError(f"ratio is the share that is attacked, from 0 to 1, not {ratio}")

    def batches(rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
        for images, labels in ArrayBatches(*data, batch_size, rng):
            images = images.copy() if augment is None else augment(images, rng)
            attacked = slice(round(ratio * len(images)))
            with only_bar():
                images[attacked] = adversary(model, images[attacked], labels[attacked], rng)
            yield images, labels

    return layers.fit(model, batches, optimizer=optimizer, epochs=epochs, **options)
