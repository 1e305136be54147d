"""Arguments in the one form the kernels are compiled for: C-contiguous, aligned, read-only."""

from __future__ import annotations

import numpy as np


def inputs(*arrays: np.ndarray) -> list[np.ndarray]:
    """The arrays in one dtype, float32 or float64, as a kernel wants them."""
    dtype = np.result_type(np.float32, *arrays)
    return [prepared(array, dtype) for array in arrays]


def prepared(array: np.ndarray, dtype: type | np.dtype) -> np.ndarray:
    """The array in that dtype, as a kernel wants it."""
    flags = array.flags
    if array.dtype != dtype or not (flags.c_contiguous and flags.aligned):
        array = np.require(array, dtype, ("C", "A"))  # slow even when there is nothing to do
    view = array.view()
    view.flags.writeable = False
    return view


def flat(*arrays: np.ndarray) -> list[np.ndarray]:
    """Views of contiguous arrays without their shapes."""
    return [array.reshape(-1) for array in arrays]
