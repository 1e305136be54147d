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
import threading
from collections.abc import Callable
from contextlib import ContextDecorator
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
            for prefix in ("scipy_", ""):
                for suffix in ("64_", ""):
                    names = [
                        f"{prefix}openblas_{verb}_num_threads{suffix}" for verb in ("get", "set")
                    ]
                    if all(hasattr(library, name) for name in names):
                        return Controls(*(getattr(library, name) for name in names))
    return None


def set_threads(n: int) -> None:
    """Let the products of others use `n` threads."""
    if (found := controls()) is not None:
        with _alone.lock:
            if _alone.inside:
                _alone.before = n
            else:
                found.set(n)


class _Alone(ContextDecorator):
    """While entered, by however many threads, BLAS uses one thread in each."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside = 0
        self.before = 1

    def __enter__(self) -> None:
        if (found := controls()) is not None:
            with self.lock:
                if not self.inside:
                    self.before = found.get()
                    found.set(1)
                self.inside += 1

    def __exit__(self, *exception: object) -> None:
        if (found := controls()) is not None:
            with self.lock:
                self.inside -= 1
                if not self.inside:
                    found.set(self.before)


_alone = _Alone()
without_threads = _alone
"""A context and a decorator: BLAS works in the caller's thread alone."""
