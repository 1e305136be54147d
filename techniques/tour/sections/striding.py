"""A classifier as a fully convolutional network: a map of scores over a larger scene."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from techniques.data import Scenes
from techniques.picture import in_colour
from techniques.pretrained import load
from techniques.segmentation import (
    ScoreMap,
    convolutionalize,
    score_map,
    sliding_window,
    without_padding,
)
from techniques.tour.drawing import Array, overlay, picture
from techniques.tour.section import Figure, Number, Panel, Part, Section
from techniques.tour.visit import Visit

_SIDE, _OBJECTS, _SEED = 192, 9, 20
_SHOWN = 3


def section(visit: Visit) -> Section:
    """Heat maps of some classes, and the time against the sliding window."""
    shipped, info = load("shapes")
    classifier = without_padding(shipped)
    scenes = Scenes(1, seed=_SEED, size=_SIDE, most=_OBJECTS, extent=_SIDE)
    score_map(classifier, scenes.images, info.size)  # compiles what has not been compiled yet
    begun = perf_counter()
    strided = score_map(classifier, scenes.images, info.size)
    between = perf_counter()
    slid = sliding_window(classifier, scenes.images, info.size, strided.stride)
    times = between - begun, perf_counter() - between
    return Section(
        question="A classifier knows pictures of one size. What does it say of a larger one?",
        parts=(
            Part(
                f"A scene of {_SIDE} × {_SIDE}",
                (_heat_maps(strided, scenes, info.classes),),
                _numbers(strided, slid, times),
            ),
        ),
        see=(
            "What it says of each window in it: a map of scores, at once and for little time.",
            "A fully connected layer that reads a map of h × w is a convolution with a kernel of "
            "h × w. With that the classifier takes pictures of any size and answers with a map: "
            "what it says of the window around each place.",
            "The map is the same, number for number, as running the classifier on every window "
            "alone, and takes a fraction of the time: windows overlap, and what they share is "
            "computed once. The convolutions do not pad here, so that no window has a border.",
            "The class is found, its outline is not: there is one score for every few pixels, and "
            "each is about a whole window. What remains is the way back up to pixels.",
        ),
        code=(convolutionalize, sliding_window),
    )


def most_certain(result: ScoreMap, mask: Array, count: int) -> Array:
    """The classes in a scene (mask values from 1, less 1) whose heat is largest on their pixels."""
    present = np.unique(mask[mask > 0]) - 1
    found = [result.heat(label)[0][mask == 1 + label].max() for label in present]
    return present[np.argsort(found)[::-1][:count]]


def _heat_maps(result: ScoreMap, scenes: Scenes, names: tuple[str, ...]) -> Figure:
    image = in_colour(scenes.images[0])
    panels = [Panel(picture(image), "A scene with several objects.", "the scene")]
    for label in most_certain(result, scenes.masks[0], _SHOWN):
        name = names[label]
        panels.append(
            Panel(
                picture(overlay(image, result.heat(int(label))[0]), scenes.masks[0] == 1 + label),
                f"The probability of {name}, bright around the middle of windows that show one.",
                f"“{name}”",
            )
        )
    rows, columns = result.scores.shape[2:]
    window, stride = result.window_size[0], result.stride[0]
    caption = (
        f"The probability of a class in {rows} × {columns} windows of {window} × {window}, one "
        f"every {stride} pixels, drawn in the middle of each. Objects of the class are outlined."
    )
    return Figure(tuple(panels), caption, columns=1 + _SHOWN)


def _numbers(strided: ScoreMap, slid: ScoreMap, times: tuple[float, float]) -> tuple[Number, ...]:
    count = strided.scores[0, 0].size
    apart = np.abs(strided.scores - slid.scores).max() / np.abs(slid.scores).max()
    return (
        Number("as fast as one window after the other, with the same scores",
               f"{times[1] / times[0]:.0f}", "times"),
        Number("for the whole map, as a convolution", f"{1000 * times[0]:.0f}", "ms"),
        Number(f"for the same {count} windows one by one", f"{1000 * times[1]:.0f}", "ms"),
        Number("the largest difference between both, as a share of the largest score",
               f"{apart:.0e}".replace("-", "−")),
    )  # fmt: skip
