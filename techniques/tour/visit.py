"""What the tour looks at: trained networks, and pictures to show them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import minigrad as mg
from layers import Module
from techniques.data import Dataset, Shapes, data_folder, load_cifar10, load_image, load_mnist
from techniques.model import Model, logits
from techniques.pretrained import Info, load

Array = NDArray[Any]

HELD_OUT_SEED = 20_000  # no network was trained on the pictures of this seed
HELD_OUT = 512
_SHOWN = 4
_VIEW = 384  # pixels a side at which a photograph is shown


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture to look at.

    Attributes
    ----------
    name : str
        For captions.
    image : ndarray, float32, (3, H, W)
        In [0, 1], at the size that the network takes.
    mask : ndarray of bool, (H, W), optional
        Where the object is, where that is known.
    original : ndarray, float32, (3, h, w), optional
        The same square of the picture in more pixels.
    """

    name: str
    image: Array
    mask: Array | None = None
    original: Array | None = None


@dataclass(frozen=True, eq=False)
class Study:
    """A trained network, and the pictures on which it is studied.

    Attributes
    ----------
    heading : str
    model : Module
        From images (N, 3, H, W) in [0, 1] to logits (N, K).
    information : Info
    pictures : tuple of Picture
    held_out : Shapes or Dataset, optional
        Many pictures with labels, to count on.
    """

    heading: str
    model: Module
    information: Info
    pictures: tuple[Picture, ...]
    held_out: Shapes | Dataset | None = None

    @property
    def images(self) -> Array:
        """The pictures as one array (N, 3, H, W)."""
        return np.stack([picture.image for picture in self.pictures])

    @property
    def predicted(self) -> Array:
        """The class that the network predicts for each picture."""
        return logits(self.model, self.images).argmax(axis=1)


@dataclass(frozen=True, eq=False)
class Visit:
    """The studies of one tour, and digits for a linear classifier, where they are at hand."""

    studies: tuple[Study, ...]
    digits: Dataset | None = None


def probabilities(model: Model, images: Array) -> Array:
    """Return the probability of each class for each image, as an array (N, K)."""
    return mg.softmax(logits(model, images))


def prepare(
    images: Sequence[str | os.PathLike[str]] = (), data: str | os.PathLike[str] | None = None
) -> Visit:
    """Load the networks and the pictures of a tour.

    Parameters
    ----------
    images : sequence of path
        Photographs, looked at through the CIFAR-10 network. Without them the tour shows Shapes.
    data : path, optional
        A folder with `cifar10` and `mnist`, or one of them, to show their test pictures too.

    Raises
    ------
    FileNotFoundError, ValueError
        When a photograph or the data folder is missing or damaged.
    """
    cifar10, digits = _real_data(data) if data is not None else (None, None)
    studies = []
    if images:
        studies.append(_photographs(images))
    studies.append(_shapes())
    if cifar10 is not None:
        studies.append(_cifar10(cifar10))
    return Visit(tuple(studies), digits)


def _photographs(paths: Sequence[str | os.PathLike[str]]) -> Study:
    """The user's pictures, each at the network's size and at one to look at."""
    model, information = load("cifar10")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what cannot be shown is an error
        pictures = tuple(
            Picture(
                Path(path).name,
                load_image(path, size=information.size),
                original=load_image(path, size=_VIEW),
            )
            for path in paths
        )
    return Study("Your photographs", model, information, pictures)


def _shapes() -> Study:
    """Pictures that are drawn, so that the truth about every pixel is known."""
    model, information = load("shapes")
    shapes = Shapes(HELD_OUT, seed=HELD_OUT_SEED)
    pictures = tuple(
        Picture(
            f"{shapes.classes[shapes.labels[index]]} with "
            f"{shapes.texture_names[shapes.textures[index]]}",
            shapes.images[index],
            mask=shapes.masks[index],
        )
        for index in _of_different_classes(shapes.labels)
    )
    return Study("Shapes", model, information, pictures, shapes)


def _cifar10(test: Dataset) -> Study:
    """Some of the CIFAR-10 test pictures."""
    model, information = load("cifar10")
    order = np.random.default_rng(HELD_OUT_SEED).permutation(len(test))[:HELD_OUT]
    held_out = Dataset(test.images[order], test.labels[order], test.classes)
    pictures = tuple(
        Picture(test.classes[held_out.labels[index]], held_out.images[index])
        for index in _of_different_classes(held_out.labels)
    )
    return Study("CIFAR-10 test pictures", model, information, pictures, held_out)


def _of_different_classes(labels: Array) -> Array:
    """The indices of the first pictures of some classes."""
    _, first = np.unique(labels, return_index=True)
    return np.sort(first)[:_SHOWN]


def _real_data(data: str | os.PathLike[str]) -> tuple[Dataset | None, Dataset | None]:
    """The test pictures of CIFAR-10 and the digits of MNIST, those of the two that are there."""
    found: list[Dataset | None] = []
    for load_test in (load_cifar10, load_mnist):
        try:
            found.append(load_test("test", data_folder(data)))
        except FileNotFoundError:
            found.append(None)
    if found == [None, None]:
        raise FileNotFoundError(f"the data folder {data} holds neither cifar10 nor mnist")
    return found[0], found[1]
