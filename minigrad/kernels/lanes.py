"""More that vector registers can do: compare and choose, rearrange lanes, change their type.

A comparison gives a *mask*, one bit a lane, and `select` takes each lane from one of two vectors::

    best = select(beats(rival, best), rival, best)
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import models, register_model

from minigrad.kernels.vector import Vector, address, alignment, intrinsic


class Mask(types.Type):
    """The Numba type of a bit for each lane of a vector."""

    def __init__(self, lanes: int):
        self.lanes = lanes
        super().__init__(name=f"mask({lanes})")


@register_model(Mask)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager: Any, mask: Mask):
        super().__init__(manager, mask, ir.VectorType(ir.IntType(1), mask.lanes))


@intrinsic
def beats(typing, rival, best):
    """Where `rival` is larger than `best`, or the first that is not a number."""
    if not isinstance(rival, Vector) or rival != best:
        return None

    def generate(context, builder, signature, arguments):
        rival, best = arguments
        larger = builder.fcmp_unordered(">", rival, best)  # or either is not a number
        return builder.and_(larger, builder.fcmp_ordered("ord", best, best))

    return Mask(rival.lanes)(rival, best), generate


@intrinsic
def equal(typing, left, right):
    """Where two vectors are equal."""
    if not isinstance(left, Vector) or left != right:
        return None

    def generate(context, builder, signature, arguments):
        return builder.fcmp_ordered("==", *arguments)

    return Mask(left.lanes)(left, right), generate


@intrinsic
def select(typing, mask, chosen, other):
    """The lanes of `chosen` where the mask is set, else those of `other`."""
    if not (isinstance(mask, Mask) and isinstance(chosen, Vector)) or chosen != other:
        return None

    def generate(context, builder, signature, arguments):
        return builder.select(*arguments)

    return chosen(mask, chosen, other), generate


def _shuffle(lanes_of: Any) -> Any:
    """A function of two vectors that picks lanes of the first, or, numbered behind, the second."""

    def function(typing, left, right):
        if not isinstance(left, Vector) or left != right:
            return None

        def generate(context, builder, signature, arguments):
            integer = ir.IntType(32)
            order = [ir.Constant(integer, lane) for lane in lanes_of(left.lanes)]
            mask = ir.Constant(ir.VectorType(integer, left.lanes), order)
            return builder.shuffle_vector(*arguments, mask)

        return left(left, right), generate

    return intrinsic(function)


every_second = _shuffle(lambda lanes: range(0, 2 * lanes, 2))
"""Lanes 0, 2, 4, ... of two vectors that lie behind one another."""

every_other = _shuffle(lambda lanes: range(1, 2 * lanes, 2))
"""Lanes 1, 3, 5, ... of two vectors that lie behind one another."""

zipped_low = _shuffle(lambda lanes: [i // 2 + i % 2 * lanes for i in range(lanes)])
"""The first half of two vectors with their lanes in turns."""

zipped_high = _shuffle(lambda lanes: [(i + lanes) // 2 + i % 2 * lanes for i in range(lanes)])
"""The second half of two vectors with their lanes in turns."""


# ---- vectors that are not full ----------------------------------------------------------------


def _load_part(context, builder, array_type, array, place, count, lanes):
    """The first `count` elements from `place` on, and zeros behind them."""
    pointer = address(context, builder, array_type, array, place, lanes)
    align = alignment(context, array_type)
    vector = pointer.type.pointee
    kept = cgutils.alloca_once(builder, vector)
    full = builder.icmp_signed(">=", count, count.type(lanes))
    with builder.if_else(full) as (whole, part):
        with whole:
            builder.store(builder.load(pointer, align=align), kept)
        with part:
            builder.store(ir.Constant(vector, None), kept)
            for lane in range(lanes):
                with builder.if_then(builder.icmp_signed(">", count, count.type(lane))):
                    scalar = builder.load(_element(builder, pointer, lane))
                    builder.store(scalar, _element(builder, kept, lane))
    return builder.load(kept)


def _store_part(context, builder, array_type, array, place, vector, count):
    """Write the first `count` lanes only."""
    lanes = vector.type.count
    pointer = address(context, builder, array_type, array, place, lanes)
    full = builder.icmp_signed(">=", count, count.type(lanes))
    with builder.if_else(full) as (whole, part):
        with whole:
            builder.store(vector, pointer, align=alignment(context, array_type))
        with part:
            for lane in range(lanes):
                with builder.if_then(builder.icmp_signed(">", count, count.type(lane))):
                    scalar = builder.extract_element(vector, ir.IntType(32)(lane))
                    builder.store(scalar, _element(builder, pointer, lane))


def _element(builder, pointer, lane):
    """The address of one lane of the vector at `pointer`."""
    first = builder.bitcast(pointer, pointer.type.pointee.element.as_pointer())
    return builder.gep(first, [ir.IntType(32)(lane)])


@intrinsic
def load_part(typing, array, place, count):
    """As `load`, of the first `count` lanes; the others are zero."""
    if not isinstance(array, types.Array):
        return None

    def generate(context, builder, signature, arguments):
        array, place, count = arguments
        lanes = signature.return_type.lanes
        return _load_part(context, builder, signature.args[0], array, place, count, lanes)

    return Vector(array.dtype)(array, types.int64, types.int64), generate


@intrinsic
def store_part(typing, array, place, vector, count):
    """As `store`, of the first `count` lanes."""
    if not (isinstance(array, types.Array) and isinstance(vector, Vector)):
        return None

    def generate(context, builder, signature, arguments):
        _store_part(context, builder, signature.args[0], *arguments)
        return context.get_dummy_value()

    return types.void(array, types.int64, vector, types.int64), generate


@intrinsic
def load_numbers(typing, array, place, count, like):
    """Small unsigned integers as a vector of the kind that the array `like` holds."""
    if not (isinstance(array, types.Array) and isinstance(like, types.Array)):
        return None

    def generate(context, builder, signature, arguments):
        array, place, count, _ = arguments
        vector = context.get_value_type(signature.return_type)
        lanes = vector.count
        numbers = _load_part(context, builder, signature.args[0], array, place, count, lanes)
        return builder.uitofp(numbers, vector)

    return Vector(like.dtype)(array, types.int64, types.int64, like), generate


@intrinsic
def store_numbers(typing, array, place, vector, count):
    """Write the first `count` lanes of a vector as small unsigned integers."""
    if not (isinstance(array, types.Array) and isinstance(vector, Vector)):
        return None

    def generate(context, builder, signature, arguments):
        array, place, vector, count = arguments
        array_type = signature.args[0]
        integer = ir.VectorType(context.get_value_type(array_type.dtype), vector.type.count)
        numbers = builder.fptoui(vector, integer)
        _store_part(context, builder, array_type, array, place, numbers, count)
        return context.get_dummy_value()

    return types.void(array, types.int64, vector, types.int64), generate
