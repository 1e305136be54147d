"""Time several runs in turns."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

# One timed block is at least this long, so that the clock and the first call do not matter.
BLOCK_SECONDS = 0.02
# A case ends after this time, but not before some rounds.
CASE_SECONDS = 2.0
FEWEST_ROUNDS = 5
# PyTorch's threads wait for more work by spinning; after this they sleep and take no time of ours.
PAUSE_SECONDS = 0.01


class Run(NamedTuple):
    """What a peer has prepared: `call` is measured, `before` comes before each call, unmeasured."""

    call: Callable[[], Any]
    before: Callable[[], object] | None = None

    def once(self) -> Any:
        """The result of one call."""
        if self.before:
            self.before()
        return self.call()


def in_turns(runs: Sequence[Run], rounds: int) -> list[list[float]]:
    """Seconds of a call, by run and round: in each round a block of calls of each run."""
    blocks = [calls_a_block(run) for run in runs]
    seconds: list[list[float]] = [[] for _ in runs]
    start = time.perf_counter()
    for turn in range(rounds):
        if turn >= FEWEST_ROUNDS and time.perf_counter() - start > CASE_SECONDS:
            break
        # Who comes first changes, so that neither always finds the other's warm caches.
        for i in range(len(runs)) if turn % 2 else reversed(range(len(runs))):
            time.sleep(PAUSE_SECONDS)
            if blocks[i] > 1:
                runs[i].once()
            seconds[i].append(block(runs[i], blocks[i]))
    return seconds


def block(run: Run, calls: int) -> float:
    """The mean seconds of some calls, without what comes before each."""
    if run.before is None:
        start = time.perf_counter()
        for _ in range(calls):
            run.call()
        return (time.perf_counter() - start) / calls
    total = 0.0
    for _ in range(calls):
        run.before()
        start = time.perf_counter()
        run.call()
        total += time.perf_counter() - start
    return total / calls


def calls_a_block(run: Run) -> int:
    """How many calls fill a block; the first of these calls warms up."""
    if block(run, 1) > BLOCK_SECONDS:
        return 1
    return max(1, math.ceil(BLOCK_SECONDS / block(run, 1)))
