"""The innermost loop of every convolution, in the processor's vector registers.

A convolution spends its time in products of small matrices. The compiler turns a plain loop over
them into code that waits for memory; written by hand so that a whole *tile* of the result stays in
registers, the same loop keeps the multipliers busy. There are three such loops:

    multiply_tile   c[i, q] (+)= sum over p of a[p, i] * b[p, q]      (convolution, input gradient)
    outer_tile      c[i, j] (+)= sum over q of a[i, q] * b[q, j]      (weight gradient)
    dot_tile        c[i, j]  += sum over q of a[i, q] * b[j, q]       (Winograd's weight gradient)

where ``q`` runs over output positions and ``p`` (or ``j``) over input channels and taps. One vector
holds neighbouring positions of `b`, or neighbouring channels in `outer_tile`. The matrix `b` is
never built: where each vector of it begins is the sum of two entries in tables, one for ``p`` and
one for the vector, which is how one loop serves every kernel size, stride and dilation.

They are written as LLVM instructions on the vectors of `vector`; `registers` says how many of the
processor's registers they fill.
"""

from __future__ import annotations

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils

from minigrad.kernels.registers import DOT_COLUMNS, DOT_ROWS, TILE_ROWS, VECTOR_BYTES
from minigrad.kernels.vector import FUSE, in_every_lane, intrinsic, literal_intrinsic


@extending.register_jitable
def dot_tile_size(item_bytes):
    """How many elements `dot_tile` writes: its sums, rounded up to whole vectors."""
    lanes = VECTOR_BYTES // item_bytes
    return (DOT_ROWS * DOT_COLUMNS + lanes - 1) // lanes * lanes


class _Code:
    """The few instructions the loops are made of, for one element type."""

    def __init__(self, context, builder, array_type):
        self.context, self.builder = context, builder
        self.scalar = context.get_value_type(array_type.dtype)
        self.item_bytes = context.get_abi_sizeof(self.scalar)
        self.lanes = VECTOR_BYTES // self.item_bytes
        self.vector = ir.VectorType(self.scalar, self.lanes)
        # Processors shuffle fastest within 16 bytes.
        self.group = min(self.lanes, 16 // self.item_bytes)

    def pointer(self, array_type, array, first):
        """The address of element `first` of an array."""
        data = self.context.make_array(array_type)(self.context, self.builder, array).data
        return self.builder.gep(data, [first])

    def accumulators(self, count):
        """Vectors of zeros that the optimiser will keep in registers."""
        zero = ir.Constant(self.vector, None)
        places = [cgutils.alloca_once(self.builder, self.vector) for _ in range(count)]
        for place in places:
            self.builder.store(zero, place)
        return places

    def add_product(self, place, left, right):
        product = self.builder.fmul(left, right, flags=FUSE)
        total = self.builder.fadd(self.builder.load(place), product, flags=FUSE)
        self.builder.store(total, place)

    def broadcast(self, pointer):
        """One number in every lane."""
        return in_every_lane(self.builder, self.builder.load(pointer), self.vector)

    def load(self, pointer):
        """The vector that begins at `pointer`."""
        place = self.builder.bitcast(pointer, self.vector.as_pointer())
        return self.builder.load(place, align=self.item_bytes)

    def store(self, value, pointer):
        place = self.builder.bitcast(pointer, self.vector.as_pointer())
        self.builder.store(value, place, align=self.item_bytes)

    def integer(self, value):
        return ir.Constant(ir.IntType(64), value)

    def entry(self, pointer):
        """An entry of a table of integers of 32 or 64 bits."""
        value, wide = self.builder.load(pointer), ir.IntType(64)
        return value if value.type == wide else self.builder.sext(value, wide)

    def places(self, start, table, count):
        """The addresses that the first `count` entries of a table lead to."""
        entries = [self.builder.gep(table, [self.integer(i)]) for i in range(count)]
        return [self.builder.gep(start, [self.entry(entry)]) for entry in entries]

    def clamped(self, pointer, stride, real, count):
        """`count` addresses, `stride` apart; those from `real` on repeat the last real one."""
        last = self.builder.sub(real, self.integer(1))
        places = []
        for i in range(count):
            beyond = self.builder.icmp_signed(">", self.integer(i), last)
            row = self.builder.select(beyond, last, self.integer(i))
            places.append(self.builder.gep(pointer, [self.builder.mul(row, stride)]))
        return places

    def write_tile(self, tile, start, row_step, add):
        """Store the rows of a tile `row_step` apart; `add`: to what is there."""
        totals = [total for row in tile for total in row]
        places = [
            self.builder.gep(start, [self.builder.add(line, self.integer(v * self.lanes))])
            for line in [self.builder.mul(self.integer(i), row_step) for i in range(len(tile))]
            for v in range(len(tile[0]))
        ]
        with self.builder.if_then(add):
            for total, place in zip(totals, places, strict=True):
                self.builder.store(
                    self.builder.fadd(self.load(place), self.builder.load(total)), total
                )
        for total, place in zip(totals, places, strict=True):
            self.store(self.builder.load(total), place)

    def shuffled(self, left, right, lanes):
        index = ir.VectorType(ir.IntType(32), len(lanes))
        return self.builder.shuffle_vector(left, right, ir.Constant(index, lanes))

    def joined(self, parts):
        """Short vectors, one behind the other, as one."""
        while len(parts) > 1:
            lanes = list(range(2 * parts[0].type.count))
            pairs = zip(parts[::2], parts[1::2], strict=True)
            parts = [self.shuffled(left, right, lanes) for left, right in pairs]
        return parts[0]

    def turned(self, vectors):
        """Transpose the square of lanes in each group; there are as many vectors."""
        if len(vectors) == 1:
            return vectors
        # One lane of the left and one of the right in turns: of the first half of each group, and
        # of the second.
        starts = range(0, self.lanes, self.group)
        halves = [
            [start + half + i for start in starts for i in range(self.group // 2)]
            for half in (0, self.group // 2)
        ]
        turns = [[lane + side for lane in half for side in (0, self.lanes)] for half in halves]
        pairs = zip(self.turned(vectors[::2]), self.turned(vectors[1::2]), strict=True)
        return [self.shuffled(left, right, lanes) for left, right in pairs for lanes in turns]

    def lane_sums(self, vectors):
        """The sums of all lanes of each vector, in order, packed into as few vectors as possible.

        Two vectors become one of half-finished sums by adding their even and their odd lanes, then
        their even and odd groups of 16 bytes, within which processors shuffle fastest.
        """
        while len(vectors) % self.lanes:
            vectors = [*vectors, ir.Constant(self.vector, None)]
        done = 1
        while done < self.lanes:
            block, unit = (self.group, 1) if done < self.group else (self.lanes, self.group)
            even = [
                side + start + i + j
                for start in range(0, self.lanes, block)
                for side in (0, self.lanes)
                for i in range(0, block, 2 * unit)
                for j in range(unit)
            ]
            odd = [lane + unit for lane in even]
            vectors = [
                self.builder.fadd(self.shuffled(left, right, even), self.shuffled(left, right, odd))
                for left, right in zip(vectors[::2], vectors[1::2], strict=True)
            ]
            done *= 2
        return vectors


@literal_intrinsic
def multiply_tile(
    typing, a, a_first, a_step, depth, b, b_offsets, b_starts, start, c, c_first, c_row, add,
    vectors,
):  # fmt: skip
    """c[i, q] (+)= sum over p < depth of a[p, i] * b[p, q], for one tile of c.

    The tile has `TILE_ROWS` rows of `vectors` vectors, a constant of at most `TILE_VECTORS`. In
    elements from the start of the arrays, `a[p, i]` is at ``a_first + p * a_step + i``, vector `v`
    of `b[p]` at ``b_offsets[p] + b_starts[start + v]`` and vector `v` of `c[i]` at ``c_first + i *
    c_row + v * lanes``. `add`: to what is in `c`, when the sum is done, since a long sum made of
    several calls then rounds less than one.
    """
    integer, arrays = types.int64, (a, b, b_offsets, b_starts, c)
    if not all(isinstance(array, types.Array) for array in arrays):
        return None
    if not isinstance(vectors, types.IntegerLiteral):
        return None
    width = range(vectors.literal_value)
    signature = types.void(
        a, integer, integer, integer, b, b_offsets, b_starts, integer, c, integer, integer,
        types.boolean, vectors,
    )  # fmt: skip

    def generate(context, builder, signature, arguments):
        a, a_first, a_step, depth, b, b_table, b_starts, start, c, c_first, c_row, add, _ = (
            arguments
        )
        a_type, _, _, _, b_type, b_table_type, b_starts_type, _, c_type = signature.args[:9]
        code = _Code(context, builder, c_type)
        zero = code.integer(0)
        factors = code.pointer(a_type, a, a_first)
        b_start = code.pointer(b_type, b, zero)
        starts = code.pointer(b_starts_type, b_starts, start)
        columns = code.places(b_start, starts, len(width))
        offsets = code.pointer(b_table_type, b_table, zero)
        tile = [code.accumulators(len(width)) for _ in range(TILE_ROWS)]
        with cgutils.for_range(builder, depth) as loop:
            offset = code.entry(builder.gep(offsets, [loop.index]))
            vectors = [code.load(builder.gep(column, [offset])) for column in columns]
            first = builder.mul(loop.index, a_step)
            for i, row in enumerate(tile):
                place = builder.add(first, code.integer(i))
                factor = code.broadcast(builder.gep(factors, [place]))
                for total, vector in zip(row, vectors, strict=True):
                    code.add_product(total, factor, vector)
        code.write_tile(tile, code.pointer(c_type, c, c_first), c_row, add)
        return context.get_dummy_value()

    return signature, generate


@literal_intrinsic
def outer_tile(
    typing, a, a_first, a_offsets, a_starts, row, b, b_offsets, b_starts, column, depth,
    c, c_first, c_row, add, vectors,
):  # fmt: skip
    """c[i, j] (+)= sum over q < depth of a[i, q] * b[q, j], for one tile of c.

    The tile has `TILE_ROWS` rows of `vectors` vectors, a constant of at most `TILE_VECTORS`. In
    elements, `a[i, q]` is at ``a_first + a_starts[row + i] + a_offsets[q]``, vector `v` of `b[q]`
    at ``b_starts[column + v] + b_offsets[q]`` and vector `v` of `c[i]` at ``c_first + i * c_row +
    v * lanes``. `add`: to what is in `c`.
    """
    integer, arrays = types.int64, (a, a_offsets, a_starts, b, b_offsets, b_starts, c)
    if not all(isinstance(array, types.Array) for array in arrays):
        return None
    if not isinstance(vectors, types.IntegerLiteral):
        return None
    width = vectors.literal_value
    signature = types.void(
        a, integer, a_offsets, a_starts, integer, b, b_offsets, b_starts, integer, integer,
        c, integer, integer, types.boolean, vectors,
    )  # fmt: skip

    def generate(context, builder, signature, arguments):
        (a, a_first, a_table, a_starts, row, b, b_table, b_starts, column, depth,
         c, c_first, c_row, add, _) = arguments  # fmt: skip
        a_type, _, a_table_type, a_starts_type, _ = signature.args[:5]
        b_type, b_table_type, b_starts_type, _, _, c_type = signature.args[5:11]
        code = _Code(context, builder, c_type)
        zero = code.integer(0)
        a_start = code.pointer(a_type, a, a_first)
        a_rows = code.places(a_start, code.pointer(a_starts_type, a_starts, row), TILE_ROWS)
        b_start = code.pointer(b_type, b, zero)
        b_columns = code.places(b_start, code.pointer(b_starts_type, b_starts, column), width)
        a_offsets = code.pointer(a_table_type, a_table, zero)
        b_offsets = code.pointer(b_table_type, b_table, zero)
        tile = [code.accumulators(width) for _ in range(TILE_ROWS)]
        with cgutils.for_range(builder, depth) as loop:
            offset = code.entry(builder.gep(b_offsets, [loop.index]))
            vectors = [code.load(builder.gep(start, [offset])) for start in b_columns]
            offset = code.entry(builder.gep(a_offsets, [loop.index]))
            for start, totals in zip(a_rows, tile, strict=True):
                factor = code.broadcast(builder.gep(start, [offset]))
                for total, vector in zip(totals, vectors, strict=True):
                    code.add_product(total, factor, vector)
        code.write_tile(tile, code.pointer(c_type, c, c_first), c_row, add)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def interleave(typing, target, to, source, fro, row_step, rows):
    """target[to + q * lanes + i] = source[fro + i * row_step + q], for one vector of q.

    The `lanes` rows become vectors of neighbours, as `outer_tile` wants them in `b`; those from
    `rows` on repeat the last real one.
    """
    if not all(isinstance(array, types.Array) for array in (target, source)):
        return None
    integer = types.int64
    signature = types.void(target, integer, source, integer, integer, integer)

    def generate(context, builder, signature, arguments):
        target, to, source, fro, row_step, rows = arguments
        target_type, _, source_type, _, _, _ = signature.args
        code = _Code(context, builder, target_type)
        starts = code.clamped(code.pointer(source_type, source, fro), row_step, rows, code.lanes)
        goal = code.pointer(target_type, target, to)
        piece = ir.VectorType(code.scalar, code.group).as_pointer()
        for q in range(0, code.lanes, code.group):
            places = [builder.gep(start, [code.integer(q)]) for start in starts]
            pieces = [
                builder.load(builder.bitcast(place, piece), align=code.item_bytes)
                for place in places
            ]
            squares = [code.joined(pieces[i :: code.group]) for i in range(code.group)]
            for i, vector in enumerate(code.turned(squares)):
                code.store(vector, builder.gep(goal, [code.integer((q + i) * code.lanes)]))
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def dot_tile(
    typing, a, a_first, a_row, rows, b, b_offsets, column, columns, b_starts, vectors, c, c_first
):  # fmt: skip
    """c[i, j] += sum over q of a[i, q] * b[j, q], for one tile of c.

    There are `DOT_ROWS` rows and `DOT_COLUMNS` columns, of which the first `rows` and `columns`
    are real. In elements, vector `v` of `a[i]` is at ``a_first + i * a_row + v * lanes``, vector
    `v` of `b[j]` at ``b_offsets[column + j] + b_starts[v]`` and `c[i, j]` at ``c_first + i *
    DOT_COLUMNS + j`` (the tile ends in a few numbers without meaning, see `dot_tile_size`).
    """
    integer, arrays = types.int64, (a, b, b_offsets, b_starts, c)
    if not all(isinstance(array, types.Array) for array in arrays):
        return None
    signature = types.void(
        a, integer, integer, integer, b, b_offsets, integer, integer, b_starts, integer, c, integer
    )

    def generate(context, builder, signature, arguments):
        a, a_first, a_row, rows, b, b_table, column, columns, b_starts, vectors, c, c_first = (
            arguments
        )
        a_type, _, _, _, b_type, b_table_type, _, _, b_starts_type, _, c_type, _ = signature.args
        code = _Code(context, builder, c_type)
        zero = code.integer(0)
        a_rows = code.clamped(code.pointer(a_type, a, a_first), a_row, rows, DOT_ROWS)
        b_start = code.pointer(b_type, b, zero)
        table = code.pointer(b_table_type, b_table, column)
        b_rows = [
            builder.gep(b_start, [code.entry(place)])
            for place in code.clamped(table, code.integer(1), columns, DOT_COLUMNS)
        ]
        starts = code.pointer(b_starts_type, b_starts, zero)
        tile = [code.accumulators(DOT_COLUMNS) for _ in range(DOT_ROWS)]
        with cgutils.for_range(builder, vectors) as loop:
            q = builder.mul(loop.index, code.integer(code.lanes))
            start = code.entry(builder.gep(starts, [loop.index]))
            # The fewer columns are held, not the rows: with the sums they just fit the registers.
            rights = [code.load(builder.gep(row, [start])) for row in b_rows]
            for row, totals in zip(a_rows, tile, strict=True):
                left = code.load(builder.gep(row, [q]))
                for total, right in zip(totals, rights, strict=True):
                    code.add_product(total, left, right)
        c_start = code.pointer(c_type, c, c_first)
        totals = [builder.load(total) for row in tile for total in row]
        for v, sums in enumerate(code.lane_sums(totals)):
            place = builder.gep(c_start, [code.integer(v * code.lanes)])
            code.store(builder.fadd(code.load(place), sums), place)
        return context.get_dummy_value()

    return signature, generate
