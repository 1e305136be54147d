"""A mark says what is right, and feedback what is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from minigrad.grading import Arrays, Check, Gradients, Property, Score, Submission, grade, load
from minigrad.grading.checking import faults
from minigrad.grading.comparison import Question
from minigrad.grading.submission import of_text
from minigrad.grading.trial import try_problem

from .conftest import SMALL


def question(expected, *inputs, mistakes=(), solution=None):
    return Question(inputs, expected, lambda: iter(mistakes), solution)


X = np.arange(6.0).reshape(2, 3) + 1


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (X, None), (X.astype(int), None), (X + 1e-12, None),
        (-X, "sign_flipped"), (3 * X, "scaled"), (X.T, "wrong_shape"), (X[0], "wrong_shape"),
        (X.astype(np.float16) + 1e-3, "wrong_dtype"), (X * np.nan, "nonfinite"),
        (None, "nothing_returned"), ((X, X), "wrong_count"), ("X", "wrong_type"),
        (X.astype(complex), "wrong_dtype"), (X + np.eye(2, 3), "different"), (0.0, "wrong_shape"),
    ],
)  # fmt: skip
def test_an_array_is_judged_by_form_then_by_value(answer, cause):
    verdict = Arrays().judge(answer, question(X))
    assert verdict.score == (1.0 if cause is None else 0.0)
    causes = [f.cause for f in verdict.findings]
    assert causes[:1] == ([] if cause is None else [cause]), verdict.findings


def test_each_of_several_arrays_earns_its_share():
    verdict = Arrays(["a", "b", "c", "d"]).judge((X, X, X, -X), question((X, X, X, X)))
    assert verdict.score == 0.75
    assert "d" in verdict.findings[0].sentence


def test_a_declared_mistake_is_named_and_all_that_fit_are():
    mistakes = [("one too much", X + 1), ("one too much, twice said", X + 1), ("twice", 2 * X)]
    verdict = Arrays().judge(X + 1, question(X, mistakes=mistakes))
    assert [f.sentence for f in verdict.findings] == ["one too much", "one too much, twice said"]


def test_a_gradient_gets_the_diagnosis_of_the_gradient_check():
    def backward(g, x):
        return g * 2 * x

    grad_out = np.ones((3, 2))
    x = np.arange(1.0, 7).reshape(3, 2)
    compare = Gradients(["dx"], forward=lambda x: x**2)
    asked = question(backward(grad_out, x), grad_out, x, solution=backward)
    verdict = compare.judge(3 * backward(grad_out, x), asked)
    assert "exactly 3 × the expected one, and 3 is the batch size" in verdict.findings[0].sentence


def test_a_property_gives_credit_for_each_demand():
    compare = Property(lambda y, x: [Check(True, "a"), Check(False, "b", 3)], lambda x: x.shape)
    verdict = compare.judge(X, question(X, X))
    assert verdict.score == 0.25 and verdict.findings[0].sentence == "b"
    assert compare.judge(X[0], question(X, X)).findings[0].cause == "wrong_shape"


@pytest.mark.parametrize(("reached", "score"), [(0.4, 0), (0.5, 0), (0.7, 0.5), (0.9, 1), (1, 1)])
def test_a_score_earns_between_floor_and_target(reached, score):
    compare = Score(lambda y, x: reached, lambda x: x.shape, 0.5, 0.9)
    assert compare.judge(X, question(X, X)).score == pytest.approx(score)


def test_the_small_assignment_is_proved(launcher, small):
    assert list(faults(small, launcher)) == []


def test_a_wrong_declaration_is_found(launcher, tmp_path):
    for file in SMALL.glob("*.py"):
        text = file.read_text().replace("the root is missing\"", "the root is missing\", earns=0.5")
        (tmp_path / file.name).write_text(text)
    (tmp_path / "starter.py").write_text((SMALL / "solution.py").read_text())
    found = list(faults(load(tmp_path), launcher))
    assert len(found) == 3
    assert any("the starter earns" in fault for fault in found)
    assert any("should earn 1" in fault for fault in found)


def test_the_same_submission_gets_the_same_result(launcher, small):
    text = of_text(small.wrong_text(small.mistakes[0]))
    first, second = (str(grade(small, text, "ann", b"s", launcher=launcher)) for _ in range(2))
    assert first == second and "there is no bias to add" in first


def test_students_get_different_numbers(launcher, small):
    text = of_text(small.solution_text.replace("x @ weight", "x @ weight * 2"))
    results = [grade(small, text, student, b"s", launcher=launcher) for student in ("ann", "bob")]
    assert len({result.problems[0].cases[0].inputs for result in results}) == 2


def test_other_files_can_be_imported_but_shadow_nothing(launcher, small):
    files = {
        "a.py": "import numpy as np, json, own\nassert json.dumps\n" + small.solution_text
        + "affine = own.affine\n",
        "own.py": "def affine(x, weight): return x @ weight\n",
        "numpy.py": "raise ValueError", "json.py": "raise ValueError",
        "sandbox.py": "raise ValueError", "sitecustomize.py": "raise ValueError",
        "conftest.py": "raise ValueError",
    }  # fmt: skip
    result = grade(small, Submission("a.py", files), launcher=launcher)
    assert result.total == result.points, result


def test_what_is_printed_is_kept_and_capped(launcher, small):
    text = of_text("print('loading')\n" + small.solution_text.replace(
        "    return x @ weight", "    print('here ' * 5000)\n    return x @ weight"))  # fmt: skip
    case = grade(small, text, launcher=launcher).problems[0].cases[0]
    assert case.status == "OK"
    assert case.printed.startswith("loading\nhere here") and len(case.printed) <= 10_010


def test_a_failure_of_the_grader_costs_nothing_and_is_loud(launcher, tmp_path):
    for file in SMALL.glob("*.py"):
        (tmp_path / file.name).write_text(file.read_text())
    assignment = tmp_path / "assignment.py"
    assignment.write_text(assignment.read_text().replace("rng.normal(size=(2, 3))", "rng.oops()"))
    broken = load(tmp_path)
    result = grade(broken, of_text(broken.solution_text), launcher=launcher)
    assert result.withheld and result.problems[1].status == "GRADER_ERROR"
    assert "oops" in result.problems[1].cases[0].detail
    assert "oops" not in result.problems[1].cases[0].feedback


def test_one_tries_the_visible_cases_on_ones_own(small, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(small.wrong_text(small.mistakes[0]))
    result = try_problem(small, "affine", file)
    assert [case.name for case in result.cases] == ["three rows"]
    assert result.cases[0].feedback == "there is no bias to add"
    assert try_problem(small, "norm", file).status == "OK"
