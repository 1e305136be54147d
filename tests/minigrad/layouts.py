"""The ways in which memory may hold an array: same values, other strides or flags."""

from __future__ import annotations

import numpy as np


def strided(x: np.ndarray) -> np.ndarray:
    return np.repeat(x[..., None], 2, axis=-1)[..., 0]


def backwards(x: np.ndarray) -> np.ndarray:
    return np.flip(np.flip(x).copy())


def transposed(x: np.ndarray) -> np.ndarray:
    return np.array(x, order="F")


def read_only(x: np.ndarray) -> np.ndarray:
    x = x.copy()
    x.flags.writeable = False
    return x


def framed(x: np.ndarray) -> np.ndarray:
    """The inside of a larger array with other values: none at all, where there is such a thing."""
    frame = np.full([n + 3 for n in x.shape], {"f": np.nan, "i": -9}.get(x.dtype.kind, 9), x.dtype)
    inside = frame[(*[slice(1, n + 1) for n in x.shape], ...)]
    inside[...] = x
    return inside


def unaligned(x: np.ndarray) -> np.ndarray:
    """Its first element lies one byte behind where it should."""
    memory = np.empty(x.nbytes + 1, np.uint8)
    memory[1:] = np.frombuffer(x.tobytes(), np.uint8)
    return memory[1:].view(x.dtype).reshape(x.shape)


LAYOUTS = np.array, strided, backwards, transposed, read_only, framed, unaligned


def repeated(x: np.ndarray) -> np.ndarray:
    """The first column over and over, without a copy. This one does change the values."""
    return np.broadcast_to(x[..., :1], x.shape)
