"""Try a file of one's own on the visible cases: no isolation, for one's own code alone."""

from __future__ import annotations

import traceback
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import submission
from .assignment import Assignment, module_of
from .marking import ProblemResult, grade_problem
from .process import Launcher, Reply, StudentProcess
from .sandbox.limits import Limits


def try_problem(assignment: Assignment, problem: str, file: str | Path) -> ProblemResult:
    """Grade the visible cases of a problem of one's own file, in this very process.

    Parameters
    ----------
    assignment : Assignment
    problem : str
    file : path

    Returns
    -------
    ProblemResult
    """
    submitted = submission.read(file, list(assignment.problems))
    result = grade_problem(assignment, problem, submitted, "trial", b"", _Here(), hidden=False)
    return result


class _Here(Launcher):
    """Calls functions in this process."""

    def __init__(self) -> None:
        pass

    def start(self, limits: Limits) -> StudentProcess:
        return _Caller()


class _Caller(StudentProcess):
    def __init__(self) -> None:
        self.cpu = self.wall = 0.0
        self._module = types.ModuleType("submission")

    def load(self, main: str, files: dict[str, str], imports: Sequence[str] | None) -> Reply:
        try:
            self._module = module_of(files[main], "submission")
        except Exception as error:
            return Reply("error", error=type(error).__name__, text=traceback.format_exc())
        return Reply("loaded")

    def call(self, function: str, *arguments: Any) -> Reply:
        found = getattr(self._module, function, None)
        if found is None:
            return Reply("missing")
        try:
            value = found(*(a.copy() if isinstance(a, np.ndarray) else a for a in arguments))
        except Exception as error:
            return Reply("error", error=type(error).__name__, text=traceback.format_exc())
        return Reply("value", tuple(value) if isinstance(value, list) else value)

    def close(self) -> None:
        pass
