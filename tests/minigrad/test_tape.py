"""The tape: what it lists, what its one loop yields, and how it walks long and wide graphs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg


def leaf(*values, name=None):
    return mg.Tensor(np.array(values), requires_grad=True, name=name)


# ---- what it lists ----------------------------------------------------------------------------


def test_a_tape_prints_leaves_and_operations_in_the_order_of_recording():
    x, w = leaf(1.0, 2.0, name="x"), leaf(3.0, 4.0, name="w")
    hidden = x * w
    hidden.name = "hidden"
    loss = (hidden + x).sum()
    leaves, operations = sorted(str(mg.tape(loss)).splitlines()[:2]), str(mg.tape(loss))
    assert leaves == ["w = leaf (2,) float64", "x = leaf (2,) float64"]
    assert operations.splitlines()[2:] == [
        "hidden = multiply(x, w) -> (2,) float64",
        "%1 = add(hidden, x) -> (2,) float64",
        "%2 = sum(%1) -> () float64",
    ]


def test_a_tape_iterates_over_its_nodes():
    x = leaf(1.0)
    tape = mg.tape(np.exp(x * 2))
    assert [node.primitive.name for node in tape] == ["multiply", "exp"]
    assert len(tape) == 2
    assert tape.leaves == [x]


def test_nodes_say_where_they_were_recorded():
    x = leaf(1.0)
    y = np.exp(x) if x.size else None  # this line
    with open(__file__) as source:
        line = 1 + next(i for i, text in enumerate(source) if "# this line" in text)
    assert y.node.where == f"test_tape.py:{line}"
    assert repr(y.node).endswith("exp -> (1,) float64>")


def test_a_tape_of_several_outputs_holds_shared_nodes_once():
    x = leaf(1.0)
    shared = x * 2
    assert len(mg.tape(shared * 3, shared * 4)) == 3


def test_only_tensors_that_require_a_gradient_have_a_tape():
    with pytest.raises(TypeError, match="ndarray"):
        mg.tape(np.ones(2))
    with pytest.raises(ValueError, match="requires_grad=True"):
        mg.tape(mg.Tensor([1.0]))


# ---- steps ------------------------------------------------------------------------------------


def network(x, w):
    hidden = np.tanh(x @ w)
    return (hidden * hidden + np.exp(hidden) * x.sum()).mean()


def test_there_is_one_step_a_node_last_recorded_first():
    x = mg.Tensor(np.ones((2, 3)), requires_grad=True)
    w = mg.Tensor(np.ones((3, 4)), requires_grad=True)
    tape = mg.tape(network(x, w))
    steps = list(tape.steps())
    assert [step.node for step in steps] == list(tape)[::-1]
    for step in steps:
        assert step.cotangent.shape == step.node.shape
        assert len(step.contributions) == len(step.rules) == len(step.edges)
        for (_, _, shape, dtype), contribution in zip(step.edges, step.contributions, strict=True):
            assert (contribution.shape, contribution.dtype) == (shape, dtype)


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_exhausting_the_steps_gives_what_backward_gives_bit_for_bit(seed, hooked):
    rng = np.random.default_rng(seed)
    x = mg.Tensor(rng.normal(size=(2, 3)), requires_grad=True)
    w = mg.Tensor(rng.normal(size=(3, 4)), requires_grad=True)
    if hooked:
        x.register_hook(lambda gradient: gradient * 3)
    loss = network(x, w)
    for step in mg.tape(loss).steps():
        sums = step.sums
    assert x.grad is None
    loss.backward()
    np.testing.assert_array_equal(sums[x], x.grad)
    np.testing.assert_array_equal(sums[w], w.grad)


def test_running_sums_grow_step_by_step():
    x = leaf(1.0)
    y = x * 2 + x * 3 + x * 4
    arrived = [float(step.sums[x][0]) for step in mg.tape(y).steps(np.ones(1)) if x in step.sums]
    assert arrived == [4, 4, 7, 9]


def test_stepping_touches_no_gradient_of_a_retained_result():
    x = leaf(1.0)
    y = x * 2
    y.retain_grad()
    z = y * 3
    list(mg.tape(z).steps())
    assert y.grad is None
    z.backward()
    np.testing.assert_array_equal(y.grad, [3])


def test_a_step_names_the_rules_used():
    x = leaf(1.0)
    (step,) = mg.tape(np.exp(x)).steps()
    assert step.rules == [mg.primitives()["exp"].rules[0]]


def test_each_output_takes_a_gradient():
    x = leaf(1.0, 2.0)
    tape = mg.tape(x * 2, (x * 3).sum())
    *_, last = tape.steps([1.0, 10.0], 100.0)
    np.testing.assert_array_equal(last.sums[x], [302, 320])
    with pytest.raises(ValueError, match="1 output gradients for 2 outputs"):
        tape.steps([1.0, 10.0])
    with pytest.raises(TypeError, match="complex"):
        tape.steps([1j, 1j], 1.0)


# ---- long and wide ----------------------------------------------------------------------------


def test_a_chain_of_twenty_thousand_operations_neither_recurses_nor_loses_precision():
    x = leaf(1.0)
    y = x
    for _ in range(20_000):
        y = y * 1.0001
    assert len(str(mg.tape(y)).splitlines()) == 20_001
    y.backward()
    np.testing.assert_allclose(x.grad, 1.0001**20_000, rtol=1e-10)


def test_a_long_chain_is_forgotten_without_recursion():
    y = leaf(1.0)
    for _ in range(60_000):
        y = -y
    del y  # the interpreter would crash here


def test_a_long_chain_is_differentiated_twice():
    x = leaf(1.0)
    y = x
    for _ in range(3_000):
        y = y * x
    (first,) = mg.grad(y, x, create_graph=True)
    (second,) = mg.grad(first, x)
    np.testing.assert_allclose(second.data, 3_001 * 3_000)


def test_a_wide_fan_out_is_summed():
    x = leaf(1.0, 2.0)
    total = sum(x * i for i in range(1000))
    total.sum().backward()
    np.testing.assert_array_equal(x.grad, [499_500, 499_500])


def test_repeated_sharing_is_walked_once_a_node():
    x = leaf(1.0)
    y = x
    for _ in range(60):  # 2^60 paths
        y = y + y
    assert len(list(mg.tape(y).steps())) == 60
    y.backward()
    np.testing.assert_array_equal(x.grad, [2.0**60])


def test_a_node_recorded_inside_a_layer_names_the_line_that_called_the_model():
    import layers

    model = layers.Sequential(layers.Linear(2, 1, rng=0), layers.ReLU())
    y = model(mg.Tensor(np.ones((1, 2), np.float32)))
    assert y.node.where.startswith("test_tape.py:")


def test_a_gradient_without_axes_is_an_array_also_where_two_paths_meet():
    x = mg.Tensor(2.0, requires_grad=True)
    (x * x + x).backward()
    assert type(x.grad) is np.ndarray
    assert x.grad == 5.0
