"""The threads that help with a kernel, or with any other work.

A helper has a *mailbox*: a word that is the address of a job, or `EMPTY`, or `ASLEEP`. It looks
into it in machine code, see `minigrad.kernels.mailbox`. A job is some words: the machine code to
call, with which tasks in how many spans and which block of arguments, and what has become of it.
"""

from __future__ import annotations

import ctypes
import functools
import threading
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any, NamedTuple

EMPTY, ASLEEP = 0, 1
CODE, TASKS, SPANS, BLOCK, FAILED, DONE = range(6)

_WORD, _ADDRESS = ctypes.c_int64, ctypes.c_void_p
# Of a kernel's machine code. While it runs, other Python threads do too.
Function = ctypes.CFUNCTYPE(
    ctypes.c_int32, _ADDRESS, _ADDRESS, _WORD, _WORD, _WORD, _WORD, _ADDRESS
)
# It writes its result, None, and the address of an error message here.
_memory_for_nothing = ctypes.create_string_buffer(64)
NOWHERE = ctypes.addressof(_memory_for_nothing)
# So that no two mailboxes are in the same line of a cache.
WORDS_APART = 16


class Crew:
    """The threads that help; started when first needed, lost in a forked child."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted  # with the caller
        self.begin()

    def begin(self) -> None:
        self.helpers: list[Helper] = []
        self.lock = threading.Lock()

    @contextmanager
    def helping(self, count: int, order: Sequence[int], kept: Any) -> Iterator[None]:
        """Meanwhile some helpers take part, if they come in time.

        Parameters
        ----------
        count : int
        order : the first four words of a job
        kept : what lives as long as anyone works on it

        Raises
        ------
        ArithmeticError
            At the end, if the part of a helper failed.
        """
        with self.lock:
            while len(self.helpers) < count:
                self.helpers.append(Helper())
        jobs = [array("q", [*order, 0, 0]) for _ in range(count)]
        asked = [
            (helper, job)
            for helper, job in zip(self.helpers, jobs, strict=False)
            if helper.ask(job, kept)
        ]
        try:
            yield
        finally:
            for helper, job in asked:
                helper.dismiss(job)
        if any(job[FAILED] for job in jobs):
            raise ArithmeticError("a part of a kernel failed")


class Helper:
    """A thread and its mailbox."""

    def __init__(self) -> None:
        self.machine = _machine_code()
        self.mailbox = array("q", [ASLEEP] + [0] * WORDS_APART)
        self.address, _ = self.mailbox.buffer_info()
        self.calls: SimpleQueue[None] = SimpleQueue()
        # What a thread may work on: also where Ctrl-C kept its caller from dismissing it.
        self.unfinished: dict[int, Any] = {}
        threading.Thread(target=self.work, name="minigrad-kernel", daemon=True).start()

    def work(self) -> None:
        while True:
            self.calls.get()
            self.machine.help(self.address, NOWHERE)

    def ask(self, job: array, kept: Any) -> bool:
        """Put a job into the mailbox; false if another is there."""
        place, _ = job.buffer_info()
        self.unfinished[place] = job, kept
        before = self.machine.replace(self.address, EMPTY, place)
        if before == ASLEEP and self.machine.replace(self.address, ASLEEP, place) == ASLEEP:
            self.calls.put(None)
        elif before != EMPTY:
            del self.unfinished[place]
            return False
        return True

    def dismiss(self, job: array) -> None:
        """Take the job back, or wait until the helper's part is done."""
        place, _ = job.buffer_info()
        self.machine.dismiss(self.address, place)
        del self.unfinished[place]


class _MachineCode(NamedTuple):
    """The functions of `minigrad.kernels.mailbox`."""

    help: Any
    replace: Any
    dismiss: Any


@functools.cache
def _machine_code() -> _MachineCode:
    """From the cache, or compiled now."""
    from minigrad.kernels import cache
    from minigrad.kernels.kernel import engine_of

    kept = cache.read("mailbox")
    if kept is None:
        from minigrad.kernels import mailbox

        kept = mailbox.compiled()
        cache.write("mailbox", kept)
    engine = engine_of(kept)

    def function(name: str, result: Any, *kinds: Any) -> Any:
        return ctypes.CFUNCTYPE(result, *kinds)(engine.get_function_address(name))

    return _MachineCode(
        function("help", None, _ADDRESS, _ADDRESS),
        function("replace", _WORD, _ADDRESS, _WORD, _WORD),
        function("dismiss", None, _ADDRESS, _ADDRESS),
    )
