"""A program: kernels at work on arrays whose neighbours in memory nobody may touch.

Every array of NumPy's lies at the end, or at the start, of pages of its own between two pages that
can neither be read nor written. One step beyond an array, and the program ends there. What kernels
allocate themselves is checked for writes far beyond its end if ``PYTHONMALLOC=debug`` is set.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import random
import sys

import numpy as np
from numba.core.runtime import _nrt_python

from .calls import COMPILED, calls

PAGE = mmap.PAGESIZE
NOTHING, ANYTHING = 0, mmap.PROT_READ | mmap.PROT_WRITE
C = ctypes.CDLL(None)
C.mmap.restype = ctypes.c_void_p
C.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
C.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
C.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]

regions: dict[int, tuple[int, int]] = {}  # by the address of an array: the pages around it
handlers: list[Handler] = []  # must outlive all arrays
at_the_end = random.Random(0)


def zeros(size: int) -> int:
    """The address of so many zeros between two guarded pages."""
    inside = -(-size // PAGE) * PAGE
    whole = inside + 2 * PAGE
    start = C.mmap(None, whole, NOTHING, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    C.mprotect(start + PAGE, inside, ANYTHING)
    address = start + PAGE + (inside - size if at_the_end.random() < 0.5 else 0)
    regions[address] = start, whole
    return address


def junk(size: int) -> int:
    """As `zeros`, but filled with what is no number in any precision."""
    address = zeros(size)
    ctypes.memset(address, 0xFF, size)
    return address


def free(address: int) -> None:
    C.munmap(*regions.pop(address))


def moved(address: int, size: int) -> int:
    there = junk(size)
    start, whole = regions[address]
    ctypes.memmove(there, address, min(size, start + whole - PAGE - address))
    free(address)
    return there


# ---- as NumPy wants it: PyDataMem_Handler of its C interface -----------------------------------

_ADDRESS, _SIZE = ctypes.c_void_p, ctypes.c_size_t


class Handler(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char * 127), ("version", ctypes.c_uint8), ("context", _ADDRESS),
        ("malloc", ctypes.CFUNCTYPE(_ADDRESS, _ADDRESS, _SIZE)),
        ("calloc", ctypes.CFUNCTYPE(_ADDRESS, _ADDRESS, _SIZE, _SIZE)),
        ("realloc", ctypes.CFUNCTYPE(_ADDRESS, _ADDRESS, _ADDRESS, _SIZE)),
        ("free", ctypes.CFUNCTYPE(None, _ADDRESS, _ADDRESS, _SIZE)),
    )  # fmt: skip


def install() -> None:
    """Have NumPy allocate what arrays hold here."""
    types = dict(Handler._fields_)
    handler = Handler(
        b"guarded", 1, None,
        types["malloc"](lambda _, size: junk(size)),
        types["calloc"](lambda _, count, size: zeros(count * size)),
        types["realloc"](lambda _, address, size: moved(address, size)),
        types["free"](lambda _, address, size: free(address)),
    )  # fmt: skip
    python = ctypes.pythonapi
    python.PyCapsule_New.restype = ctypes.py_object
    python.PyCapsule_New.argtypes = [_ADDRESS, ctypes.c_char_p, _ADDRESS]
    python.PyCapsule_GetPointer.restype = _ADDRESS
    python.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    table = python.PyCapsule_GetPointer(np._core._multiarray_umath._ARRAY_API, None)
    set_handler = ctypes.cast(table, ctypes.POINTER(_ADDRESS))[304]  # PyDataMem_SetHandler
    capsule = python.PyCapsule_New(ctypes.addressof(handler), b"mem_handler", None)
    ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(set_handler)(capsule)
    handlers.append(handler)


def main(count: int, beyond: int) -> None:
    """Call all kernels for so many seeds; touch the byte that lies `beyond` a page."""
    _nrt_python.memsys_use_cpython_allocator()
    install()
    for seed in range(count):
        arguments, words = calls(seed)
        print(words, flush=True)
        kernels = COMPILED[seed % len(COMPILED)]
        for name, given in arguments.items():
            results = getattr(kernels, name)(*given)
            for result in results if isinstance(results, tuple) else [results]:
                found = result is None or np.isfinite(result).all()
                assert found, f"{name} left something out"
    page = np.zeros(PAGE, np.uint8)
    ctypes.memset(page.ctypes.data + PAGE - 1 + beyond, 0, 1)
    os._exit(0)  # without freeing arrays while the interpreter is taken apart


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
