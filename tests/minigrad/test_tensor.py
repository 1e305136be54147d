"""Tensor: what it holds, what it refuses, and that no write ever changes a gradient."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg


def leaf(*values, **options):
    return mg.Tensor(np.array(values, **options), requires_grad=True)


# ---- data and grad ----------------------------------------------------------------------------


def test_an_array_is_not_copied():
    array = np.arange(3.0)
    x = mg.Tensor(array)
    array[0] = 9
    assert x.data is array
    assert x.numpy() is array


def test_gradients_accumulate_until_zeroed():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [4, 8])
    x.zero_grad()
    assert x.grad is None


def test_a_gradient_taken_before_is_not_written_to():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    before = x.grad
    (x * x).sum().backward()
    np.testing.assert_array_equal(before, [2, 4])


def test_a_gradient_keeps_the_shape_and_dtype_of_data_assigned_to_its_tensor():
    x = mg.Tensor([1.0, 2.0], requires_grad=True)
    x.sum().backward()
    x.data = np.ones(2, np.float32)
    assert x.grad.dtype == np.float32 and x.grad.tolist() == [1, 1]
    x.sum().backward()
    assert x.grad.dtype == np.float32 and x.grad.tolist() == [2, 2]
    x.data = np.ones(3)
    assert x.grad is None


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0, 3)])
def test_the_gradient_has_the_shape_and_dtype_of_the_data(dtype, shape):
    x = mg.Tensor(np.ones(shape, dtype), requires_grad=True)
    wide = mg.Tensor(np.ones((4, *shape), np.float64), requires_grad=True)
    (x * wide).sum().backward()
    for tensor in (x, wide):
        assert isinstance(tensor.grad, np.ndarray)
        assert (tensor.grad.shape, tensor.grad.dtype) == (tensor.shape, tensor.dtype)
    np.testing.assert_array_equal(x.grad, np.full(shape, 4))


def test_gradients_of_one_backward_share_no_memory():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    z = x + y
    z.retain_grad()
    z.sum().backward()
    for tensor in (x, y, z):
        tensor.grad += 7  # writable, and nobody else's
    for tensor in (x, y, z):
        np.testing.assert_array_equal(tensor.grad, [8, 8])


def test_float32_stays_float32_with_python_scalars():
    x = leaf(1.0, 2.0, dtype=np.float32)
    y = 2 * x + 1.5
    assert y.dtype == np.float32
    y.sum().backward()
    assert x.grad.dtype == np.float32


def test_data_may_be_assigned_with_another_dtype():
    x = leaf(1.0, 2.0)
    x.data = np.array([3, 4], np.float32)
    (x * x).sum().backward()
    assert x.grad.dtype == np.float32
    np.testing.assert_array_equal(x.grad, [6, 8])


# ---- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize("values", [[1, 2], [True, False]])
def test_integers_and_booleans_cannot_require_a_gradient(values):
    with pytest.raises(TypeError, match="dtype=float"):
        mg.Tensor(values, requires_grad=True)
    x = mg.Tensor(values)
    with pytest.raises(TypeError, match="no gradient"):
        x.requires_grad = True


@pytest.mark.parametrize("values", ["text", [1 + 2j], [None], [object()]])
def test_what_is_not_a_real_number_is_refused(values):
    with pytest.raises(TypeError, match="real numbers"):
        mg.Tensor(values)


def test_integer_data_cannot_be_given_to_a_tensor_that_requires_a_gradient():
    x = leaf(1.0, 2.0)
    with pytest.raises(TypeError, match="floating-point"):
        x.data = np.array([1, 2])
    np.testing.assert_array_equal(x.data, [1, 2])


def test_becoming_an_array_never_loses_a_gradient_in_silence():
    x = leaf(1.0, 2.0)
    for convert in (np.asarray, np.array, lambda t: np.array([t, t]), lambda t: np.full(2, t)):
        with pytest.raises(TypeError, match=r"\.data|\.detach"):
            convert(x)
    target = np.zeros(2)
    with pytest.raises(TypeError):
        target[:] = x
    np.testing.assert_array_equal(np.asarray(x.detach()), [1, 2])


def test_a_numpy_function_without_a_rule_is_named():
    x = leaf(1.0, 2.0)
    with pytest.raises(TypeError, match="fft"):
        np.fft.fft(x)
    with pytest.raises(TypeError, match="interp"):
        np.interp(x, [0, 1], [0, 1])


@pytest.mark.parametrize("function", [np.exp, np.sum, np.cumsum, np.clip])
def test_out_is_refused(function):
    arguments = (0, 1) if function is np.clip else ()
    with pytest.raises(TypeError, match="out="):
        function(leaf(1.0, 2.0), *arguments, out=np.zeros(2))


def test_adding_to_an_array_in_place_is_refused():
    array = np.zeros(2)
    with pytest.raises(TypeError, match="out="):
        array += leaf(1.0, 2.0)


def test_elements_are_not_written_in_place():
    with pytest.raises(TypeError, match="in place"):
        leaf(1.0, 2.0)[0] = 3


def test_comparisons_give_plain_arrays():
    x = leaf(1.0, 2.0)
    for found in (x == 1, x != 1, x < 2, x <= 1, x > 1, x >= 2, np.argmax(x), x.argmax()):
        assert not isinstance(found, mg.Tensor)
    np.testing.assert_array_equal(x == 1, [True, False])


def test_requires_grad_is_switched_off_only_on_a_leaf():
    x = leaf(1.0)
    y = x * 2
    with pytest.raises(ValueError, match="detach"):
        y.requires_grad = False
    assert not x.requires_grad_(False).requires_grad


# ---- backward ---------------------------------------------------------------------------------


def test_backward_needs_one_number_or_a_gradient():
    x = leaf(1.0, 2.0)
    with pytest.raises(ValueError, match=r"\(2,\)"):
        (x * 2).backward()
    (x * 2).backward([1.0, 10.0])
    np.testing.assert_array_equal(x.grad, [2, 20])


def test_backward_refuses_a_gradient_of_another_shape_and_changes_nothing():
    x = leaf(1.0, 2.0)
    with pytest.raises(ValueError, match=r"\(2,\).*\(3,\)"):
        (x * 2).backward(np.ones(3))
    assert x.grad is None


def test_backward_needs_something_that_requires_a_gradient():
    with pytest.raises(ValueError, match="requires_grad=True"):
        mg.Tensor([1.0]).backward()
    with mg.no_grad():
        y = leaf(1.0) * 2
    with pytest.raises(ValueError, match="no_grad"):
        y.backward()


def test_backward_from_a_leaf_gives_the_gradient_itself():
    x = leaf(1.0, 2.0)
    given = np.array([3.0, 4.0])
    x.backward(given)
    given[:] = 0
    np.testing.assert_array_equal(x.grad, [3, 4])


# ---- operators --------------------------------------------------------------------------------


def test_augmented_assignment_makes_a_new_tensor():
    x = leaf(1.0, 2.0)
    y = x * x
    before = y
    y += 1
    y *= 2
    y -= x
    y /= 2
    y **= 2
    assert y is not before
    np.testing.assert_array_equal(before.data, [1, 4])
    np.testing.assert_array_equal(x.data, [1, 2])
    y.sum().backward()
    values = x.data
    np.testing.assert_allclose(x.grad, 2 * (values**2 + 1 - values / 2) * (2 * values - 0.5))


def test_a_tensor_is_equal_to_numpy_in_operators_from_the_left():
    x = leaf(1.0, 2.0)
    array = np.array([3.0, 5.0])
    for found, expected in [
        (array - x, [2, 3]), (2 - x, [1, 0]), (array / x, [3, 2.5]), (2**x, [2, 4]),
        (array @ x, 13), (array % x, [0, 1]), (array // x, [3, 2]), (np.float64(2) * x, [2, 4]),
    ]:  # fmt: skip
        assert isinstance(found, mg.Tensor)
        np.testing.assert_array_equal(found.data, expected)


# ---- hooks and retained gradients -------------------------------------------------------------


@pytest.mark.parametrize("place", ["leaf", "result"])
def test_a_hook_gets_a_copy_and_may_replace_the_gradient(place):
    x = leaf(1.0, 2.0)
    y = x * 3
    seen = []

    def spoil(gradient):
        seen.append(gradient.copy())
        gradient[:] = 100

    replacement = np.array([5.0, 7.0])
    owner = x if place == "leaf" else y
    owner.register_hook(spoil)
    owner.register_hook(lambda gradient: replacement)
    (y * 2).sum().backward()
    factor = 3 if place == "leaf" else 1
    np.testing.assert_array_equal(seen[0], [2 * factor, 2 * factor])
    np.testing.assert_array_equal(x.grad, replacement * (3 // factor))
    replacement[:] = 0
    assert x.grad.all()


def test_a_hook_that_writes_to_what_it_is_given_changes_nothing():
    x = leaf(1.0)
    y = x * 3
    for owner in (x, y):
        owner.register_hook(lambda gradient: gradient.fill(100))
    (y * 2).backward()
    np.testing.assert_array_equal(x.grad, [6])


def test_a_hook_sees_the_complete_gradient_once():
    x = leaf(2.0)
    y = x * 1
    seen = []
    y.register_hook(lambda gradient: seen.append(gradient[0]))
    (y * 3 + y * 4).backward()
    assert seen == [7]


def test_a_removed_hook_is_not_called():
    x = leaf(1.0)
    handle = x.register_hook(lambda gradient: gradient * 100)
    handle.remove()
    handle.remove()
    (x * 2).backward()
    np.testing.assert_array_equal(x.grad, [2])


def test_a_hook_returning_another_shape_is_refused():
    x = leaf(1.0, 2.0)
    x.register_hook(lambda gradient: gradient[:1])
    with pytest.raises(ValueError, match=r"\(2,\).*\(1,\)"):
        x.sum().backward()
    assert x.grad is None


def test_hooks_and_retained_gradients_need_a_gradient():
    with pytest.raises(ValueError, match="never be called"):
        mg.Tensor([1.0]).register_hook(print)
    with pytest.raises(ValueError, match="retain"):
        mg.Tensor([1.0]).retain_grad()


def test_only_retained_results_get_a_gradient():
    x = leaf(1.0, 2.0)
    y, z = x * 3, x * 4
    y.retain_grad()
    (y * z).sum().backward()
    np.testing.assert_array_equal(y.grad, [4, 8])
    assert z.grad is None


# ---- copies, files, text ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))]
)
def test_copies_are_leaves_of_their_own(duplicate):
    x = mg.Tensor([1.0, 2.0], requires_grad=True, dtype=np.float32, name="weight")
    other = duplicate(x)
    assert (other.name, other.requires_grad, other.dtype) == ("weight", True, np.float32)
    (other * other).sum().backward()
    assert x.grad is None
    np.testing.assert_array_equal(other.grad, [2, 4])


@pytest.mark.parametrize("duplicate", [
    copy.copy, copy.deepcopy, mg.Tensor, lambda t: t.detach(), lambda t: t.copy().detach(),
    lambda t: setattr(other := mg.Tensor([0.0, 0.0]), "data", t) or other,
])  # fmt: skip
def test_writing_to_a_copy_changes_no_gradient(duplicate):
    x = leaf(0.0, 1.0)
    y = np.exp(x)  # its rule needs y itself
    duplicate(y).data[...] = 0
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, np.exp([0, 1]))


def test_text_tells_values_dtype_and_origin():
    x = mg.Tensor([1.0, 2.0], requires_grad=True)
    assert repr(x) == "Tensor([1., 2.], requires_grad=True)"
    assert repr(x * 2) == "Tensor([2., 4.], made by multiply)"
    assert repr(mg.Tensor([1], dtype=np.int16)) == "Tensor([1], dtype=int16)"
    assert f"{mg.Tensor(1.23456):.2f}" == "1.23"
    assert len(repr(mg.Tensor(np.zeros((1000, 1000))))) < 1000


def test_python_numbers_come_out():
    x = mg.Tensor(2.5, requires_grad=True)
    assert (x.item(), float(x), int(x), bool(x)) == (2.5, 2.5, 2, True)
    assert leaf(1.0, 2.0).tolist() == [1, 2]
    assert [10, 20, 30][mg.Tensor(2)] == 30
    with pytest.raises(TypeError, match="iterated"):
        iter(mg.Tensor(1.0))


def test_iteration_unpacks_rows_that_carry_gradients():
    x = mg.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    first, second = x
    (first * second).sum().backward()
    np.testing.assert_array_equal(x.grad, [[3, 4], [1, 2]])


# ---- writes between forward and backward ------------------------------------------------------

INDEX = np.array([1, 0, 1])
MASK = np.array([True, False, True, True])

OPERATIONS = {
    "multiply": lambda x, a, i, m: x * a,
    "multiply itself": lambda x, a, i, m: x * x,
    "divide": lambda x, a, i, m: a / x,
    "power": lambda x, a, i, m: x**3,
    "exp": lambda x, a, i, m: np.exp(x),
    "tanh": lambda x, a, i, m: np.tanh(x),
    "matmul": lambda x, a, i, m: x @ a.T,
    "einsum": lambda x, a, i, m: np.einsum("ij,ij->i", x, a),
    "index": lambda x, a, i, m: x[i] * 2,
    "list index": lambda x, a, i, m: x[:, [0, 1]] ** 2,
    "mask": lambda x, a, i, m: x[:, m],
    "where": lambda x, a, i, m: np.where(m, x * 2, a),
    "take": lambda x, a, i, m: np.take(x, i, axis=1),
    "maximum": lambda x, a, i, m: np.maximum(x, a),
    "sum of a view": lambda x, a, i, m: np.exp(x.reshape(-1)[1:]) * a.reshape(-1)[1:],
    "square of a view": lambda x, a, i, m: x.T * x.T,
    "softmax": lambda x, a, i, m: mg.softmax(x) * a,
    "relu": lambda x, a, i, m: mg.relu(x - a),
    "norm": lambda x, a, i, m: np.linalg.norm(x),
    "sort": lambda x, a, i, m: np.sort(x, axis=0) * a,
    "concatenate": lambda x, a, i, m: np.concatenate([x, a]) ** 2,
    "cross_entropy": lambda x, a, i, m: mg.cross_entropy(x, i),
    "pool": lambda x, a, i, m: mg.max_pool2d(x.reshape(1, 1, 3, 4), 2, 1),
}  # fmt: skip


@given(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 2**32 - 1))
def test_no_write_after_the_forward_pass_changes_the_gradient(name, seed):
    rng = np.random.default_rng(seed)
    values, other = rng.uniform(0.5, 2, (2, 3, 4))

    def run(write):
        array, constant, index, mask = values.copy(), other.copy(), INDEX.copy(), MASK.copy()
        x = mg.Tensor(array, requires_grad=True)
        y = OPERATIONS[name](x, constant, index, mask)
        if write:
            constant[...] = 7
            index[...] = 0
            mask[...] = False
            array[...] = 3
            x.data[...] = 4
            y.data[...] = 5
            x.data = rng.normal(size=x.shape)
            x.data *= 2
        np.sum(y * np.sin(np.arange(y.size).reshape(y.shape))).backward()
        return x.grad

    np.testing.assert_array_equal(run(write=True), run(write=False))


def test_data_of_another_shape_is_never_given_a_gradient_in_silence():
    x = leaf(1.0)
    y = (x * np.ones(3)).sum()
    x.data = np.ones(3)
    (gradient,) = mg.grad(y, x, retain_tape=True)
    np.testing.assert_array_equal(gradient.data, [3])
    with pytest.raises(ValueError, match=r"\(3,\).*\(1,\)"):
        y.backward()
    assert x.grad is None


def test_the_data_of_a_result_keeps_its_shape_and_dtype():
    y = leaf(1.0, 2.0) * 2
    with pytest.raises(ValueError, match="detach"):
        y.data = np.ones(3)


@pytest.mark.parametrize("factors", [np.array([2.0, 3.0]), [2.0, 3.0]])
def test_a_setting_written_to_later_changes_no_gradient(factors):
    @mg.primitive(name="test_scaled")
    def scaled(x, /, factors):
        return x * factors

    @scaled.vjp("x")
    def scaled_x(g, factors):
        return g * factors

    x = leaf(1.0, 1.0)
    y = scaled(x, factors)
    factors[0] = 100
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [2, 3])


def test_a_primitive_that_returns_its_input_is_safe_too():
    @mg.primitive(name="test_itself")
    def itself(x, /):
        return x

    @itself.vjp("x")
    def itself_x(g, y):
        return g * y

    x = leaf(2.0, 3.0)
    y = itself(x)
    x.data[...] = 0
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [2, 3])


def test_written_running_statistics_change_no_gradient():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(4, 2, 3, 3))
    gradients = []
    for write in (False, True):
        mean, variance = np.zeros(2), np.ones(2)
        x = mg.Tensor(values.copy(), requires_grad=True)
        y = mg.batch_norm(x, mean, variance)
        if write:
            mean += 5
            variance *= 3
        (y * y).sum().backward()
        gradients.append(x.grad)
    np.testing.assert_array_equal(*gradients)


def test_written_pooling_indices_change_no_gradient():
    x = mg.Tensor(np.arange(16.0).reshape(1, 1, 4, 4), requires_grad=True)
    y, indices = mg.max_pool2d(x, 2, return_indices=True)
    indices[...] = 0
    y.sum().backward()
    np.testing.assert_array_equal(np.flatnonzero(x.grad), [5, 7, 13, 15])
