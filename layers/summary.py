"""A table of a model's layers: shapes, parameters, multiply-adds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import minigrad as mg

from .module import Module, observing


@dataclass
class Row:
    """One module: its own numbers, without those of its submodules."""

    name: str
    kind: str
    output_shape: tuple[int, ...] | None
    parameters: int
    multiply_adds: int


@dataclass
class Summary:
    """The rows of `summary`, one a module; prints as a table.

    Attributes
    ----------
    rows : list of Row
    parameters, multiply_adds : int
        The sums.
    """

    rows: list[Row]

    @property
    def parameters(self) -> int:
        return sum(row.parameters for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        return sum(row.multiply_adds for row in self.rows)

    def __str__(self) -> str:
        head = ("layer", "type", "output", "parameters", "multiply-adds")
        cells = [
            (
                row.name or "(model)",
                row.kind,
                "" if row.output_shape is None else " × ".join(map(str, row.output_shape)),
                f"{row.parameters:,}" if row.parameters else "",
                f"{row.multiply_adds:,}" if row.multiply_adds else "",
            )
            for row in self.rows
        ]
        cells.append(("total", "", "", f"{self.parameters:,}", f"{self.multiply_adds:,}"))
        widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
        lines = [
            "  ".join(
                text.ljust(width) if i < 3 else text.rjust(width)
                for i, (text, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in (head, *cells)
        ]
        rule = "-" * max(map(len, lines))
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])

    __repr__ = __str__


def summary(model: Module, input_shape: tuple[int, ...]) -> Summary:
    """Run a model once on zeros and tell each layer's output, parameters and multiply-adds.

    Parameters
    ----------
    model : Module
        Left as it is: it runs in evaluation mode and returns to its own.
    input_shape : tuple of int
        Of a whole batch, such as (1, 3, 32, 32).

    Returns
    -------
    Summary
        Printable. Parameters shared by several layers count once, in the first; multiply-adds
        are those of linear and convolutional layers, for the whole batch.

    Examples
    --------
    >>> import layers
    >>> model = layers.Sequential(layers.Linear(4, 8), layers.ReLU(), layers.Linear(8, 2))
    >>> layers.summary(model, (1, 4))
    layer    type        output  parameters  multiply-adds
    ------------------------------------------------------
    (model)  Sequential  1 × 2
    0        Linear      1 × 8           40             32
    1        ReLU        1 × 8
    2        Linear      1 × 2           18             16
    ------------------------------------------------------
    total                                58             48
    """
    shapes: dict[int, tuple[int, ...]] = {}
    spent: dict[int, int] = {}

    def observe(module: Module, inputs: tuple[Any, ...], output: Any) -> None:
        first = output[0] if isinstance(output, tuple) else output
        shapes[id(module)] = np.shape(first)
        spent[id(module)] = spent.get(id(module), 0) + module.multiply_adds(inputs, output)

    dtype = next((p.dtype for p in model.parameters()), np.dtype(np.float32))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with mg.no_grad(), observing(observe):
            model(mg.Tensor(np.zeros(input_shape, dtype)))
    finally:
        for module, training in modes:
            module.training = training
    counted: set[int] = set()
    rows = []
    for name, module in model.named_modules():
        own = {id(p): p.size for p in module.parameters(recurse=False) if id(p) not in counted}
        counted |= own.keys()
        rows.append(
            Row(
                name, type(module).__name__, shapes.get(id(module)), sum(own.values()),
                spent.get(id(module), 0),
            )
        )  # fmt: skip
    return Summary(rows)
