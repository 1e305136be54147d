"""Into a kernel: the loops of ``minigrad.kernels.reference``, one window after the other.

A `Walk` is one such loop, stopped between two windows. Each window says which cells it reads, what
it multiplies or compares, and which cells of the result change from what to what, so that it can
be undone exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..kernels import reference
from .arrays import number

if TYPE_CHECKING:
    from .record import Record

Cell = tuple[int, ...]
Pair = tuple[int, int]
_SPELLED = 9  # products up to which a sum is written out
_OVERLAPS = 4  # of the cells where stamps overlap, so many are written out


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


def _cells(*axes: int | slice | range) -> list[Cell]:
    """All cells of a block, row by row; an axis is an index or a bounded slice."""
    found: list[Cell] = [()]
    for axis in axes:
        places = range(axis.start, axis.stop, axis.step or 1) if isinstance(axis, slice) else (
            axis if isinstance(axis, range) else [axis]
        )  # fmt: skip
        found = [(*cell, i) for cell in found for i in places]
    return found


def _spelled(left: Any, right: Any, total: Any, name: str = "") -> str:
    """Σ left · right with its numbers, or how many products there are."""
    left, right = np.ravel(left), np.ravel(right)
    if left.size > _SPELLED:
        return f"{name}Σ of {left.size} products = {number(total)}"
    pairs = [f"{number(a)}·{_held(b)}" for a, b in zip(left, right, strict=True)]
    return f"{name}{' + '.join(pairs).replace('+ −', '− ')} = {number(total)}"


def _held(value: Any) -> str:
    text = number(value)
    return f"({text})" if text.startswith("−") else text


def _border(array: np.ndarray, padding: Pair, size: Sequence[int]) -> tuple[int, int, int, int]:
    return padding[0], padding[1], int(size[0]), int(size[1])


# ---- convolution ------------------------------------------------------------------------------


class _Convolving(Walk):
    """What the three convolutions share: where a window lies and which channels it sees."""

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
        return _cells(k, range(per_group), *map(range, self._kernel))


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
        reads = {x: _cells(n, *place), weight: self._weight_cells(k, len(kernel))}
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
        sums = [
            f"{number(old)} + {_held(new)} = {number(total)}"
            for old, new, total in zip(before.flat, stamp.flat, after.flat, strict=True)
            if old
        ]
        more = ", …" if len(sums) > _OVERLAPS else ""
        sentence += (
            f"; where stamps overlap, {', '.join(sums[:_OVERLAPS])}{more}"
            if sums else ", where there was nothing yet"
        )  # fmt: skip
        return self._made(index, at, reads, terms, _cells(*place), after, sentence)


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
        return self._made(
            index, at, {x: _cells(*place), g: [at]}, terms, writes, after, sentence
        )


# ---- pooling ----------------------------------------------------------------------------------


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
        cells = []
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
            f"max({', '.join(map(number, values[:_SPELLED]))}"
            f"{', …' if len(values) > _SPELLED else ''}) = {number(best)}, remembered: position "
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
            f"{number(before)} + {_held(value)} = {number(after)}" if before else number(value)
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
        cells = _cells(n, c, rows, columns)
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
        cells = _cells(n, c, rows, columns)
        sentence = f"{number(g[at])} / {count} = {number(share)} to each of {len(cells)} cells"
        terms = {"there before": before.copy(), "sum": before + share}
        return self._made(index, at, {name: [at]}, terms, cells, before + share, sentence)


# ---- which kernel a step runs -----------------------------------------------------------------


def walk_of(record: Record, argument: str | None = None) -> Walk:
    """The kernel behind a record: forwards that of the operation, backwards that of a contribution.

    Raises
    ------
    ValueError
        If the operation has no windows, or the tape did not keep what the kernel reads.
    """
    values = {given.argument: given.value for given in record.inputs}
    values.update(record.saved)
    make = _FORWARD if record.direction == "forward" else _BACKWARD
    names = [argument] if argument else (
        ["y"] if record.direction == "forward" else [c.argument for c in record.contributions]
    )  # fmt: skip
    for name in names:
        build = make.get((record.operation, name))
        if build is None:
            continue
        try:
            read = build(values, record.cotangent)
        except KeyError as error:
            raise ValueError(
                f"the tape did not keep {error.args[0]!r} of {record.operation}: record inside "
                "with stepping.recording() to keep everything"
            ) from None
        return read
    raise ValueError(
        f"there are no windows in {record.operation}{f' to {argument}' if argument else ''}: "
        f"one can go into {', '.join(sorted({operation for operation, _ in make}))}"
    )


def _known(values: dict[str, Any], name: str) -> Any:
    if values.get(name) is None:
        raise KeyError(name)
    return values[name]


def _sliding(v: dict[str, Any]) -> tuple[Any, ...]:
    return v["stride"], v["padding"], v["dilation"], v["groups"]


def _averaging(v: dict[str, Any]) -> tuple[Any, ...]:
    return v["kernel_size"], v["stride"], v["padding"]


_FORWARD: dict[tuple[str, str], Any] = {
    ("conv2d", "y"): lambda v, g: Convolution(
        "convolution", _known(v, "x"), _known(v, "weight"), *_sliding(v)
    ),
    ("conv_transpose2d", "y"): lambda v, g: Stamping(
        "transposed convolution", _known(v, "x"), _known(v, "weight"), v["output_size"],
        *_sliding(v), names=("x", "weight", "y"),
    ),
    ("max_pool2d", "y"): lambda v, g: MaxPooling(
        "max-pooling", _known(v, "x"), v["kernel_size"], v["stride"], v["padding"], v["dilation"],
        v["output_size"],
    ),
    ("max_unpool2d", "y"): lambda v, g: Unpooling(
        "max-unpooling", _known(v, "x"), v["indices"], v["output_size"]
    ),
    ("avg_pool2d", "y"): lambda v, g: AveragePooling(
        "average pooling", _known(v, "x"), *_averaging(v), v["output_size"], v["count_include_pad"]
    ),
}  # fmt: skip

_BACKWARD: dict[tuple[str, str], Any] = {
    ("conv2d", "x"): lambda v, g: Stamping(
        "convolution backwards, to the image: a transposed convolution", g, v["weight"],
        v["x_shape"][2:], *_sliding(v),
    ),
    ("conv2d", "weight"): lambda v, g: WeightGradient(
        "convolution backwards, to the kernel", v["x"], g, v["weight_shape"][2:], *_sliding(v)
    ),
    ("conv_transpose2d", "x"): lambda v, g: Convolution(
        "transposed convolution backwards: a convolution", g, v["weight"], *_sliding(v),
        names=("ȳ", "weight", "x̄"),
    ),
    ("conv_transpose2d", "weight"): lambda v, g: WeightGradient(
        "transposed convolution backwards, to the kernel", g, v["x"], v["weight_shape"][2:],
        *_sliding(v), names=("ȳ", "x", "weight gradient"),
    ),
    ("max_pool2d", "x"): lambda v, g: Unpooling(
        "max-pooling backwards: a max-unpooling", g, v["indices"], v["x_shape"][2:],
        names=("ȳ", "indices", "x̄"),
    ),
    ("max_unpool2d", "x"): lambda v, g: Gathering("max-unpooling backwards", g, v["indices"]),
    ("avg_pool2d", "x"): lambda v, g: Spreading(
        "average pooling backwards", g, v["x_shape"][2:], *_averaging(v), v["count_include_pad"]
    ),
}  # fmt: skip
