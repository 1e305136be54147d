"""What a record shows: numbers, formulas, values the tape still knows, and the check of a step."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad.primitive import Primitive
from minigrad.stepping import Stepper, recording
from minigrad.stepping.recording import call_of
from minigrad.stepping.values import Values

OURS = [p for p in mg.primitives().values() if p.__module__.startswith("minigrad.")]


def calls(primitive):
    """Outputs of a primitive on its samples, differentiable in all that has a rule."""
    for inputs, settings in primitive.sample(np.random.default_rng(0)):
        rules = primitive.rules if not primitive.variadic else [primitive.rules] * len(inputs)
        given = [
            mg.Tensor(x, requires_grad=True)
            if rule and np.asarray(x).dtype.kind == "f" else x
            for x, rule in zip(inputs, rules, strict=False)
        ]  # fmt: skip
        if any(isinstance(x, mg.Tensor) for x in given):
            output = primitive(*given, *inputs[len(given) :], **settings)
            if isinstance(output, mg.Tensor) and output.requires_grad:
                yield output


@pytest.mark.parametrize("primitive", OURS, ids=lambda p: p.name)
def test_no_step_of_any_primitive_fails_its_check(primitive):
    with recording():
        outputs = list(calls(primitive))
    for output in outputs:
        rng = np.random.default_rng(1)
        with np.errstate(all="ignore"):
            record = Stepper(output, gradients=(rng.normal(size=output.shape),)).next()
        assert str(record) and record.filled
        for check in record.check():
            assert check.ok is not False, str(check)


@pytest.mark.parametrize("primitive", OURS, ids=lambda p: p.name)
def test_what_a_tape_still_knows_is_true(primitive):
    for output in calls(primitive):
        values = Values(mg.tape(output))
        values._known.pop(output.node, None)  # as if it lay in the middle of a tape
        known = values.of(output.node)
        if known is not None:
            np.testing.assert_allclose(known, output.data, rtol=1e-12)


def test_a_constant_that_no_rule_needs_is_not_guessed():
    x = mg.Tensor([1.0, 2.0], requires_grad=True)
    y = x + np.array([10.0, 20.0])
    stepper = Stepper((y * 1.0).sum(), direction="forward")
    record = stepper.next()
    assert record.inputs[1].value is None and record.output is None
    assert "not kept" in "".join(str(c) for c in record.inputs[1:]) or record.filled == "[1 2] + b"


def test_a_frozen_bias_is_not_taken_for_none():
    x = mg.Tensor(np.ones((2, 3)), requires_grad=True)
    frozen = mg.Tensor(np.full(4, 100.0))
    y = mg.relu(mg.linear(x, np.ones((4, 3)), frozen))
    values = Values(mg.tape(y.sum()))
    assert values.of(mg.tape(y.sum()).nodes[0]) is None


def test_values_are_those_of_the_recording():
    x = mg.Tensor([1.0, 2.0], requires_grad=True)
    output = mg.exp(mg.square(x)).sum()
    x.data[...] = 99
    record = Stepper(output, direction="forward").next()
    assert record.inputs[0].value.tolist() == [1, 2]


def test_the_formula_has_the_numbers_in_it():
    a = mg.Tensor(2.0, requires_grad=True, name="a")
    b = mg.Tensor(-3.0, requires_grad=True, name="b")
    record = Stepper(a * b, gradients=(0.5,)).next()
    assert record.filled == "2 · (−3) = −6"
    assert [sent.filled for sent in record.contributions] == ["0.5 · (−3) = −1.5", "0.5 · 2 = 1"]


def test_of_a_larger_array_the_numbers_are_those_of_the_largest_contribution():
    x = mg.Tensor([1.0, -5.0, 2.0], requires_grad=True)
    record = Stepper(mg.square(x), gradients=([1.0, 1.0, 1.0],)).next()
    assert record.contributions[0].filled == "1 · 2·(−5) = −10 at [1]"


def test_a_check_of_another_rule_says_that_it_is_not_the_derivative():
    x = mg.Tensor([-1.0, 2.0], requires_grad=True)
    output = mg.relu(x)

    def guided(g, y):
        return np.maximum(g, 0) * (y > 0)

    with mg.backward_rules(relu=guided):
        stepper = Stepper(output, gradients=([1.0, -1.0],))
    (check,) = stepper.next().check()
    assert check.ok is False and "guided" in str(check)


def test_a_check_leaves_kinks_out_and_random_steps_alone():
    x = mg.Tensor([0.0, 2.0], requires_grad=True)
    (check,) = Stepper(mg.relu(x), gradients=([1.0, 1.0],)).next().check()
    assert check.ok and check.kinks == 1 and check.checked == 1
    with recording():
        output = mg.dropout(x, rng=np.random.default_rng(0))
    (check,) = Stepper(output, gradients=([1.0, 1.0],)).next().check()
    assert check.ok is None and "random" in str(check)


def test_recording_is_over_behind_its_with():
    before = Primitive._result
    with pytest.raises(ZeroDivisionError), recording(), recording():
        raise ZeroDivisionError
    assert Primitive._result is before
    x = mg.Tensor(1.0, requires_grad=True)
    assert call_of((x + 1.0).node) is None
