"""The visual language of the tour: one palette, one type, and the few kinds of drawing it needs.

Drawings become SVG inside the page. The colours of ink, lines and series are those of the page's
style sheet, which has them for light and dark; pictures keep their own.
"""

from __future__ import annotations

import io
import re
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from minigrad.page_style import colours
from techniques.picture import reach

Array = NDArray[Any]

# Stand-ins while drawing: each becomes var(--name) of the style sheet.
_COLOURS = colours()
INK, MUTED, LINE, SURFACE, ACCENT, SECOND, TINT = (
    _COLOURS[name] for name in ("ink", "muted", "line", "surface", "accent", "second", "tint")
)

# What matplotlib writes that the page says itself: size, type, line joins, name spaces.
_TIDIED = (
    (r"<metadata>.*?</metadata>\s*", ""),
    (r"<defs>\s*<style.*?</style>\s*</defs>\s*", ""),
    (r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', r"<svg \1>"),
    (r"; font-family: [^;\"]*", ""),
    (r' transform="rotate\(-0 [^"]*\)"', ""),
)

_UNIT = 1.9  # the side of a square panel, in inches of 72 points

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.image_inline": True,
    "font.size": 8.5,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "text.color": INK,
    "lines.linewidth": 1.8,
}

_HEAT = matplotlib.colormaps["inferno"]
_CELL = 0.17  # the side of a cell of a number grid, in panels


def blank(width: float = 1.0, height: float = 1.0) -> tuple[Drawing, Axes]:
    """Return a drawing, `width` × `height` panels large, with Axes that fill it, without frame."""
    with matplotlib.rc_context(_STYLE):
        drawing = Drawing(figsize=(_UNIT * width, _UNIT * height))
        axes = drawing.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    return drawing, axes


def chart(width: float = 2.3, height: float = 1.4) -> tuple[Drawing, Axes]:
    """Return a drawing with room for axes and their labels, readable on a phone too."""
    with matplotlib.rc_context(_STYLE):
        drawing = Drawing(figsize=(_UNIT * width, _UNIT * height), layout="constrained")
        axes = drawing.add_subplot()
    axes.grid(axis="y", color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    return drawing, axes


def picture(image: Array, mask: Array | None = None) -> Drawing:
    """Draw an image (H, W, 3) or (H, W) in [0, 1], with the outline of `mask` (H, W) if given.

    The page shows through where the image is NaN.
    """
    drawing, axes = blank(1.0, image.shape[0] / image.shape[1])
    missing = np.isnan(image)
    if image.ndim == 3 and missing.any():
        image = np.dstack([np.nan_to_num(image), ~missing.any(axis=2)])
    axes.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="none", aspect="auto")
    if mask is not None:
        outline(axes, mask)
    return drawing


def name_lines(axes: Axes, ends: dict[str, float], x: float, apart: float) -> None:
    """Write the name of each line behind its end (x, y), names at least `apart` from each other."""
    low = -np.inf
    for name, y in sorted(ends.items(), key=lambda end: end[1]):
        low = max(y, low + apart)
        axes.annotate(name, (x, low), (5, 0), fontsize=6.8, color=MUTED,
                      textcoords="offset points", va="center")  # fmt: skip


def outline(axes: Axes, mask: Array) -> None:
    """Draw the border of a mask: white on a dark edge, to be seen on anything."""
    padded = np.pad(mask.astype(float), 1)  # closes the outline of an object at the border
    height, width = padded.shape
    grid = np.arange(-1, width - 1), np.arange(-1, height - 1)
    for colour, thickness in (("black", 2.6), ("white", 1.2)):
        axes.contour(*grid, padded, levels=[0.5], colors=colour, linewidths=thickness)
    axes.set_xlim(-0.5, width - 2.5)
    axes.set_ylim(height - 2.5, -0.5)


def heat(values: Array) -> Array:
    """Return a map (H, W), not negative, as an image (H, W, 3): zero dark, large bright."""
    return _HEAT(_share(values))[..., :3]


def overlay(image: Array, values: Array) -> Array:
    """Lay a map (H, W) over an image (H, W, 3), which turns grey: opaque where the map is large."""
    share = _share(values)
    grey = 0.9 * image.mean(axis=2, keepdims=True)
    glow = _HEAT(0.3 + 0.65 * share)[..., :3]
    return grey + 0.85 * share[..., None] * (glow - grey)


def _share(values: Array) -> Array:
    """Values, not negative, as a share of where their colour scale ends."""
    return np.clip(values / reach(values), 0, 1)


def diverging(values: Array) -> Array:
    """Return weights (H, W) as an image (H, W, 3): zero white, positive blue, negative red."""
    share = np.clip(values / (2 * float(np.abs(values).max() or 1)), -0.5, 0.5)
    return matplotlib.colormaps["RdBu"](0.5 + share)[..., :3]


def grids(*matrices: tuple[Array, Array, str], cells: float = 0.0) -> Drawing:
    """Draw matrices of numbers next to each other.

    Parameters
    ----------
    *matrices : (values, marked, operator)
        Numbers (h, w), of which NaN leaves its cell empty; which of them to mark, bool (h, w);
        and the sign that stands before the matrix, or "".
    cells : float
        The least width of the drawing, in cells: drawings equally wide have cells equally large.
    """
    gaps = [(0.4 + 0.4 * len(operator)) if operator else 0.0 for *_, operator in matrices]
    width = max(sum(values.shape[1] for values, *_ in matrices) + sum(gaps), cells)
    height = max(len(values) for values, *_ in matrices)
    drawing, axes = blank((width + 0.1) * _CELL, (height + 0.1) * _CELL)
    axes.set_xlim(-0.05, width + 0.05)
    axes.set_ylim(height + 0.05, -0.05)
    left = 0.0
    for (values, marked, operator), gap in zip(matrices, gaps, strict=True):
        axes.text(left + gap / 2, height / 2, operator, ha="center", va="center", fontsize=10,
                  color=MUTED)  # fmt: skip
        left += gap
        _grid(axes, values, marked, left, (height - len(values)) / 2)
        left += values.shape[1]
    return drawing


def _grid(axes: Axes, values: Array, marked: Array, left: float, top: float) -> None:
    """Draw one matrix of numbers with its corner at (left, top), in cells."""
    cells = sorted(np.ndindex(values.shape), key=lambda cell: bool(marked[cell]))
    for row, column in cells:  # the marked ones last, so that their frames are whole
        mark = bool(marked[row, column])
        axes.add_patch(
            Rectangle((left + column, top + row), 1, 1, facecolor=TINT if mark else SURFACE,
                      edgecolor=ACCENT if mark else LINE, linewidth=1.1 if mark else 0.7)
        )  # fmt: skip
        value = values[row, column]
        if not np.isnan(value):
            axes.text(
                left + column + 0.5, top + row + 0.5, f"{value:g}".replace("-", "−"),
                ha="center", va="center_baseline", fontsize=7.2,
                color=INK if mark or value else MUTED, weight="bold" if mark else "normal",
            )  # fmt: skip


def svg(drawing: Drawing, name: str) -> str:
    """Return the drawing as an SVG element; `name`, unique in the page, prefixes its ids."""
    stream = io.StringIO()
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": name}):
        drawing.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    for pattern, replacement in _TIDIED:
        text = re.sub(pattern, replacement, text, flags=re.DOTALL)
    text = re.sub(r'( id="|url\(#|href="#)', rf"\g<1>{name}-", text)
    for variable, colour in _COLOURS.items():
        text = text.replace(colour, f"var(--{variable})")
    return text
