"""What makes each segmentation network: architecture, data, training; read by all commands."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import layers

from ..arguments import unknown, weight_file_to_be
from ..data import CAMVID_CLASSES, Scenes, SegmentedDataset, load_camvid
from ..pretrained.half_precision import rounded
from .curves import draw_curves
from .fcn import FCN
from .segnet import EncoderDecoder, SegNet
from .training import score, train
from .unet import UNet

HERE = Path(__file__).parent.parent / "pretrained"


@dataclass(frozen=True)
class Recipe:
    """How a segmentation network is made.

    Attributes
    ----------
    name, description : str
    classes : tuple of str
    ignore_index : int or None
    build : callable
        ``build()`` returns the untrained network.
    load : callable
        ``load(split, data)`` returns the ``"train"``, ``"val"`` or ``"test"`` pictures.
    epochs : tuple of int
        Of each stage. Between them an FCN is refined, from 32 to 16 to 8, and begins anew with half
        the learning rate.
    coarse_epochs : int
        So many before, on pictures of half the size, which have a quarter of the pixels.
    batch_size, learning_rate, zoom, brightness
        As in `train`.
    size : int or None
        Of the shorter side of a photograph, when it was trained on photographs.
    balance : float
        To which power `class_weights` weigh in the loss: 0 is not at all, 1 is entirely.
    """

    name: str
    description: str
    classes: tuple[str, ...]
    ignore_index: int | None
    build: Callable[[], Any]
    load: Callable[[str, Any], SegmentedDataset]
    epochs: tuple[int, ...]
    coarse_epochs: int = 0
    batch_size: int = 16
    learning_rate: float = 6e-3
    zoom: float = 1.0
    brightness: float = 0.0
    balance: float = 0.0
    size: int | None = None

    @property
    def weights(self) -> Path:
        """The file that ships with the package, if this network does."""
        return HERE / f"{self.name}.npz"

    @property
    def command(self) -> str:
        """The command that makes the weights."""
        return f"minigrad segment train {self.name}"


def _on_scenes(
    name: str,
    build: Callable[[], Any],
    epochs: tuple[int, ...],
    coarse_epochs: int = 0,
    count: int = 6000,
    size: int = 64,
) -> Recipe:
    def load(split: str, data: Any) -> SegmentedDataset:
        # Training scenes hold more objects than the others: there is more to learn from each.
        many = {"train": (count, 1, 5), "val": (300, 3, 3), "test": (1000, 2, 3)}
        number, seed, most = many[split]
        drawn = Scenes(number, seed=seed, size=size, most=most)
        return SegmentedDataset(drawn.images, drawn.masks, drawn.classes)

    description = (
        f"{count} scenes of up to five Shapes, {size} × {size}, from seed 1; chosen on 300 of up "
        "to three from seed 3, tested on 1000 from seed 2"
    )
    return Recipe(name, description, Scenes.classes, None, build, load, epochs, coarse_epochs)


RECIPES = {
    recipe.name: recipe
    for recipe in [
        _on_scenes("unet", lambda: UNet(11, width=12, depth=3, rng=0), (7,), coarse_epochs=8),
        _on_scenes("segnet", lambda: SegNet(11, width=16, depth=4, rng=0), (10,)),
        _on_scenes("encoder-decoder", lambda: EncoderDecoder(11, width=16, depth=4, rng=0), (10,)),
        _on_scenes(  # its finest map has a place for 8 × 8 pixels: too coarse for 64 × 64
            "fcn8s",
            lambda: FCN(11, stride=32, width=12, hidden=128, rng=0),
            (2, 2, 8),
            count=3000,
            size=128,
        ),
        Recipe(
            name="unet-camvid",
            description="the 367 street scenes of CamVid's training split at 240 × 180; chosen on "
            "its 101 for validation, tested once on its 233",
            classes=CAMVID_CLASSES,
            ignore_index=len(CAMVID_CLASSES),
            build=lambda: UNet(11, width=8, depth=4, rng=0),
            load=load_camvid,
            epochs=(36,),
            coarse_epochs=40,
            batch_size=3,
            learning_rate=4e-3,
            zoom=1.6,
            brightness=0.3,
            balance=0.5,
            size=180,
        ),
    ]
}
"""Every network that `minigrad segment` knows, by name."""


def find_recipe(name: str) -> Recipe:
    """The recipe called `name`; a ``ValueError`` that lists them otherwise."""
    if name not in RECIPES:
        raise unknown("segmentation network", name, RECIPES)
    return RECIPES[name]


def finished(recipe: Recipe) -> Any:
    """The untrained network in the form that it has at the end of its training."""
    model = recipe.build()
    for _ in recipe.epochs[1:]:
        model = model.refined()
    return model


def load(name: str, path: str | os.PathLike[str] | None = None) -> tuple[Any, Recipe]:
    """Load a trained segmentation network.

    Parameters
    ----------
    name : str
        One of `RECIPES`.
    path : path, optional
        Of the weights made by ``minigrad segment train NAME --out FILE``.

    Returns
    -------
    model : Module
        In evaluation mode, from images (N, 3, H, W) in [0, 1] to logits (N, classes, H, W).
    recipe : Recipe

    Raises
    ------
    ValueError
        If there is no such network, or the file is not its weights.
    FileNotFoundError
        If there is no file; the message says which command makes it.
    """
    recipe = find_recipe(name)
    file = recipe.weights if path is None else Path(path)
    if not file.exists():
        raise FileNotFoundError(
            f"there are no weights at {file}; {recipe.command!r} makes {name}.npz: name that file "
            "as the weights"
        )
    arrays = layers.load(file)
    arrays.pop("mean_iou", None)
    model = finished(recipe)
    model.load_state_dict(arrays)
    return model.eval(), recipe


def stated_mean_iou(name: str) -> float:
    """The mean IoU on the test pictures that was measured of the weights which ship.

    Examples
    --------
    >>> from techniques.segmentation.recipes import stated_mean_iou
    >>> stated_mean_iou("unet-camvid") > 0.45
    True
    """
    return float(layers.load(find_recipe(name).weights)["mean_iou"])


def make(
    name: str,
    out: str | os.PathLike[str],
    data: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> float:
    """Train a network by its recipe, save it, and return its mean IoU on the test pictures.

    After each epoch a checkpoint is written beside `out`; an interrupted run goes on from there.
    Of all epochs the one with the best mean IoU on the validation pictures is kept. The learning
    curves are drawn beside `out`, in ``NAME-curves.png``.

    Raises
    ------
    ValueError
        If there is no such network, or `out` cannot be its file; nothing is trained then.
    FileNotFoundError
        If its data are not found.
    """
    recipe = find_recipe(name)
    out = weight_file_to_be(out)
    training, validation = recipe.load("train", data), recipe.load("val", data)
    classes = len(recipe.classes)
    weights = class_weights(training.masks, classes) ** recipe.balance if recipe.balance else None
    checkpoints: list[Path] = []
    curves: dict[str, layers.History] = {}

    def learn(part: str, pictures: SegmentedDataset, held_out: SegmentedDataset, epochs: int,
              learning_rate: float) -> None:  # fmt: skip
        checkpoints.append(out.with_suffix(f".{part}.checkpoint.npz"))
        curves[part] = train(
            model, pictures, classes=classes, epochs=epochs, validation=held_out,
            ignore_index=recipe.ignore_index, class_weights=weights,
            batch_size=recipe.batch_size, learning_rate=learning_rate,
            zoom=recipe.zoom, brightness=recipe.brightness, patience=epochs,
            checkpoint=checkpoints[-1], rng=len(checkpoints), progress=progress,
        )  # fmt: skip

    model = recipe.build()
    if recipe.coarse_epochs:
        learn("coarse", halved(training), halved(validation), recipe.coarse_epochs,
              recipe.learning_rate)  # fmt: skip
    for stage, epochs in enumerate(recipe.epochs):
        if stage:
            model = model.refined()
        learn(f"stage{stage + 1}", training, validation, epochs, recipe.learning_rate / 2**stage)
    test = recipe.load("test", data)
    arrays = rounded(model)
    mean_iou = score(model, test, classes, recipe.ignore_index).mean_iou
    draw_curves(curves, out.with_name(f"{out.stem}-curves.png"))
    layers.save({**arrays, "mean_iou": np.array(mean_iou)}, out)
    for checkpoint in checkpoints:
        checkpoint.unlink()
    return mean_iou


def halved(data: SegmentedDataset) -> SegmentedDataset:
    """Pictures and masks of half the size: of 2×2 pixels the mean, and the class of the first.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.data import SegmentedDataset
    >>> from techniques.segmentation.recipes import halved
    >>> masks = np.arange(15).reshape(1, 3, 5)
    >>> halved(SegmentedDataset(np.ones((1, 3, 3, 5), np.float32), masks, ())).masks
    array([[[0, 2]]])
    """
    height, width = (side // 2 * 2 for side in data.masks.shape[1:])
    corners = [data.images[:, :, i:height:2, j:width:2] for i in (0, 1) for j in (0, 1)]
    images: np.ndarray = np.stack(corners).mean(axis=0, dtype=np.float32)
    return replace(data, images=images, masks=data.masks[:, :height:2, :width:2])


def class_weights(masks: np.ndarray, classes: int) -> np.ndarray:
    """The median of the classes' frequencies over each one's own, at most 10.

    References
    ----------
    Eigen and Fergus, Predicting depth, surface normals and semantic labels with a common
    multi-scale convolutional architecture, ICCV 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.segmentation.recipes import class_weights
    >>> class_weights(np.array([0, 0, 0, 0, 1, 1, 2]), classes=3)
    array([0.5, 1. , 2. ])
    """
    counts = np.bincount(masks[masks < classes].ravel(), minlength=classes).astype(float)
    return np.minimum(np.median(counts[counts > 0]) / np.maximum(counts, 1), 10)
