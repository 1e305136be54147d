"""``minigrad segment``: train a network, run it on photographs, score it on its test pictures."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..data import load_image
from ..picture import in_colour, palette
from .metrics import Metrics
from .recipes import load
from .tiled import tiled
from .training import score

_LARGE = 512  # pixels of a side from which a picture is cut into tiles
_TILE, _MARGIN = 256, 32


def segment(
    pictures: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    network: str = "unet-camvid",
    weights: str | os.PathLike[str] | None = None,
    size: int | None = None,
) -> list[Path]:
    """Write for each photograph a figure with its class map, and the map itself as a picture.

    Parameters
    ----------
    pictures : sequence of path
    out : path
        A folder; made if needed.
    network, weights
        As in `load`.
    size : int, optional
        Resize the shorter side to it first; by default to what the network was trained on, 180
        for street scenes.

    Returns
    -------
    list of Path
        ``NAME-classes.png`` (the figure) and ``NAME-mask.png`` (grey values that are classes).
    """
    from PIL import Image

    model, recipe = load(network, weights)
    images = [load_image(path, size or recipe.size, crop=False) for path in pictures]
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for path, image in zip(pictures, images, strict=True):
        if max(image.shape[1:]) > _LARGE:
            scores = tiled(model, image, _TILE, _MARGIN)
        else:
            scores = model(image[None]).data[0]
        classes = scores.argmax(axis=0)
        mask = folder / f"{Path(path).stem}-mask.png"
        Image.fromarray(classes.astype(np.uint8)).save(mask)
        figure = folder / f"{Path(path).stem}-classes.png"
        _draw(image, classes, recipe.classes, figure)
        written += [figure, mask]
    return written


def _draw(image: np.ndarray, found: np.ndarray, names: tuple[str, ...], path: Path) -> None:
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    colours = palette(len(names))
    height, width = image.shape[1:]
    drawing = Figure(figsize=(10, 10 * height / width / 2 + 0.9), layout="constrained")
    left, right = drawing.subplots(1, 2)
    picture = in_colour(image)
    left.imshow(picture)
    right.imshow(0.35 * picture + 0.65 * colours[found])
    for axes in (left, right):
        axes.set_axis_off()
    there = [i for i in np.argsort(-np.bincount(found.ravel(), minlength=len(names)))
             if (found == i).any()]  # fmt: skip
    drawing.legend(
        handles=[Patch(color=colours[i], label=names[i]) for i in there],
        loc="outside lower center", ncols=min(len(there), 6), frameon=False,
    )  # fmt: skip
    drawing.savefig(path, dpi=120)


def scored(
    network: str = "unet",
    weights: str | os.PathLike[str] | None = None,
    data: str | os.PathLike[str] | None = None,
) -> str:
    """A table of a network's measures on its test pictures, class by class."""
    model, recipe = load(network, weights)
    test = recipe.load("test", data)
    return table(score(model, test, len(recipe.classes), recipe.ignore_index), recipe.classes)


def table(result: Metrics, names: Sequence[str]) -> str:
    """The measures of each class and of all, as lines of text.

    Examples
    --------
    >>> from techniques.segmentation import metrics
    >>> from techniques.segmentation.command import table
    >>> print(table(metrics([0, 1, 1], [0, 1, 0], 2), ["sky", "road"]))
    class      IoU   Dice  accuracy
    sky      0.500  0.667     0.500
    road     0.500  0.667     1.000
    <BLANKLINE>
    mean IoU 0.500, frequency-weighted IoU 0.500, pixel accuracy 0.667, mean accuracy 0.750
    """
    width = max(map(len, (*names, "class")))
    lines = [f"{'class':{width}}  {'IoU':>7}  {'Dice':>5}  accuracy"]
    for name, iou, dice, accuracy in zip(
        names, result.iou, result.dice, result.accuracy, strict=True
    ):
        lines.append(f"{name:{width}}  {iou:7.3f}  {dice:5.3f}  {accuracy:8.3f}")
    return "\n".join([
        *lines, "",
        f"mean IoU {result.mean_iou:.3f}, frequency-weighted IoU "
        f"{result.frequency_weighted_iou:.3f}, pixel accuracy {result.pixel_accuracy:.3f}, "
        f"mean accuracy {result.mean_accuracy:.3f}",
    ])  # fmt: skip
