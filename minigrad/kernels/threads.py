"""Many tasks in a few threads.

A compiled kernel releases the interpreter's lock and works on a range of tasks, each of which owns
its part of the result. So threads never wait for each other, and neither their number nor their
timing changes a byte. Waking a thread takes about 20 µs: small work stays in the caller's.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np

# Multiplications (or elements moved) that are worth one more thread, about 50 µs of work.
GRAIN = 1_000_000


class _Crew:
    """The threads that help; started when first needed, lost in a forked child."""

    def __init__(self) -> None:
        self.wanted = processors()
        self.started = 0
        self.jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.lock = threading.Lock()

    def after_fork(self) -> None:
        self.started = 0
        self.jobs = SimpleQueue()
        self.lock = threading.Lock()

    def start(self, helpers: int) -> None:
        with self.lock:
            while self.started < helpers:
                threading.Thread(
                    target=_work, args=(self.jobs,), name="minigrad-kernel", daemon=True
                ).start()
                self.started += 1


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _work(jobs: SimpleQueue[Callable[[], None]]) -> None:
    while True:
        jobs.get()()


_crew = _Crew()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_crew.after_fork)


def set_num_threads(n: int) -> None:
    """Let kernels, and the matrix products of NumPy's own OpenBLAS, use `n` threads.

    Results do not depend on the number of threads.

    Parameters
    ----------
    n : int, at least 1

    Raises
    ------
    TypeError, ValueError
        If n is not an int, or less than 1.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.set_num_threads(0)
    Traceback (most recent call last):
        ...
    ValueError: the number of threads must be at least 1, got 0
    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
        raise TypeError(f"the number of threads must be an int, got {n!r}")
    if n < 1:
        raise ValueError(f"the number of threads must be at least 1, got {n}")
    _crew.wanted = int(n)
    _set_blas_threads(int(n))


def get_num_threads() -> int:
    """How many threads kernels use at most; the number of processors unless set."""
    return _crew.wanted


def _set_blas_threads(n: int) -> None:
    """Tell the OpenBLAS that NumPy's wheels carry; with any other BLAS nothing happens."""
    package = Path(np.__file__).parent
    for folder in (package.parent / "numpy.libs", package / ".dylibs"):
        for file in folder.glob("*openblas*"):
            library = ctypes.CDLL(str(file))
            for prefix, suffix in (("scipy_", "64_"), ("scipy_", ""), ("", "64_"), ("", "")):
                name = f"{prefix}openblas_set_num_threads{suffix}"
                if hasattr(library, name):
                    getattr(library, name)(ctypes.c_int(n))
                    return


def run(kernel: Any, tasks: int, cost: float, *arguments: Any) -> None:
    """Call ``kernel(first, last, *arguments)`` until every task in ``range(tasks)`` is done.

    Parameters
    ----------
    kernel : Kernel
        Does the tasks ``first <= task < last``.
    tasks : int
    cost : float
        Multiplications, or elements moved, in all tasks together.
    """
    work = kernel.on(arguments)
    threads = min(_crew.wanted, tasks, 1 + int(cost) // GRAIN)
    if threads <= 1:
        if tasks > 0:
            work(0, tasks)
        return
    # More spans than threads: one that the machine holds up is helped out by the others.
    spans = min(tasks, 4 * threads)
    todo = deque((tasks * i // spans, tasks * (i + 1) // spans) for i in range(spans))
    finished: SimpleQueue[BaseException | None] = SimpleQueue()

    def help_out() -> None:
        try:
            while todo:
                try:
                    first, last = todo.popleft()
                except IndexError:
                    break
                work(first, last)
            finished.put(None)
        except BaseException as error:
            finished.put(error)

    _crew.start(threads - 1)
    for _ in range(threads - 1):
        _crew.jobs.put(help_out)
    help_out()
    errors = [finished.get() for _ in range(threads)]
    for error in errors:
        if error is not None:
            raise error
