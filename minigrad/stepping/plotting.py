"""Figures with matplotlib: the graph of a tape, and a kernel at work as a moving picture."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import numpy as np

from ..page_style import colours
from .arrays import number
from .graph import HEIGHT, SMALL, bends, lay_out, lay_out_parts
from .labels import labels_of
from .modules import parts_of
from .windows import Walk

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..tape import Tape

_COLOURS = colours()
_INK, _MUTED, _SURFACE = _COLOURS["ink"], _COLOURS["muted"], _COLOURS["surface"]
_ACCENT, _SECOND = _COLOURS["accent"], _COLOURS["second"]
_FILLS = {
    "leaf": _COLOURS["wash"], "node": _SURFACE, "part": _COLOURS["tint"], "elsewhere": _SURFACE,
}  # fmt: skip
_FRAMES = 100
_SHOWN = 12  # rows and columns of a plane that are drawn


def plot_tape(tape: Tape, ax: Axes | None = None) -> Axes:
    """Draw the graph of a tape; of a long one, its parts or its first operations.

    Parameters
    ----------
    tape : Tape
    ax : matplotlib Axes, optional
        New ones of a fitting size by default.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import minigrad as mg
    >>> from minigrad.stepping import plot_tape
    >>> x = mg.Tensor([1.0, 2.0], requires_grad=True)
    >>> len(plot_tape(mg.tape(mg.exp(x).sum())).texts) > 0
    True
    """
    from matplotlib import pyplot as plt
    from matplotlib.patches import FancyBboxPatch, PathPatch
    from matplotlib.path import Path

    parts = parts_of(tape)
    if len(tape) > SMALL and 1 < len(parts) <= SMALL:
        layout = lay_out_parts(tape, parts)
    else:
        layout = lay_out(tape, labels_of(tape), 0, SMALL)
    if ax is None:
        size = layout.width / 72, layout.height / 72
        ax = plt.figure(figsize=size).add_axes((0.0, 0.0, 1.0, 1.0))
    for path, count in layout.paths:
        points = bends(path)
        places, codes = [points[0]], [Path.MOVETO]
        for (x, y), (nx, ny) in zip(points[::2], points[1::2], strict=True):
            half = (y + ny) / 2
            places += [(x, y), (x, half), (nx, half), (nx, ny)]
            codes += [Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
        ax.add_patch(PathPatch(Path(places, codes), facecolor="none", edgecolor=_MUTED,
                               alpha=0.45))  # fmt: skip
        ax.annotate("", points[-1], (points[-1][0], points[-1][1] - 8),
                    arrowprops={"arrowstyle": "->", "color": _MUTED})  # fmt: skip
        if count > 1:
            ax.text(points[-1][0] + 6, points[-1][1] - 8, f"×{count}", fontsize=8, color=_MUTED)
    for box in layout.boxes:
        style = "round,pad=0,rounding_size=" + ("19" if box.kind == "leaf" else "5")
        ax.add_patch(
            FancyBboxPatch((box.x, box.y), box.width, HEIGHT, boxstyle=style,
                           facecolor=_FILLS[box.kind], edgecolor=_MUTED, linewidth=0.8)
        )  # fmt: skip
        middle, center = box.x + box.width / 2, box.y + HEIGHT / 2
        shift = 7 if box.note else 0
        ax.text(middle, center - shift, box.title, ha="center", va="center", fontsize=9, color=_INK)
        ax.text(middle, center + 8, box.note, ha="center", va="center", fontsize=7.5, color=_MUTED)
    ax.set_xlim(0, layout.width)
    ax.set_ylim(layout.height, 0)
    ax.set_aspect("equal")
    ax.set_axis_off()
    return ax


def save_gif(walk: Walk, path: str | FilePath, fps: int = 2, frames: int = _FRAMES) -> FilePath:
    """Save a kernel at work as a moving picture, one window a frame.

    Parameters
    ----------
    walk : Walk
        From ``stepper.into()``; it is where it was afterwards.
    path : path
        Ends in ``.gif``.
    fps : int
        Windows a second.
    frames : int
        At most so many windows.

    Returns
    -------
    Path

    Examples
    --------
    >>> import tempfile
    >>> from minigrad.stepping import Stepper, example, save_gif
    >>> stepper = Stepper(example("transposed"), direction="forward")
    >>> _ = stepper.next()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_gif(stepper.into(), f"{folder}/stamps.gif", frames=2).name
    'stamps.gif'
    """
    from matplotlib.animation import FuncAnimation, PillowWriter
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    count = len(walk.arrays) + 1
    figure = Figure(figsize=(2.6 * count, 3.1), dpi=100)
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, count)
    figure.subplots_adjust(left=0.02, right=0.98, top=0.86, bottom=0.2, wspace=0.12)
    figure.suptitle(walk.title, fontsize=11, color=_INK)
    sentence = figure.text(0.5, 0.07, "", ha="center", fontsize=8.5, color=_INK, wrap=True)
    before = walk.position
    sides = [max(array.shape[2:]) for array in (*walk.arrays.values(), walk.result)]
    side = min(max(sides), _SHOWN)  # so that all cells have the same size

    def draw(i: int) -> list[Any]:
        window = walk.go(i + 1)
        assert window is not None
        sentence.set_text(window.sentence)
        for ax, (name, array) in zip(axes, walk.arrays.items(), strict=False):
            _draw_plane(ax, name, array, window.reads.get(name, []), _ACCENT, side)
        _draw_plane(axes[-1], walk.result_name, walk.result, window.writes, _SECOND, side)
        return []

    try:
        total = min(frames, len(walk))
        animation = FuncAnimation(figure, draw, frames=total, init_func=list, blit=False)
        animation.save(str(path), writer=PillowWriter(fps=fps))
    finally:
        walk.go(before)
    return FilePath(path)


def _draw_plane(ax: Any, name: str, array: np.ndarray, cells: Any, colour: str, side: int) -> None:
    from matplotlib.patches import Rectangle

    image, channel = cells[0][:2] if cells else (0, 0)
    plane = array[image, channel][:_SHOWN, :_SHOWN]
    scale = float(np.abs(array).max(initial=0.0)) or 1.0
    ax.clear()
    ax.set_axis_off()
    ax.set_title(name, fontsize=9, color=_MUTED)
    ax.imshow(plane / scale, cmap="RdBu", vmin=-1.6, vmax=1.6, interpolation="none")
    for (r, c), value in np.ndenumerate(plane):
        if side <= 6:
            ax.text(c, r, number(value), ha="center", va="center", fontsize=8, color=_INK)
    ax.set_xlim(-0.5, side - 0.5)
    ax.set_ylim(side - 0.5, -0.5)
    for cell in cells:
        if cell[:2] == (image, channel) and max(cell[2:]) < _SHOWN:
            corner = cell[3] - 0.46, cell[2] - 0.46
            ax.add_patch(Rectangle(corner, 0.92, 0.92, fill=False, edgecolor=colour, linewidth=2))
