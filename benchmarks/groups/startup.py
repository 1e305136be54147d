"""How soon a new process is ready: from the start of Python to its end, in a fresh process each."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..bars import BARS, IMPORT_MILLISECONDS
from ..case import Mismatch
from ..processes import output_of
from ..report import Result

PROCESSES = 4


@dataclass(frozen=True)
class Start:
    """A short program in each library's words, a key of `Eager.startup`."""

    name: str
    program: str
    bar: str | None = None
    limit: float | None = None

    def measure(self, libraries: Sequence[Any], threads: int, rounds: int) -> Iterator[Result]:
        """Milliseconds; a first run of each, which fills caches, does not count."""
        able = [library for library in libraries if self.program in library.startup]
        commands = [[sys.executable, "-c", library.startup[self.program]] for library in able]
        printed = [output_of(command) for command in commands]
        for library, text in zip(able[1:], printed[1:], strict=True):
            if text and abs(float(text) - float(printed[0])) > 1e-4 * abs(float(text)):
                raise Mismatch(f"minigrad got {printed[0]}, {library.name} {text}")
        samples: dict[str, list[float]] = {library.name: [] for library in able}
        for _ in range(min(rounds, PROCESSES)):
            for library, command in zip(able, commands, strict=True):
                start = time.perf_counter()
                output_of(command)
                samples[library.name].append(1e3 * (time.perf_counter() - start))
        bar = BARS[self.bar] if self.bar else None
        yield Result.of("startup", self.name, threads, "ms", samples, bar=bar, limit=self.limit)


def cases() -> Iterator[Start]:
    """All cases of this group."""
    yield Start("import", "import", limit=IMPORT_MILLISECONDS)
    yield Start("import, one small gradient", "small", bar="start with one small gradient")
    yield Start(
        "import, one convolution and its gradient, compiled before",
        "convolution",
        bar="start with a compiled kernel",
    )
