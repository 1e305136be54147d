"""The graph of a tape, drawn in layers: forward from top to bottom, as an SVG.

A node stands one layer below the lowest of its inputs. Edges that pass by layers get a place in
each, so that they do not run through boxes; within a layer the order follows the neighbours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from ..tape import Tape
from ..tensor import Tensor
from .arrays import shape_text
from .modules import Part

SMALL = 80
"""Up to so many nodes stand on one drawing; a longer tape is drawn in pages."""

_HEIGHT, _GAP, _LAYER = 38, 18, 30  # of a box, between boxes, between layers
_LETTER = 7.3  # the width of a letter of the labels
_SWEEPS = 6


@dataclass
class Box:
    """One thing on the drawing: a node, a leaf, a part of the network, or what lies elsewhere.

    Attributes
    ----------
    title, note : str
        The two lines in it.
    kind : {"node", "leaf", "part", "elsewhere"}
    data : int
        The node's place in the order of recording (a part's first); -1 for a leaf.
    """

    title: str
    note: str
    kind: str
    data: int = -1
    layer: int = 0
    x: float = 0.0
    width: float = 0.0
    above: list[Any] = field(default_factory=list)


def svg(tape: Tape, labels: dict[Any, str], start: int = 0, stop: int | None = None) -> str:
    """Draw the nodes of a tape between two places in the order of recording.

    Parameters
    ----------
    tape : Tape
    labels : dict
        The label of each node and leaf.
    start, stop : int
        What the nodes in between need from before `start` is drawn as lying elsewhere.

    Returns
    -------
    str
        An SVG element whose boxes carry ``data-node`` with the node's place.
    """
    nodes = tape.nodes[start:stop]
    places = {node: start + i for i, node in enumerate(nodes)}
    boxes: dict[Hashable, Box] = {}
    for node, place in places.items():
        for edge in node.edges:
            target = edge[1]
            if target not in boxes and target not in places:
                kind = "leaf" if isinstance(target, Tensor) else "elsewhere"
                title = labels[target] if kind == "leaf" else f"↑ {labels[target]}"
                boxes[target] = Box(title, shape_text(target.shape), kind)
        title = node.name or node.primitive.name
        note = node.primitive.name if node.name else labels[node]
        note = f"{note} {shape_text(node.shape)}".strip()
        above = [edge[1] for edge in node.edges]
        boxes[node] = Box(title, note, "node", place, above=above)
    return _drawn(boxes, _counted_edges(boxes))


def parts_svg(tape: Tape, parts: Sequence[Part]) -> str:
    """Draw a tape collapsed: one box a part of the network.

    Returns
    -------
    str
        An SVG element whose boxes carry ``data-node`` with the place of the part's first node.
    """
    part_of: dict[Any, int] = {}
    for i, part in enumerate(parts):
        part_of.update(dict.fromkeys(tape.nodes[part.start : part.stop], i))
    boxes: dict[Hashable, Box] = {}
    for i, part in enumerate(parts):
        inside = tape.nodes[part.start : part.stop]
        above = sorted({part_of[e[1]] for n in inside for e in n.edges if e[1] in part_of} - {i})
        count = f"{len(inside)} step{'s' * (len(inside) > 1)}"
        boxes[i] = Box(part.name, count, "part", part.start, above=list(above))
        for place in above:
            if place not in boxes:
                boxes[place] = Box(f"↑ {parts[place].name}", "", "elsewhere")
    return _drawn(boxes, _counted_edges(boxes))


def _counted_edges(boxes: dict[Hashable, Box]) -> list[tuple[Any, Any, int]]:
    """The edges from above to below, each once, with how often it is there."""
    return [
        (above, key, count)
        for key, box in boxes.items()
        for above, count in Counter(box.above).items()
    ]


# ---- the layout -------------------------------------------------------------------------------


def _drawn(boxes: dict[Hashable, Box], edges: list[tuple[Any, Any, int]]) -> str:
    for box in boxes.values():
        box.width = max(56.0, 16 + _LETTER * max(len(box.title), 0.95 * len(box.note)))
    _choose_layers(boxes)
    paths = _with_bends(boxes, edges)
    layers: list[list[Hashable]] = [[] for _ in range(max(b.layer for b in boxes.values()) + 1)]
    for key, box in boxes.items():
        layers[box.layer].append(key)
    _order(layers, boxes, paths)
    width = _place(layers, boxes)
    height = len(layers) * (_HEIGHT + _LAYER) - _LAYER + 8
    lines = [_edge(boxes, keys, count) for keys, count in paths]
    lines += [_box(box) for box in boxes.values() if box.kind != "bend"]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="graph" viewBox="0 0 {width:.0f} '
        f'{height:.0f}" width="{width:.0f}" height="{height:.0f}" role="img" aria-label="the graph '
        f'of {sum(box.kind in ("node", "part") for box in boxes.values())} steps" font-family='
        f'"system-ui, sans-serif" font-size="13" fill="none" stroke="currentColor">'
        + "".join(lines) + "</svg>"
    )  # fmt: skip


def _choose_layers(boxes: dict[Hashable, Box]) -> None:
    for box in boxes.values():  # in the order of recording, so that inputs come first
        box.layer = max((boxes[above].layer + 1 for above in box.above), default=0)
    lowest: dict[Hashable, int] = {}
    for box in boxes.values():
        for above in box.above:
            lowest[above] = min(lowest.get(above, box.layer), box.layer)
    for key, box in boxes.items():
        if not box.above and key in lowest:  # a leaf stands right above its first use
            box.layer = lowest[key] - 1


def _with_bends(
    boxes: dict[Hashable, Box], edges: list[tuple[Any, Any, int]]
) -> list[tuple[list[Hashable], int]]:
    """Each edge as the boxes that it runs through, with a bend in every layer that it passes."""
    paths = []
    for above, below, count in edges:
        path: list[Hashable] = [above]
        for layer in range(boxes[above].layer + 1, boxes[below].layer):
            bend = ("bend", id(boxes[above]), id(boxes[below]), layer)
            boxes[bend] = Box("", "", "bend", layer=layer, width=6.0)
            path.append(bend)
        paths.append(([*path, below], count))
    return paths


def _order(
    layers: list[list[Hashable]],
    boxes: dict[Hashable, Box],
    paths: list[tuple[list[Hashable], int]],
) -> None:
    """Order each layer by where the neighbours stand, downwards and upwards in turn."""
    up: dict[Hashable, list[Hashable]] = {key: [] for key in boxes}
    down: dict[Hashable, list[Hashable]] = {key: [] for key in boxes}
    for path, _ in paths:
        for above, below in zip(path, path[1:], strict=False):
            down[above].append(below)
            up[below].append(above)
    place = {key: i for layer in layers for i, key in enumerate(layer)}

    def middle(near: dict[Hashable, list[Hashable]]) -> Callable[[Hashable], float]:
        def key(one: Hashable) -> float:
            others = near[one]
            return sum(place[o] for o in others) / len(others) if others else place[one]

        return key

    for sweep in range(_SWEEPS):
        near = up if sweep % 2 == 0 else down
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            layer.sort(key=middle(near))
            place.update({key: i for i, key in enumerate(layer)})


def _place(layers: list[list[Hashable]], boxes: dict[Hashable, Box]) -> float:
    """Give every box its x; return the drawing's width."""
    widths = [sum(boxes[k].width + _GAP for k in layer) - _GAP for layer in layers]
    total = max(widths)
    for layer, width in zip(layers, widths, strict=True):
        x = 4 + (total - width) / 2
        for key in layer:
            boxes[key].x = x
            x += boxes[key].width + _GAP
    return total + 8


def _y(box: Box) -> float:
    return 4 + box.layer * (_HEIGHT + _LAYER)


def _edge(boxes: dict[Hashable, Box], keys: Sequence[Hashable], count: int) -> str:
    ends = [boxes[key] for key in keys]
    x, y = ends[0].x + ends[0].width / 2, _y(ends[0]) + _HEIGHT
    path = f"M{x:.0f} {y:.0f}"
    for i, box in enumerate(ends[1:], 1):
        nx, ny = box.x + box.width / 2, _y(box)
        bend = (ny - y) / 2
        path += f"C{x:.0f} {y + bend:.0f} {nx:.0f} {ny - bend:.0f} {nx:.0f} {ny:.0f}"
        if i < len(ends) - 1:
            path += f"L{nx:.0f} {ny + _HEIGHT:.0f}"
        x, y = nx, ny + _HEIGHT
    end = ends[-1]
    tip = f"M{x - 3.5:.1f} {_y(end) - 6:.0f}L{x:.1f} {_y(end):.0f}L{x + 3.5:.1f} {_y(end) - 6:.0f}"
    times = (
        f'<text x="{x + 6:.0f}" y="{_y(end) - 6:.0f}" font-size="11" fill="currentColor" '
        f'stroke="none">×{count}</text>' if count > 1 else ""
    )  # fmt: skip
    return f'<g class="edge" stroke-opacity=".45"><path d="{path}"/><path d="{tip}"/>{times}</g>'


def _box(box: Box) -> str:
    x, y, middle = box.x, _y(box), box.x + box.width / 2
    radius = {"leaf": _HEIGHT / 2, "elsewhere": 2}.get(box.kind, 5)
    dashes = ' stroke-dasharray="3 3"' if box.kind == "elsewhere" else ""
    data = f' data-node="{box.data}"' if box.data >= 0 else f' data-leaf="{escape(box.title)}"'
    lines = [(box.title, 16, 13, 1.0), (box.note, 31, 11, 0.65)] if box.note else [
        (box.title, 24, 13, 1.0)
    ]  # fmt: skip
    texts = "".join(
        f'<text x="{middle:.0f}" y="{y + down:.0f}" text-anchor="middle" font-size="{size}" '
        f'fill="currentColor" fill-opacity="{opacity}" stroke="none">{escape(text)}</text>'
        for text, down, size, opacity in lines
    )
    return (
        f'<g class="box {box.kind}"{data}><rect x="{x:.0f}" y="{y:.0f}" width="{box.width:.0f}" '
        f'height="{_HEIGHT}" rx="{radius}" stroke-opacity=".6"{dashes}/>{texts}</g>'
    )


def pages_of(tape: Tape) -> list[tuple[int, int]]:
    """The pages that a tape is drawn on: from where to where in the order of recording."""
    return [
        (first, min(first + SMALL, len(tape.nodes))) for first in range(0, len(tape.nodes), SMALL)
    ]
