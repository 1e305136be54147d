"""Primitives: declared in ten lines, called in every form, with errors that say what is wrong."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import minigrad as mg
from minigrad import numpy_protocol

primitive = sys.modules["minigrad.primitive"]  # the package's attribute is the decorator


def leaf(*values):
    return mg.Tensor(np.array(values), requires_grad=True)


@pytest.fixture(autouse=True)
def _tables_restored():
    tables = (primitive._TABLE, numpy_protocol.IMPLEMENTATIONS)
    before = [dict(table) for table in tables]
    yield
    for table, content in zip(tables, before, strict=True):
        table.clear()
        table.update(content)


@pytest.fixture
def cube():
    """A primitive of a user's: an input each with and without a derivative, and a setting."""

    @mg.primitive(name="test_cube", formula="s · x³", broadcasts=True)
    def cube(x, y, /, scale=1.0):
        return scale * x**3 + y

    @cube.vjp("x", "ȳ · 3 s x²")
    def cube_x(g, x, scale):
        return g * 3 * scale * np.square(x)

    @cube.vjp("y", "ȳ")
    def cube_y(g):
        return g

    return cube


# ---- calling ----------------------------------------------------------------------------------


def test_a_users_primitive_is_differentiated_twice_and_listed(cube):
    x, y = leaf(1.0, 2.0), leaf(3.0)
    value = cube(x, y, scale=2)
    np.testing.assert_array_equal(value.data, [5, 19])
    first = mg.grad(value.sum(), [x, y], create_graph=True)
    np.testing.assert_array_equal(first[0].data, [6, 24])
    np.testing.assert_array_equal(first[1].data, [2])
    (second,) = mg.grad(first[0].sum(), x)
    np.testing.assert_array_equal(second.data, [12, 24])
    assert mg.primitives()["test_cube"] is cube


def test_on_plain_arrays_it_is_a_plain_function(cube):
    value = cube(np.array([1.0, 2.0]), np.array([3.0]))
    assert type(value) is np.ndarray
    np.testing.assert_array_equal(value, [4, 11])


def test_arguments_come_by_position_or_by_name(cube):
    x = leaf(2.0)
    for value in (cube(x, 1.0, 2), cube(x, 1.0, scale=2), cube(x, y=1.0, scale=2)):
        np.testing.assert_array_equal(value.data, [17])


@pytest.mark.parametrize(("arguments", "options", "message"), [
    ((1.0,), {}, "misses its argument 'y'"),
    ((1.0, 2.0, 3.0, 4.0), {}, "at most 3 arguments"),
    ((1.0, 2.0), {"scael": 3}, "did you mean scale"),
    ((1.0, 2.0, 3.0), {"scale": 3}, "two values for 'scale'"),
])  # fmt: skip
def test_a_wrong_call_is_explained(cube, arguments, options, message):
    with pytest.raises(TypeError, match=message):
        cube(*arguments, **options)


def test_the_table_cannot_be_written_to():
    with pytest.raises(TypeError):
        mg.primitives()["exp"] = None


def test_a_primitive_stands_for_a_numpy_function():
    @mg.primitive(name="test_sinc", numpy=np.sinc)
    def sinc(x, /):
        return np.sinc(x)

    @sinc.vjp("x")
    def sinc_x(g, x, y):
        return g * (np.cos(np.pi * x) - y) / x

    x = leaf(0.5)
    np.sinc(x).sum().backward()
    np.testing.assert_allclose(x.grad, [-4 / np.pi])


# ---- wrong declarations -----------------------------------------------------------------------


def test_the_slash_is_needed():
    with pytest.raises(TypeError, match="'/'"):

        @mg.primitive(name="test_no_slash")
        def no_slash(x):
            return x


def test_a_rule_names_one_of_the_inputs(cube):
    with pytest.raises(ValueError, match="no input 'z', only x, y"):
        cube.vjp("z")


def test_a_rule_asks_only_for_what_there_is():
    @mg.primitive(name="test_asks")
    def asks(x, /):
        return x

    with pytest.raises(TypeError, match=r"asks for 'result'; there is only .*x_shape, y"):

        @asks.vjp("x")
        def asks_x(g, result):
            return g


def test_a_name_in_use_elsewhere_is_refused():
    with pytest.raises(ValueError, match="'exp' already"):

        @mg.primitive
        def exp(x, /):
            return x


def test_a_rule_cannot_ask_for_an_argument_called_like_the_output():
    @mg.primitive(name="test_product")
    def product(x, y, /):
        return x * y

    with pytest.raises(TypeError, match="the output and also the name of an argument"):
        product.vjp("x")(lambda g, y: g * y)


def test_a_rule_can_be_declared_anew(cube):
    x = leaf(2.0)
    assert mg.grad(cube(x, np.ones(1)), x)[0].data == 12
    cube.vjp("x")(lambda g, x_shape: g * len(x_shape))
    assert mg.grad(cube(x, np.ones(1)), x)[0].data == 1


def test_an_unknown_declaration_is_refused():
    with pytest.raises(TypeError, match="formulae"):

        @mg.primitive(name="test_unknown", formulae="x")
        def unknown(x, /):
            return x


def test_linear_names_inputs():
    with pytest.raises(TypeError, match=r"linear in 'w'.*inputs are x"):

        @mg.primitive(name="test_linear", linear=("w",))
        def linear(x, /):
            return x


def test_extra_values_must_be_returned():
    @mg.primitive(name="test_saves", saves=("mask",))
    def saves(x, /):
        return x

    with pytest.raises(TypeError, match=r"saves=\('mask',\).*not ndarray"):
        saves(leaf(1.0, 2.0))


def test_an_input_without_a_rule_has_no_derivative():
    @mg.primitive(name="test_no_rule")
    def no_rule(x, /):
        return x * 2

    with pytest.raises(TypeError, match=r"no derivative with respect to x.*detach"):
        no_rule(leaf(1.0))
    np.testing.assert_array_equal(no_rule(mg.Tensor([1.0])).data, [2])


# ---- wrong rules ------------------------------------------------------------------------------


@pytest.mark.parametrize("broadcasts", [False, True])
@pytest.mark.parametrize("wrong", [
    lambda g: np.ones(5), lambda g: np.ones((3, 1)), lambda g: np.ones((2, 3)), lambda g: 1.0,
])  # fmt: skip
def test_a_gradient_of_the_wrong_shape_names_operation_shapes_and_line(broadcasts, wrong):
    @mg.primitive(name="test_wrong_shape", broadcasts=broadcasts)
    def wrong_shape(x, /):
        return x * 2

    wrong_shape.vjp("x")(wrong)
    x = leaf(1.0, 2.0, 3.0)
    y = wrong_shape(x)
    expected = rf"test_wrong_shape to x .*\(3,\).*test_primitive\.py:{line_above()}"
    with pytest.raises(ValueError, match=expected):
        y.sum().backward()
    assert x.grad is None


def line_above():
    return sys._getframe(1).f_lineno - 1


def test_a_rule_that_returns_no_numbers_is_named():
    @mg.primitive(name="test_nothing")
    def nothing(x, /):
        return x * 2

    @nothing.vjp("x")
    def nothing_x(g):
        return None

    with pytest.raises(TypeError, match="rule of test_nothing to x returned object"):
        nothing(leaf(1.0)).sum().backward()


def test_the_engine_undoes_broadcasting_and_casts(cube):
    x = mg.Tensor(np.ones((2, 1, 3), np.float32), requires_grad=True)
    y = mg.Tensor(np.ones((4, 1)), requires_grad=True)
    cube(x, y).sum().backward()
    assert (x.grad.shape, x.grad.dtype) == ((2, 1, 3), np.float32)
    np.testing.assert_array_equal(x.grad, np.full((2, 1, 3), 12))
    np.testing.assert_array_equal(y.grad, np.full((4, 1), 6))


def test_a_rule_runs_only_for_inputs_that_need_a_gradient():
    calls = []

    @mg.primitive(name="test_lazy")
    def lazy(a, b, /):
        return a * b

    @lazy.vjp("a")
    def lazy_a(g, b):
        calls.append("a")
        return g * b

    @lazy.vjp("b")
    def lazy_b(g, a):
        calls.append("b")
        return g * a

    a, b = leaf(2.0), leaf(3.0)
    lazy(a, b.detach()).backward()
    assert calls == ["a"]
    assert "a" not in lazy(a, b.detach()).node.values  # and nothing is kept for the others
    mg.grad(lazy(a, b), b)
    assert calls == ["a", "b"]


def test_any_number_of_inputs_share_one_rule():
    @mg.primitive(name="test_total")
    def total(*xs):
        return sum(xs)

    @total.vjp("xs")
    def total_xs(g, index):
        return g * (index + 1)

    xs = [leaf(1.0), mg.Tensor([5.0]), leaf(2.0)]
    total(*xs).backward()
    assert [None if x.grad is None else x.grad[0] for x in xs] == [1, None, 3]
