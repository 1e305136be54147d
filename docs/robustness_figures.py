"""``python -m docs.robustness_figures`` draws the figures of robustness.md, or those named."""

import json
import sys
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib import pyplot

from techniques.attacks import accuracy_against_epsilon, fgsm, pgd
from techniques.corruptions import BENCHMARK, EXTRA, corrupt
from techniques.data import Shapes
from techniques.pretrained import load
from techniques.shape_bias import cue_conflict
from techniques.stylised import stylised_conflict, texture_painters

FOLDER = Path(__file__).parent / "robustness"
STEPS = (0, 1, 2, 4, 6, 8)


def curves() -> None:
    """Accuracy against ε, of the plain and of the adversarially trained network."""
    shapes = Shapes(64, seed=4321)
    figure, axes = pyplot.subplots(figsize=(5.2, 3), layout="constrained")
    for name, colour in (("shapes", "tab:orange"), ("shapes_robust", "tab:blue")):
        model, _ = load(name)
        for attack, options, style in ((fgsm, {}, "--"), (pgd, {"rng": 0}, "-")):
            curve = accuracy_against_epsilon(
                model, shapes.images, shapes.labels, [step / 255 for step in STEPS], attack,
                **options,
            )  # fmt: skip
            axes.plot(STEPS, 100 * curve.accuracy, style, color=colour, marker="o", markersize=3,
                      label=f"{name}, {attack.__name__.upper()}")  # fmt: skip
    axes.set_xlabel("ε, in 255ths")
    axes.set_ylabel("right, %")
    axes.set_ylim(0, 103)
    axes.legend(frameon=False, fontsize="small")
    figure.savefig(FOLDER / "accuracy.png", dpi=120)


def sheet() -> None:
    """One picture under all nineteen corruptions, at severity 4."""
    picture = Shapes(8, seed=5, size=96).images[6].transpose(1, 2, 0)
    figure, grid = pyplot.subplots(4, 5, figsize=(7, 6), layout="constrained")
    for axes, name in zip(grid.flat, ("as it is", *BENCHMARK, *EXTRA), strict=True):
        shown = picture if name == "as it is" else corrupt(picture, name, 4, 0)
        axes.imshow(shown, interpolation="nearest")
        axes.set_title(name.replace("_", " "), fontsize="small")
        axes.set_axis_off()
    figure.savefig(FOLDER / "corruptions.png", dpi=72)


def dimension() -> None:
    """How far one step moves the logit, against the number of values in a picture."""
    measured = json.loads((FOLDER / "dimension.json").read_text(encoding="utf-8"))
    labels = {
        "linear": ("linear classifier", "tab:grey"),
        "dense": ("convolutions, then one dense layer", "tab:orange"),
        "mean": ("convolutions, then the mean over places", "tab:blue"),
    }
    figure, axes = pyplot.subplots(figsize=(5.2, 3), layout="constrained")
    for kind, (label, colour) in labels.items():
        values = measured[kind]["dimensions"]
        axes.loglog(values, measured[kind]["shift"], marker="o", color=colour, label=label)
        axes.loglog(values, measured[kind]["predicted"], "--", color=colour, linewidth=0.8)
    axes.set_xlabel("values in a picture")
    axes.set_ylabel("fall of the logit at ε = 1/255")
    axes.set_xticks(values, [f"{value:,}".replace(",", " ") for value in values])
    axes.set_yticks((0.03, 0.1, 0.3), ("0.03", "0.1", "0.3"))
    axes.minorticks_off()
    axes.legend(frameon=False, fontsize="small")
    figure.savefig(FOLDER / "dimension.png", dpi=120)


def severity() -> None:
    """Error against severity under each corruption, of the networks that ship."""
    networks = json.loads((FOLDER / "severity.json").read_text(encoding="utf-8"))
    colours = {"cifar10": "tab:blue", "shapes": "tab:orange"}
    figure, grid = pyplot.subplots(
        4, 5, figsize=(7.5, 6), layout="constrained", sharex=True, sharey=True
    )
    for axes, corruption in zip(grid.flat, (*BENCHMARK, *EXTRA), strict=False):
        for name, errors in networks.items():
            curve = 100 * np.array([errors["clean"], *errors[corruption]])
            axes.plot(range(6), curve, color=colours[name], marker="o", markersize=2, label=name)
        axes.set_title(corruption.replace("_", " "), fontsize="small")
        axes.set_ylim(0, 100)
    grid[-1, -1].set_axis_off()
    grid[-1, -1].legend(*grid[0, 0].get_legend_handles_labels(), frameon=False, loc="center")
    figure.supxlabel("severity (0: as it is)", fontsize="medium")
    figure.supylabel("wrong, %", fontsize="medium")
    figure.savefig(FOLDER / "severity.png", dpi=120)


def cues() -> None:
    """The same conflicts of shape and texture, drawn by the generator and painted."""
    size, shown = load("cue_shape")[1].size, 8
    kinds = {
        "drawn": cue_conflict(shown, 12, size),
        "painted": stylised_conflict(shown, texture_painters(size), 12, size),
    }
    figure, grid = pyplot.subplots(2, shown, figsize=(7.5, 2.3), layout="constrained")
    for row, (kind, conflict) in zip(grid, kinds.items(), strict=True):
        row[0].set_ylabel(kind)
        for i, axes in enumerate(row):
            axes.imshow(conflict.images[i].transpose(1, 2, 0), interpolation="nearest")
            axes.set_xticks([])
            axes.set_yticks([])
            if kind == "drawn":
                shape = Shapes.classes[conflict.shape_labels[i]]
                texture = Shapes.texture_names[conflict.texture_labels[i]]
                axes.set_title(f"{shape},\n{texture}", fontsize="small")
    figure.savefig(FOLDER / "cues.png", dpi=120)


if __name__ == "__main__":
    matplotlib.use("Agg")
    FIGURES = {
        function.__name__: function for function in (curves, sheet, dimension, severity, cues)
    }
    for name in sys.argv[1:] or FIGURES:
        FIGURES[name]()
