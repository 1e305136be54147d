"""Rich displays for notebooks: Tensors as heat maps, tapes as graphs, the stepper as its page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from .arrays import WHOLE, inline, number, shape_text, summary

if TYPE_CHECKING:
    from ..tape import Tape
    from ..tensor import Tensor
    from .cursor import Stepper

_STEPS = 1000  # up to so many steps a stepper is shown inside a notebook
_PLANES = 12  # of a tensor with more axes, so many planes are shown
_BLUE, _RED = "31,108,199", "201,72,31"  # positive and negative, readable on light and dark


def tensor_html(tensor: Tensor) -> str:
    """A tensor as a heat map: blue is positive, red negative; a large one as a summary.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.Tensor([[1.0, -2.0]])._repr_html_().count("<td")
    2
    """
    array = tensor.array
    about = f"Tensor {shape_text(array.shape)} {array.dtype}".replace("  ", " ")
    if tensor.name:
        about = f"{tensor.name}: {about}"
    if tensor.node is not None:
        about += f", made by {tensor.node.primitive.name}"
    elif tensor.requires_grad:
        about += ", requires a gradient"
    body = array_html(array)
    if tensor.grad is not None:
        body += f"<div>gradient {escape(inline(tensor.grad))}</div>"
    return f"<div><div>{escape(about)}</div>{body}</div>"


def array_html(array: Any) -> str:
    """An array as tables of coloured cells, plane by plane; a large one as a summary."""
    array = np.asarray(array)
    text = ""
    if array.size > WHOLE:
        short = summary(array)
        text, array = f"<div>{escape(str(short))}</div>", short.corner
    if array.ndim < 2:
        array = np.atleast_2d(array)
    planes = array.reshape(-1, *array.shape[-2:]) if array.size else np.zeros((0, 0, 0))
    finite = np.abs(planes[np.isfinite(planes)])
    scale = float(finite.max(initial=0.0))
    tables = [_table(plane, scale) for plane in planes[:_PLANES]]
    left = f"<div>… {len(planes) - _PLANES} more</div>" if len(planes) > _PLANES else ""
    rows = '<div style="display:flex;flex-wrap:wrap;gap:8px;margin:4px 0">'
    return f"{text}{rows}{''.join(tables)}</div>{left}"


def _table(plane: np.ndarray, scale: float) -> str:
    cell = "padding:2px 6px;text-align:right;border:1px solid rgba(128,128,128,.35)"
    rows = []
    for row in plane:
        cells = []
        for value in row:
            share = abs(float(value)) / scale * 0.5 if scale and np.isfinite(value) else 0.0
            hue = _BLUE if value > 0 else _RED
            cells.append(
                f'<td style="{cell};background:rgba({hue},{share:.2f})" title="{value}">'
                f"{number(value)}</td>"
            )
        rows.append(f"<tr>{''.join(cells)}</tr>")
    style = "border-collapse:collapse;font-family:monospace;font-size:12px"
    return f'<table style="{style}">{"".join(rows)}</table>'


def tape_bundle(tape: Tape) -> dict[str, str]:
    """A tape as text, and as a graph: a small one whole, a long one by its parts or its start."""
    from .graph import SMALL, lay_out, lay_out_parts, svg
    from .labels import labels_of
    from .modules import parts_of

    parts = parts_of(tape)
    if len(tape) <= SMALL:
        drawing, note = svg(lay_out(tape, labels_of(tape))), ""
    elif 1 < len(parts) <= SMALL:
        drawing = svg(lay_out_parts(tape, parts))
        note = f"{len(tape)} operations in {len(parts)} parts"
    else:
        drawing = svg(lay_out(tape, labels_of(tape), 0, SMALL))
        note = f"the first {SMALL} of {len(tape)} operations"
    html = f'<div style="overflow:auto;max-height:70vh">{drawing}<div>{note}</div></div>'
    bundle = {"text/plain": str(tape), "text/html": html}
    return bundle if note else {**bundle, "image/svg+xml": drawing}


def stepper_html(stepper: Stepper, height: int = 720) -> str:
    """The page of a stepper in a frame of its own, so that nothing of it touches the notebook."""
    from .web import html

    if len(stepper) > _STEPS:
        return (
            f"<p>{escape(repr(stepper))}: too long to be shown inline; "
            "minigrad.stepping.write_html writes it to a file</p>"
        )
    page = escape(html(stepper, "Step through backprop"), quote=True)
    return (
        f'<iframe srcdoc="{page}" sandbox="allow-scripts" title="Step through backprop" '
        f'style="width:100%;height:{height}px;border:1px solid rgba(128,128,128,.4)"></iframe>'
    )
