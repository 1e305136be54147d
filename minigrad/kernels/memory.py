"""Keep the memory of freed arrays for the next ones.

The C library of Linux gives a large freed array back to the system at once, and the next operation
gets fresh pages, which the system must first fill with zeros: for an operation that only reads and
writes its arrays once that is up to half of its time. Told to wait until much is free, the library
hands the same pages out again. Arrays above 32 MiB, where the library's own limit ends, still come
and go, so that the peak hardly changes.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys

MIB = 2**20
# The numbers that <malloc.h> gives to the two settings, and what people set them with.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
VARIABLES = "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"


@functools.cache
def keep_freed_memory() -> bool:
    """Ask for it once a process; true where the C library, glibc, could be asked.

    What the environment says about it stays.
    """
    if not sys.platform.startswith("linux") or any(name in os.environ for name in VARIABLES):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(MMAP_THRESHOLD, 32 * MIB) and mallopt(TRIM_THRESHOLD, 128 * MIB))
