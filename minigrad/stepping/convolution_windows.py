"""The windows of convolution and of its two adjoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..kernels import reference
from .arrays import number
from .windows import SPELLED, Cell, Walk, Window, cells_of, held

Pair = tuple[int, int]
_OVERLAPS = 4  # of the cells where stamps overlap, so many are written out


class _Convolving(Walk):
    """What the three convolutions share: where a window lies and which channels it sees."""

    _names: tuple[str, str, str]

    def _place(self, k: int, i: int, j: int) -> tuple[slice, slice, slice]:
        outputs, inputs, groups = self._channels
        rows, columns = reference._window(i, j, self._kernel, self._stride, self._dilation)
        return reference._channels(k, outputs, inputs, groups), rows, columns

    def _set(
        self, channels: tuple[int, int, int], kernel: Sequence[int], stride: Pair, dilation: Pair
    ) -> None:
        self._channels = channels
        self._kernel = (int(kernel[0]), int(kernel[1]))
        self._stride, self._dilation = stride, dilation

    def _weight_cells(self, k: int, per_group: int) -> list[Cell]:
        return cells_of(k, range(per_group), *map(range, self._kernel))


class Convolution(_Convolving):
    """``y[n, k, i, j] = sum(window * weight[k])``"""

    kernel = "conv2d"
    verb = "slides the kernel over the image"

    def __init__(
        self, title: str, x: Any, weight: Any, stride: Pair, padding: Pair, dilation: Pair,
        groups: int, names: tuple[str, str, str] = ("x", "weight", "y"),
    ):  # fmt: skip
        self._names = names
        shape = reference.conv2d(
            np.zeros((0, *x.shape[1:])), weight, stride, padding, dilation, groups
        ).shape
        y = np.zeros((len(x), *shape[1:]), reference._result_type(x, weight))
        padded = reference._padded(x, (0, 0), padding)
        borders = {names[0]: _border(padded, padding, x.shape[2:])}
        arrays = {names[0]: padded, names[1]: weight}
        super().__init__(title, arrays, names[2], y, y.shape, borders)
        self._set((len(weight), x.shape[1], groups), weight.shape[2:], stride, dilation)

    def _window(self, index: int, at: tuple[int, ...]) -> Window:
        n, k, i, j = at
        x, weight, y = self._names
        place = self._place(k, i, j)
        window = self.arrays[x][(n, *place)]
        kernel = self.arrays[weight][k]
        products = window * kernel
        total = np.sum(products)
        reads = {x: cells_of(n, *place), weight: self._weight_cells(k, len(kernel))}
        terms = {"products": products}
        sentence = _spelled(window, kernel, total, f"{y}[{n},{k},{i},{j}] = ")
        return self._made(index, at, reads, terms, [at], total, sentence)


class Stamping(_Convolving):
    """``window += x[n, k, i, j] * weight[k]``: transposed convolution."""

    kernel = "conv2d_input_gradient"
    verb = "stamps the kernel, times each value, and adds where stamps overlap"

    def __init__(
        self, title: str, g: Any, weight: Any, size: Sequence[int], stride: Pair, padding: Pair,
        dilation: Pair, groups: int, names: tuple[str, str, str] = ("ȳ", "weight", "x̄"),
    ):  # fmt: skip
        self._names = names
        (batch, outputs, oh, ow), (_, per_group, kh, kw) = g.shape, weight.shape
        reach = (
            reference._reach(oh, kh, stride[0], dilation[0]),
            reference._reach(ow, kw, stride[1], dilation[1]),
        )
        empty = np.zeros((batch, per_group * groups, *size), reference._result_type(g, weight))
        dx = reference._padded(empty, reach, padding)
        borders = {names[2]: _border(dx, padding, size)}
        super().__init__(title, {names[0]: g, names[1]: weight}, names[2], dx, g.shape, borders)
        self._set((outputs, per_group * groups, groups), (kh, kw), stride, dilation)

    def _window(self, index: int, at: tuple[int, ...]) -> Window:
        n, k, i, j = at
        g, weight, _ = self._names
        value, kernel = self.arrays[g][at], self.arrays[weight][k]
        stamp = value * kernel
        place = (n, *self._place(k, i, j))
        before = self.result[place]
        after = before + stamp
        reads = {g: [at], weight: self._weight_cells(k, len(kernel))}
        terms = {"there before": before.copy(), "stamp": stamp, "sum": after}
        sentence = f"{g}[{n},{k},{i},{j}] = {number(value)} stamps {number(value)} · kernel"
        sentence += self._overlaps(before, stamp) if value else ", which changes nothing"
        return self._made(index, at, reads, terms, cells_of(*place), after, sentence)

    def _overlaps(self, before: np.ndarray, stamp: np.ndarray) -> str:
        """The sums in the cells that held something, as the end of a sentence."""
        sums = [
            f"{number(old)} + {held(new)} = {number(old + new)}"
            for old, new in zip(before.flat, stamp.flat, strict=True)
            if old
        ]
        if not sums:
            return ", where there was nothing yet"
        more = ", …" if len(sums) > _OVERLAPS else ""
        return f"; where stamps overlap, {', '.join(sums[:_OVERLAPS])}{more}"


class WeightGradient(_Convolving):
    """``dw[k] += g[n, k, i, j] * window``"""

    kernel = "conv2d_weight_gradient"
    verb = "adds up every window, times the gradient of its output"

    def __init__(
        self, title: str, x: Any, g: Any, kernel: Sequence[int], stride: Pair, padding: Pair,
        dilation: Pair, groups: int, names: tuple[str, str, str] = ("x", "ȳ", "weight gradient"),
    ):  # fmt: skip
        self._names = names
        _, outputs, oh, ow = g.shape
        reach = (
            reference._reach(oh, kernel[0], stride[0], dilation[0]),
            reference._reach(ow, kernel[1], stride[1], dilation[1]),
        )
        padded = reference._padded(x, reach, padding)
        dtype = reference._result_type(x, g)
        dw = np.zeros((outputs, x.shape[1] // groups, *kernel), dtype)
        borders = {names[0]: _border(padded, padding, x.shape[2:])}
        super().__init__(title, {names[0]: padded, names[1]: g}, names[2], dw, g.shape, borders)
        self._set((outputs, x.shape[1], groups), kernel, stride, dilation)

    def _window(self, index: int, at: tuple[int, ...]) -> Window:
        n, k, i, j = at
        x, g, _ = self._names
        place = (n, *self._place(k, i, j))
        window, value = self.arrays[x][place], self.arrays[g][at]
        before = self.result[k]
        after = before + value * window
        terms = {"there before": before.copy(), "added": value * window, "sum": after}
        sentence = f"{g}[{n},{k},{i},{j}] = {number(value)} times its window is added"
        writes = self._weight_cells(k, len(before))
        return self._made(index, at, {x: cells_of(*place), g: [at]}, terms, writes, after, sentence)


def _spelled(left: Any, right: Any, total: Any, name: str = "") -> str:
    """Σ left · right with its numbers, or how many products there are."""
    left, right = np.ravel(left), np.ravel(right)
    if left.size > SPELLED:
        return f"{name}Σ of {left.size} products = {number(total)}"
    pairs = [f"{number(a)}·{held(b)}" for a, b in zip(left, right, strict=True)]
    return f"{name}{' + '.join(pairs).replace('+ −', '− ')} = {number(total)}"


def _border(array: np.ndarray, padding: Pair, size: Sequence[int]) -> tuple[int, int, int, int]:
    return padding[0], padding[1], int(size[0]), int(size[1])
