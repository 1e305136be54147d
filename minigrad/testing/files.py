"""Check the pairs of a file: each ``name_forward`` with its ``name_backward``."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from .checking import check_backward, input_names
from .report import Finding, GradientReport


def load(path: str | Path) -> ModuleType:
    """Run a Python file as a module.

    Raises
    ------
    ValueError
        If there is no such file, or running it fails.
    """
    path = Path(path)
    if path.suffix != ".py" or not path.is_file():
        raise ValueError(f"{path} is not a Python file: give one that ends in .py")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    try:
        # Not by the loader: the bytecode that it keeps is stale when a file changes in a second.
        exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
    except Exception as error:
        raise ValueError(f"{path} cannot be run: {type(error).__name__}: {error}") from error
    return module


def pairs(
    module: ModuleType, forward: str | None = None, backward: str | None = None
) -> dict[str, tuple[Callable, Callable]]:
    """The functions of a module that belong together, by name.

    Raises
    ------
    ValueError
        If there are none, or one that is asked for is missing.
    """
    if (forward is None) != (backward is None):
        raise ValueError("--forward and --backward are given together")
    if forward is not None and backward is not None:
        for name in (forward, backward):
            if not callable(getattr(module, name, None)):
                raise ValueError(f"{module.__name__} has no function {name!r}")
        return {forward: (getattr(module, forward), getattr(module, backward))}
    found = {}
    for name, function in vars(module).items():
        stem = name.removesuffix("_forward")
        other = getattr(module, f"{stem}_backward", None)
        if stem != name and callable(function) and callable(other):
            found[stem] = (function, other)
    if not found:
        raise ValueError(
            f"{module.__name__} has no name_forward with a name_backward: name a pair with "
            "--forward and --backward"
        )
    return found


def parsed_shapes(texts: Sequence[str]) -> list[tuple[int, ...]]:
    """Shapes written as ``3x4``, or ``()`` for a number.

    Raises
    ------
    ValueError
        If one is written differently.

    Examples
    --------
    >>> parsed_shapes(["3x4", "4", "()"])
    [(3, 4), (4,), ()]
    """
    found = []
    for text in texts:
        sides = [] if text == "()" else text.split("x")
        if not all(side.isdecimal() for side in sides):
            raise ValueError(f"{text!r} is not a shape: write 3x4, or () for a number")
        found.append(tuple(map(int, sides)))
    return found


def drawn_inputs(
    module: ModuleType,
    name: str,
    forward: Callable,
    shapes: Sequence[tuple[int, ...]],
    rng: np.random.Generator,
) -> tuple[Any, ...]:
    """The inputs to check a pair with: given shapes, or those that the file declares.

    ``name_inputs`` is a tuple of arrays or a function that returns one (of a Generator, if it
    takes an argument); ``name_shapes`` is a list of shapes.

    Raises
    ------
    ValueError
        If nothing is declared, or not one shape an input.
    """
    declared = getattr(module, f"{name}_inputs", None)
    if not shapes and declared is not None:
        if callable(declared):
            takes = inspect.signature(declared).parameters
            declared = declared(rng) if takes else declared()
        return tuple(declared) if isinstance(declared, (tuple, list)) else (declared,)
    shapes = shapes or getattr(module, f"{name}_shapes", ())
    parameters = inspect.signature(forward).parameters.values()
    needed = sum(p.default is p.empty and p.kind in (0, 1) for p in parameters)
    if len(shapes) < needed:
        names = ", ".join(input_names(forward, needed))
        raise ValueError(
            f"{name} needs {needed} input(s) ({names}) and {len(shapes)} shape(s) are known: give "
            f"--shapes, or declare {name}_shapes = [(3, 4), ...] or {name}_inputs in the file"
        )
    return tuple(rng.normal(size=shape) for shape in shapes)


def check_file(
    path: str | Path,
    forward: str | None = None,
    backward: str | None = None,
    shapes: Sequence[tuple[int, ...]] = (),
    seed: int = 0,
) -> list[GradientReport]:
    """Check every pair of a file.

    A pair that raises an error counts as wrong, with the error as its finding.

    Raises
    ------
    ValueError
        If the file cannot be run, or has no pair or no inputs for one.
    """
    module = load(path)
    reports = []
    for name, (function, other) in pairs(module, forward, backward).items():
        inputs = drawn_inputs(module, name, function, shapes, np.random.default_rng(seed))
        try:
            report = check_backward(function, other, *inputs, rng=seed)
        except Exception as error:
            finding = Finding("unknown", f"it raised {type(error).__name__}: {error}")
            report = GradientReport(name, [], [finding])
        report.name = name
        reports.append(report)
    return reports


def table(reports: Sequence[GradientReport]) -> str:
    """A line for each input of each function, and what is wrong below."""
    rows = [("function", "input", "verdict", "cause")]
    for report in reports:
        rows += [
            (report.name, i.name, "ok" if i.ok else "WRONG", ", ".join(i.causes))
            for i in report.inputs
        ]
        if report.findings or not report.inputs:
            verdict = "ok" if report.ok else "WRONG"
            rows.append((report.name, "", verdict, ", ".join(report.causes)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows]
    wrong = [report.message for report in reports if not report.ok]
    return "\n\n".join(["\n".join(lines), *wrong])
