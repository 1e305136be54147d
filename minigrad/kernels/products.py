"""The product of matrices, in the threads of the kernels.

BLAS multiplies. Into which parts a large product falls is decided from its shape alone, so that the
result is the same for any number of threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.kernels import blas
from minigrad.kernels.threads import share

# So few multiplications OpenBLAS does in one thread anyway: of two matrices, and with a vector.
FEW, FEW_WITH_A_VECTOR = 200_000, 9_000
# A part has at least so many multiplications and rows (or columns): it costs to begin one. The
# product of a vector and a matrix reads the matrix once, and wants it in long pieces.
MULTIPLICATIONS, LENGTH, LENGTH_FOR_VECTORS = 8_000_000, 128, 2048
MOST_PARTS = 64


def matmul(a: Any, b: Any) -> Any:
    """As `numpy.matmul`."""
    a, b = np.asarray(a), np.asarray(b)
    rows = a.shape[-2] if a.ndim > 1 else 1
    columns = b.shape[-1] if b.ndim > 1 else 1
    multiplications = a.size * columns
    if multiplications <= (FEW if rows > 1 and columns > 1 else FEW_WITH_A_VECTOR):
        return np.matmul(a, b)
    with blas.without_threads:
        if multiplications < 2 * MULTIPLICATIONS or min(a.ndim, b.ndim) < 2:
            return np.matmul(a, b)
        if a.shape[-1] != b.shape[-2] or blas.controls() is None:
            return np.matmul(a, b)
        return _in_parts(a, b)


def _in_parts(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The product, its parts along the first axis of a stack, else along rows or columns."""
    stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    y = np.empty((*stack, a.shape[-2], b.shape[-1]), np.result_type(a, b))
    multiplications = y.size * a.shape[-1]
    if stack:
        a, b = (np.broadcast_to(m, (*stack, *m.shape[-2:])) for m in (a, b))
        length, most = stack[0], stack[0]
    else:
        length = max(y.shape)
        most = length // (LENGTH if min(y.shape) > 1 else LENGTH_FOR_VECTORS)
    parts = max(1, min(most, multiplications // MULTIPLICATIONS, MOST_PARTS))

    def multiply(first: int, last: int) -> None:
        for part in range(first, last):
            some = slice(length * part // parts, length * (part + 1) // parts)
            if stack or len(y) == length:
                np.matmul(a[some], b[some] if stack else b, out=y[some])
            else:
                np.matmul(a, b[:, some], out=y[:, some])

    share(multiply, parts, multiplications / 2)
    return y
