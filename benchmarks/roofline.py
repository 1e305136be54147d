"""What the machine can do at most: multiply-adds in registers, and copies in memory."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np

# Independent chains of multiply-adds: enough to hide the time that each takes.
CHAINS = 10
COPIED = 2**27  # bytes that are copied, more than caches hold
TRIES = 20
PAUSE_SECONDS = 0.02  # in which the system may move a thread to a free core


def peaks(threads: int) -> dict[str, float]:
    """GFLOP/s in float32 and GB/s (read and written) of so many threads, the best of some tries."""
    multiply_add, lanes = _multiply_add()
    multiply_add(1.0, 1)  # compiles
    steps = 2_000_000
    flops = threads * steps * 2 * CHAINS * lanes
    ones, twos = np.full(COPIED // 4, 1, np.float32), np.full(COPIED // 4, 2, np.float32)
    parts = list(zip(np.array_split(ones, threads), np.array_split(twos, threads), strict=True))
    with ThreadPoolExecutor(threads) as pool:
        return {
            "GFLOP/s": flops / 1e9 / _best(pool, [partial(multiply_add, 1.0, steps)] * threads),
            "GB/s": 2 * COPIED / 1e9 / _best(pool, [partial(np.copyto, *part) for part in parts]),
        }


def _best(pool: ThreadPoolExecutor, jobs: list[Callable[[], Any]]) -> float:
    """The fewest seconds that the jobs took side by side."""
    seconds = []
    for _ in range(TRIES):
        time.sleep(PAUSE_SECONDS)
        start = time.perf_counter()
        list(pool.map(lambda job: job(), jobs))
        seconds.append(time.perf_counter() - start)
    return min(seconds)


@functools.cache
def _multiply_add() -> tuple[Callable[[float, int], float], int]:
    """A compiled loop that keeps every multiplier busy, and how many numbers a register holds."""
    import numba
    from llvmlite import ir
    from numba.core import cgutils
    from numba.extending import intrinsic

    from minigrad.kernels.micro_kernel import VECTOR_BYTES

    as_intrinsic: Any = intrinsic  # Numba passes the first argument itself
    lanes = VECTOR_BYTES // 4
    vector, fuse = ir.VectorType(ir.FloatType(), lanes), ("contract",)

    @as_intrinsic
    def chains(typing: Any, value: Any, steps: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            value, steps = arguments
            filled = ir.Constant(vector, ir.Undefined)
            for lane in range(lanes):
                place = ir.Constant(ir.IntType(32), lane)
                filled = builder.insert_element(filled, value, place)
            # All different, or the compiler would make one of them.
            starts = [ir.Constant(vector, [float(i)] * lanes) for i in range(CHAINS)]
            totals = [cgutils.alloca_once_value(builder, start) for start in starts]
            half = builder.fmul(filled, ir.Constant(vector, [0.5] * lanes))
            with cgutils.for_range(builder, steps):
                for total in totals:
                    product = builder.fmul(builder.load(total), half, flags=fuse)
                    builder.store(builder.fadd(product, half, flags=fuse), total)
            result = builder.load(totals[0])
            for total in totals[1:]:
                result = builder.fadd(result, builder.load(total))
            return builder.extract_element(result, ir.Constant(ir.IntType(32), 0))

        return numba.float32(numba.float32, numba.int64), generate

    @numba.njit(nogil=True)
    def multiply_add(value: float, steps: int) -> float:
        return chains(numba.float32(value), steps)

    return multiply_add, lanes
