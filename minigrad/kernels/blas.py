"""The BLAS that NumPy's wheels carry, OpenBLAS, without its own threads.

After a product OpenBLAS's threads wait for the next one by spinning, a tenth of a second long, and
take the processor from the threads of the kernels; and how it shares a product among its threads
changes the last bits of the result. So minigrad's products have one of its threads each, and what
is large is shared among the threads of the kernels. Anyone else's products are not affected.

With another BLAS nothing happens here, and it does as it likes.
"""

from __future__ import annotations

import ctypes
import functools
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Controls(NamedTuple):
    """How many threads OpenBLAS uses."""

    get: Callable[[], int]
    set: Callable[[int], None]


@functools.cache
def controls() -> Controls | None:
    """The functions of the library that NumPy uses, or None if that is not OpenBLAS."""
    package = Path(np.__file__).parent
    for folder in (package.parent / "numpy.libs", package / ".dylibs"):
        for file in folder.glob("*openblas*"):
            library = ctypes.PyDLL(str(file))
            for prefix, suffix in (("scipy_", "64_"), ("scipy_", ""), ("", "64_"), ("", "")):
                get, set_ = (
                    getattr(library, f"{prefix}openblas_{verb}_num_threads{suffix}", None)
                    for verb in ("get", "set")
                )
                if get is not None and set_ is not None:
                    return Controls(get, set_)
    return None


def set_threads(n: int) -> None:
    """Let the products of others use `n` threads."""
    without_threads.set_others(n)


class _WithoutThreads:
    """A context: while it is entered, by however many threads, BLAS has one thread in each."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Nobody is inside: also in a forked child, which has only the thread that forked."""
        self.lock = threading.Lock()
        self.inside = 0
        self.others = 1

    def __enter__(self) -> None:
        if (found := controls()) is not None:
            with self.lock:
                if not self.inside:
                    self.others = found.get()
                    found.set(1)
                self.inside += 1

    def __exit__(self, *exception: object) -> None:
        if (found := controls()) is not None:
            with self.lock:
                self.inside -= 1
                if not self.inside:
                    found.set(self.others)

    def set_others(self, n: int) -> None:
        """How many threads BLAS has when the context is left."""
        if (found := controls()) is not None:
            with self.lock:
                self.others = n
                if not self.inside:
                    found.set(n)


without_threads = _WithoutThreads()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=without_threads.begin)
