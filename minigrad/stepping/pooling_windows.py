"""The windows of pooling and of its adjoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..kernels import reference
from .arrays import number
from .windows import SPELLED, Cell, Walk, Window, cells_of, held

Pair = tuple[int, int]


class MaxPooling(Walk):
    """The largest value of every window, and where it stood."""

    kernel = "max_pool2d"
    verb = "keeps the largest value of each window and remembers its position"

    def __init__(
        self, title: str, x: Any, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair,
        output_size: Pair,
    ):  # fmt: skip
        y = np.zeros((*x.shape[:2], *output_size), reference._result_type(x))
        self._options = kernel, stride, padding, dilation
        self._positions = np.full(y.shape, -1, np.int64)
        super().__init__(title, {"x": x}, "y", y, y.shape)

    def _window(self, index: int, at: tuple[int, ...]) -> Window:
        n, c, i, j = at
        kernel, stride, padding, dilation = self._options
        x = self.arrays["x"]
        height, width = x.shape[2:]
        cells: list[Cell] = []
        for r, s in np.ndindex(*kernel):
            h = i * stride[0] - padding[0] + r * dilation[0]
            w = j * stride[1] - padding[1] + s * dilation[1]
            if 0 <= h < height and 0 <= w < width:
                cells.append((n, c, h, w))
        values = x[tuple(np.transpose(cells))] if cells else np.full(1, -np.inf)
        place = cells[int(np.argmax(values))] if cells else (n, c, 0, 0)
        best = values.max()
        flat = place[2] * width + place[3]
        self._positions[at] = flat
        terms = {"positions so far (−1: none yet)": self._positions[n, c].copy()}
        sentence = (
            f"max({', '.join(map(number, values[:SPELLED]))}"
            f"{', …' if len(values) > SPELLED else ''}) = {number(best)}, remembered: position "
            f"{flat} (row {place[2]}, column {place[3]})"
        )
        return self._made(index, at, {"x": cells}, terms, [at], best, sentence, [place])


class Unpooling(Walk):
    """Every value to its remembered position, adding up what meets there."""

    kernel = "max_unpool2d"
    verb = "puts each value at its remembered position and adds up what meets"

    def __init__(
        self, title: str, x: Any, indices: Any, size: Pair,
        names: tuple[str, str, str] = ("x", "indices", "y"),
    ):  # fmt: skip
        self._names = names
        y = np.zeros((*x.shape[:2], *size), reference._result_type(x))
        super().__init__(title, {names[0]: x, names[1]: indices}, names[2], y, x.shape)

    def _window(self, index: int, at: tuple[int, ...]) -> Window:
        x, indices, y = self._names
        value, flat = self.arrays[x][at], int(self.arrays[indices][at])
        row, column = divmod(flat, self.result.shape[3])
        cell = (*at[:2], row, column)
        before = self.result[cell]
        after = before + value
        start = f"{y}[{','.join(map(str, cell))}] = "
        sentence = f"position {flat} is row {row}, column {column}: {start}" + (
            f"{number(before)} + {held(value)} = {number(after)}" if before else number(value)
        )
        return self._made(index, at, {x: [at], indices: [at]}, {}, [cell], after, sentence)


class Gathering(Walk):
    """Every plane read at its remembered positions."""

    kernel = "gather2d"
    verb = "reads the value at each remembered position"

    def __init__(
        self, title: str, x: Any, indices: Any,
        names: tuple[str, str, str] = ("ȳ", "indices", "x̄"),
    ):  # fmt: skip
        self._names = names
        y = np.zeros(indices.shape, reference._result_type(x))
        super().__init__(title, {names[0]: x, names[1]: indices}, names[2], y, y.shape)

    def _window(self, index: int, at: tuple[int, ...]) -> Window:
        x, indices, _ = self._names
        flat = int(self.arrays[indices][at])
        row, column = divmod(flat, self.arrays[x].shape[3])
        cell = (*at[:2], row, column)
        value = self.arrays[x][cell]
        sentence = f"position {flat} is row {row}, column {column}: {number(value)}"
        return self._made(index, at, {x: [cell], indices: [at]}, {}, [at], value, sentence)


class _Averaging(Walk):
    """What average pooling and its adjoint share."""

    _options: tuple[Pair, Pair, Pair, bool]

    def _block(self, size: Sequence[int], i: int, j: int) -> tuple[slice, slice, int]:
        (kh, kw), (sh, sw), (ph, pw), count_padding = self._options
        top, bottom, rows = reference._pool_window(i, size[0], kh, sh, ph)
        left, right, columns = reference._pool_window(j, size[1], kw, sw, pw)
        inside = max(bottom - top, 0) * max(right - left, 0)
        return slice(top, bottom), slice(left, right), rows * columns if count_padding else inside


class AveragePooling(_Averaging):
    """The mean of every window."""

    kernel = "avg_pool2d"
    verb = "takes the mean of each window"

    def __init__(
        self, title: str, x: Any, kernel: Pair, stride: Pair, padding: Pair, output_size: Pair,
        count_include_pad: bool, names: tuple[str, str] = ("x", "y"),
    ):  # fmt: skip
        self._options = kernel, stride, padding, count_include_pad
        y = np.zeros((*x.shape[:2], *output_size), reference._result_type(x))
        super().__init__(title, {names[0]: x}, names[1], y, y.shape)

    def _window(self, index: int, at: tuple[int, ...]) -> Window:
        n, c, i, j = at
        ((name, x),) = self.arrays.items()
        rows, columns, count = self._block(x.shape[2:], i, j)
        window = x[n, c, rows, columns]
        mean = window.sum() / count if window.size else 0.0
        cells = cells_of(n, c, rows, columns)
        sentence = f"{number(window.sum())} / {count} = {number(mean)}"
        return self._made(index, at, {name: cells}, {}, [at], mean, sentence)


class Spreading(_Averaging):
    """Every value in equal shares to its window."""

    kernel = "avg_pool2d_input_gradient"
    verb = "spreads each value evenly over its window"

    def __init__(
        self, title: str, g: Any, size: Pair, kernel: Pair, stride: Pair, padding: Pair,
        count_include_pad: bool, names: tuple[str, str] = ("ȳ", "x̄"),
    ):  # fmt: skip
        self._options = kernel, stride, padding, count_include_pad
        dx = np.zeros((*g.shape[:2], *size), reference._result_type(g))
        super().__init__(title, {names[0]: g}, names[1], dx, g.shape)

    def _window(self, index: int, at: tuple[int, ...]) -> Window:
        n, c, i, j = at
        ((name, g),) = self.arrays.items()
        rows, columns, count = self._block(self.result.shape[2:], i, j)
        before = self.result[n, c, rows, columns]
        share = g[at] / count if before.size else g[at]
        cells = cells_of(n, c, rows, columns)
        sentence = f"{number(g[at])} / {count} = {number(share)} to each of {len(cells)} cells"
        terms = {"there before": before.copy(), "sum": before + share}
        return self._made(index, at, {name: [at]}, terms, cells, before + share, sentence)
