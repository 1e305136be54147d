"""Threads share the work and change nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest

from minigrad.kernels import get_num_threads, kernel_set, set_num_threads, threads

compiled = kernel_set("compiled")
ONE, TWO, NONE = (1, 1), (2, 2), (0, 0)


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(threads, "GRAIN", 1)  # so that small work is shared too
    before = get_num_threads()
    yield
    set_num_threads(before)


def all_results() -> list[bytes]:
    rng = np.random.default_rng(0)
    results = []
    for (batch, channels, outputs, size), groups in product(
        [(17, 8, 12, 7), (2, 4, 36, 33)], [1, 4]
    ):
        x = rng.standard_normal((batch, channels, size, size)).astype("float32")
        weight = rng.standard_normal((outputs, channels // groups, 3, 3)).astype("float32")
        y = compiled.conv2d(x, weight, TWO, ONE, ONE, groups)
        values, indices = compiled.max_pool2d(x, TWO, TWO, NONE, ONE, (size // 2, size // 2))
        half = compiled.avg_pool2d(x, TWO, TWO, NONE, (size // 2, size // 2), True)
        results += [
            y,
            compiled.conv2d_input_gradient(y, weight, (size, size), TWO, ONE, ONE, groups),
            compiled.conv2d_weight_gradient(x, y, (3, 3), TWO, ONE, ONE, groups),
            values,
            indices,
            compiled.max_unpool2d(values, indices, (size, size)),
            compiled.gather2d(x, indices),
            half,
            compiled.avg_pool2d_input_gradient(half, (size, size), TWO, TWO, NONE, True),
        ]
    return [result.tobytes() for result in results]


def test_any_number_of_threads_gives_the_same_bytes():
    set_num_threads(1)
    alone = all_results()
    for count in (2, 3, 7):
        set_num_threads(count)
        assert all_results() == alone


def test_kernels_can_be_called_from_several_threads_at_once():
    set_num_threads(3)
    expected, found = all_results(), []
    callers = [threading.Thread(target=lambda: found.append(all_results())) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert found == [expected] * 4


def test_every_task_is_done_once():
    done = np.zeros(1000, np.int64)

    def kernel(first: int, last: int) -> None:
        done[first:last] += 1

    set_num_threads(4)
    threads.run(kernel, len(done), 10**9)
    assert (done == 1).all()


def test_an_error_in_a_thread_reaches_the_caller():
    def kernel(first: int, last: int) -> None:
        raise ZeroDivisionError(first)

    set_num_threads(2)
    with pytest.raises(ZeroDivisionError):
        threads.run(kernel, 100, 10**9)


@pytest.mark.parametrize("wrong", [1.0, "2", None, True])
def test_the_number_of_threads_is_an_int(wrong):
    with pytest.raises(TypeError, match="must be an int"):
        set_num_threads(wrong)


@pytest.mark.parametrize("wrong", [0, -1])
def test_there_is_at_least_one_thread(wrong):
    with pytest.raises(ValueError, match="at least 1"):
        set_num_threads(wrong)
