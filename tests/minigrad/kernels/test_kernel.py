"""Machine code gets the arguments that the kernel was called with, and gives its memory back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minigrad.kernels.kernel import Kernel, inner, kernel


class Pair(NamedTuple):
    left: int
    right: int


@inner
def flat_sum(x):
    total = 0.0
    for i in range(x.size):
        total += x.reshape(-1)[i]
    return total


@kernel
def describe(first, last, x, pair, steps, number, whole, flag, out):
    copy = np.empty(x.shape, x.dtype)
    copy[:] = x
    out[0] = first
    out[1] = last
    out[2] = flat_sum(copy)
    out[3] = pair.right * 1000 + pair.left
    out[4] = steps[0] + 10 * steps[1] + 100 * steps[2]
    out[5] = number
    out[6] = whole
    out[7] = flag
    out[8:] = 0
    for axis in range(x.ndim):
        out[8 + axis] = x.shape[axis]


@given(
    x=hnp.arrays(
        st.sampled_from([np.float32, np.float64]),
        st.tuples(st.integers(0, 3), st.integers(0, 3)),
        elements=st.integers(-9, 9),
    ),
    pair=st.builds(Pair, st.integers(0, 999), st.integers(-999, 999)),
    steps=st.tuples(*[st.integers(0, 9)] * 3),
    number=st.floats(allow_nan=False),
    whole=st.integers(-(2**53), 2**53),
    flag=st.booleans(),
)
def test_a_kernel_sees_what_it_is_given(x, pair, steps, number, whole, flag):
    out = np.empty(10)
    x.flags.writeable = False
    describe(3, 7, x, pair, steps, number, whole, flag, out)
    expected = [
        3, 7, x.sum(), pair.right * 1000 + pair.left, steps[0] + 10 * steps[1] + 100 * steps[2],
        number, whole, flag, *x.shape,
    ]  # fmt: skip
    assert out.tolist() == expected


@kernel
def use_memory(first, last, out):
    for task in range(first, last):
        scratch = np.zeros(1_000_000)
        scratch[task] = 1
        out[task] = scratch[task] + scratch[task + 1]


def test_memory_that_a_kernel_takes_is_given_back():
    resource = pytest.importorskip("resource")
    out = np.zeros(500)
    use_memory(0, 10, out)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    use_memory(0, 500, out)  # 4 GB in all
    assert (out == 1).all()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


@kernel
def divide(first, last, numbers, divisor):
    for task in range(first, last):
        numbers[task] //= divisor


def test_an_error_in_a_kernel_is_an_error():
    numbers = np.arange(4)
    divide(0, 4, numbers, 2)
    assert numbers.tolist() == [0, 0, 1, 1]
    with pytest.raises(ArithmeticError, match="divide failed"):
        divide(0, 4, numbers, 0)


@pytest.mark.parametrize("wrong", [np.ones((4, 4))[:, ::2], np.ones((4, 4)).T])
def test_arrays_must_be_contiguous(wrong):
    with pytest.raises(ValueError, match="C-contiguous"):
        use_memory(0, 1, wrong)


@pytest.mark.parametrize("wrong", ["text", None, [1, 2]])
def test_arguments_are_arrays_numbers_and_tuples(wrong):
    with pytest.raises(TypeError, match=type(wrong).__name__):
        use_memory(0, 1, wrong)


def test_an_instruction_that_is_none_is_named():
    with pytest.raises(ImportError, match="no_such_thing"):
        from minigrad.kernels.instructions import no_such_thing  # noqa: F401


def test_inner_functions_can_be_called_in_python():
    assert flat_sum(np.ones((2, 3))) == 6
    assert isinstance(describe, Kernel) and describe.__name__ == "describe"
