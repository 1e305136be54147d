"""The lecture's two worked examples of the way back up, window by window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from techniques.decoder import (
    IMAGE,
    KERNEL,
    VALUES,
    WindowStep,
    conv_transpose_steps,
    max_pool_steps,
    max_unpool_steps,
)
from techniques.tour.drawing import Array, grids
from techniques.tour.section import Figure, Number, Panel, Part, Section
from techniques.tour.visit import Visit

_STRIP_CELLS = 12.6  # the width of a step: 3 + 4 + 4 columns and two gaps


def section(visit: Visit) -> Section:
    """Max-pooling, max-unpooling and transposed convolution in numbers."""
    return Section(
        question="How does a decoder make a large map out of a small one?",
        parts=(_pooling(), _unpooling(), _transposed_convolution()),
        see=(
            "It runs the encoder backwards: each is what the backward pass of pooling, or of "
            "convolution, does with a gradient.",
            "Max-pooling remembers where each maximum stood. Unpooling puts a value back there; "
            "where two windows had the same maximum their values add up: 300 + 450 = 750.",
            "A transposed convolution stamps its kernel once for each value, times the value. "
            "Where stamps overlap they add up: −120 + 150 = 30.",
        ),
        code=(max_unpool_steps, conv_transpose_steps),
    )


def written(step: WindowStep) -> Array:
    """Return what a step adds, at its place in the result; NaN elsewhere."""
    plane = np.full(step.output.shape, np.nan)
    plane[step.window] = step.stamp
    return plane


def _at(position: tuple[int, int], shape: tuple[int, ...]) -> Array:
    marked = np.zeros(shape, bool)
    marked[position] = True
    return marked


def _pooling() -> Part:
    panels = []
    for number, step in enumerate(max_pool_steps(IMAGE, 2), start=1):
        window = np.zeros(IMAGE.shape, bool)
        window[step.window] = True
        maximum = float(step.stamp[0, 0])
        panels.append(
            Panel(
                grids(
                    (IMAGE, window, ""),
                    (step.output, _at(step.position, step.output.shape), "→"),
                ),
                f"Window {number} holds {step.patch.ravel().tolist()}; its maximum is {maximum:g}.",
                f"window {number}",
                f"maximum {maximum:g}",
            )
        )
    caption = "First the way down: 2 × 2 max-pooling with stride 1. The marked window is read."
    return Part("Max-pooling", (Figure(tuple(panels), caption, columns=4, narrow_columns=2),))


def _unpooling() -> Part:
    steps = max_unpool_steps(VALUES, IMAGE, 2)
    caption = (
        "Each value goes back to where the maximum of its window stood; in each panel, from left "
        "to right: the value, what it adds, and the sum so far."
    )
    number = Number("in one place: two windows had the same maximum, and 300 + 450 meet there",
                    f"{steps[-1].output.max():g}")  # fmt: skip
    return Part("Max-unpooling", (_strip(VALUES, steps, caption),), (number,))


def _transposed_convolution() -> Part:
    figure = _strip(
        IMAGE,
        conv_transpose_steps(IMAGE, KERNEL),
        "Stride 1. In each panel, from left to right: the value, the kernel times the value at its "
        "place, and the sum so far.",
    )
    nothing = np.zeros(IMAGE.shape, bool)
    drawing = grids((IMAGE, nothing, ""), (KERNEL, nothing[:2, :2], "K ="), cells=_STRIP_CELLS)
    alt = f"The map {IMAGE.tolist()} and the kernel {KERNEL.tolist()}."
    panel = Panel(drawing, alt, "the map and the kernel")
    return Part("Transposed convolution", (replace(figure, panels=(panel, *figure.panels)),))


def _strip(values: Array, steps: list[WindowStep], caption: str) -> Figure:
    """One panel a step: value, stamp, running sum."""
    panels = []
    for number, step in enumerate(steps, start=1):
        added = written(step)
        changed = np.nan_to_num(added) != 0
        value = float(step.patch[0, 0])
        result = "; ".join(" ".join(f"{x:g}" for x in row) for row in step.output)
        panels.append(
            Panel(
                grids(
                    (values, _at(step.position, values.shape), ""),
                    (added, changed, "→"),
                    (step.output, changed, "Σ"),
                ),
                f"Step {number}: the value {value:g}. The sum so far, row by row: {result}.",
                f"{number}. the value {value:g}",
            )
        )
    return Figure(tuple(panels), caption, columns=2, narrow_columns=1)
