"""The vector registers of this processor, and how much of them the kernels fill.

What the tiles of `minigrad.kernels.micro_kernel` look like is decided here, for also the code
around the kernels has to know, and that runs without Numba.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

from llvmlite import binding


class Registers(NamedTuple):
    """The shape of the tiles, so that accumulators and operands fit the registers at hand."""

    vector_bytes: int
    rows: int  # of multiply_tile
    vectors: int  # in each of these rows
    dot_rows: int
    dot_columns: int


@functools.cache
def processor() -> tuple[str, str, str]:
    """The kind of machine, the processor's name and its features, as LLVM calls them."""
    features = binding.get_host_cpu_features().flatten()
    return binding.get_process_triple(), binding.get_host_cpu_name(), features


def _registers() -> Registers:
    triple, _, features = processor()
    if "+avx512f" in features:
        return Registers(64, rows=8, vectors=3, dot_rows=4, dot_columns=6)  # of 32
    if "+avx2" in features:
        return Registers(32, rows=4, vectors=3, dot_rows=4, dot_columns=3)  # of 16
    if triple.startswith(("aarch64", "arm64")):
        return Registers(16, rows=8, vectors=2, dot_rows=4, dot_columns=6)  # of 32
    return Registers(16, rows=4, vectors=2, dot_rows=4, dot_columns=3)  # of 16


REGISTERS = _registers()
VECTOR_BYTES = REGISTERS.vector_bytes
TILE_ROWS = REGISTERS.rows
TILE_VECTORS = REGISTERS.vectors
DOT_ROWS = REGISTERS.dot_rows
DOT_COLUMNS = REGISTERS.dot_columns
# Rows of results, and columns of the kernel, that `minigrad.kernels.sliding` keeps in registers.
STACK, STACK_COLUMNS = 8, 3
