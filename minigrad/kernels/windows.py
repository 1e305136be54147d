"""Rows of an image in the order in which windows read them.

Window ``j`` of a row reads column ``j * stride + s * dilation`` of the padded image for its element
``s``. With a stride of 2, neighbouring windows read every second column: so a row is copied into a
*line* that holds first the even columns, then the odd ones (a *phase* each; as many as the stride
has steps). In it neighbouring windows lie side by side, and element ``s`` of eight windows is one
vector, at a fixed place plus ``j``. What is not covered by the row stays padding.

The adjoint of a pooling adds up in such a line, and copies it back to a row.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from minigrad.kernels.instructions import (
    every_other,
    every_second,
    lanes_of,
    load,
    store,
    zipped_high,
    zipped_low,
)
from minigrad.kernels.kernel import inlined
from minigrad.kernels.registers import VECTOR_BYTES

Pair = tuple[int, int]


def rows_of(planes: np.ndarray) -> int:
    """How many rows (N, C, H, W) has."""
    return planes.shape[0] * planes.shape[1] * planes.shape[2]


class Windows(NamedTuple):
    """The numbers a kernel needs, all ints (a kernel is compiled once for all of them)."""

    height: int
    width: int
    rows: int  # of windows
    columns: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    padding_h: int
    padding_w: int
    dilation_h: int
    dilation_w: int


class Plan(NamedTuple):
    """The numbers and their tables."""

    windows: Windows
    line: int  # elements of a line
    phases: np.ndarray  # of each phase: its place in a line, its first column, how many
    elements: np.ndarray  # where each element of window 0 is, line behind line
    covering: np.ndarray  # of each row of the image and row of a window: the row of windows, or -1


@functools.lru_cache(maxsize=256)
def plan(
    size: Pair, kernel_size: Pair, stride: Pair, padding: Pair, dilation: Pair, counts: Pair,
    item_bytes: int,
) -> Plan:  # fmt: skip
    """Lay out the lines for `counts` windows in an image of `size`."""
    rows, columns = (np.arange(k) * d for k, d in zip(kernel_size, dilation, strict=True))
    lanes = VECTOR_BYTES // item_bytes
    vectors = -(-counts[1] // lanes) * lanes
    step, width = stride[1], size[1]
    segment = max((width - 1 + padding[1]) // step + 1, vectors + int(columns[-1]) // step)
    phases = []
    for phase in range(step):
        before = max(0, -((phase - padding[1]) // step))
        first = phase - padding[1] + before * step
        count = max(0, -((first - width) // step))
        phases.append((phase * segment + before, first, count))
    line = step * segment
    lines = np.arange(kernel_size[0]) * line
    elements = np.add.outer(lines, columns % step * segment + columns // step)
    tops = np.add.outer(np.arange(size[0]) + padding[0], -rows)
    hit = (tops >= 0) & (tops % stride[0] == 0) & (tops < counts[0] * stride[0])
    windows = Windows(*size, *counts, *kernel_size, *stride, *padding, *dilation)
    return Plan(
        windows,
        line,
        np.array(sorted(phases, key=lambda phase: phase[1]), np.int64),
        elements.astype(np.int64).ravel(),
        np.where(hit, tops // stride[0], -1).astype(np.int64),
    )


@inlined
def read_row(line, at, x, row, windows, phases):
    """Copy the row that begins at element `row` of `x` to the line that begins at `at`."""
    step, lanes = windows.stride_w, lanes_of(x)
    done = 0  # of each phase, in vectors
    if step == 1:
        to = at + phases[0, 0]
        while done + lanes <= windows.width:
            store(line, to + done, load(x, row + done))
            done += lanes
    elif step == 2:
        even, odd = at + phases[0, 0], at + phases[1, 0]
        while 2 * (done + lanes) <= windows.width:
            one, two = load(x, row + 2 * done), load(x, row + 2 * done + lanes)
            store(line, even + done, every_second(one, two))
            store(line, odd + done, every_other(one, two))
            done += lanes
    for phase in range(step):
        to, fro = at + phases[phase, 0], row + phases[phase, 1]
        for k in range(done, phases[phase, 2]):
            line[np.uintp(to + k)] = x[np.uintp(fro + step * k)]


@inlined
def write_row(y, row, line, windows, phases):
    """Copy a line to the row that begins at element `row` of `y`."""
    step, lanes = windows.stride_w, lanes_of(y)
    done = 0  # of each phase, in vectors
    if step == 1:
        fro = phases[0, 0]
        while done + lanes <= windows.width:
            store(y, row + done, load(line, fro + done))
            done += lanes
    elif step == 2:
        even, odd = phases[0, 0], phases[1, 0]
        while 2 * (done + lanes) <= windows.width:
            one, two = load(line, even + done), load(line, odd + done)
            store(y, row + 2 * done, zipped_low(one, two))
            store(y, row + 2 * done + lanes, zipped_high(one, two))
            done += lanes
    for phase in range(step):
        fro, to = phases[phase, 0], row + phases[phase, 1]
        for k in range(done, phases[phase, 2]):
            y[np.uintp(to + step * k)] = line[np.uintp(fro + k)]


@inlined
def read_rows(lines, line, x, plane, i, windows, phases, padding):
    """Read the rows under a row of windows; a row outside of the image is all `padding`."""
    for r in range(windows.kernel_h):
        h = i * windows.stride_h - windows.padding_h + r * windows.dilation_h
        at = r * line
        if 0 <= h < windows.height:
            row = (plane * windows.height + h) * windows.width
            read_row(lines, at, x, row, windows, phases)
        else:
            for k in range(line):
                lines[np.uintp(at + k)] = padding
