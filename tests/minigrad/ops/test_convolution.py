"""Convolution: a result depends on the values that the weight has now, and on nothing before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.kernels import kernel_set, names

SHAPE = 40, 36, 3, 3
RNG = np.random.default_rng(0)
IMAGES, MAPS = RNG.normal(size=(1, 36, 16, 17)), RNG.normal(size=(1, 40, 16, 17))


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def results(weight, dtype):
    """A convolution, its gradient to the image, and the transposed convolution."""
    images, maps = mg.Tensor(IMAGES, dtype=dtype, requires_grad=True), MAPS.astype(dtype)
    y = mg.conv2d(images, weight, padding=1)
    (gradient,) = mg.grad(y, images, maps)
    return y.data, gradient.data, mg.conv_transpose2d(maps, weight, padding=1)


def assert_up_to_date(*weights):
    """Nothing is kept of a weight in double precision, and it says what is right."""
    for weight in weights:
        exact = results(weight.astype(np.float64), np.float64)
        for found, expected in zip(results(weight, np.float32), exact, strict=True):
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


# ---- one after the other ----------------------------------------------------------------------


def arrays():
    """Weights, and for each an array of their values that may be written to."""
    alone, parts, turned = normal(*SHAPE), normal(3, *SHAPE), normal(36, 40, 3, 3)
    frozen = parts[2].view()
    frozen.flags.writeable = False
    pairs = [
        (alone, alone), (alone[:, ::-1], alone[:, ::-1]), (parts[0], parts[0]),
        (parts[1], parts[1]), (frozen, parts[2]), (parts[2], parts),
        (turned.swapaxes(0, 1), turned), (normal(40, 72, 3, 3)[:, ::2],) * 2,
    ]  # fmt: skip
    return [list(pair) for pair in pairs]


def set_all(array):
    array[...] = 0.5 - array


def set_one(array):
    array[(1,) * array.ndim] += 1


def scale(array):
    array *= -1.25


def add_through_a_view(array):
    array.T[1:2] += 0.5


def negate_into_itself(array):
    np.negative(array, out=array)


def exchange_filters(array):
    array[[0, 1]] = array[[1, 0]]


def roll_columns(array):
    np.copyto(array, np.roll(array, 1, axis=-1))


def write_through_the_buffer(array):
    memoryview(array)[(0,) * array.ndim] = 2.0


CHANGES = (
    set_all, set_one, scale, add_through_a_view, negate_into_itself, exchange_filters, roll_columns,
    write_through_the_buffer,
)  # fmt: skip
steps = st.lists(st.tuples(st.integers(0, 7), st.sampled_from((*CHANGES, None))), max_size=6)


def follow(steps):
    """After every change of one of the arrays, all results are right."""
    pairs = arrays()
    assert_up_to_date(*[weight for weight, _ in pairs])
    for i, change in steps:
        if change is None:  # a new array, and the old one is no more
            pairs[i] = [normal(*SHAPE, seed=len(steps) + i)] * 2
        else:
            change(pairs[i][1])
        assert_up_to_date(*[weight for weight, _ in pairs])


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([name for name in names if name != "reference"]), steps)
def test_a_write_to_a_weight_is_seen_by_the_next_convolution(name, steps):
    with mg.kernels(name):
        follow(steps)


def test_a_new_weight_where_an_old_one_was_is_not_mistaken_for_it():
    identities, addresses = set(), set()
    for seed in range(20):
        weight = normal(*SHAPE, seed=seed)
        assert_up_to_date(weight)
        identities.add(id(weight))
        addresses.add(weight.ctypes.data)
        del weight
    assert len(identities) < 20 and len(addresses) < 20, "nothing was used again"


def test_a_write_between_forward_and_backward_does_not_change_the_gradient():
    images, weight = mg.Tensor(IMAGES.astype(np.float32), requires_grad=True), normal(*SHAPE)
    expected = results(weight.astype(np.float64), np.float64)[1]
    y = mg.conv2d(images, weight, padding=1)
    scale(weight)
    assert_up_to_date(weight)
    (gradient,) = mg.grad(y, images, MAPS.astype(np.float32))
    np.testing.assert_allclose(gradient.data, expected, atol=1e-5 * np.abs(expected).max())


# ---- at once ----------------------------------------------------------------------------------


def test_threads_that_change_their_weights_do_not_disturb_each_other():
    shared = normal(*SHAPE, seed=9)

    def work(seed):
        weight = normal(*SHAPE, seed=seed)
        for change in (*CHANGES, *CHANGES):
            assert_up_to_date(weight, shared)
            change(weight)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))


# ---- the test of the test ---------------------------------------------------------------------


def few_bytes(weight):
    return weight.ravel()[::97].tobytes()


@pytest.mark.parametrize("key", [
    id, lambda w: w.ctypes.data, few_bytes, lambda w: np.sort(w, axis=None).tobytes(),
    lambda w: w.sum(axis=(0, 3)).tobytes(),
    lambda w: w.tobytes() if w.flags.writeable else w.ctypes.data,
], ids=["identity", "address", "sample", "any order", "sums", "frozen"])  # fmt: skip
def test_what_is_kept_too_long_is_noticed(key, monkeypatch):
    compiled, kept = kernel_set("compiled"), {}
    conv2d = compiled.conv2d

    def stale_conv2d(x, weight, *settings):
        if weight.dtype == np.float32:
            weight = kept.setdefault(key(weight), weight.copy())
        return conv2d(x, weight, *settings)

    monkeypatch.setattr(compiled, "conv2d", stale_conv2d)
    with pytest.raises(AssertionError):
        follow([(i, change) for i in range(8) for change in CHANGES])
