"""An assignment: problems with points, cases to try them on, and the mistakes one makes in them."""

from __future__ import annotations

import hashlib
import importlib.util
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from .comparison import Arrays, Comparison
from .sandbox.limits import Limits


@dataclass(frozen=True)
class Problem:
    """One function that students write.

    Attributes
    ----------
    name : str
        The function's name, in the solution and in submissions.
    points : float
    inputs : callable
        ``inputs(rng, **settings)`` draws the arguments of one call, a tuple.
    visible, hidden : dict of dict
        Cases: a name, and the settings that `inputs` gets. Of a visible case the student is shown
        everything, of a hidden one only what kind of mistake it met.
    compare : Comparison
        How an answer is judged: `Arrays`, `Gradients`, `Property` or `Score`.
    task : str
        One sentence that says what the function does.
    limits : Limits
        For the process that answers all cases of the problem.
    """

    name: str
    points: float
    inputs: Callable[..., tuple]
    visible: Mapping[str, Mapping[str, Any]]
    hidden: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    compare: Comparison = field(default_factory=Arrays)
    task: str = ""
    limits: Limits = field(default_factory=Limits)

    @property
    def cases(self) -> list[tuple[str, Mapping[str, Any], bool]]:
        """Name, settings and whether it is hidden; the visible ones first."""
        shown = [(name, settings, False) for name, settings in self.visible.items()]
        return shown + [(name, settings, True) for name, settings in self.hidden.items()]


@dataclass(frozen=True)
class Mistake:
    """What goes wrong often, as a change of the solution.

    Attributes
    ----------
    problem : str
    old, new : str
        Text that stands once in the solution, and what stands there in the wrong version.
    sentence : str
        What a student who makes the mistake is told.
    earns : float
        The share of the problem's points that is left.
    status : str
    """

    problem: str
    old: str
    new: str
    sentence: str
    earns: float = 0.0
    status: str = "WRONG"


class Assignment:
    """What students are asked, and how their answers are judged.

    Parameters
    ----------
    file : path
        The file that makes it: ``Assignment(__file__, ...)``. Beside it stand ``solution.py``,
        whose functions are the reference, and ``starter.py``, which students get.
    title : str
    problems : sequence of Problem
    mistakes : sequence of Mistake
    packages : sequence of str
        What may be imported beside NumPy and Python's own library.

    Raises
    ------
    ValueError
        If two problems share a name, or a mistake does not fit the solution.
    """

    def __init__(
        self,
        file: str | Path,
        title: str,
        problems: Sequence[Problem],
        mistakes: Sequence[Mistake] = (),
        packages: Sequence[str] = (),
    ):
        self.file = Path(file).resolve()
        self.folder = self.file.parent
        self.name = self.folder.name
        self.title = title
        self.problems = {problem.name: problem for problem in problems}
        self.mistakes = list(mistakes)
        self.packages = tuple(packages)
        if len(self.problems) < len(problems):
            raise ValueError(f"{self.name} has two problems of one name: each needs its own")
        for mistake in self.mistakes:
            self._check(mistake)

    def _check(self, mistake: Mistake) -> None:
        if mistake.problem not in self.problems:
            raise ValueError(f"a mistake is declared for {mistake.problem!r}, which is no problem")
        count = self.solution_text.count(mistake.old)
        if count != 1:
            raise ValueError(
                f"the text that a mistake in {mistake.problem} changes stands {count} times in "
                f"solution.py, not once: {mistake.old!r}"
            )

    @property
    def points(self) -> float:
        """What a right submission earns."""
        return sum(problem.points for problem in self.problems.values())

    @property
    def imports(self) -> tuple[str, ...]:
        """What may be imported beside Python's own library."""
        return ("numpy", *self.packages)

    @cached_property
    def solution_text(self) -> str:
        """The solution's source."""
        return (self.folder / "solution.py").read_text("utf-8")

    @cached_property
    def starter_text(self) -> str:
        """The source of what students begin with."""
        return (self.folder / "starter.py").read_text("utf-8")

    @cached_property
    def solution(self) -> types.ModuleType:
        """The solution, to be called."""
        return module_of(self.solution_text, f"{self.name}_solution")

    def wrong_text(self, mistake: Mistake) -> str:
        """The source of the solution with a mistake in it."""
        return self.solution_text.replace(mistake.old, mistake.new)

    @cached_property
    def _wrong(self) -> dict[int, types.ModuleType]:
        return {}

    def wrong(self, mistake: Mistake) -> types.ModuleType:
        """The solution with a mistake in it, to be called."""
        if id(mistake) not in self._wrong:
            self._wrong[id(mistake)] = module_of(self.wrong_text(mistake), f"{self.name}_wrong")
        return self._wrong[id(mistake)]

    @cached_property
    def digest(self) -> str:
        """Changes when anything does that a mark depends on."""
        from .. import __version__

        texts = [self.file.read_text("utf-8"), self.solution_text, self.starter_text]
        facts = [*texts, __version__, np.__version__]
        return hashlib.sha256("\0".join(facts).encode()).hexdigest()[:16]


def module_of(text: str, name: str) -> types.ModuleType:
    """The module that a trusted source is."""
    module = types.ModuleType(name)
    module.__file__ = f"{name}.py"
    exec(compile(text, module.__file__, "exec", dont_inherit=True), module.__dict__)
    return module


def load(path: str | Path) -> Assignment:
    """The assignment of a folder with an ``assignment.py`` in it, or of such a file.

    The file is run: load only assignments that you trust.

    Raises
    ------
    ValueError
        If there is none, or it makes no ``assignment``.

    Examples
    --------
    >>> from minigrad.grading import load
    >>> load("docs/grading/tanh_layer").points  # doctest: +SKIP
    6
    """
    file = Path(path)
    file = file / "assignment.py" if file.is_dir() else file
    if file.suffix != ".py" or not file.is_file():
        raise ValueError(f"{path} is no assignment: give a folder with an assignment.py in it")
    spec = importlib.util.spec_from_file_location(f"assignment_{file.parent.name}", file)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    # Not by the loader: the bytecode that it keeps is stale when a file changes in a second.
    exec(compile(file.read_bytes(), str(file), "exec"), module.__dict__)
    assignment = getattr(module, "assignment", None)
    if not isinstance(assignment, Assignment):
        raise ValueError(f"{file} makes no assignment: it needs assignment = Assignment(...)")
    return assignment
