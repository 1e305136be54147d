"""A column of a kernel slides down an image: the arithmetic of depthwise convolutions.

With one channel a group there is no matrix product to speak of, and loads take longer than
multiplications. What saves loads is that rows of results below each other read the same rows of the
image. A *chain* is some taps of a column of the kernel that read rows one *step* apart, where the
step is also what lies between the rows that two neighbouring results read::

    slide_rows     sums[i] (+)= sum over r of factor[r] * row[i + r]    (convolution, dx)
    slide_factors  sums[r]  +=  sum over i of factor[i] * row[i + r]    (weight gradient)

So every row is loaded once for a stack of `STACK` results in registers, or for all taps of a chain.
One vector holds neighbouring columns.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils

from minigrad.kernels.registers import STACK, STACK_COLUMNS
from minigrad.kernels.vector import (
    FUSE,
    Vector,
    address,
    alignment,
    in_every_lane,
    literal_intrinsic,
)


class _Code:
    """The few instructions that slide, for one type of array."""

    def __init__(self, context, builder, array_type):
        self.context, self.builder, self.array_type = context, builder, array_type
        self.lanes = Vector(array_type.dtype).lanes
        self.vector = context.get_value_type(Vector(array_type.dtype))
        self.align = alignment(context, array_type)

    def number(self, value):
        return ir.Constant(ir.IntType(64), value)

    def pointer(self, array, place):
        """The address of the vector that begins at an element of an array."""
        return address(self.context, self.builder, self.array_type, array, place, self.lanes)

    def further(self, pointer, elements):
        """The address so many elements behind another."""
        first = self.builder.bitcast(pointer, self.vector.element.as_pointer())
        return self.builder.bitcast(self.builder.gep(first, [elements]), self.vector.as_pointer())

    def load(self, pointer):
        return self.builder.load(pointer, align=self.align)

    def store(self, vector, pointer):
        self.builder.store(vector, pointer, align=self.align)

    def factor(self, array, place):
        """A number in all lanes."""
        pointer = address(self.context, self.builder, self.array_type, array, place, 1)
        number = self.builder.extract_element(self.load(pointer), ir.IntType(32)(0))
        return in_every_lane(self.builder, number, self.vector)

    def sums(self, count):
        """Zeros that the optimiser will keep in registers."""
        places = [cgutils.alloca_once(self.builder, self.vector) for _ in range(count)]
        for place in places:
            self.builder.store(ir.Constant(self.vector, None), place)
        return places

    def add_product(self, place, left, right):
        product = self.builder.fmul(left, right, flags=FUSE)
        total = self.builder.fadd(self.builder.load(place), product, flags=FUSE)
        self.builder.store(total, place)

    def entry(self, table_type, table, place):
        """An entry of a table of whole numbers."""
        data = self.context.make_array(table_type)(self.context, self.builder, table).data
        return self.builder.load(self.builder.gep(data, [place]))


@literal_intrinsic
def slide_rows(
    typing, factors, factors_step, planes, places, first, last, start, step, c, c_first, c_row, add,
    taps,
):  # fmt: skip
    """The stack ``c[i] (+)= sum over items and their taps r of factor[r] * row[i + r]``.

    The factors of an item lie at ``item * factors_step + r``, and its rows, `step` apart, from
    ``places[item] + start`` on in `planes`; the items are ``first <= item < last``. Row `i` of the
    stack is the vector at ``c_first + i * c_row``. `add`: to what is in `c`. `taps` is a constant.
    """
    integer, arrays = types.int64, (factors, planes, places, c)
    if not all(isinstance(array, types.Array) for array in arrays):
        return None
    if not isinstance(taps, types.IntegerLiteral):
        return None
    chain = taps.literal_value
    signature = types.void(
        factors, integer, planes, places, *[integer] * 4, c, integer, integer, types.boolean, taps
    )

    def generate(context, builder, signature, arguments):
        (factors, factors_step, planes, places, first, last, start, step,
         c, c_first, c_row, add, _) = arguments  # fmt: skip
        code = _Code(context, builder, signature.args[8])
        sums = code.sums(STACK)
        origin = code.pointer(planes, start)
        with cgutils.for_range_slice(builder, first, last, code.number(1)) as (item, _):
            place = code.entry(signature.args[3], places, item)
            pointer, weight = code.further(origin, place), builder.mul(item, factors_step)
            weights = [
                code.factor(factors, builder.add(weight, code.number(r))) for r in range(chain)
            ]
            for h in range(STACK + chain - 1):
                row = code.load(pointer)
                for r in range(max(0, h - STACK + 1), min(chain, h + 1)):
                    code.add_product(sums[h - r], weights[r], row)
                pointer = code.further(pointer, step)
        pointer = code.pointer(c, c_first)
        targets = [pointer]
        for _ in range(STACK - 1):
            targets.append(code.further(targets[-1], c_row))
        with builder.if_then(add):
            for total, target in zip(sums, targets, strict=True):
                builder.store(builder.fadd(builder.load(total), code.load(target)), total)
        for total, target in zip(sums, targets, strict=True):
            code.store(builder.load(total), target)
        return context.get_dummy_value()

    return signature, generate


@literal_intrinsic
def slide_factors(
    typing, g, g_first, g_row, rows, planes, places, first, last, start, step, c, c_first, taps
):  # fmt: skip
    """``c[item, r] += sum over i < rows of factor[i] * row[i + r]``, lane by lane.

    The items are the `STACK_COLUMNS` from `first` on; those from `last` on repeat the last real
    one. The rows of an item lie as in `slide_rows`. Factor `i` is the vector at ``g_first + i *
    g_row``; behind the last one are ``taps - 1`` rows of zeros. A sum is the vector `r` of the
    three at ``c_first + item * 3 * lanes``.
    """
    integer, arrays = types.int64, (g, planes, places, c)
    if not all(isinstance(array, types.Array) for array in arrays):
        return None
    if not isinstance(taps, types.IntegerLiteral):
        return None
    chain = taps.literal_value
    signature = types.void(
        g, integer, integer, integer, planes, places, *[integer] * 4, c, integer, taps
    )

    def generate(context, builder, signature, arguments):
        g, g_first, g_row, rows, planes, places, first, last, start, step, c, c_first, _ = arguments
        code = _Code(context, builder, signature.args[10])
        origin, end = code.pointer(planes, start), builder.sub(last, code.number(1))
        pointers, targets = [], []
        for column in range(STACK_COLUMNS):
            item = builder.add(first, code.number(column))
            real = builder.select(builder.icmp_signed(">", item, end), end, item)
            pointers.append(code.further(origin, code.entry(signature.args[5], places, real)))
            target = builder.mul(real, code.number(3 * code.lanes))
            target = code.pointer(c, builder.add(c_first, target))
            targets += [code.further(target, code.number(r * code.lanes)) for r in range(chain)]
        sums = code.sums(len(targets))
        for total, target in zip(sums, targets, strict=True):
            builder.store(code.load(target), total)
        # The factor of a row, and those of the rows before.
        kept = code.sums(chain)
        factors = code.pointer(g, g_first)
        with cgutils.for_range(builder, builder.add(rows, code.number(chain - 1))) as loop:
            factor = code.load(code.further(factors, builder.mul(loop.index, g_row)))
            past = [factor, *(builder.load(place) for place in kept[:-1])]
            for value, place in zip(past, kept, strict=True):
                builder.store(value, place)
            down = builder.mul(loop.index, step)
            for column, pointer in enumerate(pointers):
                row = code.load(code.further(pointer, down))
                for r, value in enumerate(past):
                    code.add_product(sums[column * chain + r], value, row)
        for total, target in zip(sums, targets, strict=True):
            code.store(builder.load(total), target)
        return context.get_dummy_value()

    return signature, generate
