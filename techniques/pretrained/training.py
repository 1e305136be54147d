"""``minigrad train NAME``: make a trained network again."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np

import layers

from ..arguments import weight_file_to_be
from ..defenses import adversarial_training, pgd_adversary
from .half_precision import rounded
from .recipes import Recipe, find_recipe, load

_ATTACK_STEPS = 2  # from a random start; the usual 7 would take three times as long


def train(
    name: str,
    out: str | os.PathLike[str],
    data: str | os.PathLike[str] | None = None,
    epochs: int | None = None,
    progress: bool = True,
) -> float:
    """Train a network by its recipe and save it.

    After each epoch a checkpoint is written beside `out`; an interrupted run goes on from there.

    Parameters
    ----------
    name : {"shapes", "shapes_robust", "cifar10"}
    out : path
        A ``.npz`` file to be, in a folder that is there.
    data : path, optional
        The data folder, where the network needs one.
    epochs : int, optional
        Another number than the recipe's.
    progress : bool
        Show a progress bar.

    Returns
    -------
    float
        The fraction of the test set classified right.

    Raises
    ------
    ValueError
        If there is no such network, or `out` cannot be its file; nothing is trained then.
    FileNotFoundError
        If its data are not found.
    """
    recipe = find_recipe(name)
    out = weight_file_to_be(out)
    checkpoint = out.with_suffix(".checkpoint.npz")
    epochs = recipe.epochs if epochs is None else epochs
    training, test = recipe.load("train", data), recipe.load("test", data)
    model = load(recipe.start)[0] if recipe.start else recipe.build()
    model.normalise_like(training.images)
    optimizer = layers.optim.SGD(
        model.parameters(),
        lr=recipe.learning_rate,
        momentum=0.9,
        nesterov=True,
        weight_decay=recipe.weight_decay,
    )
    schedule = layers.schedule.OneCycleLR(
        optimizer,
        max_lr=recipe.learning_rate,
        total_steps=epochs * math.ceil(len(training) / recipe.batch_size),
    )
    options: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": recipe.batch_size,
        "optimizer": optimizer,
        "schedule": schedule,
        "schedule_every": "batch",
        "augment": lambda images, rng: vary(images, recipe, rng),
        "validation": (test.images, test.labels),
        "checkpoint": checkpoint,
        "rng": recipe.seed,
        "progress": progress,
    }
    pictures = training.images, training.labels
    if recipe.epsilon:
        adversary = pgd_adversary(recipe.epsilon, steps=_ATTACK_STEPS)
        adversarial_training(model, pictures, adversary, **options)
    else:
        layers.fit(model, pictures, **options)
    weights = rounded(model)
    accuracy = layers.evaluate(model, test.images, test.labels)
    layers.save({**weights, "test_accuracy": np.array(accuracy)}, out)
    checkpoint.unlink(missing_ok=True)
    return accuracy


def vary(images: np.ndarray, recipe: Recipe, rng: np.random.Generator) -> np.ndarray:
    """Mirror half of the pictures and move each by up to ``recipe.shift`` pixels."""
    mirrored = rng.random(len(images)) < 0.5
    images = np.where(mirrored[:, None, None, None], images[..., ::-1], images)
    if recipe.shift == 0:
        return images
    margin, size = recipe.shift, recipe.size
    padded = np.pad(images, ((0, 0), (0, 0), (margin, margin), (margin, margin)), mode="reflect")
    windows: Any = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(2, 3))
    top, left = rng.integers(0, 2 * margin + 1, (2, len(images)))
    return np.ascontiguousarray(windows[np.arange(len(images)), :, top, left])
