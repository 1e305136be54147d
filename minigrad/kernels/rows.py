"""Short rows of numbers from here to there, vector by vector.

Where a row is no whole number of vectors, the last one overlaps the one before: a row shorter than
a vector goes number by number.
"""

from __future__ import annotations

import numpy as np

from minigrad.kernels.instructions import (
    every_other,
    every_second,
    interleave,
    lanes_of,
    load,
    spread,
    store,
    zipped_high,
    zipped_low,
)
from minigrad.kernels.kernel import inlined, uncounted


@inlined
def fill(target, first, count, value):
    """target[first + j] = value, for j < count."""
    lanes = lanes_of(target)
    if count < lanes:
        for j in range(count):
            target[np.uintp(first + j)] = value
    else:
        vector, last = spread(value, target), count - lanes
        for j in range(0, last, lanes):
            store(target, first + j, vector)
        store(target, first + last, vector)


@inlined
def copy_row(target, to, source, fro, count):
    """target[to + j] = source[fro + j], for j < count."""
    lanes = lanes_of(target)
    if count < lanes:
        for j in range(count):
            target[np.uintp(to + j)] = source[np.uintp(fro + j)]
    else:
        last = count - lanes
        for j in range(0, last, lanes):
            store(target, to + j, load(source, fro + j))
        store(target, to + last, load(source, fro + last))


@uncounted
def fill_rows(target, to, pitch, rows, count, value):
    """`fill` rows that begin `pitch` apart."""
    if count > 0:
        for i in range(rows):
            fill(target, to + i * pitch, count, value)


@uncounted
def take_rows(target, to, to_pitch, source, fro, from_pitch, rows, count, step):
    """target[to + i * to_pitch + j] = source[fro + i * from_pitch + j * step], for j < count."""
    lanes = lanes_of(target)
    for _ in range(rows):
        if step == 1:
            copy_row(target, to, source, fro, count)
        elif step == 2 and count > lanes:
            last = count - lanes
            for j in range(0, last, lanes):
                pairs = load(source, fro + 2 * j), load(source, fro + 2 * j + lanes)
                store(target, to + j, every_second(pairs[0], pairs[1]))
            # From one number earlier, to end with the last one that is wanted.
            place = fro + 2 * last - 1
            store(target, to + last, every_other(load(source, place), load(source, place + lanes)))
        else:
            for j in range(count):
                target[np.uintp(to + j)] = source[np.uintp(fro + j * step)]
        to += to_pitch
        fro += from_pitch


@uncounted
def zip_rows(target, to, to_pitch, source, fro, from_pitch, rows, count, ways, stride, step):
    """Number `j` of a row of `target` is number ``j // ways`` of row ``j % ways`` of `source`.

    The `ways` rows begin `stride` apart, their numbers lie `step` apart; otherwise as `take_rows`.
    """
    lanes = lanes_of(target)
    for _ in range(rows):
        if ways == 2 and step == 1 and count >= 2 * lanes:
            last = count // 2 - lanes
            for start in range(0, last + lanes, lanes):
                j = min(start, last)
                left, right = load(source, fro + j), load(source, fro + stride + j)
                store(target, to + 2 * j, zipped_low(left, right))
                store(target, to + 2 * j + lanes, zipped_high(left, right))
            if count % 2:
                target[np.uintp(to + count - 1)] = source[np.uintp(fro + count // 2)]
        else:
            for way in range(ways):
                place = fro + way * stride
                for j in range(way, count, ways):
                    target[np.uintp(to + j)] = source[np.uintp(place)]
                    place += step
        to += to_pitch
        fro += from_pitch


@uncounted
def interleave_rows(target, to, source, fro, row_step, rows, count):
    """target[to + j * lanes + i] = source[fro + i * row_step + j], for a vector of i.

    Lanes from `rows` on repeat the last row.
    """
    lanes = lanes_of(target)
    for j in range(0, count - lanes + 1, lanes):
        interleave(target, to + j * lanes, source, fro + j, row_step, rows)
    rest = count % lanes
    if count > lanes and rest > 1:
        last = count - lanes
        interleave(target, to + last * lanes, source, fro + last, row_step, rows)
    else:
        for j in range(count - rest, count):
            for i in range(lanes):
                place = fro + min(i, rows - 1) * row_step + j
                target[np.uintp(to + j * lanes + i)] = source[np.uintp(place)]
