"""Every assignment grades as it promises, and its solution agrees with minigrad."""

from __future__ import annotations

import subprocess
import sys

import pytest

from minigrad.grading import IsolationError, Launcher
from minigrad.grading.checking import faults
from techniques.cli import main
from techniques.homework import NAMES, find


@pytest.fixture(scope="module")
def launcher():
    """A launcher with real isolation."""
    try:
        made = Launcher()
    except IsolationError as error:
        pytest.skip(str(error))
    with made:
        yield made


@pytest.mark.parametrize("name", NAMES)
def test_solution_starter_and_declared_mistakes_earn_what_they_should(name, launcher):
    assert list(faults(find(name), launcher)) == []


@pytest.mark.parametrize("name", NAMES)
def test_each_problem_has_hidden_cases_a_task_and_mistakes(name):
    assignment = find(name)
    assert len(assignment.mistakes) >= 8
    for problem in assignment.problems.values():
        assert problem.task and problem.visible and problem.hidden
        assert any(mistake.problem == problem.name for mistake in assignment.mistakes)


def test_a_student_gets_a_starter_and_tests_that_say_how_far_one_is(tmp_path, capsys):
    assert main(["grade", "start", "convolution", str(tmp_path)]) == 0
    assert "Fill in" in capsys.readouterr().out
    assert main(["grade", "start", "convolution", str(tmp_path)]) == 2  # nothing is overwritten
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    told = subprocess.run(run, capture_output=True, text=True)
    assert "6 failed" in told.stdout and "NotImplementedError" in told.stdout
    solution = find("convolution").solution_text
    (tmp_path / "convolution.py").write_text(solution, "utf-8")
    told = subprocess.run(run, capture_output=True, text=True)
    assert "6 passed" in told.stdout


def test_the_command_grades_a_class(tmp_path, capsys, launcher):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ann.py").write_text(find("convolution").solution_text, "utf-8")
    out = tmp_path / "out"
    command = ["grade", "convolution", str(tmp_path / "in"), "--out", str(out), "--problem", "pad"]
    assert main(command) == 0
    assert "1 problems were graded" in capsys.readouterr().out
    assert (out / "index.html").exists() and (out / "marks.csv").exists()
    assert main(["grade", "gradescope", "convolution", "--out", str(out)]) == 0
    assert (out / "gradescope.zip").exists()


@pytest.mark.parametrize(
    "words", [["nowhere", "."], ["check", "nowhere"], ["start"], ["convolution", "nowhere"]]
)
def test_what_is_not_there_is_said_to_be_missing(words, capsys):
    assert main(["grade", *words]) == 2
    assert capsys.readouterr().err.startswith("minigrad: error: ")
