"""Time two functions in turns, and print what came out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

import numpy as np

Run = Callable[[], object]

# One timed block is at least this long, so that the clock and the first call do not matter.
BLOCK_SECONDS = 0.02
# PyTorch's threads wait for more work by spinning; after this they sleep and take no time of ours.
PAUSE_SECONDS = 0.01


class Case(NamedTuple):
    """What is timed: each function prepares its inputs and returns the function to time."""

    name: str
    minigrad: Callable[[], Run]
    torch: Callable[[], Run]


@dataclass
class Result:
    """Seconds of one call, by round; none for PyTorch where it is not installed."""

    group: str
    case: str
    threads: int
    minigrad: list[float]
    torch: list[float]

    @property
    def ratios(self) -> list[float]:
        """minigrad's time over PyTorch's, by round."""
        return [ours / theirs for ours, theirs in zip(self.minigrad, self.torch, strict=False)]

    def as_json(self) -> dict[str, Any]:
        """Quartiles of the milliseconds and of the ratios."""
        return {
            "group": self.group,
            "case": self.case,
            "threads": self.threads,
            "minigrad_ms": quartiles([1e3 * seconds for seconds in self.minigrad]),
            "torch_ms": quartiles([1e3 * seconds for seconds in self.torch]),
            "ratio": quartiles(self.ratios),
        }


def measure(group: str, case: Case, threads: int, rounds: int, with_torch: bool) -> Result:
    """Time a case: in each round a block of calls of minigrad and one of PyTorch."""
    runs = [case.minigrad(), case.torch()] if with_torch else [case.minigrad()]
    calls = [calls_a_block(run) for run in runs]
    seconds: list[list[float]] = [[], []]
    for turn in range(rounds):
        # Who comes first changes, so that neither always finds the other's warm caches.
        for i in range(len(runs)) if turn % 2 else reversed(range(len(runs))):
            time.sleep(PAUSE_SECONDS)
            runs[i]()
            start = time.perf_counter()
            for _ in range(calls[i]):
                runs[i]()
            seconds[i].append((time.perf_counter() - start) / calls[i])
    return Result(group, case.name, threads, *seconds)


def calls_a_block(run: Run) -> int:
    """How many calls fill a block; the first two calls compile and warm up."""
    run()
    run()
    start = time.perf_counter()
    run()
    return max(1, math.ceil(BLOCK_SECONDS / (time.perf_counter() - start)))


def quartiles(values: list[float]) -> list[float]:
    """The lower quartile, the median and the upper one; none of no values."""
    return np.quantile(values, [0.25, 0.5, 0.75]).tolist() if values else []


def heading(group: str, threads: int) -> str:
    """The first lines of a table."""
    title = f"{group}, {threads} thread{'s' if threads > 1 else ''}"
    columns = f"{'':50} {'minigrad':>11} {'PyTorch':>11} {'ratio':>6}  half of the ratios"
    return f"\n{title}\n{columns}\n{'-' * len(columns)}"


def row(result: Result) -> str:
    """A line of a table."""
    line = f"{result.case:50} {1e3 * median(result.minigrad):8.3f} ms"
    if result.torch:
        low, middle, high = quartiles(result.ratios)
        line += f" {1e3 * median(result.torch):8.3f} ms {middle:6.2f}  {low:.2f} to {high:.2f}"
    return line


def footing(results: list[Result]) -> str:
    """The last line of a table: the geometric mean of the ratios."""
    ratios = [median(result.ratios) for result in results if result.torch]
    return f"{'geometric mean':74} {math.exp(np.mean(np.log(ratios))):6.2f}" if ratios else ""
