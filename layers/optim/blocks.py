"""Large arrays block by block: a block stays in the cache from the first operation to the last."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minigrad import settings
from minigrad.kernels.threads import share

# In elements. The few arrays of a step fit the last cache; Python's own time does not count.
BLOCK = 2**17


def in_blocks(update: Callable[..., None], *arrays: np.ndarray) -> None:
    """Call ``update(*blocks, scratch)`` for all blocks of arrays that have one shape.

    Parameters
    ----------
    update : callable
        Works on each element alone, so that neither blocks nor threads change a result. It
        may write to its blocks and to `scratch`, which is another of their size.
    *arrays : ndarray
        The first has the dtype of `scratch`.

    Examples
    --------
    >>> import numpy as np
    >>> a, b = np.ones(2), np.array([1.0, 2.0])
    >>> def add_product(a, b, scratch):
    ...     np.multiply(a, b, out=scratch)
    ...     a += scratch
    >>> in_blocks(add_product, a, b)
    >>> a
    array([2., 3.])
    """
    first = arrays[0]
    if first.size <= BLOCK or not all(array.flags.c_contiguous for array in arrays):
        update(*arrays, np.empty_like(first))
        return
    flat = [array.reshape(-1) for array in arrays]

    def update_some(begin: int, end: int) -> None:
        scratch = np.empty(BLOCK, first.dtype)
        for start in range(begin * BLOCK, end * BLOCK, BLOCK):
            blocks = [array[start : start + BLOCK] for array in flat]
            update(*blocks, scratch[: len(blocks[0])])

    share(update_some, -(-first.size // BLOCK), first.size * len(arrays))


# From so many elements on: what fits the cache NumPy goes through as fast.
LARGE = 2**17


def compiled_pays(*arrays: np.ndarray) -> bool:
    """Whether a compiled step of these arrays, all of one shape, is faster than NumPy's."""
    first = arrays[0]
    return (
        first.size >= LARGE
        and first.dtype.char in "fd"
        and all(array.flags.c_contiguous and array.dtype == first.dtype for array in arrays)
        and settings.current().kernel_set != "reference"
    )
