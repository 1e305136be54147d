"""Which rows and columns of an image meet which of a kernel: the tables of `depthwise`.

Forward, output `i` reads the padded source at ``i * stride + t * dilation`` for every tap `t`. For
the gradient to the input, source and result change places, and a stride sorts the results into
*phases*, every `stride`-th of them, each with taps of its own.

Taps of a column of the kernel that read rows one step apart, where a step is what lies between the
rows that two neighbouring results read, are a *chain* (see `sliding`).
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from minigrad.kernels.geometry import balanced, round_up
from minigrad.kernels.registers import STACK, VECTOR_BYTES

Array = np.ndarray
Pair = tuple[int, ...]
Taps = list[tuple[int, int]]  # of the kernel, and how far they reach

# What a task lays out leaves room for results in the first-level cache.
PLANE_BYTES = 16 * 1024
# The taps of a chain; what is left over are chains of one.
CHAIN = 3


class Axis(NamedTuple):
    """One axis: which taps of the kernel each result reads, and where."""

    phases: list[Taps]  # of the results
    step: int  # from what a result reads to what the next of its phase does
    before: int  # padding before the source
    size: int  # of the source
    outputs: int

    @property
    def results(self) -> int:
        """Of a phase; the last one may be missing."""
        return -(-self.outputs // len(self.phases))

    def extent(self, results: int) -> int:
        """How many source positions so many results of a phase read."""
        reach = max((shift for taps in self.phases for _, shift in taps), default=0)
        return (results - 1) * self.step + reach + 1


def forward_axis(
    size: int, kernel: int, stride: int, padding: int, dilation: int, outputs: int
) -> Axis:
    """Output `i` reads the padded source at ``i * stride + t * dilation`` for every tap `t`."""
    return Axis([[(t, t * dilation) for t in range(kernel)]], stride, padding, size, outputs)


def backward_axis(
    outputs: int, kernel: int, stride: int, padding: int, dilation: int, size: int
) -> Axis:
    """Input ``a + i * stride`` gets what tap `t` took from it to an output `shift` behind `i`."""
    phases = [
        [
            (t, (a + padding - t * dilation) // stride)
            for t in range(kernel)
            if (a + padding - t * dilation) % stride == 0
        ]
        for a in range(stride)
    ]
    before = -min((shift for taps in phases for _, shift in taps), default=0)
    phases = [[(t, shift + before) for t, shift in taps] for taps in phases]
    return Axis(phases, 1, before, size, outputs)


class Layout(NamedTuple):
    """The numbers a kernel needs, all ints (a kernel is compiled once for all of them)."""

    groups: int
    sources: int  # planes of a group
    results: int
    phases_h: int  # of the results
    phases_w: int
    block: int  # rows of results (of a phase) in a block
    blocks: int  # of a plane
    step_h: int
    step_w: int  # and as many parts has a row
    above: int  # padding
    left: int
    rows: int  # laid out for a block
    columns: int
    part: int  # columns in a part
    pitch: int  # from one row, and one plane, to the next in scratch memory
    plane: int
    vectors: int  # in a row of results


class Plan(NamedTuple):
    """A layout and its tables; an *item* is a chain of taps (see `sliding`) of one source."""

    layout: Layout
    bounds: Array  # (phases, 3): where items of `CHAIN` taps begin, of one tap, and their end
    picks: Array  # (items, CHAIN): weights behind the first one of a group and result
    places: Array  # where the first row of an item lies in the planes


def _plan(
    vertical: Axis, horizontal: Axis, groups: int, sources: int, results: int, kernel_width: int,
    source_step: int, lanes: int,
) -> Plan:  # fmt: skip
    """Cut planes into blocks; `source_step`: from one source to the next in the weight."""
    columns = horizontal.extent(horizontal.results)
    part = -(-columns // horizontal.step)
    pitch = horizontal.step * part
    most = PLANE_BYTES * lanes // (VECTOR_BYTES * max(1, sources) * max(1, pitch))
    block = balanced(vertical.results, (most - vertical.extent(1)) // vertical.step + 1)
    if block < vertical.results:
        block = round_up(block, STACK)
    plane = vertical.extent(round_up(block, STACK)) * pitch
    bounds: list[list[int]] = []
    picks: list[list[int]] = []
    places: list[int] = []
    for taps_h in vertical.phases:
        chains, single = _chains(taps_h, vertical.step)
        for taps_w in horizontal.phases:
            bounds.append([len(places)])
            for rows in (chains, single):
                for c in range(sources):
                    for chain in rows:
                        for s, j in taps_w:
                            picks.append([c * source_step + r * kernel_width + s for r, _ in chain])
                            place = j % horizontal.step * part + j // horizontal.step
                            places.append(c * plane + chain[0][1] * pitch + place)
                bounds[-1].append(len(places))
    layout = Layout(
        groups, sources, results, len(vertical.phases), len(horizontal.phases),
        block, -(-vertical.results // block), vertical.step, horizontal.step,
        vertical.before, horizontal.before, vertical.extent(block), columns, part, pitch, plane,
        -(-horizontal.results // lanes),
    )  # fmt: skip
    return Plan(
        layout,
        np.array(bounds, np.int64),
        np.array([(pick * CHAIN)[:CHAIN] for pick in picks], np.int64).reshape(-1, CHAIN),
        np.array(places, np.int64),
    )


def _chains(taps: Taps, step: int) -> tuple[list[Taps], list[Taps]]:
    """As many chains of `CHAIN` rows as there are, each a step below the one before; the rest."""
    rest, chains = {shift: tap for tap, shift in sorted(taps)}, []
    for first in sorted(rest):
        chain = [first + i * step for i in range(CHAIN)]
        if all(shift in rest for shift in chain):
            chains.append([(rest.pop(shift), shift) for shift in chain])
    return chains, [[(tap, shift)] for shift, tap in rest.items()]


@functools.lru_cache(maxsize=256)
def forward_plan(
    size: Pair, weight_shape: Pair, stride: Pair, padding: Pair, dilation: Pair,
    output_size: Pair, groups: int, item_bytes: int,
) -> Plan:  # fmt: skip
    """That of a convolution."""
    outputs, channels, *kernel_size = weight_shape
    axes = zip(size, kernel_size, stride, padding, dilation, output_size, strict=True)
    vertical, horizontal = (forward_axis(*axis) for axis in axes)
    return _plan(
        vertical, horizontal, groups, channels, outputs // groups,
        kernel_size[1], kernel_size[0] * kernel_size[1], VECTOR_BYTES // item_bytes,
    )  # fmt: skip


@functools.lru_cache(maxsize=256)
def backward_plan(
    size: Pair, weight_shape: Pair, stride: Pair, padding: Pair, dilation: Pair,
    input_size: Pair, groups: int, item_bytes: int,
) -> Plan:  # fmt: skip
    """That of the gradient to the input."""
    outputs, channels, *kernel_size = weight_shape
    axes = zip(input_size, kernel_size, stride, padding, dilation, size, strict=True)
    vertical, horizontal = (backward_axis(*axis) for axis in axes)
    return _plan(
        vertical, horizontal, groups, outputs // groups, channels,
        kernel_size[1], channels * kernel_size[0] * kernel_size[1], VECTOR_BYTES // item_bytes,
    )  # fmt: skip
