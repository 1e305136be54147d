"""Vector registers as values in compiled code.

`load` reads one register full of neighbouring elements, ``+ - * /`` act on all lanes at once,
`store` writes them back; so a kernel says itself what is done side by side, instead of hoping that
the compiler finds it in a loop. The vector types are LLVM's, which maps them to whatever registers
the processor has.

::

    for i in range(0, n, lanes):
        store(y, i, load(x, i) * spread(factor, x) + load(y, i))
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils
from numba.extending import lower_builtin, models, register_model, type_callable

from minigrad.kernels.registers import VECTOR_BYTES

# Numba passes the first argument itself, which its annotations do not say.
intrinsic: Any = extending.intrinsic
literal_intrinsic: Any = extending.intrinsic(prefer_literal=True)  # constants stay visible


# A product and a sum may become one fused instruction, where the processor has it.
FUSE = ("contract",)


class Vector(types.Type):
    """The Numba type of a register full of `scalar` (float32, float64 or an integer)."""

    def __init__(self, scalar: Any):
        self.scalar = scalar
        self.lanes = VECTOR_BYTES * 8 // scalar.bitwidth
        super().__init__(name=f"vector({scalar} x {self.lanes})")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, vector: Vector):
        scalar = manager.lookup(vector.scalar).get_value_type()
        super().__init__(manager, vector, ir.VectorType(scalar, vector.lanes))


def address(context, builder, array_type, array, place, lanes):
    """The address of the `lanes` elements that begin at element `place` of an array."""
    data = context.make_array(array_type)(context, builder, array).data
    vector = ir.VectorType(context.get_value_type(array_type.dtype), lanes)
    return builder.bitcast(builder.gep(data, [place]), vector.as_pointer())


def alignment(context, array_type):
    """What is known of where a vector in an array begins, in bytes."""
    return context.get_abi_sizeof(context.get_value_type(array_type.dtype))


@intrinsic
def lanes_of(typing, array):
    """How many elements of an array a register holds: known when a kernel is compiled."""
    if not isinstance(array, types.Array):
        return None

    def generate(context, builder, signature, arguments):
        return context.get_constant(types.int64, Vector(array.dtype).lanes)

    return types.int64(array), generate


@intrinsic
def load(typing, array, place):
    """The vector that begins at element `place`, counted from the start of a contiguous array."""
    if not isinstance(array, types.Array):
        return None

    def generate(context, builder, signature, arguments):
        array, place = arguments
        lanes = signature.return_type.lanes
        pointer = address(context, builder, signature.args[0], array, place, lanes)
        return builder.load(pointer, align=alignment(context, signature.args[0]))

    return Vector(array.dtype)(array, types.int64), generate


@intrinsic
def store(typing, array, place, vector):
    """Write a vector to element `place` of a contiguous array and those behind it."""
    if not (isinstance(array, types.Array) and isinstance(vector, Vector)):
        return None

    def generate(context, builder, signature, arguments):
        array, place, vector = arguments
        lanes = signature.args[2].lanes
        pointer = address(context, builder, signature.args[0], array, place, lanes)
        builder.store(vector, pointer, align=alignment(context, signature.args[0]))
        return context.get_dummy_value()

    return types.void(array, types.int64, vector), generate


@intrinsic
def copy(typing, target, target_first, source, source_first, count):
    """Copy `count` elements: the C library is far better at short rows than a loop."""
    if not all(isinstance(array, types.Array) for array in (target, source)):
        return None

    def generate(context, builder, signature, arguments):
        target, target_first, source, source_first, count = arguments
        cgutils.raw_memcpy(
            builder,
            address(context, builder, signature.args[0], target, target_first, 1),
            address(context, builder, signature.args[2], source, source_first, 1),
            count,
            alignment(context, signature.args[0]),
        )
        return context.get_dummy_value()

    return types.void(target, types.int64, source, types.int64, types.int64), generate


@intrinsic
def spread(typing, number, array):
    """One number in every lane of a vector of the kind that `array` holds."""
    if not isinstance(array, types.Array):
        return None

    def generate(context, builder, signature, arguments):
        vector = context.get_value_type(signature.return_type)
        scalar = context.cast(builder, arguments[0], signature.args[0], array.dtype)
        return in_every_lane(builder, scalar, vector)

    return Vector(array.dtype)(number, array), generate


def in_every_lane(builder, scalar, vector):
    """The instructions that repeat a scalar in every lane."""
    undefined = ir.Constant(vector, ir.Undefined)
    lane = ir.Constant(ir.IntType(32), 0)
    single = builder.insert_element(undefined, scalar, lane)
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), None)
    return builder.shuffle_vector(single, undefined, lanes)


def _operation(function, instruction):
    """Let a Python operator act on two vectors, or on a vector and a number."""

    @type_callable(function)
    def _typed(context):
        def typer(left, right):
            vector = left if isinstance(left, Vector) else right
            if not isinstance(vector, Vector):
                return None
            other = right if vector is left else left
            return vector if other == vector or isinstance(other, types.Number) else None

        return typer

    def generate(context, builder, signature, arguments):
        vector = signature.return_type
        operands = [
            value if kind == vector else in_every_lane(
                builder,
                context.cast(builder, value, kind, vector.scalar),
                context.get_value_type(vector),
            )
            for value, kind in zip(arguments, signature.args, strict=True)
        ]  # fmt: skip
        return getattr(builder, instruction)(*operands, flags=FUSE)

    lower_builtin(function, Vector, Vector)(generate)
    lower_builtin(function, Vector, types.Number)(generate)
    lower_builtin(function, types.Number, Vector)(generate)


_operation(operator.add, "fadd")
_operation(operator.sub, "fsub")
_operation(operator.mul, "fmul")
_operation(operator.truediv, "fdiv")


@intrinsic
def load_every_fourth(typing, array, place):
    """Four vectors: of elements 0, 4, 8, ... from `place` on; of 1, 5, 9, ...; and so on."""
    if not isinstance(array, types.Array):
        return None
    vector = Vector(array.dtype)

    def generate(context, builder, signature, arguments):
        array, place = arguments
        parts = []
        for i in range(4):
            further = builder.add(place, ir.Constant(place.type, i * vector.lanes))
            pointer = address(context, builder, signature.args[0], array, further, vector.lanes)
            parts.append(builder.load(pointer, align=alignment(context, signature.args[0])))
        # In two steps of even and odd ones, which processors have instructions for.
        first, second = _halves(builder, *parts[:2]), _halves(builder, *parts[2:])
        zero_and_two = _halves(builder, first[0], second[0])
        one_and_three = _halves(builder, first[1], second[1])
        vectors = [zero_and_two[0], one_and_three[0], zero_and_two[1], one_and_three[1]]
        return context.make_tuple(builder, signature.return_type, vectors)

    return types.UniTuple(vector, 4)(array, types.int64), generate


@intrinsic
def store_every_fourth(typing, array, place, zero, one, two, three):
    """Write what `load_every_fourth` reads."""
    if not (isinstance(array, types.Array) and isinstance(zero, Vector)):
        return None

    def generate(context, builder, signature, arguments):
        array, place, zero, one, two, three = arguments
        even, odd = _merged(builder, zero, two), _merged(builder, one, three)
        parts = [*_merged(builder, even[0], odd[0]), *_merged(builder, even[1], odd[1])]
        for i, part in enumerate(parts):
            further = builder.add(place, ir.Constant(place.type, i * zero.type.count))
            pointer = address(context, builder, signature.args[0], array, further, zero.type.count)
            builder.store(part, pointer, align=alignment(context, signature.args[0]))
        return context.get_dummy_value()

    return types.void(array, types.int64, zero, one, two, three), generate


def _shuffled(builder, left, right, lanes):
    index = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes)
    return builder.shuffle_vector(left, right, index)


def _halves(builder, left, right):
    """The even elements of two vectors one behind the other, and the odd ones."""
    lanes = left.type.count
    return [_shuffled(builder, left, right, [2 * i + odd for i in range(lanes)]) for odd in (0, 1)]


def _merged(builder, left, right):
    """Elements of two vectors in turns: two vectors, one behind the other."""
    lanes = left.type.count
    turns = [i + side * lanes for i in range(lanes) for side in (0, 1)]
    return [_shuffled(builder, left, right, part) for part in (turns[:lanes], turns[lanes:])]
