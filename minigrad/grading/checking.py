"""Prove an assignment before it is used: grade its solution, its starter and every mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .assignment import Assignment, Mistake
from .marking import ProblemResult, grade
from .process import Launcher
from .submission import of_text


def faults(
    assignment: Assignment,
    launcher: Launcher,
    progress: Callable[[int, int, str], None] = lambda done, steps, text: None,
) -> Iterator[str]:
    """What is wrong with an assignment, one sentence each; nothing if it can be used.

    The solution must earn full marks and the starter none; a submission with a declared mistake
    must earn what is declared, with the declared status and sentence.

    Parameters
    ----------
    assignment : Assignment
    launcher : Launcher
    progress : callable
        Told how much is done, of how much, and what comes next.
    """
    steps = len(assignment.mistakes) + 2
    progress(0, steps, "solution")
    for problem in grade(assignment, of_text(assignment.solution_text), launcher=launcher).problems:
        if problem.earned != problem.points:
            yield f"the solution earns {_outcome(problem)}"
    progress(1, steps, "starter")
    for problem in grade(assignment, of_text(assignment.starter_text), launcher=launcher).problems:
        if problem.earned:
            yield f"the starter earns {_outcome(problem)}"
    for done, mistake in enumerate(assignment.mistakes, 2):
        progress(done, steps, mistake.problem)
        yield from _faults_of(assignment, mistake, launcher)


def _faults_of(assignment: Assignment, mistake: Mistake, launcher: Launcher) -> Iterator[str]:
    text = of_text(assignment.wrong_text(mistake))
    result = grade(assignment, text, problems=[mistake.problem], launcher=launcher).problems[0]
    name = f"{mistake.problem} with the mistake {mistake.sentence!r}"
    if abs(result.earned - mistake.earns * result.points) > 1e-3 * result.points:
        wanted = f"{mistake.earns * result.points:.4g}"
        yield f"{name} should earn {wanted}: it earns {_outcome(result)}"
    if result.status != mistake.status:
        yield f"{name} should be {mistake.status}: it is {_outcome(result)}"
    told = [case.feedback for case in result.cases]
    if mistake.status == "WRONG" and not any(mistake.sentence in text for text in told):
        yield f"{name} is not told so, but: {' | '.join(filter(None, told))}"


def _outcome(result: ProblemResult) -> str:
    cases = ", ".join(
        f"{case.name}: {case.status} {case.score:.3g}" for case in result.cases
    )
    why = "; ".join(dict.fromkeys(c.detail or c.feedback for c in result.cases if c.score < 1))
    return f"{result.earned:.4g} of {result.points:g} for {result.name} ({cases}) {why}"
