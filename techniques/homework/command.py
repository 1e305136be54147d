"""``minigrad grade``: a class, a check of an assignment, a student's start, Gradescope's zip."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from minigrad.grading import Class, Launcher, grade_all

from ..progress import progress_bar
from . import NAMES, find

DESCRIPTION = """\
Grade all submissions of a folder: a .py, .ipynb or .zip file or a folder for each
student, named after them. A submission runs locked in, with all the isolation that
this machine offers. What is graded already is not graded again, so that the same
command goes on after a stop."""
USES = f"""other uses:
  minigrad grade check NAME        prove that an assignment grades as it should
  minigrad grade start NAME DIR    give a student the starter and tests to run
  minigrad grade gradescope NAME   write the zip that Gradescope wants

NAME is one of {", ".join(NAMES)},
or a folder with an assignment.py in it.

example: minigrad grade {NAMES[0]} submissions --out marks --jobs 2"""

_TESTS = '''"""Run me with pytest: the visible cases of {name}, on your own {name}.py."""

from pathlib import Path

import pytest

from minigrad.grading.trial import try_problem
from techniques.homework import find

ASSIGNMENT = find("{name}")


@pytest.mark.parametrize("problem", ASSIGNMENT.problems)
def test_problem(problem):
    result = try_problem(ASSIGNMENT, problem, Path(__file__).with_name("{name}.py"))
    assert result.status == "OK", "\\n".join(case.feedback for case in result.cases)
'''


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("words", nargs="+", metavar="NAME FOLDER",
                        help="the assignment and the folder with the submissions")  # fmt: skip
    parser.add_argument("--out", metavar="DIR",
                        help="where results go (default: NAME-results)")  # fmt: skip
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                        help="submissions that run at a time (default: %(default)s)")  # fmt: skip
    parser.add_argument("--student", nargs="+", action="extend", default=[], metavar="NAME",
                        help="only these")  # fmt: skip
    parser.add_argument("--problem", nargs="+", action="extend", default=[], metavar="NAME",
                        help="only these")  # fmt: skip
    parser.add_argument("--again", action="store_true", help="also what is graded already")
    parser.add_argument("--canvas", metavar="CSV",
                        help="a grade book exported from Canvas, to be filled in")  # fmt: skip
    parser.add_argument("--unisolated", action="store_true",
                        help="run submissions also where this machine cannot hold them in; only "
                        "for code that you trust, never as root")  # fmt: skip
    parser.add_argument("--cluster", metavar="ADDRESS",
                        help="send the jobs to the Dask cluster there")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Do what was asked for; the exit status is 1 when something needs the instructor."""
    uses = {"check": (_check, 2), "start": (_start, 3), "gradescope": (_gradescope, 2)}
    action, count = uses.get(options.words[0], (_grade, 2))
    if len(options.words) != count:
        raise ValueError(f"{count} words are expected, not {len(options.words)}: see --help")
    return action(options)


def _grade(options: argparse.Namespace) -> int:
    from minigrad.grading import cluster

    assignment = find(options.words[0])
    out = Path(options.out or f"{assignment.name}-results")
    if options.jobs < 1:
        raise ValueError(f"--jobs is the number of submissions at a time, not {options.jobs}")
    with progress_bar() as show, cluster.workers(options.cluster) as workers:
        graded = grade_all(
            assignment, options.words[1], out, options.jobs, options.student, options.problem,
            options.again, options.unisolated, workers, show,
        )  # fmt: skip
    return _report(graded, out, options.canvas)


def _report(graded: Class, out: Path, canvas: str | None) -> int:
    """Write all files, say where they are, and what needs a look."""
    from minigrad.grading import exports, reports

    exports.write_csv(graded, out / "marks.csv")
    exports.write_nbgrader(graded, out / "nbgrader.csv")
    page = reports.write_pages(graded, out)
    results = list(graded.results.values())
    print(f"{len(results)} submissions; {graded.graded} problems were graded in this run")
    levels = " / ".join(sorted({result.level for result in results}))
    print(f"They ran with {levels}; the report is {page}")
    if canvas is not None:
        missing = exports.write_canvas(graded, canvas, out / "canvas.csv")
        if missing:
            print(f"Not in {canvas}: {reports.clean(', '.join(missing))}")
    withheld = [result.student for result in results if result.withheld]
    if withheld:
        print(f"THE GRADER FAILED for {reports.clean(', '.join(withheld))}: see {page}")
    return 1 if withheld else 0


def _check(options: argparse.Namespace) -> int:
    from minigrad.grading.checking import faults

    assignment = find(options.words[1])
    with progress_bar() as show, Launcher(assignment.packages, options.unisolated) as launcher:
        found = list(faults(assignment, launcher, show))
    for fault in found:
        print(fault)
    count = len(assignment.mistakes)
    if not found:
        print(
            f"{assignment.name}: the solution earns {assignment.points:g} points, the starter "
            f"none, and {count} mistakes what they should, with their sentences"
        )
    return 1 if found else 0


def _start(options: argparse.Namespace) -> int:
    _, name, folder = options.words
    assignment = find(name)
    directory = Path(folder)
    directory.mkdir(parents=True, exist_ok=True)
    files: Sequence[tuple[str, str]] = [
        (f"{assignment.name}.py", assignment.starter_text),
        (f"test_{assignment.name}.py", _TESTS.format(name=assignment.name)),
    ]
    for file, _ in files:
        if (directory / file).exists():
            raise ValueError(f"{directory / file} exists already: it is not overwritten")
    for file, text in files:
        (directory / file).write_text(text, "utf-8")
    print(f"Fill in {directory / files[0][0]}; pytest {directory} says how far you are")
    return 0


def _gradescope(options: argparse.Namespace) -> int:
    from minigrad.grading.gradescope import write_zip
    from minigrad.grading.store import Store

    assignment = find(options.words[1])
    out = Path(options.out or f"{assignment.name}-results")
    out.mkdir(parents=True, exist_ok=True)
    with Store(out / "results.sqlite") as store:
        write_zip(assignment, out / "gradescope.zip", store.secret)
    print(f"Upload {out / 'gradescope.zip'} as the autograder")
    return 0
