"""Every primitive in the table keeps every promise; deliberately wrong ones are caught."""

from __future__ import annotations

import sys
from contextlib import contextmanager

import numpy as np
import pytest

import minigrad as mg

from . import conformance
from .conformance import CHECKS, Case

PRIMITIVES = sorted(name for name, p in mg.primitives().items() if "minigrad" in p.__module__)


def cases(primitive):
    """One case a sample."""
    assert primitive.sample is not None, f"{primitive.name} declares no sample to be tested with"
    for seed, (inputs, options) in enumerate(primitive.sample(np.random.default_rng(0))):
        yield Case(primitive, inputs, options, seed)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", PRIMITIVES)
def test_primitive_keeps_its_promise(name, check):
    for case in cases(mg.primitives()[name]):
        check(case)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_the_order_of_bytes_does_not_change_a_result(name):
    for case in cases(mg.primitives()[name]):
        conformance.byte_order(case)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_primitive_describes_itself(name):
    primitive = mg.primitives()[name]
    assert primitive.formula
    assert any(rule is not None for rule in primitive.rules)
    assert all(rule is None or rule.formula for rule in _rules(primitive))
    assert (primitive.branches is None) or primitive.kinks


def _rules(primitive):
    return [primitive.rules[0]] if primitive.variadic else primitive.rules


# ---- the tests of the tests -------------------------------------------------------------------


def square(x, /):
    return x * x


def square_with_its_slope(x, /):
    return x * x, 2 * x


def square_that_scales_its_input(x, /):
    x *= 1.5
    return x * x / 2.25


def square_in_the_order_of_memory(x, /):
    return np.ravel(x, order="K").reshape(x.shape) ** 2


def square_in_double_precision(x, /):
    return np.asarray(x, np.float64) ** 2


def minus(x, /):
    return -x


def halved_where_negative(g, x):
    return g * 2 * x * np.where(x < 0, 0.5, 1)


def detached(g, x):
    return g * 2 * (x.detach() if isinstance(x, mg.Tensor) else x)


def written_to(g, x):
    g *= 2
    return g * x


WRONG = [
    ("factor forgotten", square, lambda g, x: g * x, {}, "first_gradient"),
    ("sign flipped", square, lambda g, x: -g * 2 * x, {}, "first_gradient"),
    ("cotangent forgotten", square, lambda g, x: 2 * x, {}, "first_gradient"),
    ("transposed", square, lambda g, x: np.transpose(g * 2 * x), {}, "first_gradient"),
    ("one branch halved", square, halved_where_negative, {}, "first_gradient"),
    ("slope held constant", square_with_its_slope, lambda g, slope: g * slope,
     {"saves": ("slope",)}, "second_gradient"),
    ("input detached", square, detached, {}, "second_gradient"),
    ("input written to", square_that_scales_its_input, lambda g, x: g * 2 * x, {},
     "inputs_untouched"),
    ("cotangent written to", square, written_to, {}, "rules_write_nowhere"),
    ("order of memory", square_in_the_order_of_memory, lambda g, x: g * 2 * x, {},
     "memory_layouts"),
    ("widened", square_in_double_precision, lambda g, x: g * 2 * x, {}, "single_precision"),
    ("not linear", square, lambda g, x: g * 2 * x, {"linear": "x"}, "adjoint"),
    ("not the adjoint", minus, lambda g: g, {"linear": "x"}, "adjoint"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("forward", "rule", "declaration", "check"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG]
)
def test_a_wrong_primitive_is_caught(forward, rule, declaration, check):
    wrong = mg.Primitive(forward, **declaration)
    wrong.vjp("x", "wrong")(rule)
    x = np.random.default_rng(1).normal(size=(3, 3))
    with pytest.raises((AssertionError, ValueError)):
        getattr(conformance, check)(Case(wrong, (x,), {}, 0))


def test_the_right_primitive_passes_every_check_that_catches_the_wrong_ones():
    right = mg.Primitive(square)
    right.vjp("x", "ȳ · 2x")(lambda g, x: g * 2 * x)
    x = np.random.default_rng(1).normal(size=(3, 3))
    for check in {w[4] for w in WRONG}:
        getattr(conformance, check)(Case(right, (x,), {}, 0))


def _case(name):
    return next(cases(mg.primitives()[name]))


def test_a_shared_gradient_is_caught(monkeypatch):
    monkeypatch.setattr(mg.Tape, "unaliased", lambda tape, gradients: gradients)
    with pytest.raises(AssertionError):
        conformance.nothing_aliased(_case("add"))


def test_an_array_kept_without_a_copy_is_caught(monkeypatch):
    engine = sys.modules[mg.Primitive.__module__]
    monkeypatch.setattr(engine, "_unreachable", lambda argument, array: array)
    with pytest.raises(AssertionError):
        conformance.later_writes_harmless(_case("square"))


def test_a_context_that_is_not_restored_is_caught(monkeypatch):
    @contextmanager
    def leaking(**rules):
        left_open.append(backward_rules(**rules))
        left_open[-1].__enter__()
        yield

    left_open, backward_rules = [], mg.backward_rules
    monkeypatch.setattr(mg, "backward_rules", leaking)
    with pytest.raises(AssertionError):
        conformance.contexts_restored(_case("square"))
    for context in reversed(left_open):
        context.__exit__(None, None, None)
