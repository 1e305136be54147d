"""The bytes of a file as arrays, without copying where that is possible."""

from __future__ import annotations

import mmap
import os
from typing import IO

import numpy as np

# Files of so many bytes stay on the disk until they are used.
_MAPPED = 2**26


def contents(file: IO[bytes]) -> memoryview:
    """All bytes of a file, writeable; writing to them does not change the file."""
    size = os.fstat(file.fileno()).st_size
    if size >= _MAPPED:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    file.seek(0)
    return memoryview(bytearray(file.read()))


def elements(data: memoryview, dtype: str, byteorder: str = "<") -> np.ndarray:
    """Bytes as a one-dimensional array in the machine's byte order.

    Parameters
    ----------
    data : memoryview
        Its length must be a multiple of the size of an element.
    dtype : str
        A NumPy code without byte order, such as ``"f4"``, or ``"bf16"``, which becomes float32.
    byteorder : {"<", ">"}

    Examples
    --------
    >>> elements(memoryview(bytes([0x80, 0x3F])), "bf16")
    array([1.], dtype=float32)
    """
    if dtype == "bf16":
        # The upper half of a float32.
        halves = np.frombuffer(data, f"{byteorder}u2")
        return (halves.astype(np.uint32) << 16).view(np.float32)
    array = np.frombuffer(data, f"{byteorder}{dtype}")
    if dtype == "b1" and array.size and array.view(np.uint8).max() > 1:
        raise ValueError("a bool is neither 0 nor 1")
    return np.require(array, array.dtype.newbyteorder("="), ["A", "W"])


def element_size(dtype: str) -> int:
    """The bytes that one element takes in the file.

    Examples
    --------
    >>> element_size("bf16"), element_size("f8")
    (2, 8)
    """
    return 2 if dtype == "bf16" else np.dtype(dtype).itemsize
