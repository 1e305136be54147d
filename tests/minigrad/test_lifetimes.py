"""What is kept, how long, and what a tape that was freed says."""

from __future__ import annotations

import gc
import sys
import weakref

import numpy as np
import pytest

import minigrad as mg


def leaf(*values):
    return mg.Tensor(np.array(values), requires_grad=True)


@pytest.fixture
def no_collector():
    """Nothing may depend on the cycle collector."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def engine_objects():
    """How many Tensors and nodes there are, whatever else the process holds."""
    return sum(issubclass(type(thing), (mg.Tensor, mg.Node)) for thing in gc.get_objects())


# ---- freed tapes ------------------------------------------------------------------------------


def test_a_second_backward_over_a_freed_tape_names_operation_and_line():
    x = leaf(1.0)
    y = np.exp(x)
    line = sys._getframe().f_lineno - 1
    y.backward()
    with pytest.raises(RuntimeError, match=rf"exp .*test_lifetimes\.py:{line}.*retain_tape=True"):
        y.backward()
    with pytest.raises(mg.FreedTapeError):
        (y * 2).backward()
    np.testing.assert_array_equal(x.grad, np.exp([1.0]))


def test_a_retained_tape_can_be_walked_again():
    x = leaf(3.0)
    y = x * x
    y.backward(retain_tape=True)
    y.backward()
    np.testing.assert_array_equal(x.grad, [12])
    with pytest.raises(RuntimeError, match="multiply"):
        y.backward()


def test_grad_frees_unless_told_otherwise():
    x = leaf(3.0)
    y = x * x
    mg.grad(y, x, retain_tape=True)
    mg.grad(y, x, create_graph=True)
    mg.grad(y, x)
    with pytest.raises(RuntimeError, match="multiply"):
        mg.grad(y, x)


def test_a_failed_backward_can_be_repeated_above_the_failure():
    x = leaf(3.0)
    y = np.exp(x * 2)
    with pytest.raises(ValueError, match="shape"):
        y.backward(np.ones(2))
    y.backward()
    np.testing.assert_allclose(x.grad, 2 * np.exp([6.0]))


# ---- what is kept -----------------------------------------------------------------------------


def test_only_what_a_rule_asks_for_is_kept(no_collector):
    x = leaf(1.0, 2.0)
    intermediate = x * 2
    values = weakref.ref(intermediate.array)
    y = intermediate + 1  # its rule needs no values
    del intermediate
    assert values() is None
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [2, 2])


def test_activations_are_freed_as_the_walk_passes(no_collector):
    x = leaf(1.0, 2.0)
    activations = []
    y = x
    for _ in range(5):
        y = np.exp(y * 0.1)
        activations.append(weakref.ref(y.array))
    output = (y * 3).sum()
    del y
    assert all(activation() is not None for activation in activations)
    walk = mg.tape(output).steps(free=True)
    seen = 0
    for step in walk:
        if step.node.primitive.name == "exp":
            seen += 1
            alive = [activation() is not None for activation in activations]
            assert alive == [True] * (6 - seen) + [False] * (seen - 1)
        del step
    assert seen == 5
    assert not any(activation() is not None for activation in activations)


def test_gradients_between_are_freed_as_the_walk_passes(no_collector):
    made = []

    def rule(g):
        gradient = g * 2
        made.append(weakref.ref(gradient))
        assert sum(reference() is not None for reference in made) <= 2
        return gradient

    x = leaf(1.0, 2.0)
    y = x
    for _ in range(6):
        y = -y
    with mg.backward_rules(negative=rule):
        y.sum().backward()
    assert len(made) == 6


def test_a_result_that_needs_no_gradient_keeps_nothing(no_collector):
    with mg.no_grad():
        x = leaf(1.0)
        hidden = np.exp(x)
        values = weakref.ref(hidden.array)
        y = hidden * 2
        del hidden
    assert values() is None
    np.testing.assert_array_equal(y.data, 2 * np.exp([1.0]))


# ---- nothing leaks ----------------------------------------------------------------------------


def step(x, w):
    hidden = np.tanh(x @ w)
    loss = (hidden * hidden).mean()
    loss.backward()
    return loss.item()


def step_of_higher_order(x, w):
    (gradient,) = mg.grad(np.tanh(x @ w).sum(), w, create_graph=True)
    (gradient * gradient).sum().backward()


def step_dropped_halfway(x, w):
    for _ in mg.tape(np.tanh(x @ w).sum()).steps():
        break


def step_that_fails(x, w):
    with pytest.raises(ValueError, match="single derivative"):
        (x @ w).backward()


@pytest.mark.parametrize(
    "work", [step, step_of_higher_order, step_dropped_halfway, step_that_fails]
)
def test_thousands_of_steps_leave_nothing_behind(work):
    x = mg.Tensor(np.ones((4, 3)))
    w = mg.Tensor(np.full((3, 2), 0.1), requires_grad=True)
    work(x, w)
    gc.collect()
    before = engine_objects()
    count = 3000 if work is step else 500
    if work is not step_that_fails:  # pytest.raises makes cycles of its own
        gc.disable()
    try:
        for _ in range(count):
            work(x, w)
            w.zero_grad()
    finally:
        gc.enable()
    if work is step_that_fails:
        gc.collect()
    assert engine_objects() == before


def test_a_hook_and_a_retained_gradient_do_not_keep_the_graph_alive(no_collector):
    x = leaf(1.0)
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda gradient: None)
    node, values = weakref.ref(y.node), weakref.ref(y.array)
    y.backward()
    del y
    assert node() is None and values() is None


def test_writing_through_a_view_made_without_recording_changes_no_gradient():
    x = mg.Tensor(np.ones(3), requires_grad=True)
    h = x * 1.0
    y = (h * h).sum()
    with mg.no_grad():
        views = [h[1:], h.reshape(3, 1), np.transpose(h)]
    for view in views:
        view.data[...] = 100
    y.backward()
    np.testing.assert_array_equal(x.grad, [2.0, 2.0, 2.0])
