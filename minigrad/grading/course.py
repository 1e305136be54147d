"""Grade a class: every submission of a folder, several at a time, with what is known kept."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from . import submission
from .assignment import Assignment, load
from .marking import ProblemResult, Result, grade_problem
from .process import Launcher
from .store import Store
from .submission import Submission

STORE = "results.sqlite"
_IGNORED = {"__MACOSX", "Thumbs.db"}
_WAITING = 4  # jobs handed to a worker before it has finished one


@dataclass
class Class:
    """The results of a class.

    Attributes
    ----------
    assignment : Assignment
    results : dict of Result
        By student, in order of their names.
    submissions : dict of Submission
    graded : int
        How many problems were graded in this run; the others were known.
    """

    assignment: Assignment
    results: dict[str, Result] = field(default_factory=dict)
    submissions: dict[str, Submission] = field(default_factory=dict)
    graded: int = 0


@dataclass(frozen=True)
class Job:
    """One problem of one submission, as plain data that can travel to another machine."""

    assignment: str
    problem: str
    student: str
    submitted: Submission
    secret: bytes
    unisolated: bool = False


class Workers(Protocol):
    """What runs jobs: threads of this process, or a cluster."""

    def submit(self, fn: Callable, /, *arguments: Any) -> Future:
        """Call a function some time soon."""


def students(folder: str | Path) -> dict[str, Path]:
    """Who handed in what: each entry of a folder is a submission, its name without ending whose.

    Raises
    ------
    ValueError
        If there is no such folder, nothing in it, or two entries are one student's.
    """
    path = Path(folder)
    if not path.is_dir():
        raise ValueError(f"{folder} is no folder: give the one with the submissions in it")
    found: dict[str, Path] = {}
    for entry in sorted(path.iterdir()):
        if entry.name.startswith(".") or entry.name in _IGNORED:
            continue
        if not entry.is_dir() and entry.suffix.lower() not in (*submission.KINDS, ".zip"):
            continue
        name = entry.name if entry.is_dir() else entry.stem
        student = name.encode("utf-8", "replace").decode()  # bytes that are no text become ?
        if student in found:
            raise ValueError(
                f"{entry.name} and {found[student].name} are both {student}'s: leave one of them"
            )
        found[student] = entry
    if not found:
        raise ValueError(f"{folder} has no submissions: .py, .ipynb, .zip files or folders")
    return found


def grade_all(
    assignment: Assignment,
    folder: str | Path,
    out: str | Path,
    jobs: int = 1,
    only: Sequence[str] = (),
    problems: Sequence[str] = (),
    again: bool = False,
    unisolated: bool = False,
    workers: Workers | None = None,
    progress: Callable[[int, int, str], None] = lambda done, steps, text: None,
) -> Class:
    """Grade all submissions of a folder; what is graded already is not graded again.

    Parameters
    ----------
    assignment : Assignment
    folder : path
        With a file, notebook, zip or folder for each student, named after them.
    out : path
        A folder for the results, made if needed.
    jobs : int
        How many submissions run at a time.
    only, problems : sequence of str
        Only these students, only these problems.
    again : bool
        Grade also what is graded already.
    unisolated : bool
        Run also where there is too little isolation; never as root.
    workers : Workers, optional
        Where jobs run: by default in this process.
    progress : callable
        Told how many problems are graded, of how many, and whose came last.

    Returns
    -------
    Class
        With the results of everybody in the folder that there are.

    Raises
    ------
    ValueError
        If the folder has no submissions, or a student or problem is not there.
    IsolationError
        If this machine offers too little isolation.

    Examples
    --------
    >>> from minigrad.grading import grade_all, load
    >>> assignment = load("docs/grading/tanh_layer")  # doctest: +SKIP
    >>> graded = grade_all(assignment, "submissions", "marks", jobs=2)  # doctest: +SKIP
    """
    paths = students(folder)
    for chosen, there in ((only, list(paths)), (problems, list(assignment.problems))):
        for name in chosen:
            if name not in there:
                raise ValueError(f"there is no {name!r}; there are {', '.join(there[:20])}")
    functions = list(assignment.problems)
    graded = Class(assignment)
    graded.submissions = {s: submission.read(path, functions) for s, path in paths.items()}
    digests = {student: digest(s) for student, s in graded.submissions.items()}
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    with Store(out / STORE) as store:
        known, secret = {} if again else store.made_from(), store.secret
        due = [
            Job(str(assignment.file), problem, student, graded.submissions[student], secret,
                unisolated)
            for student in (only or paths)
            for problem in (problems or assignment.problems)
            if known.get((student, problem)) != (digests[student], assignment.digest)
        ]  # fmt: skip

        def keep(job: Job, result: ProblemResult, level: str) -> None:
            store.add(job.student, result, digests[job.student], assignment.digest, level)
            graded.graded += 1
            progress(graded.graded, len(due), job.student)

        if due:
            progress(0, len(due), due[0].student)
            _run(due, workers, jobs, keep)
        for student, submitted in graded.submissions.items():
            found, level = _kept(store, student, assignment)
            if found:
                graded.results[student] = Result(
                    assignment.name, student, found, level, submitted.notes
                )
    return graded


def _kept(store: Store, student: str, assignment: Assignment) -> tuple[list[ProblemResult], str]:
    """What is known of a student, in the order of the problems, and how it was run."""
    results, level = store.results(student)
    by_name = {result.name: result for result in results}
    return [by_name[name] for name in assignment.problems if name in by_name], level


def digest(submitted: Submission) -> str:
    """Changes when a submission does."""
    parts = [submitted.main, submitted.error]
    parts += [part for item in sorted(submitted.files.items()) for part in item]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _run(
    due: Iterable[Job],
    workers: Workers | None,
    jobs: int,
    keep: Callable[[Job, ProblemResult, str], None],
) -> None:
    """Run jobs and keep each result as soon as it is there."""
    if workers is None:
        with ThreadPoolExecutor(jobs) as threads:
            try:
                _run(due, threads, jobs, keep)
            finally:
                threads.shutdown(cancel_futures=True)
                while _STARTED:
                    _STARTED.pop().close()
                _LAUNCHERS.launcher = None
        return
    left = iter(due)
    running: dict[Future, Job] = {}
    try:
        while True:
            while len(running) < _WAITING * jobs and (job := next(left, None)) is not None:
                running[workers.submit(run_job, job)] = job
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                keep(running.pop(future), *future.result())
    finally:
        for future in running:
            future.cancel()


_STARTED: list[Launcher] = []


class _Launchers(threading.local):
    """A launcher for each thread, kept from job to job."""

    key: object = None
    launcher: Launcher | None = None

    def get(self, packages: tuple[str, ...], unisolated: bool) -> Launcher:
        """This thread's launcher for these packages."""
        if self.launcher is None or self.key != (packages, unisolated):
            self.drop()
            self.launcher = Launcher(packages, unisolated)
            self.key = packages, unisolated
            _STARTED.append(self.launcher)
        return self.launcher

    def drop(self) -> None:
        """End this thread's launcher, if there is one."""
        if self.launcher is not None:
            self.launcher.close()
            self.launcher = None


_LAUNCHERS = _Launchers()
_ASSIGNMENTS: dict[tuple[str, float], Assignment] = {}


def run_job(job: Job) -> tuple[ProblemResult, str]:
    """Grade one problem of one submission; also where only the job was sent to."""
    key = job.assignment, Path(job.assignment).stat().st_mtime
    if key not in _ASSIGNMENTS:
        _ASSIGNMENTS[key] = load(job.assignment)
    assignment = _ASSIGNMENTS[key]
    for attempt in (1, 2):
        launcher = _LAUNCHERS.get(assignment.packages, job.unisolated)
        try:
            result = grade_problem(
                assignment, job.problem, job.submitted, job.student, job.secret, launcher
            )
            return result, launcher.level
        except OSError:  # the launcher is gone: another one is worth one attempt
            _LAUNCHERS.drop()
            if attempt == 2:
                raise
    raise AssertionError
