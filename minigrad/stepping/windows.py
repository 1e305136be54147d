"""Into a kernel: the loops of ``minigrad.kernels.reference``, one window after the other.

A `Walk` is one such loop, stopped between two windows. Each window says which cells it reads, what
it multiplies or compares, and which cells of the result change from what to what, so that it can
be undone exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .arrays import number

Cell = tuple[int, ...]
SPELLED = 9
"""Up to so many numbers a computation is written out."""


@dataclass(frozen=True, eq=False)
class Window:
    """One turn of a kernel's loop.

    Attributes
    ----------
    index : int
        Which turn it is, from 0.
    at : tuple of int
        The values of the loop's variables: image, channel, row, column.
    reads : dict from str to list of Cell
        The cells that it looks at, of each array it reads.
    terms : dict from str to array
        The intermediate results by name: products, stamp, sum, …
    remembered : list of Cell
        Of max-pooling, the cell whose position is remembered.
    writes : list of Cell
        The cells of the result that it changes.
    before, after : array
        The values of these cells.
    sentence : str
        The computation with its numbers.
    """

    index: int
    at: tuple[int, ...]
    reads: dict[str, list[Cell]]
    terms: dict[str, np.ndarray]
    writes: list[Cell]
    before: np.ndarray
    after: np.ndarray
    sentence: str
    remembered: list[Cell] = field(default_factory=list)


class Walk:
    """A kernel's loop, stopped between two windows.

    Attributes
    ----------
    kernel : str
        The name of the function in ``minigrad.kernels.reference``.
    title : str
        What it is here, in words.
    arrays : dict from str to array
        What it reads; of an array with padding around it, all of it.
    result_name : str
    result : array
        As far as it has got, with the border that is cut off at the end.
    borders : dict from str to (rows, columns, height, width)
        For each array and result with padding: where the image lies in it.
    """

    kernel = ""
    verb = ""

    def __init__(
        self,
        title: str,
        arrays: dict[str, np.ndarray],
        result_name: str,
        result: np.ndarray,
        loop: Sequence[int],
        borders: dict[str, tuple[int, int, int, int]] | None = None,
    ):
        self.title = title
        self.arrays = arrays
        self.result_name = result_name
        self.result = result
        self.borders = borders or {}
        self._loop = tuple(loop)
        self._windows: list[Window] = []
        self.position = 0

    def __len__(self) -> int:
        return int(np.prod(self._loop))

    @property
    def window(self) -> Window | None:
        """The window that was stepped over last."""
        return self._windows[self.position - 1] if self.position else None

    @property
    def output(self) -> np.ndarray:
        """The result so far, without the border."""
        if self.result_name not in self.borders:
            return self.result
        top, left, height, width = self.borders[self.result_name]
        return self.result[:, :, top : top + height, left : left + width]

    def next(self) -> Window | None:
        """Step over one window; ``None`` at the end."""
        if self.position == len(self):
            return None
        if self.position == len(self._windows):
            at = tuple(int(i) for i in np.unravel_index(self.position, self._loop))
            self._windows.append(self._window(self.position, at))
        window = self._windows[self.position]
        self.result[tuple(np.transpose(window.writes))] = window.after
        self.position += 1
        return window

    def back(self) -> Window | None:
        """Undo one window; ``None`` at the start."""
        if self.position:
            self.position -= 1
            window = self._windows[self.position]
            self.result[tuple(np.transpose(window.writes))] = window.before
        return self.window

    def go(self, position: int) -> Window | None:
        """Move to where so many windows have been stepped over."""
        if not 0 <= position <= len(self):
            raise ValueError(f"there are {len(self)} windows: go to 0 … {len(self)}")
        while self.position < position:
            self.next()
        while self.position > position:
            self.back()
        return self.window

    def _window(self, index: int, at: tuple[int, ...]) -> Window:
        raise NotImplementedError

    def _made(
        self,
        index: int,
        at: tuple[int, ...],
        reads: dict[str, list[Cell]],
        terms: dict[str, np.ndarray],
        writes: list[Cell],
        after: Any,
        sentence: str,
        remembered: Sequence[Cell] = (),
    ) -> Window:
        before = self.result[tuple(np.transpose(writes))].copy()
        after = np.asarray(after, self.result.dtype).reshape(before.shape)
        return Window(index, at, reads, terms, writes, before, after, sentence, list(remembered))


def cells_of(*axes: int | slice | range) -> list[Cell]:
    """All cells of a block, row by row; an axis is an index or a bounded slice."""
    found: list[Cell] = [()]
    for axis in axes:
        places = range(axis.start, axis.stop, axis.step or 1) if isinstance(axis, slice) else (
            axis if isinstance(axis, range) else [axis]
        )  # fmt: skip
        found = [(*cell, i) for cell in found for i in places]
    return found


def held(value: Any) -> str:
    """A number as it stands behind an operator: a negative one in parentheses."""
    text = number(value)
    return f"({text})" if text.startswith("−") else text
