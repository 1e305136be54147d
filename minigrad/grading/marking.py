"""Grade one submission: each problem in a process of its own, each case with its own numbers."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from . import feedback, submission
from .assignment import Assignment, Problem
from .comparison import Question
from .process import Launcher, Reply, Stopped, StudentProcess
from .seeds import generator
from .submission import Submission

STATUSES = (
    "OK", "WRONG", "CRASH", "TIMEOUT", "MEMORY", "OUTPUT_LIMIT", "PROTOCOL", "IMPORT_ERROR",
    "MISSING", "GRADER_ERROR",
)  # fmt: skip


@dataclass
class CaseResult:
    """How one case went.

    Attributes
    ----------
    name : str
    hidden : bool
    status : str
        One of `STATUSES`.
    score : float
        The share of the case's points, from 0 to 1.
    feedback : str
        For the student.
    causes : list of str
        Codes of what was found.
    inputs, printed : str
        Of a visible case, for the student.
    detail : str
        For the instructor: what a hidden case does not show.
    """

    name: str
    hidden: bool
    status: str = "OK"
    score: float = 0.0
    feedback: str = ""
    causes: list[str] = field(default_factory=list)
    inputs: str = ""
    printed: str = ""
    detail: str = ""


@dataclass
class ProblemResult:
    """How one problem went.

    Attributes
    ----------
    name : str
    points : float
        What it is worth.
    cases : list of CaseResult
    cpu, wall : float
        Seconds, as the supervisor measured them.
    """

    name: str
    points: float
    cases: list[CaseResult]
    cpu: float = 0.0
    wall: float = 0.0

    @property
    def withheld(self) -> bool:
        """Whether the grader itself failed, so that there is no mark yet."""
        return any(case.status == "GRADER_ERROR" for case in self.cases)

    @property
    def earned(self) -> float:
        """The points; 0 while they are withheld."""
        if self.withheld:
            return 0.0
        return round(self.points * sum(case.score for case in self.cases) / len(self.cases), 4)

    @property
    def status(self) -> str:
        """The first status that is not OK."""
        failed = [case.status for case in self.cases if case.status != "OK"]
        return "GRADER_ERROR" if self.withheld else next(iter(failed), "OK")


@dataclass
class Result:
    """How a submission went.

    Attributes
    ----------
    assignment, student : str
    problems : list of ProblemResult
    level : str
        The isolation that the submission ran in.
    notes : list of str
        What had to be mended to read it.
    """

    assignment: str
    student: str
    problems: list[ProblemResult]
    level: str
    notes: list[str] = field(default_factory=list)

    @property
    def points(self) -> float:
        """What all problems are worth."""
        return sum(problem.points for problem in self.problems)

    @property
    def withheld(self) -> bool:
        """Whether a problem has no mark yet, because the grader failed."""
        return any(problem.withheld for problem in self.problems)

    @property
    def total(self) -> float:
        """The points earned."""
        return round(sum(problem.earned for problem in self.problems), 4)

    def __str__(self) -> str:
        lines = [f"{self.assignment}: {self.total:g} of {self.points:g} points ({self.level})"]
        for problem in self.problems:
            lines.append(f"{problem.name}: {problem.earned:g} of {problem.points:g}")
            for case in problem.cases:
                lines.append(f"  {case.name}: {case.status}")
                lines += [f"    {line}" for line in case.feedback.splitlines()]
        return "\n".join(lines)


def grade(
    assignment: Assignment,
    submitted: str | Path | Submission,
    student: str = "student",
    secret: bytes = b"",
    problems: Sequence[str] | None = None,
    launcher: Launcher | None = None,
) -> Result:
    """Grade one submission.

    Parameters
    ----------
    assignment : Assignment
    submitted : path or Submission
        A ``.py``, ``.ipynb`` or ``.zip`` file or a folder; or what was read from one.
    student : str
        Draws the inputs, together with `secret`.
    secret : bytes
        The course's; without it students could foresee their inputs.
    problems : sequence of str, optional
        Only these.
    launcher : Launcher, optional
        By default one is started for this submission.

    Returns
    -------
    Result

    Raises
    ------
    IsolationError
        If this machine offers too little isolation.

    Examples
    --------
    >>> from minigrad.grading import grade, load
    >>> assignment = load("docs/grading/tanh_layer")  # doctest: +SKIP
    >>> grade(assignment, "submissions/ada.py").points  # doctest: +SKIP
    """
    if not isinstance(submitted, Submission):
        submitted = submission.read(submitted, list(assignment.problems))
    if launcher is None:
        with Launcher(assignment.packages) as own:
            return grade(assignment, submitted, student, secret, problems, own)
    names = list(assignment.problems) if problems is None else problems
    results = [
        grade_problem(assignment, name, submitted, student, secret, launcher) for name in names
    ]
    return Result(assignment.name, student, results, launcher.level, submitted.notes)


def grade_problem(
    assignment: Assignment,
    name: str,
    submitted: Submission,
    student: str,
    secret: bytes,
    launcher: Launcher,
    hidden: bool = True,
) -> ProblemResult:
    """Grade one problem of a submission; this never raises for what a submission does.

    Without `hidden`, only the visible cases are tried.
    """
    problem = assignment.problems[name]
    if not hidden:
        problem = replace(problem, hidden={})
    return _Examination(assignment, problem, submitted, launcher).run(student, secret)


class _Over(Exception):
    """Nothing more of this problem can be tried: the status and the reason of what is left."""

    def __init__(self, status: str, reply: Reply):
        super().__init__(status)
        self.status, self.reply = status, reply


class _Examination:
    """One problem, from its first case to its last."""

    def __init__(
        self, assignment: Assignment, problem: Problem, submitted: Submission, launcher: Launcher
    ):
        self.assignment, self.problem = assignment, problem
        self.submitted, self.launcher = submitted, launcher
        self.process: StudentProcess | None = None
        self.cpu = self.wall = 0.0
        self.printed = ""
        self.over: _Over | None = None

    def run(self, student: str, secret: bytes) -> ProblemResult:
        results = []
        if self.submitted.error:
            self.over = _Over("IMPORT_ERROR", Reply("error", text=self.submitted.error))
        try:
            for name, settings, hidden in self.problem.cases:
                case = CaseResult(name, hidden)
                rng = generator(secret, student, self.assignment.name, self.problem.name, name)
                self._examine(case, settings, rng)
                results.append(case)
        finally:
            self._close()
        return ProblemResult(
            self.problem.name, self.problem.points, results, round(self.cpu, 3), round(self.wall, 3)
        )

    def _examine(self, case: CaseResult, settings: Any, rng: np.random.Generator) -> None:
        self.printed = ""
        try:
            inputs = self.problem.inputs(rng, **settings)
            function = getattr(self.assignment.solution, self.problem.name)
            expected = function(*_copied(inputs))
        except Exception:
            case.status, case.detail = "GRADER_ERROR", traceback.format_exc()
            case.feedback = feedback.of_status("GRADER_ERROR", "", case.hidden)
            return
        try:
            reply = self._ask(*inputs)
        except Stopped as stopped:
            self._fail(case, stopped.status, str(stopped))
        except _Over as over:
            self._fail(case, over.status, over.reply.text, over.reply.error)
        else:
            self._judge(case, reply, inputs, expected, function)
        if not case.hidden:
            case.printed = self.printed
            if case.status == "WRONG":
                names = list(inspect.signature(function).parameters)
                case.inputs = feedback.of_inputs(names, inputs)

    def _judge(
        self, case: CaseResult, reply: Reply, inputs: tuple, expected: Any, function: Any
    ) -> None:
        if reply.kind == "missing":
            self._fail(case, "MISSING", f"there is no function {self.problem.name}")
        elif reply.kind == "memory":
            self._fail(case, "MEMORY", "")
        elif reply.kind == "error":
            self._fail(case, "CRASH", reply.text, reply.error)
        elif reply.kind == "refused":
            case.status, case.causes = "WRONG", ["wrong_type"]
            case.feedback = feedback.CATALOGUE["wrong_type"] if case.hidden else reply.text
        else:
            question = Question(inputs, expected, lambda: self._mistaken(inputs), function)
            try:
                verdict = self.problem.compare.judge(reply.value, question)
            except Exception:
                case.status, case.detail = "GRADER_ERROR", traceback.format_exc()
                case.feedback = feedback.of_status("GRADER_ERROR", "", case.hidden)
                return
            case.score = round(min(max(verdict.score, 0.0), 1.0), 6)
            case.status = "OK" if case.score == 1.0 else "WRONG"
            case.causes = list(dict.fromkeys(f.cause for f in verdict.findings))
            case.feedback = feedback.of_findings(verdict.findings, case.hidden)
            if case.hidden:
                case.detail = feedback.of_findings(verdict.findings, hidden=False)

    def _fail(self, case: CaseResult, status: str, text: str, error: str = "") -> None:
        case.status, case.causes = status, [status.lower()]
        case.feedback = feedback.of_status(status, text, case.hidden, error)
        if case.hidden:
            case.detail = text

    def _mistaken(self, inputs: tuple) -> Iterator[tuple[str, Any]]:
        """What the declared mistakes lead to for these arguments.

        Those of other problems count too, for one function may use another.
        """
        for mistake in self.assignment.mistakes:
            function = getattr(self.assignment.wrong(mistake), self.problem.name)
            try:
                with np.errstate(all="ignore"):
                    value = function(*_copied(inputs))
            except Exception:  # it crashes for these arguments, so it explains no answer
                continue
            own = mistake.problem == self.problem.name
            yield mistake.sentence if own else f"{mistake.problem}: {mistake.sentence}", value

    # ---- the student's process ------------------------------------------------------------------

    def _ask(self, *inputs: Any) -> Reply:
        """Call the function, in a process that has loaded the submission."""
        if self.over is not None:
            raise self.over
        if self.process is None:
            self._start()
        assert self.process is not None
        try:
            reply = self.process.call(self.problem.name, *inputs)
        except Stopped as stopped:
            self._close()
            if stopped.status == "TIMEOUT":
                rest = f"{self.problem.name} had used up its time before this case"
                self.over = _Over("TIMEOUT", Reply("error", text=rest))
            raise
        self.printed += reply.printed
        return reply

    def _start(self) -> None:
        limits = replace(self.problem.limits, cpu=max(1.0, self.problem.limits.cpu - self.cpu))
        self.process = self.launcher.start(limits)
        try:
            reply = self.process.load(
                self.submitted.main, self.submitted.files, self.assignment.imports
            )
        except Stopped as stopped:
            self._close()
            self.over = _Over(stopped.status, Reply("error", text=f"while loading: {stopped}"))
            raise self.over from None
        self.printed += reply.printed
        if reply.kind != "loaded":
            self._close()
            status = "MEMORY" if reply.kind == "memory" else "IMPORT_ERROR"
            self.over = _Over(status, reply)
            raise self.over

    def _close(self) -> None:
        if self.process is not None:
            self.process.close()
            self.cpu += self.process.cpu
            self.wall += self.process.wall
            self.process = None


def _copied(inputs: tuple) -> tuple:
    return tuple(x.copy() if isinstance(x, np.ndarray) else x for x in inputs)
