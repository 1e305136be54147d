"""The cursor drives the engine's loop, and going back restores what the engine held."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.stepping import (
    Stepper,
    on_exploding,
    on_nan,
    on_operation,
    on_tensor,
    on_vanishing,
    recording,
)

from .tapes import build, programs


def states(output, **options):
    """What the engine holds before each step and at the end: the oracle."""
    tape = mg.tape(output)
    with mg.backward_rules(**options):
        found = []
        for step in tape.steps():
            found.append({target: value.copy() for target, value in step.sums.items()})
    return found


def assert_same(sums, expected):
    assert sums.keys() == expected.keys()
    for target, value in expected.items():
        assert sums[target].dtype == value.dtype
        np.testing.assert_array_equal(sums[target], value, strict=True)


@given(programs, st.lists(st.booleans(), min_size=1, max_size=60))
def test_after_any_moves_the_sums_are_the_engines(program, moves):
    output, _ = build(program)
    expected = states(output)
    stepper = Stepper(output)
    start = dict(stepper.sums)
    for forward in moves:
        stepper.next() if forward else stepper.back()
        assert_same(stepper.sums, expected[stepper.position - 1] if stepper.position else start)


@given(programs)
def test_stepping_to_the_end_gives_the_gradients_of_backward_bit_for_bit(program):
    output, leaves = build(program)
    stepper = Stepper(output)
    while stepper.next():
        pass
    output.backward()
    for leaf in leaves:
        gradient = stepper.gradient(leaf)
        assert (gradient is None) == (leaf.grad is None)
        if gradient is not None:
            np.testing.assert_array_equal(gradient, leaf.grad, strict=True)


@given(programs)
def test_the_addends_at_a_tensor_sum_to_what_the_engine_has(program):
    output, _ = build(program)
    stepper = Stepper(output)
    while record := stepper.next():
        for sent in record.contributions:
            assert sent.addends[-1].value is sent.value
            total = sent.addends[0].value
            for addend in sent.addends[1:]:
                total = total + addend.value
            np.testing.assert_array_equal(total, sent.total)
        np.testing.assert_array_equal(
            record.contributions[-1].total, stepper.sums[record.contributions[-1].target]
        )


def test_stepping_touches_no_grad_and_keeps_the_tape():
    x = mg.Tensor([1.0, 2.0], requires_grad=True)
    output = (x * x).sum()
    stepper = Stepper(output)
    stepper.go(len(stepper))
    assert x.grad is None
    output.backward()
    assert x.grad.tolist() == [2, 4]


def test_hooks_act_once_and_going_back_shows_what_was_there_before():
    x = mg.Tensor(3.0, requires_grad=True)
    y = x * x
    calls = []
    y.register_hook(lambda g: calls.append("node") or 10 * g)
    x.register_hook(lambda g: calls.append("leaf") or -g)
    stepper = Stepper(y * 1.0)
    for _ in range(3):
        stepper.go(2)
        assert float(stepper.sums[x]) == -60
        stepper.back()
        assert x not in stepper.sums and float(stepper.sums[y.node]) == 1
    assert calls == ["node", "leaf"]


def test_the_rules_in_force_are_those_when_it_was_made():
    x = mg.Tensor([-1.0, 2.0], requires_grad=True)
    output = mg.relu(x).sum()
    with mg.backward_rules(relu=lambda g: 7 * g):
        stepper = Stepper(output)
    record = stepper.go(2)
    assert record.contributions[0].value.tolist() == [7, 7]
    assert record.contributions[0].rule == "rule"


def test_several_outputs_and_gradients_of_ones_own():
    x = mg.Tensor([1.0, 2.0], requires_grad=True)
    a, b = x * 2, mg.exp(x)
    stepper = Stepper(a, b, gradients=([1.0, 0.0], [0.0, 1.0]))
    stepper.go(2)
    expected = mg.grad((a, b), x, ([1.0, 0.0], [0.0, 1.0]))[0]
    np.testing.assert_array_equal(stepper.gradient(x), expected.data)


def test_a_freed_tape_is_refused_with_the_fix():
    x = mg.Tensor(2.0, requires_grad=True)
    y = x * x
    y.backward()
    with pytest.raises(mg.FreedTapeError, match="retain_tape"):
        Stepper(y)


def test_a_leaf_alone_has_no_steps():
    x = mg.Tensor(2.0, requires_grad=True)
    stepper = Stepper(x)
    assert len(stepper) == 0 and stepper.next() is None and stepper.back() is None
    assert float(stepper.gradient(x)) == 1


def test_the_ends_stay_where_they_are():
    stepper = Stepper(mg.Tensor(2.0, requires_grad=True) * 3)
    assert stepper.back() is None and stepper.position == 0
    stepper.next()
    assert stepper.next() is None and stepper.position == 1
    with pytest.raises(ValueError, match="there are 1 steps"):
        stepper.go(2)


def test_the_forward_walk_has_every_value_that_was_recorded():
    x = mg.Tensor([1.0, -2.0], requires_grad=True)
    with recording():
        h = mg.relu(x + 1.5)
        output = (h * h).sum()
        stepper = Stepper(output, direction="forward")
    seen = []
    while record := stepper.next():
        seen.append(record.operation)
        assert all(given.value is not None for given in record.inputs)
    assert seen == ["add", "relu", "multiply", "sum"]
    assert stepper.record.output == output.data
    stepper.turn()
    assert stepper.direction == "backward" and stepper.position == 0


def test_the_source_line_is_the_users():
    x = mg.Tensor(1.0, requires_grad=True)
    record = Stepper(mg.exp(x)).next()
    assert record.where.startswith("test_cursor.py:")


def test_an_output_that_another_one_uses_keeps_its_own_gradient_as_an_addend():
    x = mg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    h = mg.exp(x)
    both = (h, h * 3.0)
    stepper = Stepper(*both, gradients=([1.0, 1.0], [1.0, 1.0]))
    record = stepper.next()
    assert [addend.origin for addend in record.contributions[0].addends] == ["seed", "%1"]
    assert record.contributions[0].total.tolist() == [4, 4]
    stepper.back()
    assert stepper.sums[h.node].tolist() == [1, 1]


def test_a_rule_that_fails_fails_each_time_and_what_came_before_stays():
    x = mg.Tensor([1.0, 2.0], requires_grad=True)
    output = mg.relu(x).sum()
    with mg.backward_rules(relu=lambda g: g[7]):
        stepper = Stepper(output)
    stepper.next()
    for _ in range(2):
        with pytest.raises(IndexError):
            stepper.next()
        assert stepper.record.operation == "sum"
    stepper.back()
    assert stepper.next().operation == "sum"


# ---- running ----------------------------------------------------------------------------------


def chain():
    x = mg.Tensor([1.0, 0.5], requires_grad=True, name="x")
    h = mg.exp(x)
    h.name = "h"
    return x, (mg.tanh(h) * 1e6).sum()


def test_run_until_a_name_an_index_or_a_condition():
    _, output = chain()
    stepper = Stepper(output)
    assert stepper.run_until("tanh").operation == "tanh"
    assert stepper.run_until(1).operation == "sum"
    assert stepper.run_until(lambda record: record.label == "h").operation == "exp"
    assert stepper.run_until("sum") is None and stepper.position == len(stepper)
    stepper.go(0)
    assert stepper.run_until("x").operation == "exp"
    with pytest.raises(ValueError, match="named 'relu'; its operations are exp, multiply"):
        stepper.run_until("relu")


@pytest.mark.parametrize(
    ("point", "operation"),
    [
        (on_operation("tanh"), "tanh"),
        (on_tensor("x"), "exp"),
        (on_tensor("h"), "tanh"),
        (on_exploding(1e5), "multiply"),
        (on_vanishing(2.0), "sum"),
    ],
)
def test_run_stops_at_breakpoints(point, operation):
    _, output = chain()
    stepper = Stepper(output)
    stepper.breakpoints.append(point)
    record, hit = stepper.run()
    assert record.operation == operation and hit is point


@pytest.mark.parametrize("direction", ["backward", "forward"])
def test_run_stops_at_the_first_nan(direction):
    x = mg.Tensor([-1.0, 4.0], requires_grad=True)
    with np.errstate(all="ignore"), recording():
        output = mg.exp(mg.sqrt(x) * 1.0).sum()
        stepper = Stepper(output, direction=direction)
        stepper.breakpoints.append(on_nan())
        record, _ = stepper.run()
    assert record.operation == ("sqrt" if direction == "forward" else "exp")


def test_run_without_a_hit_goes_to_the_end():
    _, output = chain()
    stepper = Stepper(output)
    stepper.breakpoints.append(on_nan())
    assert stepper.run() is None and stepper.position == len(stepper)


def test_find_goes_round():
    _, output = chain()
    stepper = Stepper(output)
    assert stepper.find("exp") == 4
    stepper.go(4)
    assert stepper.find("sum") == 1
    assert stepper.find("nothing") is None


def test_a_tape_of_ten_thousand_nodes_is_walked_both_ways():
    x = mg.Tensor(0.5, requires_grad=True)
    h = x
    for _ in range(10_000):
        h = mg.sin(h)
    stepper = Stepper(h)
    stepper.go(10_000)
    end = stepper.gradient(x)
    stepper.go(0)
    stepper.go(10_000)
    assert stepper.gradient(x) == end
    h.backward()
    assert x.grad == end
