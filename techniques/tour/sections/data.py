"""What the network was shown, what it is made of, and how good it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.patches import Rectangle

import layers
from layers.summary import Summary
from techniques.data import Dataset, Shapes
from techniques.model import logits
from techniques.picture import in_colour
from techniques.pretrained import Info
from techniques.tour.drawing import ACCENT, INK, SECOND, Array, Drawing, chart, picture
from techniques.tour.section import (
    Figure,
    Number,
    Panel,
    Part,
    Section,
    Table,
    chart_figure,
    percent,
)
from techniques.tour.visit import Picture, Study, Visit, probabilities

_SHEET = 12


def section(visit: Visit) -> Section:
    """Pictures with the truth about them, the layers, accuracy and confusions."""
    return Section(
        question="What was the network shown, and how well does it tell things apart?",
        parts=tuple(_part(study) for study in visit.studies),
        see=(
            "In Shapes the class is the outline; texture, colour, place and background say nothing "
            "of it. The network tells the outlines apart.",
            "The background wears the same textures as the objects, so that only the outline "
            "helps.",
            "Because the pictures are drawn, the place of the object is known to the pixel: later "
            "sections measure against the white line.",
            "A few blocks of convolution, ReLU and pooling and one linear layer are enough.",
        ),
        code=(confusion,),
    )


def confusion(predicted: Array, labels: Array, classes: int) -> Array:
    """Count predictions: rows are the truth, columns what the network said."""
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def _part(study: Study) -> Part:
    blocks: list[Figure | Table] = []
    numbers = []
    network = layers.summary(study.model, (1, *study.pictures[0].image.shape))
    information = study.information
    if study.held_out is None:
        blocks.append(_photographs(study))
    else:
        blocks.append(_sheet(study, study.held_out))
        labels = study.held_out.labels
        predicted = logits(study.model, study.held_out.images).argmax(axis=1)
        counts = confusion(predicted, labels, len(information.classes))
        blocks.append(_confusion_figure(counts, information.classes))
        right = float((predicted == labels).mean())
        numbers.append(Number(f"of {len(labels)} held-out pictures right", percent(right), "%"))
    numbers += [
        Number("of the whole test set right", percent(information.test_accuracy), "%"),
        Number("parameters", _thousands(network.parameters)),
        Number("classes: guessing gets one in so many right", str(len(information.classes))),
    ]  # fmt: skip
    blocks.append(_network_table(network, information))
    return Part(study.heading, tuple(blocks), tuple(numbers))


def _network_table(network: Summary, information: Info) -> Table:
    """One row for each layer with weights that are not a normalisation's, and what follows it."""
    rows: list[list[Any]] = []
    for row in network.rows:
        if row.kind in ("Conv2d", "Linear"):
            rows.append([row.name, row.kind, row.output_shape, 0])
        elif rows and "." in row.name:
            rows[-1][1] += f", {row.kind}"
            rows[-1][2] = row.output_shape
        if rows:
            rows[-1][3] += row.parameters
    return Table(
        ("layer", "what it does", "output", "parameters"),
        tuple(
            (name, kinds, " × ".join(map(str, shape[1:])), _thousands(count))
            for name, kinds, shape, count in rows
        ),
        f"The network from the picture down. It was trained with “{information.command}” on "
        f"{information.data}.",
    )


def _thousands(count: int) -> str:
    return f"{count:,}".replace(",", "\u202f")


def _sheet(study: Study, held_out: Shapes | Dataset) -> Figure:
    """Held-out pictures with their names, and the outline of the object where it is known."""
    classes = study.information.classes
    predicted = logits(study.model, held_out.images[:_SHEET]).argmax(axis=1)
    panels = []
    for index, said in enumerate(predicted):
        name = title = classes[held_out.labels[index]]
        mask = None
        if isinstance(held_out, Shapes):
            mask = held_out.masks[index]
            title += f" with {Shapes.texture_names[held_out.textures[index]]}"
        panels.append(
            Panel(
                picture(in_colour(held_out.images[index]), mask),
                f"A picture of: {title}.",
                title,
                "recognised" if classes[said] == name else f"taken for “{classes[said]}”",
            )
        )
    caption = "Pictures the network was not trained on, and whether it recognises them." + (
        " The true mask of the object is outlined in white." if isinstance(held_out, Shapes) else ""
    )
    return Figure(tuple(panels), caption, columns=6, narrow_columns=3)


def _photographs(study: Study) -> Figure:
    """Each photograph as we see it and as the network does."""
    shares = probabilities(study.model, study.images)
    panels: list[Panel] = []
    for shown, share in zip(study.pictures, shares, strict=True):
        panels += [_original(shown), _view(shown, share, study.information.classes)]
    caption = (
        "Each photograph, its central square, as you see it and as the network does: 32 × 32 "
        "pixels are all it gets. Below are its three likeliest classes."
    )
    return Figure(tuple(panels), caption, columns=4, narrow_columns=2)


def _original(shown: Picture) -> Panel:
    drawing = picture(in_colour(shown.image if shown.original is None else shown.original))
    return Panel(drawing, f"The photograph {shown.name}.", shown.name, "as you see it")


def _view(shown: Picture, share: Array, classes: tuple[str, ...]) -> Panel:
    best = np.argsort(-share)[:3]
    verdict = ", ".join(f"{classes[index]} {percent(share[index])} %" for index in best)
    height, width = shown.image.shape[1:]
    return Panel(
        picture(in_colour(shown.image)), f"{shown.name} in {height} × {width} pixels: {verdict}.",
        f"{height} × {width}", verdict,
    )  # fmt: skip


def _confusion_figure(counts: Array, classes: tuple[str, ...]) -> Figure:
    wrong = counts - np.diag(np.diag(counts))
    truth, said = np.unravel_index(wrong.argmax(), wrong.shape)
    worst = (
        f"The most frequent mistake: “{classes[truth]}” taken for “{classes[said]}”, "
        f"{wrong[truth, said]} times."
        if wrong.any()
        else "There is no mistake among them."
    )
    return chart_figure(
        _confusion_drawing(counts, classes),
        f"Confusion matrix of {counts.sum()} pictures. {worst}",
        f"{counts.sum()} held-out pictures: rows are the truth, columns what the network said. "
        f"{worst}",
    )


def _confusion_drawing(counts: Array, classes: tuple[str, ...]) -> Drawing:
    drawing, axes = chart(height=1.9)
    axes.grid(visible=False)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = len(classes)
    for row, column in np.ndindex(size, size):
        if counts[row, column]:
            share = shares[row, column]
            axes.add_patch(
                Rectangle((column - 0.5, row - 0.5), 1, 1, alpha=0.12 + 0.6 * share, linewidth=0,
                          facecolor=ACCENT if row == column else SECOND)
            )  # fmt: skip
            axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=INK,
                      fontsize=7.5)  # fmt: skip
    axes.set_xlim(-0.5, size - 0.5)
    axes.set_ylim(size - 0.5, -0.5)
    axes.set_xticks(range(size), classes, rotation=40, ha="right")
    axes.set_yticks(range(size), classes)
    axes.set_xlabel("said")
    axes.set_ylabel("is")
    return drawing
