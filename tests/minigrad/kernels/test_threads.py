"""Threads share the work and change nothing else."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from minigrad.kernels import crew, get_num_threads, kernel_set, set_num_threads, threads
from minigrad.kernels.kernel import kernel

from .calls import COMPILED, calls


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(threads, "GRAIN", 1)  # so that small work is shared too
    before = get_num_threads()
    yield
    set_num_threads(before)


def all_results(seed: int) -> dict[str, bytes]:
    """What every kernel makes of the same random arrays."""
    arguments, words = calls(seed)
    compiled, found = COMPILED[seed % len(COMPILED)], {}
    for name, given in arguments.items():
        results = getattr(compiled, name)(*given)
        results = results if isinstance(results, tuple) else (results,)
        found[f"{name}, {words}"] = b"".join(np.asarray(result).tobytes() for result in results)
    return found


def test_every_kernel_is_called():
    functions = inspect.getmembers(kernel_set("reference"), inspect.isfunction)
    assert {name for name, _ in functions if name[0] != "_"} == set(calls(0)[0])


def assert_same_bytes(found: dict[str, bytes], expected: dict[str, bytes]) -> None:
    wrong = [name for name, result in found.items() if result != expected[name]]
    assert not wrong, f"other bytes from {'; '.join(wrong)}"


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_any_number_of_threads_gives_the_same_bytes(first):
    for seed in range(first, first + 10):
        set_num_threads(1)
        alone = all_results(seed)
        for count in (2, 3, 3, 7):
            set_num_threads(count)
            assert_same_bytes(all_results(seed), alone)


def test_kernels_can_be_called_from_several_threads_at_once():
    set_num_threads(3)
    expected = [all_results(seed) for seed in range(10)]
    with ThreadPoolExecutor(4) as pool:
        for seed, found in enumerate(pool.map(all_results, [*range(10)] * 4)):
            assert_same_bytes(found, expected[seed % 10])


@kernel
def count(first, last, done, divisor):
    for task in range(first, last):
        done[task] += 1 // divisor


def test_every_task_is_done_once():
    done = np.zeros(1000, np.int64)
    set_num_threads(4)
    threads.run(count, len(done), 10**9, done, 1)
    assert (done == 1).all()


def test_an_error_in_a_thread_reaches_the_caller():
    set_num_threads(2)
    with pytest.raises(ArithmeticError):
        threads.run(count, 100, 10**9, np.zeros(100, np.int64), 0)


def test_an_interruption_leaves_the_rest_undone():
    done = []

    def work(first: int, last: int) -> None:
        if threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        time.sleep(0.01)
        done.append(first)

    set_num_threads(2)
    with pytest.raises(KeyboardInterrupt):
        threads.share(work, 1000, 10**9)
    assert len(done) <= 1
    test_every_task_is_done_once()


def test_helpers_work_under_the_callers_errstate():
    both, found = threading.Barrier(2), []

    def work(first: int, last: int) -> None:
        both.wait(10)
        found.append(np.geterr())

    set_num_threads(2)
    with np.errstate(over="ignore"):
        threads.share(work, 2, 10**9)
        assert found == [np.geterr()] * 2


def test_a_helper_that_comes_too_late_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(threads, "_crew", crew.Crew(4))
    monkeypatch.setattr(crew.Helper, "work", lambda self: None)  # never looks
    done = np.zeros(1000, np.int64)
    threads.run(count, len(done), 10**9, done, 1)
    assert (done == 1).all()


# ---- processes --------------------------------------------------------------------------------

CONVOLVE = """
import os, sys
import numpy as np
import minigrad as mg
from minigrad.kernels import threads, get_num_threads
threads.GRAIN = 1
x, weight = np.ones((4, 2, 8, 8), np.float32), np.ones((3, 2, 3, 3), np.float32)
def convolve():
    return mg.conv2d(x, weight).tobytes()
"""


def ended(program: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", CONVOLVE + program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_computes_too():
    program = """
mg.set_num_threads(3)
expected = convolve()
child = os.fork()
if child == 0:
    os._exit(convolve() != expected)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), convolve() == expected)
"""
    assert ended(program) == "0 True"


@pytest.mark.parametrize(
    ("said", "meant"), [("3", 3), ("5,2", 5), ("0", None), ("many", None), ("", None)]
)
def test_the_environment_says_how_many_threads(said, meant):
    found = ended("print(get_num_threads())", OMP_NUM_THREADS=said)
    assert int(found) == (meant or threads.processors())


@pytest.mark.skipif(sys.platform == "win32", reason="a process is interrupted otherwise there")
def test_ctrl_c_ends_a_long_kernel_and_nothing_else():
    program = """
import signal, time
mg.set_num_threads(2)
expected = convolve()
signal.setitimer(signal.ITIMER_REAL, 0.2)
signal.signal(signal.SIGALRM, signal.default_int_handler)
start = time.monotonic()
try:
    while time.monotonic() - start < 60:
        convolve()
    print("never interrupted")
except KeyboardInterrupt:
    print(convolve() == expected)
"""
    assert ended(program) == "True"


@pytest.mark.parametrize("wrong", [1.0, "2", None, True])
def test_the_number_of_threads_is_an_int(wrong):
    with pytest.raises(TypeError, match="must be an int"):
        set_num_threads(wrong)


@pytest.mark.parametrize("wrong", [0, -1])
def test_there_is_at_least_one_thread(wrong):
    with pytest.raises(ValueError, match="at least 1"):
        set_num_threads(wrong)
