"""The axes of a reduction: which they are, and how to put them back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple


def reduced_axes(axis: int | Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """The axes a reduction acts on, as ascending non-negative numbers; ``None`` is all."""
    if axis is None or not ndim:
        return tuple(range(ndim))
    return tuple(sorted(normalize_axis_tuple(axis, ndim)))


def reduced_count(shape: Sequence[int], axis: int | Sequence[int] | None) -> int:
    """How many elements each result of a reduction is made of."""
    return math.prod([shape[i] for i in reduced_axes(axis, len(shape))])


def around(shape: Sequence[int], axis: int) -> tuple[int, int, int]:
    """How many elements lie before an axis, along it, and behind it."""
    axis = normalize_axis_index(axis, len(shape))
    return math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])


def put_axes_back(
    values: Any, shape: Sequence[int], axis: int | Sequence[int] | None, keepdims: bool = False
) -> Any:
    """Give reduced axes size one (unless they were kept), to broadcast against the input."""
    if keepdims or not shape:
        return values
    axes = reduced_axes(axis, len(shape))
    return np.reshape(values, tuple(1 if i in axes else n for i, n in enumerate(shape)))
