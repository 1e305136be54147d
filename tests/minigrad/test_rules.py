"""Other backward rules for a while: on recorded tapes, nested, limited, restored, loud."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import minigrad as mg


def leaf(*values):
    return mg.Tensor(np.array(values), requires_grad=True)


def guided(g, y):
    return np.maximum(g, 0) * (y > 0)


def deconvnet(g):
    return np.maximum(g, 0)


def gradient(y, x, cotangent):
    return mg.grad(y, x, [np.array(cotangent)], retain_tape=True)[0].data


def test_rules_act_on_a_tape_recorded_before_and_only_inside():
    x = leaf(-1.0, 2.0, 3.0)
    y = mg.relu(x)
    with mg.backward_rules(relu=guided):
        np.testing.assert_array_equal(gradient(y, x, [1.0, -1.0, 1.0]), [0, 0, 1])
    np.testing.assert_array_equal(gradient(y, x, [1.0, -1.0, 1.0]), [0, -1, 1])


def test_rules_do_not_act_on_a_tape_recorded_inside_and_walked_outside():
    x = leaf(2.0)
    with mg.backward_rules(relu=lambda g: g * 100):
        y = mg.relu(x)
    np.testing.assert_array_equal(gradient(y, x, [1.0]), [1])


def test_contexts_nest_and_the_innermost_rule_wins():
    x = leaf(-1.0, 2.0)
    y = np.exp(mg.relu(x)) * 0 + mg.relu(x)
    cotangent = [5.0, -5.0]
    with mg.backward_rules(relu=deconvnet, exp=lambda g: g):
        np.testing.assert_array_equal(gradient(y, x, cotangent), [5, 0])
        with mg.backward_rules(relu=guided):
            np.testing.assert_array_equal(gradient(y, x, cotangent), [0, 0])
        np.testing.assert_array_equal(gradient(y, x, cotangent), [5, 0])


def test_an_exception_restores_the_rules():
    x = leaf(2.0)
    y = mg.relu(x)

    def broken(g):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"), mg.backward_rules(relu=broken):
        y.backward(retain_tape=True)
    np.testing.assert_array_equal(gradient(y, x, [1.0]), [1])


@pytest.mark.parametrize("nodes", [["second"], "second"])
def test_rules_can_be_limited_to_named_nodes(nodes):
    x = leaf(1.0)
    first, second = mg.relu(x * 2), mg.relu(x * 3)
    first.name, second.name = "first", "second"
    y = first + second
    with mg.backward_rules(relu=lambda g: g * 10, nodes=nodes):
        np.testing.assert_array_equal(gradient(y, x, [1.0]), [32])
        with mg.backward_rules(relu=lambda g: g * 100, nodes=["first"]):
            np.testing.assert_array_equal(gradient(y, x, [1.0]), [230])


def test_an_unknown_name_is_refused_with_near_ones():
    with pytest.raises(ValueError, match=r"'rleu'.*relu"), mg.backward_rules(rleu=guided):
        pass


def test_the_number_of_rules_is_checked():
    with pytest.raises(ValueError, match="2 inputs"), mg.backward_rules(multiply=(guided,) * 3):
        pass


def test_a_rule_that_asks_for_what_was_not_kept_is_told_what_is():
    x = leaf(1.0)
    y = np.exp(x)
    with (
        mg.backward_rules(exp=lambda g, x: g * x),
        pytest.raises(ValueError, match=r"exp asks for 'x'.*keeps only y"),
    ):
        y.backward()
    assert x.grad is None
    joined = np.concatenate([x, x]).node.primitive.name
    with (
        mg.backward_rules(**{joined: lambda g, index, nothing: g}),
        pytest.raises(ValueError, match="asks for 'nothing'"),
    ):
        np.concatenate([x, x]).sum().backward()


def test_a_rule_for_one_input_leaves_the_others_alone():
    x, w = leaf(2.0), leaf(3.0)
    with mg.backward_rules(multiply=(None, lambda g: g * 100)):
        (x * w).backward()
    np.testing.assert_array_equal(x.grad, [3])
    np.testing.assert_array_equal(w.grad, [100])
    with mg.backward_rules(multiply=lambda g: g * 7):  # the other needs nothing here
        np.testing.assert_array_equal(mg.grad(x * 5, x)[0].data, [7])


def test_the_step_shows_the_rule_used():
    y = mg.relu(leaf(1.0))
    with mg.backward_rules(relu=guided):
        (step,) = mg.tape(y).steps()
    assert step.rules[0].function is guided
    (step,) = mg.tape(y).steps()
    assert step.rules[0] is mg.primitives()["relu"].rules[0]


def test_rules_serve_higher_order_too():
    x = leaf(3.0)
    with mg.backward_rules(square=lambda g, x: g * x * x * x):
        (first,) = mg.grad(np.square(x), x, create_graph=True)
    np.testing.assert_array_equal(first.data, [27])
    np.testing.assert_array_equal(mg.grad(first, x)[0].data, [27])


def test_other_threads_keep_their_own_rules():
    found = []

    def work():
        x = leaf(1.0)
        found.append(gradient(mg.relu(x), x, [1.0])[0])

    with mg.backward_rules(relu=lambda g: g * 100):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert found == [1]
