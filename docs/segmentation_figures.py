"""``python -m docs.segmentation_figures`` draws the figures of segmentation.md again."""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from techniques.data import Scenes, SegmentedDataset
from techniques.picture import in_colour
from techniques.pretrained import PictureNetwork
from techniques.pretrained import load as load_classifier
from techniques.pretrained import recipes as classifiers
from techniques.segmentation import (
    FCN,
    EncoderDecoder,
    SegNet,
    UNet,
    metrics,
    predict,
    train,
    transfer,
)
from techniques.segmentation.distance import distance_to

FOLDER = Path(__file__).parent / "segmentation"
FEW = 100  # scenes; with thousands, a network learns what shapes are from these themselves
HEAD, WHOLE = 15, 25  # epochs
NETWORKS = {
    "U-Net": UNet(2, width=8, depth=3, rng=0),
    "SegNet": SegNet(2, width=8, depth=3, rng=0),
    "FCN-8s": FCN(2, stride=8, width=8, hidden=64, rng=0),
    "encoder–decoder": EncoderDecoder(2, width=8, depth=3, rng=0),
}


def objects(count: int, seed: int) -> SegmentedDataset:
    """Scenes whose classes are object and background: what is to be found are the borders."""
    scenes = Scenes(count, seed=seed)
    masks = (scenes.masks > 0).astype(np.int64)
    return SegmentedDataset(scenes.images, masks, ("background", "object"))


def borders() -> None:
    """The error rate against the distance from the true border, and three scenes."""
    training, test = objects(600, seed=1), objects(200, seed=2)
    found = {}
    for name, network in NETWORKS.items():
        train(network, training, classes=2, epochs=6, rng=0)
        found[name] = predict(network, test.images)
        iou = metrics(found[name], test.masks, classes=2).iou[1]
        print(f"{name}: IoU of objects {iou:.3f}")
    _error_rates(found, test.masks)
    _three_scenes(found, test)


def _error_rates(found: dict[str, np.ndarray], truth: np.ndarray) -> None:
    distance = np.floor([distance_to(at_border(mask)) for mask in truth])
    steps = range(9)
    figure, axes = pyplot.subplots(figsize=(5.6, 3), layout="constrained")
    for name, maps in found.items():
        wrong = maps != truth
        rates = [100 * wrong[distance == step].mean() for step in steps]
        axes.plot(steps, rates, marker="o", markersize=3, label=name)
        print(name, *(f"{rate:.1f}" for rate in rates), "% wrong at 0, 1, 2 … pixels")
    axes.set_xlabel("distance from the true border, pixels")
    axes.set_ylabel("wrong, %")
    _save(figure, axes, "borders.png")


def _save(figure: Figure, axes: Axes, name: str) -> None:
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)
    figure.savefig(FOLDER / name, dpi=120)


def _three_scenes(found: dict[str, np.ndarray], test: SegmentedDataset) -> None:
    """What each network takes for an object, in white, and in red where it is wrong."""
    figure, grid = pyplot.subplots(3, 5, figsize=(7.5, 4.7), layout="constrained")
    for number, row in enumerate(grid):
        pictures = {"scene": in_colour(test.images[number])}
        for name, maps in found.items():
            shown = np.repeat(maps[number][:, :, None], 3, axis=2).astype(float)
            shown[maps[number] != test.masks[number]] = 0.9, 0.1, 0.1
            pictures[name] = shown
        for axes, (name, picture) in zip(row, pictures.items(), strict=True):
            axes.imshow(picture, interpolation="nearest")
            axes.set_axis_off()
            if number == 0:
                axes.set_title(name, fontsize="small")
    figure.savefig(FOLDER / "predictions.png", dpi=100)


def at_border(mask: np.ndarray) -> np.ndarray:
    """The pixels with one of another class above, below, left or right: of both sides."""
    marked = np.zeros(mask.shape, bool)
    down, across = mask[1:] != mask[:-1], mask[:, 1:] != mask[:, :-1]
    marked[1:] |= down
    marked[:-1] |= down
    marked[:, 1:] |= across
    marked[:, :-1] |= across
    return marked


def transferred() -> None:
    """An FCN on the trunk of `shapes`, and the same one on an untrained trunk, from few scenes."""
    few, validation = Scenes(FEW, seed=1), Scenes(100, seed=3)
    options = {"classes": len(Scenes.classes), "validation": validation, "rng": 0}
    figure, axes = pyplot.subplots(figsize=(5.6, 3), layout="constrained")

    def network(classifier: PictureNetwork) -> FCN:
        return FCN(len(Scenes.classes), stride=1, trunk=classifier, hidden=32, rng=0)

    on_trained = network(load_classifier("shapes")[0])
    parts = transfer(on_trained, on_trained.trunk, few, epochs=(HEAD, WHOLE), **options)
    untrained = classifiers.RECIPES["shapes"].build()
    untrained.normalise_like(few.images)
    curves = {
        "on the trunk of shapes": [v for part in parts for v in part.validation_accuracy],
        "from scratch": train(network(untrained), few, epochs=HEAD + WHOLE,
                              **options).validation_accuracy,
    }  # fmt: skip
    for name, curve in curves.items():
        axes.plot(range(1, len(curve) + 1), curve, label=name)
        print(f"{name}: mean IoU {curve[-1]:.3f}")
    axes.axvline(HEAD + 0.5, color="grey", linestyle=":")
    axes.text(HEAD + 1, 0.01, "the trunk moves too", color="grey", fontsize="small")
    axes.set_xlabel("epoch")
    axes.set_ylabel("mean IoU on 100 other scenes")
    _save(figure, axes, "transfer.png")


if __name__ == "__main__":
    matplotlib.use("Agg")
    FOLDER.mkdir(exist_ok=True)
    borders()
    transferred()
