"""Many tasks in a few threads.

A compiled kernel releases the interpreter's lock and works on a range of tasks, each of which owns
its part of the result. So threads never wait for each other, and neither their number nor their
timing changes a byte. To share work takes about 5 µs: small work stays in the caller's thread.
"""

from __future__ import annotations

import ctypes
import os
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

import numpy as np

from minigrad.kernels import blas
from minigrad.kernels.crew import Crew, Function

# Multiplications (or elements moved) that are worth one more thread, about 15 µs of work.
GRAIN = 300_000
# Parts of the tasks for each thread: one that the machine holds up is helped out by the others.
SPANS = 4


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _wanted() -> int:
    """What the environment says, which OpenBLAS follows too."""
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(first) if first.isdecimal() and int(first) > 0 else processors()


_crew = Crew(_wanted())
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_crew.begin)


def set_num_threads(n: int) -> None:
    """Let minigrad use `n` threads, and the OpenBLAS of NumPy's wheels in everyone else's products.

    Results do not depend on the number of threads. Unless set, it is the first number in the
    environment's ``OMP_NUM_THREADS``, else the number of processors that this process may use.

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
    blas.set_threads(int(n))


def get_num_threads() -> int:
    """How many threads minigrad uses at most; see `set_num_threads`."""
    return _crew.wanted


def run(kernel: Any, tasks: int, cost: float, *arguments: Any) -> None:
    """Have a kernel do all tasks, with these arguments: see `share`.

    Machine code takes one span after the other without a thought to the interpreter's lock: to wait
    for that would take as long as a span.
    """
    call, threads = kernel.on(arguments), _worthwhile(tasks, cost)
    if threads > 1:
        spans = min(tasks, SPANS * threads)
        order = _address(call.code), tasks, spans, call.block
        with _crew.helping(threads - 1, order, call):
            call.take_part(0, tasks, spans)
    elif tasks > 0:
        call(0, tasks)


def _worthwhile(tasks: int, cost: float) -> int:
    """How many threads this work is worth."""
    return min(_crew.wanted, tasks, 1 + int(cost) // GRAIN)


def _address(function: Any) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0


def share(work: Callable[[int, int], None], tasks: int, cost: float) -> None:
    """Call ``work(first, last)`` until every task in ``range(tasks)`` is done.

    Parameters
    ----------
    work : callable
        Does the tasks ``first <= task < last``; most of the time without the interpreter's lock.
    tasks : int
    cost : float
        Multiplications, or elements moved, in all tasks together.

    Raises
    ------
    Exception
        The first that a task raised; what has not begun by then is left undone. Ctrl-C, too, ends
        the call as soon as what has begun is done.
    """
    threads = _worthwhile(tasks, cost)
    if threads <= 1:
        work(0, tasks)
        return
    spans = min(tasks, SPANS * threads)
    todo = deque((tasks * i // spans, tasks * (i + 1) // spans) for i in range(spans))
    errors: list[Exception] = []

    def take_part() -> None:
        while todo:
            try:
                first, last = todo.popleft()
            except IndexError:  # another thread has it
                return
            try:
                work(first, last)
            except Exception as error:
                errors.append(error)
                todo.clear()

    context = copy_context()  # with the caller's np.errstate

    @Function
    def help_out(*_: int) -> int:
        context.copy().run(take_part)
        return 0

    with _crew.helping(threads - 1, (_address(help_out), 0, 0, 0), help_out):
        try:
            take_part()
        finally:
            todo.clear()
    if errors:
        raise errors[0]
