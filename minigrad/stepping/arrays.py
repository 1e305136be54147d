"""Arrays for the eye: a number in four digits, a small array whole, a large one summarised."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

WHOLE = 400
"""Up to so many elements an array is shown whole, beyond that summarised."""

_CORNER = 6  # rows and columns of the corner that is shown of a large array
_BINS = 12


def number(value: Any) -> str:
    """A number in at most four significant digits, with a real minus sign.

    Examples
    --------
    >>> number(-0.123456), number(3.0), number(1234567.0), number(np.inf)
    ('−0.1235', '3', '1.235e+06', '∞')
    """
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, np.integer)):
        text = str(int(value))
    else:
        text = f"{float(value):.4g}".replace("inf", "∞")
        text = "0" if text == "-0" else text
    return text.replace("-", "−", 1) if text.startswith("-") else text


def inline(array: Any, limit: int = 9) -> str:
    """An array in one line: whole up to `limit` elements, else its shape and range.

    Examples
    --------
    >>> inline(np.array([[1.0, -2.0], [0.5, 3.0]]))
    '[[1 −2] [0.5 3]]'
    >>> inline(np.arange(100.0))
    '(100) from 0 to 99'
    """
    array = np.asarray(array)
    if array.ndim == 0:
        return number(array[()])
    if array.size > limit:
        return f"({shape_text(array.shape)}) {range_text(array)}"
    while array.ndim > 2 and len(array) == 1:
        array = array[0]
    return "[" + " ".join(inline(part, limit) for part in array) + "]"


def brief(value: Any) -> str:
    """A value that a tape keeps, in a word: an array by its shape."""
    if isinstance(value, np.ndarray):
        return shape_text(value.shape) or number(value)
    return str(value)


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as ``2×3``; nothing for a single number."""
    return "×".join(map(str, shape))


def range_text(array: np.ndarray) -> str:
    """From where to where the finite values go, and how many are not finite."""
    if array.size == 0:
        return "empty"
    finite = array[np.isfinite(array)] if array.dtype.kind == "f" else array
    lost = array.size - finite.size
    if finite.size == 0:
        return "nothing finite"
    low, high = finite.min(), finite.max()
    text = f"all {number(low)}" if low == high else f"from {number(low)} to {number(high)}"
    return text + (f", {lost} not finite" if lost else "")


@dataclass(frozen=True, eq=False)
class Summary:
    """What a large array is shown as.

    Attributes
    ----------
    shape, dtype
    low, high, mean : float
        Of the finite values; NaN where there are none.
    zeros, lost : int
        How many values are zero, and how many are NaN or infinite.
    counts, edges : array
        A histogram of the finite values.
    corner : array
        The first rows and columns of the first plane.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    low: float
    high: float
    mean: float
    zeros: int
    lost: int
    counts: np.ndarray
    edges: np.ndarray
    corner: np.ndarray

    def __str__(self) -> str:
        bars = " ▁▂▃▄▅▆▇█"
        top = max(int(self.counts.max(initial=0)), 1)
        histogram = "".join(bars[-(-int(count) * 8 // top)] for count in self.counts)
        text = (
            f"{shape_text(self.shape)} {self.dtype}, from {number(self.low)} to "
            f"{number(self.high)}, mean {number(self.mean)}, {self.zeros} zero"
        )
        return text + (f", {self.lost} not finite" if self.lost else "") + f"  {histogram}"


def summary(array: Any) -> Summary:
    """Summarise an array.

    Examples
    --------
    >>> print(summary(np.arange(1000.0).reshape(10, 100)))
    10×100 float64, from 0 to 999, mean 499.5, 1 zero  ████████████
    """
    array = np.asarray(array)
    values = array.astype(float).ravel()
    finite = values[np.isfinite(values)]
    low, high, mean = np.nan, np.nan, np.nan
    counts, edges = np.zeros(_BINS, int), np.zeros(_BINS + 1)
    with np.errstate(all="ignore"):
        if finite.size:
            low, high, mean = float(finite.min()), float(finite.max()), float(finite.mean())
        with suppress(ValueError):  # the range is too wide for bins, or too narrow
            counts, edges = np.histogram(finite, _BINS)
    plane = array.reshape(-1, *array.shape[-2:])[0] if array.ndim > 2 and array.size else array
    corner = plane[(slice(_CORNER),) * plane.ndim]
    zeros = int(np.count_nonzero(values == 0))
    return Summary(
        array.shape, array.dtype, low, high, mean, zeros, values.size - finite.size,
        counts, edges, corner,
    )  # fmt: skip


def grid(array: Any, limit: int = WHOLE) -> list[list[str]]:
    """The numbers of an array with up to two axes, row by row, as text of four digits.

    Of more axes the first plane, of a large array the corner.
    """
    array = np.asarray(array)
    if array.size > limit:
        array = summary(array).corner
    if array.ndim > 2:
        array = array.reshape(-1, *array.shape[-2:])[0] if array.size else np.zeros((0, 0))
    return [[number(value) for value in row] for row in np.atleast_2d(array)]
