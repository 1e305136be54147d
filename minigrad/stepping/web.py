"""The stepper as one web page: everything in one file, no network, no script from elsewhere.

The engine walks the tape once; the page replays what it did. Each array is written down once, with
all its digits if it is small, so that the page's state at any place is the engine's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from ..page_style import style_sheet
from ..settings import kernels
from ..tensor import Tensor
from .arrays import WHOLE, brief, number, summary
from .checking import SMALL, size_of
from .comparison import Comparison
from .cursor import Stepper
from .formula import equation
from .graph import lay_out, lay_out_parts, pages_of, svg
from .modules import parts_of
from .record import Record
from .script import source_line, tensor_at_backward
from .walks import walk_of
from .windows import Walk

_FOLDER = Path(__file__).parent / "page"
WINDOWS = 400
"""Of each kernel so many windows are put on the page."""
_TERMS = 36  # elements up to which a window's intermediate results are shown
_KERNEL_SIZE = 4000  # elements up to which an array is shown inside a kernel
_CHECKED = 60  # steps up to which each is checked by differences
_COMPARED = 2000  # steps up to which the rules are compared
_EXPLAINED = 40  # leaves up to which each gradient is explained
_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
_SLOW = 1000  # steps from which on a progress bar is shown
_PARTS = 150  # parts up to which the collapsed graph is drawn


def write_html(
    outputs: Tensor | Sequence[Tensor],
    path: str | Path,
    gradients: Any = None,
    title: str = "Step through backprop",
) -> Path:
    """Write a page on which one steps through what `outputs` were computed from.

    Parameters
    ----------
    outputs : Tensor or sequence of Tensor
    path : path
        The file, usually ending in ``.html``.
    gradients : sequence of array_like, optional
        As in `Stepper`.
    title : str

    Returns
    -------
    Path

    Examples
    --------
    >>> import tempfile
    >>> from minigrad.stepping import example, write_html
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = write_html(example("scalar"), f"{folder}/scalar.html")
    ...     page.read_text(encoding="utf-8")[:15]
    '<!doctype html>'
    """
    outputs = (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)
    path = Path(path)
    page = html(Stepper(*outputs, gradients=gradients), title)
    path.write_text(page, encoding="utf-8")
    return path


def step_html(what: str, path: str | Path, arguments: tuple[str, ...] = (), call: int = 1) -> Path:
    """Write the page of an example, or of a script's ``backward()``."""
    from .examples import example_path

    is_script = what.endswith(".py")
    script = Path(what) if is_script else example_path(what)
    with nullcontext() if is_script else kernels("reference"):
        tensor, gradient = tensor_at_backward(script, call, arguments)
        stepper = Stepper(tensor, gradients=None if gradient is None else (gradient,))
        page = html(stepper, f"Step through {script.name}", _with_bar)
    Path(path).write_text(page, encoding="utf-8")
    return Path(path)


def _with_bar(steps: range) -> Iterable[int]:
    """Count through the steps of a long tape with a progress bar."""
    if len(steps) < _SLOW:
        return steps
    from rich.console import Console
    from rich.progress import track

    return track(steps, "Writing the page", console=Console(stderr=True), transient=True)


def html(stepper: Stepper, title: str, count: Callable[[range], Iterable[int]] = iter) -> str:
    """The page for a stepper, opened where it stands; the walk is a fresh one over the tape."""
    from jinja2 import Environment, FileSystemLoader
    from markupsafe import Markup

    environment = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True)
    environment.policies["json.dumps_kwargs"] = {
        "sort_keys": False,
        "ensure_ascii": False,
        "separators": (",", ":"),
    }
    fresh = Stepper(*stepper.tape.outputs, gradients=stepper.gradients)
    start = {"direction": stepper.direction, "position": stepper.position}
    return environment.get_template("page.html").render(
        title=title,
        data={**_Page(fresh, count).data(), "start": start},
        css=Markup(style_sheet(_FOLDER / "page.css")),
        script=Markup((_FOLDER / "page.js").read_text(encoding="utf-8")),
        steps=len(fresh),
    )


class _Page:
    """What the page needs to know of a stepper, as plain lists and dicts."""

    def __init__(self, stepper: Stepper, count: Callable[[range], Iterable[int]]):
        self.stepper = stepper
        self._count = count
        self.arrays: list[dict[str, Any]] = []
        self._places: dict[int, int] = {}
        self._held: list[Any] = []  # keeps the arrays alive, so that no id is used twice
        targets = [*stepper.tape.leaves, *stepper.tape.nodes]
        self.target = {target: i for i, target in enumerate(targets)}
        self.labels = [stepper.labels[target] for target in targets]

    def data(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        stepper = self.stepper
        tape = stepper.tape
        seeds = {self.target[t]: self.array(seed) for t, seed in stepper.sums.items()}
        leaves = [self.array(stepper.values.of(leaf)) for leaf in tape.leaves]
        backward, kernels = self._backward()
        forward = self._forward(kernels)
        parts = parts_of(tape)
        return {
            "labels": self.labels,
            "leaves": leaves,
            "seeds": seeds,
            "nodes": [
                {
                    "op": node.primitive.name,
                    "where": node.where,
                    "source": source_line(node),
                    "formula": equation(node.primitive.formula),
                    "kept": [
                        f"{name} {brief(value)}" for name, value in (node.values or {}).items()
                    ],
                }
                for node in tape.nodes
            ],
            "backward": backward,
            "forward": forward,
            "kernels": kernels,
            "rules": self._rules(),
            "why": self._why(),
            "pages": [
                {
                    "first": first,
                    "last": last - 1,
                    "svg": svg(lay_out(tape, stepper.labels, first, last)),
                }
                for first, last in pages_of(tape)
            ],
            "parts": [part._asdict() for part in parts],
            "collapsed": svg(lay_out_parts(tape, parts)) if 1 < len(parts) <= _PARTS else "",
            "arrays": self.arrays,
        }

    def array(self, array: Any, limit: int = WHOLE) -> int:
        """The place of an array in the list of all; -1 where there is none."""
        if array is None:
            return -1
        array = np.asarray(array)
        if id(array) in self._places and limit == WHOLE:
            return self._places[id(array)]
        self._held.append(array)
        entry: dict[str, Any] = {"s": list(array.shape), "d": str(array.dtype)}
        if array.size <= limit:
            entry["v"] = _numbers(array)
        else:
            short = summary(array)
            entry["corner"] = _numbers(short.corner)
            entry["cs"] = list(short.corner.shape)
            entry["text"] = (
                f"from {number(short.low)} to {number(short.high)}, mean {number(short.mean)}, "
                f"{short.zeros} zero" + (f", {short.lost} not finite" if short.lost else "")
            )
            entry["counts"] = short.counts.tolist()
            entry["edges"] = [number(short.edges[0]), number(short.edges[-1])]
        self.arrays.append(entry)
        self._places[id(array)] = len(self.arrays) - 1
        return len(self.arrays) - 1

    def _backward(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        stepper = self.stepper
        steps: list[dict[str, Any]] = []
        kernels: list[dict[str, Any]] = []
        checked = len(stepper) <= _CHECKED
        for _ in self._count(range(len(stepper))):
            record = stepper.next()
            step: dict[str, Any] = {
                "node": self.target[record.node] - len(stepper.tape.leaves),
                "in": self.array(record.cotangent),
                "sent": [
                    {
                        "argument": sent.argument,
                        "to": self.target[sent.target],
                        "value": self.array(sent.value),
                        "total": self.array(sent.total),
                        "formula": sent.formula,
                        "filled": sent.filled,
                        "rule": sent.rule,
                    }
                    for sent in record.contributions
                ],
                "after": {
                    self.target[target]: self.array(stepper.sums[target])
                    for target in {sent.target for sent in record.contributions}
                },
            }
            if checked and size_of(record) <= SMALL:
                step["checks"] = [[c.ok, str(c)] for c in record.check()]
            for sent in record.contributions:
                self._add_kernel(kernels, record, sent.argument)
            steps.append(step)
        return steps, kernels

    def _forward(self, kernels: list[dict[str, Any]]) -> list[dict[str, Any]]:
        stepper = self.stepper
        stepper.turn("forward")
        steps = []
        while record := stepper.next():
            steps.append(
                {
                    "inputs": [
                        {
                            "argument": given.argument,
                            "from": self.target.get(given.target, -1),
                            "value": self.array(given.value),
                        }
                        for given in record.inputs
                    ],
                    "output": self.array(record.output),
                    "filled": record.filled,
                }
            )
            self._add_kernel(kernels, record, None)
        stepper.turn("backward")
        return steps

    def _add_kernel(
        self, kernels: list[dict[str, Any]], record: Record, argument: str | None
    ) -> None:
        """Write down the windows of a step's kernel, if it has one that is small enough."""
        try:
            walk = walk_of(record, argument)
        except ValueError:
            return
        arrays = [*walk.arrays.values(), walk.result]
        if max(array.size for array in arrays) <= _KERNEL_SIZE:
            kernels.append(
                {
                    "direction": record.direction,
                    "step": record.index,
                    "argument": argument or "",
                    **self._windows(walk),
                }
            )

    def _windows(self, walk: Walk) -> dict[str, Any]:
        shapes = {name: array.shape for name, array in walk.arrays.items()}
        result = walk.result.copy()
        windows = []
        while walk.position < WINDOWS and (window := walk.next()):
            windows.append(
                {
                    "at": list(window.at),
                    "reads": {
                        name: _flat(cells, shapes[name])
                        for name, cells in window.reads.items()
                        if name in shapes
                    },
                    "writes": _flat(window.writes, result.shape),
                    "after": _numbers(window.after),
                    "remembered": _flat(window.remembered, shapes.get("x", ())),
                    "terms": {
                        name: self.array(value)
                        for name, value in window.terms.items()
                        if value.size <= _TERMS
                    },
                    "text": window.sentence,
                }
            )
        return {
            "title": walk.title,
            "kernel": walk.kernel,
            "verb": walk.verb,
            "arrays": {
                name: self.array(array, _KERNEL_SIZE) for name, array in walk.arrays.items()
            },
            "name": walk.result_name,
            "result": self.array(result, _KERNEL_SIZE),
            "borders": {name: list(border) for name, border in walk.borders.items()},
            "windows": windows,
            "count": len(walk),
        }

    def _rules(self) -> list[Any]:
        """What each step sends under each rule, where the tape has a relu."""
        stepper = self.stepper
        tape = stepper.tape
        if len(tape) > _COMPARED or all(node.primitive.name != "relu" for node in tape):
            return []
        comparison = Comparison(*tape.outputs, gradients=stepper.gradients)
        steps = []
        for position in range(1, len(tape) + 1):
            steps.append(
                [
                    {
                        "argument": cells.argument,
                        "to": cells.to,
                        "values": {name: self.array(v) for name, v in cells.values.items()},
                        "differ": {
                            name: int(np.count_nonzero(d)) for name, d in cells.differing.items()
                        },
                    }
                    for cells in comparison.cells_at(position)
                ]
            )
        return steps

    def _why(self) -> list[str]:
        leaves = self.stepper.tape.leaves
        if len(leaves) > _EXPLAINED or len(self.stepper) > _COMPARED:
            return []
        return [str(self.stepper.explain(leaf)) for leaf in leaves]


def _numbers(array: Any) -> list[Any]:
    """The values, row by row; what JSON has no number for as the text that a script reads."""
    flat = np.ravel(array).tolist()
    return [v if math.isfinite(v) else _NOT_FINITE[str(v)] for v in flat]


def _flat(cells: Sequence[tuple[int, ...]], shape: tuple[int, ...]) -> list[int]:
    if not cells:
        return []
    return np.ravel_multi_index(tuple(np.transpose(cells)), shape).tolist()
