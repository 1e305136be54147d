"""Softmax over classes and what is made of it, in single precision, compiled.

Logits are (N, C, L): C classes at each of L places. A task is a *strip*, some vectors side by side,
and the strips below it in memory. Where there are many places, each lane is a place, and the next
class is in the next strip. Where there is one, all lanes of all strips are classes of the same
place, and what the lanes have found is combined at the end.
"""

from __future__ import annotations

import math

import numpy as np

from minigrad.kernels.arguments import flat, prepared
from minigrad.kernels.instructions import (
    equal,
    greater,
    lanes_of,
    load,
    load_filled,
    power_of_two,
    select,
    spread,
    store,
    store_part,
)
from minigrad.kernels.kernel import inlined, kernel
from minigrad.kernels.registers import VECTOR_BYTES
from minigrad.kernels.threads import run

Array = np.ndarray

# The elements of a strip of places, 16 vectors, and of one of classes.
STRIP = 16 * (VECTOR_BYTES // 4)
CLASSES = STRIP // 4

# ---- the exponential function -----------------------------------------------------------------

LOG2_E = 1 / math.log(2)
# ln 2 in two parts; the first has so few digits that whole numbers times it are exact.
LN2_HIGH = 355 / 512
LN2_LOW = math.log(2) - LN2_HIGH
# A number so large that what is added to it is rounded to a whole number.
ROUNDING = 1.5 * 2**23
# Beyond these the result is 0, or infinity.
LOWEST, HIGHEST = -87.0, 88.0
# 1 / k!, the last first. On |r| <= ln(2) / 2 what is left out is below 2e-7 of the result.
TAYLOR = tuple([1 / math.factorial(k) for k in range(6, -1, -1)])


@inlined
def exp(x, like):
    """exp(x) = 2ⁿ exp(r) in every lane, where n is whole and r = x − n ln 2 small."""
    too_low, too_high = greater(spread(LOWEST, like), x), greater(x, spread(HIGHEST, like))
    n = x * LOG2_E + ROUNDING - ROUNDING
    r = x - n * LN2_HIGH - n * LN2_LOW
    series = spread(TAYLOR[0], like)
    for coefficient in TAYLOR[1:]:
        series = series * r + coefficient
    y = series * power_of_two(n)
    return select(too_low, spread(0, like), select(too_high, spread(math.inf, like), y))


# ---- strips -----------------------------------------------------------------------------------


def _tasks(shape: tuple[int, ...]) -> int:
    return shape[0] * -(-shape[2] // STRIP)


@inlined
def strips(task, classes, places):
    """The strips of a task.

    These are the first element, how many strips there are, from one to the next, how many elements
    of the first are there, how many fewer of each next one, and the width that is used.
    """
    if places == 1:
        count = (classes + CLASSES - 1) // CLASSES
        return task * classes, count, CLASSES, classes, CLASSES, min(CLASSES, classes)
    across = (places + STRIP - 1) // STRIP
    left = task % across * STRIP
    start = task // across * classes * places + left
    return start, classes, places, places - left, 0, min(STRIP, places - left)


@inlined
def example_at(start, classes, places):
    """The first place of a task, as they are counted without classes."""
    return start - start // (classes * places) * (classes - 1) * places


@inlined
def gather_lanes(strip, width, largest):
    """Put the sum, or the largest, of a strip's numbers in the place of each."""
    found = strip[0]
    for i in range(1, width):
        found = max(found, strip[i]) if largest else found + strip[i]
    for i in range(width):
        strip[i] = found


@kernel
def softmax_strips(first, last, x, y, target, losses, classes, places, logarithm):
    """The softmax, or its logarithm; and −ln of the target classes, if there are any."""
    lanes, zero, lowest = lanes_of(x), spread(0, x), spread(-np.inf, x)
    row = CLASSES if places == 1 else STRIP
    best, total = np.empty(row, x.dtype), np.empty(row, x.dtype)
    # All strips of a task: in `x` they may lie so far apart that a cache holds only a few of them.
    copy = np.empty((classes + row if places == 1 else classes * row), x.dtype)
    for task in range(first, last):
        start, count, step, there, fewer, width = strips(task, classes, places)
        best[:] = -np.inf
        for k in range(count):
            for u in range(0, width, lanes):
                value = load_filled(x, start + k * step + u, there - k * fewer - u, lowest)
                store(copy, k * row + u, value)
                largest = load(best, u)
                store(best, u, select(greater(value, largest), value, largest))
        if places == 1:
            gather_lanes(best, width, True)
        example, examples = example_at(start, classes, places), 1 if places == 1 else width
        if target.size > 0:
            for i in range(examples):
                losses[example + i] = copy[target[example + i] * (1 if places == 1 else row) + i]
        for u in range(0, width, lanes):
            largest = load(best, u)
            largest = select(equal(largest - largest, zero), largest, zero)  # 0 if infinite
            store(best, u, largest)
            sum_of_all = zero
            for k in range(count):
                value = load(copy, k * row + u) - largest
                power = exp(value, x)
                sum_of_all = sum_of_all + power
                store(copy, k * row + u, value if logarithm else power)
            store(total, u, sum_of_all)
        if places == 1:
            gather_lanes(total, width, False)
        for i in range(examples):
            if target.size > 0:
                losses[example + i] = math.log(total[i]) - (losses[example + i] - best[i])
            if logarithm:
                total[i] = math.log(total[i])
        if places == 1:
            total[:] = total[0]
        if not logarithm:
            for u in range(0, width, lanes):
                store(total, u, spread(1, x) / load(total, u))
        for k in range(count):
            for u in range(0, width, lanes):
                value, whole = load(copy, k * row + u), load(total, u)
                value = value - whole if logarithm else value * whole
                store_part(y, start + k * step + u, value, there - k * fewer - u)


def softmax(x: Array, logarithm: bool) -> Array:
    """See `minigrad.kernels.reference.softmax`."""
    return _softmax(x, np.empty((0, 0), np.int64), logarithm)[0]


def cross_entropy(x: Array, target: Array) -> tuple[Array, Array]:
    """See `minigrad.kernels.reference.cross_entropy`."""
    return _softmax(x, target, logarithm=False)


def _softmax(x: Array, target: Array, logarithm: bool) -> tuple[Array, Array]:
    """The softmax, or its logarithm, and the losses of targets."""
    x, target = prepared(x, np.float32), prepared(target, np.int64)
    y, losses = np.empty(x.shape, x.dtype), np.empty(target.shape, x.dtype)
    arguments = *flat(x, y, target, losses), *x.shape[1:], logarithm
    run(softmax_strips, _tasks(x.shape), 8 * x.size, *arguments)
    return y, losses


@kernel
def backward_strips(first, last, g, y, dx, classes, places, logarithm):
    """The gradient of the softmax y, or of its logarithm."""
    lanes, zero = lanes_of(y), spread(0, y)
    total = np.empty(STRIP, y.dtype)
    for task in range(first, last):
        start, count, step, there, fewer, width = strips(task, classes, places)
        total[:] = 0
        for k in range(count):
            for u in range(0, width, lanes):
                place, left = start + k * step + u, there - k * fewer - u
                value = load_filled(g, place, left, zero)
                if not logarithm:
                    value = value * load_filled(y, place, left, zero)
                store(total, u, load(total, u) + value)
        if places == 1:
            gather_lanes(total, width, False)
        for k in range(count):
            for u in range(0, width, lanes):
                place, left, whole = start + k * step + u, there - k * fewer - u, load(total, u)
                value = load_filled(g, place, left, zero)
                output = load_filled(y, place, left, zero)
                value = value - exp(output, y) * whole if logarithm else output * (value - whole)
                store_part(dx, place, value, left)


def softmax_backward(g: Array, y: Array, logarithm: bool) -> Array:
    """See `minigrad.kernels.reference.softmax_backward`."""
    g, y = prepared(g, np.float32), prepared(y, np.float32)
    dx = np.empty(y.shape, y.dtype)
    run(backward_strips, _tasks(y.shape), 6 * y.size, *flat(g, y, dx), *y.shape[1:], logarithm)
    return dx


@kernel
def cross_entropy_strips(first, last, y, target, share, dx, classes, places):
    """The gradient to logits whose softmax is y."""
    lanes, zero = lanes_of(y), spread(0, y)
    factor = np.empty(STRIP, y.dtype)
    for task in range(first, last):
        start, count, step, there, fewer, width = strips(task, classes, places)
        example = example_at(start, classes, places)
        for i in range(width):
            factor[i] = share[example if places == 1 else example + i]
        for k in range(count):
            for u in range(0, width, lanes):
                place, left = start + k * step + u, there - k * fewer - u
                store_part(dx, place, load_filled(y, place, left, zero) * load(factor, u), left)
        for i in range(1 if places == 1 else width):
            dx[start + target[example + i] * places + i] -= factor[i]


def cross_entropy_backward(y: Array, target: Array, share: Array) -> Array:
    """See `minigrad.kernels.reference.cross_entropy_backward`."""
    y, share = prepared(y, np.float32), prepared(share, np.float32)
    target = prepared(target, np.int64)
    dx = np.empty(y.shape, y.dtype)
    run(
        cross_entropy_strips, _tasks(y.shape), 6 * y.size,
        *flat(y, target, share, dx), *y.shape[1:],
    )  # fmt: skip
    return dx
