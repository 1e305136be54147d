"""Hypothesis strategies: arrays away from kinks, shapes, convolutions and pooling.

>>> import numpy as np
>>> from hypothesis import given
>>> from minigrad.testing import check_backward, strategies
>>> @given(strategies.arrays_away_from(0.0))
... def test_relu(x):
...     assert check_backward(lambda x: np.maximum(x, 0), lambda g, x: g * (x > 0), x).ok
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError(
        "minigrad.testing.strategies needs Hypothesis: pip install hypothesis"
    ) from error


class Convolution(NamedTuple):
    """The inputs and the settings of a two-dimensional convolution."""

    x: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    groups: int


class Pooling(NamedTuple):
    """The input and the settings of a two-dimensional pooling; no two values are close."""

    x: np.ndarray
    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]


def shapes(min_ndim: int = 0, max_ndim: int = 3, max_side: int = 4) -> st.SearchStrategy:
    """Shapes without empty axes; they shrink to few and short axes."""
    return st.lists(st.integers(1, max_side), min_size=min_ndim, max_size=max_ndim).map(tuple)


@st.composite
def broadcastable_shapes(
    draw: Any, count: int = 2, max_ndim: int = 3, max_side: int = 4
) -> tuple[tuple[int, ...], ...]:
    """So many shapes that broadcast against each other."""
    whole = draw(shapes(0, max_ndim, max_side))
    found = []
    for _ in range(count):
        kept = draw(st.integers(0, len(whole)))
        tail = whole[len(whole) - kept :]
        found.append(tuple(1 if draw(st.booleans()) else n for n in tail))
    return tuple(found)


@st.composite
def arrays_away_from(
    draw: Any,
    *kinks: float,
    shape: Any = None,
    low: float = -3.0,
    high: float = 3.0,
    distance: float = 0.05,
) -> np.ndarray:
    """Arrays no value of which is within `distance` of one of the `kinks`.

    Parameters
    ----------
    *kinks : float
    shape : tuple of int or strategy, optional
        Any of `shapes` by default.
    low, high : float
        The range of the values.
    distance : float

    Raises
    ------
    ValueError
        If the kinks leave no room between `low` and `high`.
    """
    if isinstance(shape, st.SearchStrategy):
        shape = draw(shape)
    elif shape is None:
        shape = draw(shapes())
    edges = np.linspace(low, high, 4001)
    free = np.all(np.abs(edges[:, None] - np.array(kinks)) > distance, axis=1)
    if not free.any():
        raise ValueError(
            f"no value between {low} and {high} is {distance} away from {kinks}: widen the range"
        )
    allowed = edges[free]
    size = int(np.prod(shape))
    places = draw(st.lists(st.integers(0, allowed.size - 1), min_size=size, max_size=size))
    return allowed[np.array(places, int)].reshape(shape)


@st.composite
def distinct_arrays(draw: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Arrays no two of whose values are close, so that no maximum is near a tie."""
    size = int(np.prod(shape))
    order = draw(st.permutations(range(size)))
    return (np.array(order, float) * 0.1 - 0.05 * size + 0.03).reshape(shape)


def _pairs(low: int, high: int) -> st.SearchStrategy:
    return st.tuples(st.integers(low, high), st.integers(low, high))


@st.composite
def convolutions(draw: Any, max_side: int = 6) -> Convolution:
    """Inputs and settings that fit each other, with at least one output place."""
    groups = draw(st.integers(1, 2))
    samples, into, out = (draw(st.integers(1, 2)) for _ in range(3))
    kernel, stride = draw(_pairs(1, 3)), draw(_pairs(1, 2))
    padding, dilation = draw(_pairs(0, 1)), draw(_pairs(1, 2))
    sides = [
        draw(st.integers(max(1, d * (k - 1) + 1 - 2 * p), max(max_side, d * (k - 1) + 1)))
        for k, p, d in zip(kernel, padding, dilation, strict=True)
    ]
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    return Convolution(
        rng.normal(size=(samples, into * groups, *sides)),
        rng.normal(size=(out * groups, into, *kernel)),
        rng.normal(size=out * groups),
        stride,
        padding,
        dilation,
        groups,
    )


@st.composite
def poolings(draw: Any, max_side: int = 5) -> Pooling:
    """An input and settings that fit each other, with a padding of at most half a window."""
    kernel, stride = draw(_pairs(1, 3)), draw(_pairs(1, 2))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    sides = [draw(st.integers(k, max(max_side, k))) for k in kernel]
    x = draw(distinct_arrays((draw(st.integers(1, 2)), draw(st.integers(1, 2)), *sides)))
    return Pooling(x, kernel, stride, padding)
