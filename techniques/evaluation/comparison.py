"""All attribution methods on a shipped network, in one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers import Module

from ..methods import METHODS
from ..model import logits
from ..progress import progress_bar
from .deletion_insertion import deletion_insertion
from .localisation import iou, pointing_game, relevance_mass
from .sanity_check import map_of, sanity_check
from .similarity import rank_correlation

Array = NDArray[Any]


@dataclass(frozen=True)
class Row:
    """What one method reaches: means over the images. NaN where there is no truth to compare with.

    Attributes
    ----------
    method : str
    pointing, mass, iou : float
        Against the true masks.
    deletion, insertion : float
        Areas under the curves.
    top_randomised, randomised : float
        The rank correlation with the map after the output layer, or all layers, were randomised.
    random_labels : float
        The rank correlation with the map of a network trained on random labels.
    """

    method: str
    pointing: float
    mass: float
    iou: float
    deletion: float
    insertion: float
    top_randomised: float
    randomised: float
    random_labels: float


def compare(
    model: Module,
    images: Array,
    labels: Array,
    layer: str,
    masks: Array | None = None,
    random_labels: Module | None = None,
    checked: int = 8,
    methods: Sequence[str] = tuple(METHODS),
    rng: int = 0,
) -> list[Row]:
    """Score methods on the images that a network classifies right, for their class.

    Parameters
    ----------
    model : Module
    images : array (N, C, H, W)
    labels : array (N,)
    layer : str
        Where methods of output maps look.
    masks : array of bool (N, H, W), optional
    random_labels : Module, optional
        The same network trained on random labels.
    checked : int
        For how many of the images the sanity checks are made.
    methods : sequence of str
        Names in ``techniques.methods.METHODS``.
    rng : int
        The seed of the randomisation; the same random weights for each method.

    Returns
    -------
    list of Row
    """
    right = logits(model, images).argmax(axis=1) == labels
    images, labels = images[right], labels[right]
    masks = None if masks is None else masks[right]
    rows = []
    with progress_bar() as show:
        for done, name in enumerate(methods):
            show(done, len(methods), name)

            def explain(network: Any, some: Array, target: Any, name: str = name) -> Array:
                return map_of(METHODS[name](network, some, target, layer))

            maps = explain(model, images, labels)
            rows.append(
                Row(
                    name,
                    *_against_masks(maps, masks, labels),
                    *_against_the_score(model, images, maps, labels),
                    *_against_random(model, images[:checked], explain, labels[:checked], rng),
                    _against_random_labels(random_labels, images[:checked], explain, maps, labels),
                )
            )
    return rows


def _against_masks(maps: Array, masks: Array | None, labels: Array) -> tuple[float, float, float]:
    if masks is None:
        return np.nan, np.nan, np.nan
    return (
        pointing_game(maps, masks, labels),
        float(relevance_mass(maps, masks).mean()),
        float(iou(maps, masks).mean()),
    )


def _against_the_score(
    model: Module, images: Array, maps: Array, labels: Array
) -> tuple[float, float]:
    result = deletion_insertion(model, images, maps, labels, steps=16, baseline=0.5)
    return float(result.deletion.mean()), float(result.insertion.mean())


def _against_random(
    model: Module, images: Array, explain: Any, labels: Array, rng: int
) -> tuple[float, float]:
    check = sanity_check(model, images, explain, labels, rng=rng)
    means = check.rank_correlation.mean(axis=1)
    return float(means[0]), float(means[-1])


def _against_random_labels(
    other: Module | None, images: Array, explain: Any, maps: Array, labels: Array
) -> float:
    if other is None:
        return np.nan
    theirs = explain(other, images, labels[: len(images)])
    return float(rank_correlation(maps[: len(images)], theirs).mean())


HEADINGS = {
    "method": "method",
    "pointing": "pointing game, %",
    "mass": "mass inside, %",
    "iou": "IoU, %",
    "deletion": "deletion ↓",
    "insertion": "insertion ↑",
    "top_randomised": "output layer random",
    "randomised": "all layers random",
    "random_labels": "random labels",
}
_PERCENT = {"pointing", "mass", "iou"}


def cells(rows: Sequence[Row]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return a header and rows of text; a column without any number is left out."""
    names = [f.name for f in fields(Row)]
    used = [n for n in names if n == "method" or not all(np.isnan(getattr(r, n)) for r in rows)]

    def text(row: Row, name: str) -> str:
        value = getattr(row, name)
        if name == "method":
            return value
        if name in _PERCENT:
            return f"{100 * value:.0f}"
        return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")  # no minus before a zero

    return tuple(HEADINGS[n] for n in used), [tuple(text(r, n) for n in used) for r in rows]


def markdown(rows: Sequence[Row]) -> str:
    """Return the table in Markdown."""
    header, body = cells(rows)
    lines = [header, ("---",) + ("---:",) * (len(header) - 1), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
