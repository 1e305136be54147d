"""Every assignment grades as it promises, and its solution agrees with minigrad."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad.grading import IsolationError, Launcher
from minigrad.grading.checking import faults
from techniques.cli import main
from techniques.homework import NAMES, find

DOCUMENTED = str(Path(__file__).parents[3] / "docs" / "grading" / "tanh_layer")


@pytest.fixture(scope="module")
def launcher():
    """A launcher with real isolation."""
    try:
        made = Launcher()
    except IsolationError as error:
        pytest.skip(str(error))
    with made:
        yield made


@pytest.mark.parametrize("name", [*NAMES, DOCUMENTED])
def test_solution_starter_and_declared_mistakes_earn_what_they_should(name, launcher):
    assert list(faults(find(name), launcher)) == []


@pytest.mark.parametrize("name", NAMES)
def test_each_problem_has_hidden_cases_a_task_and_mistakes(name):
    assignment = find(name)
    assert len(assignment.mistakes) >= 8
    for problem in assignment.problems.values():
        assert problem.task and problem.visible and problem.hidden
        assert any(mistake.problem == problem.name for mistake in assignment.mistakes)


def test_the_declared_mistakes_are_many():
    assert len(NAMES) == 8
    assert sum(len(find(name).mistakes) for name in NAMES) >= 80


RNG = np.random.default_rng(0)
X, W, B = RNG.normal(size=(2, 3, 7, 6)), RNG.normal(size=(4, 3, 3, 3)), RNG.normal(size=4)
LOGITS, LABELS = RNG.normal(size=(5, 3)), RNG.integers(0, 3, 5)
POOLED = mg.max_pool2d(X, 2, 2, return_indices=True)


@pytest.mark.parametrize(
    ("name", "function", "arguments", "expected"),
    [
        ("convolution", "conv_forward", (X, W, B, 2, 1), mg.conv2d(X, W, B, 2, 1)),
        ("convolution", "pad", (X, 2), np.pad(X, ((0, 0), (0, 0), (2, 2), (2, 2)))),
        ("pooling", "max_pool", (X, 2, 2), POOLED),
        ("pooling", "max_unpool", (*POOLED, (7, 6)), mg.max_unpool2d(*POOLED, 2, 2,
                                                                     output_size=(7, 6))),
        ("pooling", "transposed_conv", (RNG.normal(size=(2, 4, 3, 3)), W, 2, 1), None),
        ("network", "softmax", (LOGITS,), mg.softmax(LOGITS)),
        ("network", "cross_entropy", (LOGITS, LABELS), mg.cross_entropy(LOGITS, LABELS)),
        ("segmentation", "upsample", (X[0], 3),
         mg.interpolate(X[:1], scale_factor=3, mode="bilinear")[0]),
        ("style", "gram_matrix", (X[0],), np.einsum("chw,dhw->cd", X[0], X[0])),
    ],
)  # fmt: skip
def test_the_solutions_agree_with_minigrad(name, function, arguments, expected):
    value = getattr(find(name).solution, function)(*arguments)
    if expected is None:
        expected = mg.conv_transpose2d(arguments[0], W, None, 2, 1)
    for one, other in zip(*((v if isinstance(v, tuple) else (v,)) for v in (value, expected)),
                          strict=True):  # fmt: skip
        np.testing.assert_allclose(one, other, atol=1e-10)


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
