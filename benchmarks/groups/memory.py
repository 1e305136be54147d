"""How much memory a network needs at most, each library in a process of its own.

The peak is that of the whole process, Python and libraries included; the growth is what the steps
add to what is in memory when network and input are ready.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import peers
from ..bars import BARS
from ..case import Case, check_same
from ..processes import output_of
from ..report import Result
from . import networks, small

# Of a training step the second is the first that finds the optimizer's memory.
STEPS = 2


@dataclass(frozen=True)
class Memory:
    """The memory that a case of another group needs."""

    step: Case

    @property
    def name(self) -> str:
        return f"{self.step.name}: memory"

    def measure(self, libraries: Sequence[Any], threads: int, rounds: int) -> Iterator[Result]:
        """Peak and growth in MiB, measured once: they hardly vary."""
        told = {}
        for library in libraries:
            if library.can(self.step.task, self.step.arguments):
                module = type(library).__module__.rpartition(".")[2]
                code = (
                    "from benchmarks.groups import memory; memory.tell(*__import__('sys').argv[1:])"
                )
                told[library.name] = json.loads(
                    output_of([sys.executable, "-c", code, module, self.step.name, str(threads)])
                )
        ours, *others = told
        for other in others:
            norms = (np.array(told[name]["norms"]) for name in (ours, other))
            check_same(self.step, other, *([array] for array in norms))
        for what, bar in (("peak", BARS["anything"]), ("growth", None)):
            samples = {name: [values[what]] for name, values in told.items()}
            yield Result.of("memory", f"{self.step.name}: {what}", threads, "MiB", samples, bar=bar)


def cases() -> Iterator[Memory]:
    """All cases of this group: what runs from end to end."""
    steps = [*small.cases(), *networks.cases()]
    return (Memory(step) for step in steps if step.task != "chain")


def tell(module: str, name: str, threads: str) -> None:
    """Run a case in this process and print the memory it took, and the norms of its results."""
    library = peers.load(module)
    library.use_threads(int(threads))
    (step,) = (memory.step for memory in cases() if memory.step.name == name)
    run = getattr(library, step.task)(**step.arguments)
    before = resident()
    for _ in range(STEPS):
        result = run.call()
    highest = peak()
    norms = [float(np.linalg.norm(array)) for array in library.arrays(result)]
    print(json.dumps({"peak": highest, "growth": highest - before, "norms": norms}))


def resident() -> float:
    """What this process has in memory now, in MiB; where the system does not say, its peak."""
    return _status("VmRSS") or peak()


def peak() -> float:
    """What this process has had in memory at most, in MiB.

    Linux hands the peak of a parent on to its children in ``getrusage``, so it is asked otherwise.
    """
    if told := _status("VmHWM"):
        return told
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        2**20 if sys.platform == "darwin" else 2**10
    )


def _status(field: str) -> float | None:
    try:
        lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    except OSError:
        return None
    return next(int(line.split()[1]) / 2**10 for line in lines if line.startswith(field))
