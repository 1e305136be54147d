"""Training under Gaussian noise: the simplest defence, and what randomised smoothing needs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import layers
from layers.optim import Optimizer
from layers.training import History

Array = NDArray[Any]


def noise_training(
    model: layers.Module,
    data: tuple[Array, Array],
    sigma: float,
    *,
    optimizer: Optimizer,
    epochs: int,
    **options: Any,
) -> History:
    """Train a model on pictures with new noise N(0, σ²) in every epoch.

    Parameters
    ----------
    model : Module
        Trained in place.
    data : (images, labels)
    sigma : float
        In units of the images. Noisy values are not clipped, as those of `randomized_smoothing`.
    optimizer, epochs, **options
        As for `layers.fit`.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques.defenses import noise_training
    >>> images = np.random.default_rng(0).random((64, 1, 2, 2)).astype(np.float32)
    >>> labels = (images.mean(axis=(1, 2, 3)) > 0.5).astype(int)
    >>> model = layers.Sequential(layers.Flatten(), layers.Linear(4, 2, rng=0))
    >>> history = noise_training(model, (images, labels), 0.1, epochs=2, rng=0, progress=False,
    ...     optimizer=layers.optim.SGD(model.parameters(), lr=0.1))
    >>> len(history.loss)
    2
    """
    if not 0 <= sigma < np.inf:
        raise ValueError(f"sigma must be finite and not negative, not {sigma}")

    def noisy(images: Array, rng: np.random.Generator) -> Array:
        return (images + rng.normal(0, sigma, images.shape)).astype(images.dtype)

    return layers.fit(model, data, optimizer=optimizer, epochs=epochs, augment=noisy, **options)
