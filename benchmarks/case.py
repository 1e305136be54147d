"""A case: what is done, by which task of a peer, and how far its results may lie apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .bars import BARS
from .report import MEDIAN, OURS, Result
from .timing import Run, in_turns

Array = np.ndarray


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes
    ----------
    group, name : str
    task : str
        The method of a peer that prepares it, from `arguments`.
    arguments : dict
    bar : str
        A key of `bars.BARS`.
    flops : float or callable that returns it
    traffic : float
        What the case has to do at least: floating-point operations, or bytes read and written.
    tolerance : float
        How far the peers' results may lie apart, as ‖a − b‖ / ‖b‖.
    compared : callable, optional
        What of each resulting array is compared; by default all of it.
    """

    group: str
    name: str
    task: str
    arguments: dict[str, Any]
    bar: str = "anything"
    flops: float | Callable[[], float] = 0
    traffic: float = 0
    tolerance: float = 1e-4
    compared: Callable[[Array], Array] | None = None

    def measure(self, libraries: Sequence[Any], threads: int, rounds: int) -> Iterator[Result]:
        """Milliseconds of a call, by all libraries that have the task; minigrad is the first."""
        runs = self.checked(libraries)
        seconds = zip(runs, in_turns(list(runs.values()), rounds), strict=True)
        samples = {name: [1e3 * second for second in column] for name, column in seconds}
        result = Result.of(self.group, self.name, threads, "ms", samples, bar=BARS[self.bar])
        work = self.flops() if callable(self.flops) else self.flops or self.traffic
        if work:
            result.rate = work / 1e6 / result.values[OURS][MEDIAN]
            result.rate_unit = "GFLOP/s" if self.flops else "GB/s"
        yield result

    def checked(self, libraries: Sequence[Any]) -> dict[str, Run]:
        """What each library prepares, by name, after one call of each.

        Raises
        ------
        Mismatch
            If they compute different numbers.
        """
        runs, results = {}, {}
        for library in libraries:
            if library.can(self.task, self.arguments):
                run = runs[library.name] = getattr(library, self.task)(**self.arguments)
                results[library.name] = [array.copy() for array in library.arrays(run.once())]
        ours = results.pop(OURS)
        for name, theirs in results.items():
            check_same(self, name, ours, theirs)
        return runs


class Mismatch(Exception):
    """Two libraries compute different numbers, so that their times cannot be compared."""


def check_same(case: Case, name: str, ours: list[Array], theirs: list[Array]) -> None:
    """Raise `Mismatch` unless both lists hold the same numbers, up to the case's tolerance."""
    if [array.shape for array in ours] != [array.shape for array in theirs]:
        shapes = [[array.shape for array in arrays] for arrays in (ours, theirs)]
        raise Mismatch(f"shapes {shapes[0]} of minigrad, {shapes[1]} of {name}")
    for a, b in zip(ours, theirs, strict=True):
        if case.compared:
            a, b = case.compared(a), case.compared(b)
        error = np.linalg.norm(np.ravel(a - b)) / (np.linalg.norm(np.ravel(b)) + 1e-30)
        if not error <= case.tolerance:
            raise Mismatch(
                f"minigrad and {name} lie {error:.1e} apart (‖a − b‖ / ‖b‖), "
                f"more than {case.tolerance:.0e}"
            )


def normal(*shape: int, seed: int = 0) -> Array:
    """Normally distributed float32 numbers, the same at every call."""
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def classes(count: int, *shape: int) -> Array:
    """Random class numbers, the same at every call."""
    return np.random.default_rng(1).integers(count, size=shape)
