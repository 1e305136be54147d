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

from minigrad.kernels.vector import Vector, address, alignment, in_every_lane, intrinsic


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
def greater(typing, left, right):
    """Where `left` is larger than `right`; where either is not a number it is not."""
    if not isinstance(left, Vector) or left != right:
        return None

    def generate(context, builder, signature, arguments):
        return builder.fcmp_ordered(">", *arguments)

    return Mask(left.lanes)(left, right), generate


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


def _load_part(context, builder, array_type, array, place, count, filling):
    """The first `count` elements from `place` on, and those of the vector `filling` behind them."""
    lanes = filling.type.count
    pointer = address(context, builder, array_type, array, place, lanes)
    with builder.if_else(builder.icmp_signed(">=", count, count.type(lanes))) as (full, part):
        with full:
            whole = builder.load(pointer, align=alignment(context, array_type)), builder.block
        with part:
            size = context.make_array(array_type)(context, builder, array).nitems
            within = builder.icmp_signed("<=", builder.add(place, place.type(lanes)), size)
            align = alignment(context, array_type)
            tail = _load_tail(builder, pointer, align, count, within, filling), builder.block
    vector = builder.phi(filling.type)
    vector.add_incoming(*whole)
    vector.add_incoming(*tail)
    return vector


def _load_tail(builder, pointer, align, count, within, filling):
    """Less than a vector: where the array goes on behind it, one whose last lanes are replaced."""
    kept = cgutils.alloca_once(builder, filling.type)
    with builder.if_else(within) as (inside, end):
        with inside:
            there = _first_lanes(builder, count, filling.type.count)
            whole = builder.load(pointer, align=align)
            builder.store(builder.select(there, whole, filling), kept)
        with end:
            builder.store(filling, kept)
            first, target = (_element(builder, each) for each in (pointer, kept))
            with cgutils.for_range(builder, count) as loop:
                value = builder.load(builder.gep(first, [loop.index]))
                builder.store(value, builder.gep(target, [loop.index]))
    return builder.load(kept)


def _first_lanes(builder, count, lanes):
    """A mask of the first `count` lanes."""
    wide = ir.VectorType(count.type, lanes)
    numbers = ir.Constant(wide, list(range(lanes)))
    return builder.icmp_signed("<", numbers, in_every_lane(builder, count, wide))


def _store_part(context, builder, array_type, array, place, vector, count):
    """Write the first `count` lanes only: half of a vector, a quarter, an eighth, as needed."""
    lanes, align = vector.type.count, alignment(context, array_type)
    pointer = address(context, builder, array_type, array, place, lanes)
    full = builder.icmp_signed(">=", count, count.type(lanes))
    with builder.if_else(full) as (whole, part):
        with whole:
            builder.store(vector, pointer, align=align)
        with part:
            some = builder.icmp_signed(">", count, count.type(0))
            with builder.if_then(some):
                rest = cgutils.alloca_once_value(builder, vector)
                target = cgutils.alloca_once_value(builder, _element(builder, pointer))
                half = lanes // 2
                while half:
                    bit = builder.and_(count, count.type(half))
                    with builder.if_then(builder.icmp_signed("!=", bit, count.type(0))):
                        left, to = builder.load(rest), builder.load(target)
                        first = _picked(builder, left, range(half))
                        builder.store(
                            first, builder.bitcast(to, first.type.as_pointer()), align=align
                        )
                        order = [(lane + half) % lanes for lane in range(lanes)]
                        builder.store(_picked(builder, left, order), rest)
                        builder.store(builder.gep(to, [count.type(half)]), target)
                    half //= 2


def _picked(builder, vector, order):
    """Some lanes of a vector."""
    integer = ir.IntType(32)
    mask = [integer(lane) for lane in order]
    mask = ir.Constant(ir.VectorType(integer, len(mask)), mask)
    return builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), mask)


def _element(builder, pointer):
    """The address of the first lane of the vector at `pointer`."""
    return builder.bitcast(pointer, pointer.type.pointee.element.as_pointer())


@intrinsic
def load_part(typing, array, place, count):
    """As `load`, of the first `count` lanes; the others are zero."""
    if not isinstance(array, types.Array):
        return None

    def generate(context, builder, signature, arguments):
        array, place, count = arguments
        zeros = ir.Constant(context.get_value_type(signature.return_type), None)
        return _load_part(context, builder, signature.args[0], array, place, count, zeros)

    return Vector(array.dtype)(array, types.int64, types.int64), generate


@intrinsic
def load_filled(typing, array, place, count, filling):
    """As `load`, of the first `count` lanes; the others are those of the vector `filling`."""
    if not (isinstance(array, types.Array) and isinstance(filling, Vector)):
        return None

    def generate(context, builder, signature, arguments):
        return _load_part(context, builder, signature.args[0], *arguments)

    return filling(array, types.int64, types.int64, filling), generate


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
        integer = context.get_value_type(signature.args[0].dtype)
        zeros = ir.Constant(ir.VectorType(integer, vector.count), None)
        numbers = _load_part(context, builder, signature.args[0], array, place, count, zeros)
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


@intrinsic
def power_of_two(typing, n):
    """2ⁿ of whole n from −126 to 127: a float32 whose exponent is n and whose fraction is 0."""
    if not isinstance(n, Vector) or n.scalar != types.float32:
        return None

    def generate(context, builder, signature, arguments):
        (n,) = arguments
        integer = ir.VectorType(ir.IntType(32), n.type.count)

        def constant(value):
            return ir.Constant(integer, [value] * n.type.count)

        exponent = builder.add(builder.fptosi(n, integer), constant(127))
        return builder.bitcast(builder.shl(exponent, constant(23)), n.type)

    return n(n), generate


@intrinsic
def square_root(typing, x):
    """The square root in every lane."""
    if not isinstance(x, Vector):
        return None

    def generate(context, builder, signature, arguments):
        kind = arguments[0].type
        name = f"llvm.sqrt.v{kind.count}{kind.element.intrinsic_name}"
        root = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind]), name)
        return builder.call(root, arguments)

    return x(x), generate
