"""The graph of a tape, drawn in layers: forward from top to bottom, as an SVG.

A node stands one layer below the lowest of its inputs. Edges that pass by layers get a place in
each, so that they do not run through boxes; within a layer the order follows the neighbours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from typing import Any
from unicodedata import east_asian_width

from ..tape import Tape
from ..tensor import Tensor
from .arrays import shape_text
from .modules import Part

SMALL = 60
"""Up to so many nodes stand on one drawing; a longer tape is drawn in pages."""

HEIGHT = 38
"""The height of a box."""

_GAP, _LAYER = 18, 30  # between boxes, between layers
_TITLE = 30  # letters of a title that are drawn
_LETTER = 7.3  # the width of a letter of the labels
_SWEEPS = 4


@dataclass
class Box:
    """One thing on the drawing: a node, a leaf, a part of the network, or what lies elsewhere.

    Attributes
    ----------
    title, note : str
        The two lines in it.
    kind : {"node", "leaf", "part", "elsewhere"}
    data : int
        The node's place in the order of recording (a part's first), a leaf's among the leaves;
        -1 for what lies elsewhere.
    """

    title: str
    note: str
    kind: str
    data: int = -1
    layer: int = 0
    x: float = 0.0
    width: float = 0.0
    above: list[Any] = field(default_factory=list)

    @property
    def y(self) -> float:
        return 4.0 + self.layer * (HEIGHT + _LAYER)


@dataclass
class Layout:
    """Boxes with their places, the paths between them, and the size of the whole."""

    boxes: list[Box]
    paths: list[tuple[list[Box], int]]
    width: float
    height: float


def lay_out(tape: Tape, labels: dict[Any, str], start: int = 0, stop: int | None = None) -> Layout:
    """Place the nodes of a tape between two places in the order of recording.

    Parameters
    ----------
    tape : Tape
    labels : dict
        The label of each node and leaf.
    start, stop : int
        What the nodes in between need from before `start` is drawn as lying elsewhere.
    """
    nodes = tape.nodes[start:stop]
    places = {node: start + i for i, node in enumerate(nodes)}
    leaves = {leaf: i for i, leaf in enumerate(tape.leaves)}
    boxes: dict[Hashable, Box] = {}
    for node, place in places.items():
        for edge in node.edges:
            target = edge[1]
            if target not in boxes and target not in places:
                kind = "leaf" if isinstance(target, Tensor) else "elsewhere"
                title = labels[target] if kind == "leaf" else f"↑ {labels[target]}"
                place_of = leaves.get(target, -1)
                boxes[target] = Box(_cut(title), shape_text(target.shape), kind, place_of)
        title = _cut(labels[node]) if node.name else node.primitive.name
        note = node.primitive.name if node.name else labels[node]
        note = f"{note} {shape_text(node.shape)}".strip()
        above = [edge[1] for edge in node.edges]
        boxes[node] = Box(title, note, "node", place, above=above)
    for leaf in tape.leaves if not boxes else ():  # a leaf that is its own output
        boxes[leaf] = Box(_cut(labels[leaf]), shape_text(leaf.shape), "leaf", leaves[leaf])
    return _laid_out(boxes)


def lay_out_parts(tape: Tape, parts: Sequence[Part]) -> Layout:
    """Place a tape collapsed: one box a part of the network."""
    part_of: dict[Any, int] = {}
    for i, part in enumerate(parts):
        part_of.update(dict.fromkeys(tape.nodes[part.start : part.stop], i))
    boxes: dict[Hashable, Box] = {}
    for i, part in enumerate(parts):
        inside = tape.nodes[part.start : part.stop]
        above = sorted({part_of[e[1]] for n in inside for e in n.edges if e[1] in part_of} - {i})
        count = f"{len(inside)} step{'s' * (len(inside) > 1)}"
        boxes[i] = Box(_cut(part.name), count, "part", part.start, above=list(above))
    return _laid_out(boxes)


def svg(layout: Layout) -> str:
    """Draw a layout as an SVG element whose boxes carry ``data-node``: the node's place.

    Examples
    --------
    >>> from minigrad.stepping import Stepper, example
    >>> stepper = Stepper(example("scalar"))
    >>> svg(lay_out(stepper.tape, stepper.labels)).count('data-node="')
    6
    """
    steps = sum(box.kind in ("node", "part") for box in layout.boxes)
    size = f"{layout.width:.0f} {layout.height:.0f}"
    lines = [_edge(path, count) for path, count in layout.paths]
    lines += [_box(box) for box in layout.boxes]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="graph" viewBox="0 0 {size}" width="'
        f'{layout.width:.0f}" height="{layout.height:.0f}" role="img" aria-label="the graph of '
        f'{steps} steps" font-family="system-ui, sans-serif" font-size="13" fill="none" '
        f'stroke="currentColor">' + "".join(lines) + "</svg>"
    )


def _counted_edges(boxes: dict[Hashable, Box]) -> list[tuple[Any, Any, int]]:
    """The edges from above to below, each once, with how often it is there."""
    return [
        (above, key, count)
        for key, box in boxes.items()
        for above, count in Counter(box.above).items()
    ]


# ---- the layout -------------------------------------------------------------------------------


def _laid_out(boxes: dict[Hashable, Box]) -> Layout:
    for box in boxes.values():
        box.width = max(56.0, 16 + _LETTER * max(_columns(box.title), 0.95 * len(box.note)))
    drawn = list(boxes.values())
    edges = _counted_edges(boxes)
    _choose_layers(boxes)
    paths = _with_bends(boxes, edges)
    layers: list[list[Hashable]] = [[] for _ in range(max(b.layer for b in boxes.values()) + 1)]
    for key, box in boxes.items():
        layers[box.layer].append(key)
    _order(layers, boxes, paths)
    width = _place(layers, boxes)
    height = len(layers) * (HEIGHT + _LAYER) - _LAYER + 8
    return Layout(drawn, [([boxes[k] for k in path], n) for path, n in paths], width, height)


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
        for above, below in pairwise(path):
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


def _cut(title: str) -> str:
    return title if len(title) <= _TITLE else title[: _TITLE - 1] + "…"


def _columns(text: str) -> int:
    """How many letters wide a text is; Chinese and Japanese ones count twice."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def bends(path: Sequence[Box]) -> list[tuple[float, float]]:
    """Where an edge runs: the bottom of its first box, both ends of each bend, the top of its last.

    Between the first and the second of these points, and so on in pairs, it curves; between the
    pairs it is straight.
    """
    points = [(path[0].x + path[0].width / 2, path[0].y + HEIGHT)]
    for box in path[1:]:
        middle = box.x + box.width / 2
        points += [(middle, box.y), (middle, box.y + HEIGHT)]
    return points[:-1]


def _edge(path: Sequence[Box], count: int) -> str:
    points = bends(path)
    drawn = "M{:.0f} {:.0f}".format(*points[0])
    for (x, y), (nx, ny) in zip(points[::2], points[1::2], strict=True):
        half = (y + ny) / 2
        drawn += f"L{x:.0f} {y:.0f}C{x:.0f} {half:.0f} {nx:.0f} {half:.0f} {nx:.0f} {ny:.0f}"
    x, y = points[-1]
    tip = f"M{x - 3.5:.1f} {y - 6:.0f}L{x:.1f} {y:.0f}L{x + 3.5:.1f} {y - 6:.0f}"
    times = (
        f'<text x="{x + 6:.0f}" y="{y - 6:.0f}" font-size="11" fill="currentColor" '
        f'stroke="none">×{count}</text>' if count > 1 else ""
    )  # fmt: skip
    return f'<g class="edge" stroke-opacity=".45"><path d="{drawn}"/><path d="{tip}"/>{times}</g>'


def _box(box: Box) -> str:
    x, y, middle = box.x, box.y, box.x + box.width / 2
    radius = {"leaf": HEIGHT / 2, "elsewhere": 2}.get(box.kind, 5)
    dashes = ' stroke-dasharray="3 3"' if box.kind == "elsewhere" else ""
    data = f' data-{"leaf" if box.kind == "leaf" else "node"}="{box.data}"' * (box.data >= 0)
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
        f'height="{HEIGHT}" rx="{radius}" stroke-opacity=".6"{dashes}/>{texts}</g>'
    )


def pages_of(tape: Tape) -> list[tuple[int, int]]:
    """The pages that a tape is drawn on: from where to where in the order of recording."""
    return [
        (first, min(first + SMALL, len(tape.nodes))) for first in range(0, len(tape.nodes), SMALL)
    ]
