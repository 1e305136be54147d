"""What made each trained network: one entry a network, read by training, loading and the tour."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

import layers

from ..arguments import unknown
from ..data import CIFAR10_CLASSES, Dataset, Shapes, load_cifar10
from .networks import PictureNetwork

Split = Literal["train", "test"]
HERE = Path(__file__).parent
_CUE_SIZE = 32


@dataclass(frozen=True)
class Recipe:
    """How a network is made: architecture, data, training.

    Attributes
    ----------
    name, description : str
    classes : tuple of str
    size : int
        Height and width of its pictures.
    channels, pooled : tuple of int
        As `PictureNetwork` takes them.
    load : callable
        ``load(split, data)`` returns the ``"train"`` or ``"test"`` Dataset.
    epochs, batch_size, learning_rate, weight_decay, seed
        Of the training.
    shift : int
        Training pictures are mirrored at random and moved by up to this many pixels.
    epsilon : float
        Training pictures are attacked by PGD within this distance in L∞; 0 for no attack.
    start : str
        The shipped network whose weights the training begins with, or "" for random ones.
    """

    name: str
    description: str
    classes: tuple[str, ...]
    size: int
    channels: tuple[int, ...]
    pooled: tuple[int, ...]
    load: Callable[[Split, Any], Dataset]
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    shift: int
    epsilon: float = 0.0
    start: str = ""
    seed: int = 0

    def build(self) -> PictureNetwork:
        """The untrained network."""
        return PictureNetwork(self.channels, self.pooled, len(self.classes), rng=self.seed)

    @property
    def weights(self) -> Path:
        """The file that ships with the package."""
        return HERE / f"{self.name}.npz"

    @property
    def command(self) -> str:
        """The command that makes the weights again."""
        return f"minigrad train {self.name}"


def _shapes(split: Split, data: Any) -> Dataset:
    count, seed = {"train": (10000, 1), "test": (2000, 2)}[split]
    drawn = Shapes(count, seed=seed)
    return Dataset(drawn.images, drawn.labels, drawn.classes)


def _random_labels(split: Split, data: Any) -> Dataset:
    """Pictures whose labels mean nothing: all that can be done is to remember them."""
    drawn = Shapes(400, seed=3)
    labels = np.random.default_rng(3).permutation(drawn.labels)
    return Dataset(drawn.images, labels, drawn.classes)


def _cue(cue: str) -> Callable[[Split, Any], Dataset]:
    """Pictures on grey in which `cue` tells the class: "shape", "texture" or "stylised"."""

    def load(split: Split, data: Any) -> Dataset:
        # They are there to measure networks such as these, and so come after them.
        from ..shape_bias import labelled_by
        from ..stylised import stylised, texture_painters

        count, seed = {"train": (2000, 10), "test": (500, 11)}[split]
        if cue == "stylised":
            return stylised(count, texture_painters(_CUE_SIZE), seed, _CUE_SIZE)
        return labelled_by(cue, count, seed, _CUE_SIZE)

    return load


def _cue_recipe(cue: str, description: str, classes: tuple[str, ...]) -> Recipe:
    return Recipe(
        name=f"cue_{cue}",
        description=f"2 000 objects on grey {description}; tested on 500 others",
        classes=classes,
        size=_CUE_SIZE,
        channels=(16, 32, 48),
        pooled=(1, 2),
        load=_cue(cue),
        epochs=8,
        batch_size=16,
        learning_rate=0.05,
        weight_decay=5e-4,
        shift=0,
    )


RECIPES = {
    recipe.name: recipe
    for recipe in [
        Recipe(
            name="shapes",
            description="10 000 pictures of Shapes from seed 1; tested on 2 000 from seed 2",
            classes=Shapes.classes,
            size=64,
            channels=(16, 32, 48, 64, 96),
            pooled=(1, 2),
            load=_shapes,
            epochs=8,
            batch_size=64,
            learning_rate=0.1,
            weight_decay=5e-4,
            shift=0,
        ),
        Recipe(
            name="shapes_second",
            description="the data of shapes, from another seed, with fewer channels",
            classes=Shapes.classes,
            size=64,
            channels=(16, 32, 48, 64),
            pooled=(1, 2, 3),
            load=_shapes,
            epochs=8,
            batch_size=64,
            learning_rate=0.1,
            weight_decay=5e-4,
            shift=0,
            seed=1,
        ),
        Recipe(
            name="shapes_random_labels",
            description="400 pictures of Shapes with their labels shuffled; tested on the same",
            classes=Shapes.classes,
            size=64,
            channels=(16, 32, 48, 64, 96),
            pooled=(1, 2),
            load=_random_labels,
            epochs=120,
            batch_size=50,
            learning_rate=0.05,
            weight_decay=0.0,
            shift=0,
        ),
        Recipe(
            name="shapes_robust",
            description="the pictures of shapes, attacked by PGD at ε = 4/255 while training",
            classes=Shapes.classes,
            size=64,
            channels=(16, 32, 48, 64, 96),
            pooled=(1, 2),
            load=_shapes,
            epochs=3,
            batch_size=64,
            learning_rate=0.05,
            weight_decay=5e-4,
            shift=0,
            epsilon=4 / 255,
            start="shapes",
        ),
        Recipe(
            name="cifar10",
            description="the 50 000 training pictures of CIFAR-10; tested on its 10 000",
            classes=CIFAR10_CLASSES,
            size=32,
            channels=(32, 64, 96, 128),
            pooled=(1, 2),
            load=load_cifar10,
            epochs=10,
            batch_size=128,
            learning_rate=0.2,
            weight_decay=5e-4,
            shift=4,
        ),
        _cue_recipe("texture", "of any shape, labelled by their texture", Shapes.texture_names),
        _cue_recipe("shape", "in any texture, labelled by their shape", Shapes.classes[:6]),
        _cue_recipe(
            "stylised",
            "painted in any texture by style transfer, labelled by their shape",
            Shapes.classes[:6],
        ),
    ]
}
"""Every network that ships, by name."""


@dataclass(frozen=True)
class Info:
    """What is known of a loaded network.

    Attributes
    ----------
    name : str
    recipe : Recipe
        What made it.
    test_accuracy : float
        Fraction of its test set that it classifies right.
    """

    name: str
    recipe: Recipe
    test_accuracy: float

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the logits."""
        return self.recipe.classes

    @property
    def size(self) -> int:
        """Height and width of its pictures."""
        return self.recipe.size

    @property
    def command(self) -> str:
        """The command that makes the weights again."""
        return self.recipe.command

    @property
    def seed(self) -> int:
        """Of the initial weights, shuffling and augmentation."""
        return self.recipe.seed

    @property
    def data(self) -> str:
        """What it was trained and tested on."""
        return self.recipe.description

    @property
    def last_convolution(self) -> str:
        """The dotted name of the last convolutional block's output, where Grad-CAM looks."""
        return f"features.relu{len(self.recipe.channels)}"


def find_recipe(name: str) -> Recipe:
    """The recipe called `name`; a ``ValueError`` that lists them otherwise."""
    if name not in RECIPES:
        raise unknown("trained network", name, RECIPES)
    return RECIPES[name]


def load(name: str, path: str | os.PathLike[str] | None = None) -> tuple[PictureNetwork, Info]:
    """Load a trained network.

    Parameters
    ----------
    name : {"shapes", "shapes_second", "shapes_random_labels", "shapes_robust", "cifar10"}
    path : path, optional
        Of other weights made by ``minigrad train NAME --out FILE``.

    Returns
    -------
    model : PictureNetwork
        In eval mode.
    info : Info

    Raises
    ------
    ValueError
        If there is no such network, or the file is not its weights.

    Examples
    --------
    >>> model, info = load("cifar10")
    >>> info.size, info.last_convolution
    (32, 'features.relu4')
    """
    recipe = find_recipe(name)
    file = recipe.weights if path is None else Path(path)
    if not file.exists():
        raise FileNotFoundError(f"there are no weights at {file}; {recipe.command!r} makes them")
    arrays = layers.load(file)
    accuracy = float(arrays.pop("test_accuracy", np.nan))
    model = recipe.build()
    model.load_state_dict(arrays)
    return model.eval(), Info(recipe.name, recipe, accuracy)
