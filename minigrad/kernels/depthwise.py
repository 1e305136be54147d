"""Convolutions of few channels a group, depthwise ones above all: plane by plane.

With one channel a group there is no matrix product to speak of, and time goes into loads and
stores. So a task copies one block of a group's planes into scratch memory that the first-level
cache holds, inside their zero padding, and slides the kernel down from there (see `sliding`). A
stride along the rows takes columns apart on the way: scratch rows are as many *parts*, so that
neighbours among the results read neighbours.

The gradient to the input is the same kernel, with the roles of input and output exchanged; what
meets what is in the tables of `depthwise_plan`.
"""

from __future__ import annotations

import numpy as np

from minigrad.kernels.convolution import output_length
from minigrad.kernels.depthwise_plan import CHAIN, Pair, Plan, backward_plan, forward_plan
from minigrad.kernels.instructions import (
    every_second,
    lanes_of,
    load,
    slide_factors,
    slide_rows,
    store,
)
from minigrad.kernels.kernel import inner, kernel
from minigrad.kernels.registers import STACK, STACK_COLUMNS, VECTOR_BYTES
from minigrad.kernels.threads import run

Array = np.ndarray

# Reading, laying out and writing an element cost as much as some multiplications.
OVERHEAD = 8


@inner
def scratch(layout, like):
    """Planes of zeros; reading the last vector goes beyond the last plane."""
    return np.zeros(layout.sources * layout.plane + VECTOR_BYTES, like.dtype)


@inner
def lay_out(planes, x, first, row, layout):
    """Copy the block of `x`, planes from `first` on, whose results begin in `row`.

    What lies left and right of the image are zeros from the beginning.
    """
    height, width = x.shape[2:]
    top = row * layout.step_h - layout.above
    i0 = min(max(0, -top), layout.rows)
    i1 = max(i0, min(layout.rows, height - top))
    parts = layout.step_w
    for c in range(layout.sources):
        to, fro = c * layout.plane, ((first + c) * height + top) * width
        if layout.blocks > 1:
            clear(planes, to, i0 * layout.pitch)
            clear(planes, to + i1 * layout.pitch, (layout.rows - i1) * layout.pitch)
        for p in range(parts):
            j0 = max(0, -((p - layout.left) // parts))
            j1 = (min(layout.columns, width + layout.left) - p + parts - 1) // parts
            take_rows(
                planes, to + i0 * layout.pitch + p * layout.part + j0, layout.pitch,
                x.reshape(-1), fro + i0 * width + p + j0 * parts - layout.left, width, parts,
                i1 - i0, j1 - j0,
            )  # fmt: skip


@inner
def clear(target, first, count):
    """Set neighbours to zero."""
    for q in range(first, first + count):
        target[np.uintp(q)] = 0


@inner
def take_rows(target, to, to_row, source, fro, from_row, step, rows, count):
    """Copy `count` columns, `step` apart, of some rows."""
    lanes = lanes_of(target)
    # Vectors overlap where a row ends; of every second column they read one more than they need.
    done = count if step == 1 else count - 1 if step == 2 else 0
    if done < lanes:
        done = 0
    for _ in range(rows):
        for q in range(0, done, lanes):
            q = min(q, done - lanes)
            place = fro + q * step
            if step == 1:
                store(target, to + q, load(source, place))
            else:
                pair = load(source, place), load(source, place + lanes)
                store(target, to + q, every_second(pair[0], pair[1]))
        for q in range(done, count):
            target[np.uintp(to + q)] = source[np.uintp(fro + q * step)]
        to += to_row
        fro += from_row


@kernel
def correlate(first, last, x, weight, steps, bias, y, layout, bounds, picks, places):
    """Each task is a block of rows of results, of all channels of a group of an image.

    Parameters
    ----------
    x : (N, groups * sources, H, W)
    weight : flat array
    steps : from one group, and one result, to the next in `weight`
    bias : (groups * results,)
    y : (N, groups * results, ...)
    layout, bounds, picks, places : see `Plan`
    """
    height, width = y.shape[2:]
    lanes, down, across = lanes_of(y), layout.phases_h, layout.phases_w
    line = layout.vectors * lanes
    planes, weights = scratch(layout, y), np.empty(picks.size, y.dtype)
    results, y_flat = np.empty((layout.block + STACK) * line, y.dtype), y.reshape(-1)
    picks = picks.reshape(-1)
    for task in range(first, last):
        index, row = task // layout.blocks, task % layout.blocks * layout.block
        group = index % layout.groups
        lay_out(planes, x, index * layout.sources, row, layout)
        for k in range(layout.results):
            w = group * steps[0] + k * steps[1]
            for t in range(len(picks)):
                weights[t] = weight[np.uintp(w + picks[t])]
            shift, channel = bias[group * layout.results + k], index * layout.results + k
            for phase in range(down * across):
                a, b = phase // across, phase % across
                rows = min(layout.block, (height - a + down - 1) // down - row)
                place = (channel * height + a + row * down) * width + b
                # Where they belong in `y` at once, or side by side in scratch memory.
                at_once = across == 1 and width >= lanes and rows >= STACK
                if at_once:
                    target, to, to_row, count, columns = y_flat, place, down * width, rows, width
                else:
                    target, to, to_row, count, columns = results, 0, line, max(rows, STACK), line
                slide(
                    target, to, to_row, count, columns, weights, planes, places, bounds[phase],
                    layout,
                )  # fmt: skip
                if shift != 0:
                    add(target, to, to_row, rows, columns, shift)
                if not at_once:
                    columns = (width - b + across - 1) // across
                    put_rows(y_flat, place, down * width, across, results, line, rows, columns)


@inner
def slide(target, to, to_row, rows, columns, weights, planes, places, bounds, layout):
    """All results of a block of at least `STACK` rows and a vector of columns; ends overlap."""
    lanes, row_step = lanes_of(target), layout.step_h * layout.pitch
    for i in range(0, rows, STACK):
        i = min(i, rows - STACK)
        for j in range(0, columns, lanes):
            j = min(j, columns - lanes)
            start, place = i * row_step + j, to + i * to_row + j
            chained = bounds[0] < bounds[1]
            if chained:
                slide_rows(
                    weights, CHAIN, planes, places, bounds[0], bounds[1], start, row_step,
                    target, place, to_row, False, CHAIN,
                )  # fmt: skip
            if bounds[1] < bounds[2] or not chained:
                slide_rows(
                    weights, CHAIN, planes, places, bounds[1], bounds[2], start, row_step,
                    target, place, to_row, chained, 1,
                )  # fmt: skip


@inner
def add(results, first, row_step, rows, columns, number):
    """Add a number to some rows."""
    for i in range(rows):
        for q in range(first + i * row_step, first + i * row_step + columns):
            results[np.uintp(q)] += number


@inner
def put_rows(target, to, to_row, step, source, from_row, rows, count):
    """Copy `count` columns of some rows to columns `step` apart."""
    for i in range(rows):
        for q in range(count):
            target[np.uintp(to + i * to_row + q * step)] = source[np.uintp(i * from_row + q)]


@kernel
def weight_sums(first, last, x, g, dw, layout, bounds, picks, places):
    """Each task is an output channel.

    Parameters
    ----------
    x, g : (N, groups * sources, H, W) and (N, groups * results, OH, OW)
    dw : (groups * results, sources * taps)
    layout, bounds, picks, places : see `Plan`
    """
    height, width = g.shape[2:]
    lanes, g_flat, row_step = lanes_of(dw), g.reshape(-1), layout.step_h * layout.pitch
    line = layout.vectors * lanes
    planes = scratch(layout, dw)
    gradients = np.zeros((layout.block + CHAIN) * line, dw.dtype)
    sums = np.empty(len(places) * CHAIN * lanes, dw.dtype)
    start, middle, end = bounds[0]
    for task in range(first, last):
        sums[:] = 0
        for index in range(len(g) * layout.blocks):
            image, row = index // layout.blocks, index % layout.blocks * layout.block
            group = image * layout.groups + task // layout.results
            lay_out(planes, x, group * layout.sources, row, layout)
            rows = min(layout.block, height - row)
            place = ((image * len(dw) + task) * height + row) * width
            take_rows(gradients, 0, line, g_flat, place, width, 1, rows, width)
            clear(gradients, rows * line, (CHAIN - 1) * line)
            for j in range(0, line, lanes):
                for t in range(start, middle, STACK_COLUMNS):
                    slide_factors(
                        gradients, j, line, rows, planes, places, t, middle, j, row_step, sums, 0,
                        CHAIN,
                    )  # fmt: skip
                for t in range(middle, end, STACK_COLUMNS):
                    slide_factors(
                        gradients, j, line, rows, planes, places, t, end, j, row_step, sums, 0, 1
                    )
        for t in range(end):
            for r in range(CHAIN if t < middle else 1):
                total = sums.dtype.type(0)
                for lane in range(lanes):
                    total += sums[(t * CHAIN + r) * lanes + lane]
                dw[task, picks[t, r]] = total


def conv2d(
    x: Array,
    weight: Array,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
    bias: Array | None = None,
) -> Array:
    """See `minigrad.kernels.reference.conv2d`; the arrays are prepared."""
    axes = zip(x.shape[2:], weight.shape[2:], stride, padding, dilation, strict=True)
    size = tuple(output_length(*axis) for axis in axes)
    y = np.empty((len(x), len(weight), *size), x.dtype)
    plan = forward_plan(
        x.shape[2:], weight.shape, stride, padding, dilation, size, groups, x.itemsize
    )
    steps = weight[: len(weight) // groups].size, weight[0].size
    return _correlate(x, weight, steps, bias, y, plan)


def conv2d_input_gradient(
    g: Array,
    weight: Array,
    input_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
    bias: Array | None = None,
) -> Array:
    """See `minigrad.kernels.reference.conv2d_input_gradient`; the arrays are prepared."""
    dx = np.empty((len(g), weight.shape[1] * groups, *input_size), g.dtype)
    plan = backward_plan(
        g.shape[2:], weight.shape, stride, padding, dilation, tuple(input_size), groups, g.itemsize
    )
    steps = weight[: len(weight) // groups].size, weight[0, 0].size
    return _correlate(g, weight, steps, bias, dx, plan)


def _correlate(
    x: Array, weight: Array, steps: Pair, bias: Array | None, y: Array, plan: Plan
) -> Array:
    layout = plan.layout
    run(
        correlate, len(x) * layout.groups * layout.blocks,
        y.size * (OVERHEAD + weight.size / y.shape[1]),
        x, weight.reshape(-1), steps, np.zeros(y.shape[1], y.dtype) if bias is None else bias, y,
        *plan,
    )  # fmt: skip
    return y


def conv2d_weight_gradient(
    x: Array,
    g: Array,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> Array:
    """See `minigrad.kernels.reference.conv2d_weight_gradient`; the arrays are prepared."""
    dw = np.empty((g.shape[1], x.shape[1] // groups, *kernel_size), x.dtype)
    plan = forward_plan(
        x.shape[2:], dw.shape, stride, padding, dilation, g.shape[2:], groups, x.itemsize
    )
    run(
        weight_sums, len(dw), g.size * (OVERHEAD + dw[0].size),
        x, g, dw.reshape(len(dw), -1), *plan,
    )  # fmt: skip
    return dw
