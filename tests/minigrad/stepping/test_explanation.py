"""Why it is zero, NaN or huge: the first operation that made it so."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.stepping import Stepper, explain, recording


def variable(data, name="x"):
    return mg.Tensor(data, requires_grad=True, name=name)


def test_dead_units_are_counted_and_the_relu_is_named():
    x = variable(np.full((1, 8), 1.0))
    with recording():
        h = mg.relu(mg.relu(mg.relu(x) * 2.0) - 100.0)
        answer = explain(x, h.sum())
    assert "the gradient of x is zero: all 8 units of relu 3 are dead for this input" in str(answer)
    assert "(recorded at test_explanation.py:" in str(answer)
    assert answer.node is h.node and answer.kind == "zero"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda x: mg.log(x), "log of 0 at [1]"),
        (lambda x: 1.0 / x, "division by 0 at [1]"),
        (lambda x: mg.exp(x * 1000.0), "exp of 2000 at [0]"),
        (lambda x: mg.sqrt(x - 1.0), "sqrt of −1 at [1]"),
    ],
)
def test_a_value_that_is_not_finite_is_traced_to_the_operation(make, words):
    x = variable([2.0, 0.0])
    with recording(), np.errstate(all="ignore"):
        answer = explain((make(x) * 1.0).sum())
    assert words in str(answer) and answer.kind == "nonfinite" and answer.of == "value"


def test_a_gradient_that_is_nan_because_the_forward_pass_was_is_traced_forward():
    x = variable([1.0, 0.0])
    with recording(), np.errstate(all="ignore"):
        loss = (mg.log(x) * x).sum()
        answer = explain(x, loss)
    assert "going forward, log of 0 at [1]" in str(answer)


def test_a_gradient_that_is_infinite_although_all_values_are_finite():
    x = variable([4.0, 0.0])
    with np.errstate(all="ignore"):
        answer = explain(x, mg.sqrt(x).sum())
    assert "∞ in 1 of 2 places: sqrt of 0 at [1]" in str(answer)


def test_a_huge_gradient_names_the_step_with_its_numbers():
    x = variable([1.0, 2.0])
    answer = explain(x, (x * np.array([3.0, 1e6])).sum())
    assert "huge, up to 1e+06: multiply 1 got at most 1 and sends 1 · 1e+06" in str(answer)


def test_a_vanishing_gradient_names_the_step():
    x = variable([30.0])
    answer = explain(x, mg.tanh(mg.tanh(x) * 30.0).sum())
    assert answer.kind in ("tiny", "zero") and "tanh" in str(answer)


def test_what_is_ordinary_or_not_there_is_said():
    x, other = variable([1.0, 0.0]), variable(1.0, "other")
    output = (x * x).sum()
    assert "ordinary: at most 2 in size, with 1 of 2 zero" in str(explain(x, output))
    assert "other is not on the tape" in str(explain(other, output))
    with pytest.raises(ValueError, match="requires no gradient"):
        explain(mg.Tensor(1.0))


def test_a_freed_tape_cannot_be_explained():
    x = variable([1.0, 0.0])
    loss = (x * x).sum()
    loss.backward()
    for wanted in ((x, loss), (loss,)):
        with pytest.raises(mg.FreedTapeError, match="retain_tape"):
            explain(*wanted)


def test_the_cursor_stays_where_it_is():
    x = variable([1.0, 2.0])
    stepper = Stepper(mg.relu(x * 2.0).sum())
    record = stepper.go(2)
    stepper.explain(x)
    assert stepper.position == 2 and stepper.record.label == record.label
