"""What one student's process may use."""

from __future__ import annotations

import math
import resource
from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """How much of the machine one process may take.

    Attributes
    ----------
    cpu : float
        Seconds of computing, as the kernel counts them (rounded up to whole ones).
    memory : int
        Bytes of address space; NumPy alone needs about 150 MiB, Numba 320 MiB.
    output : int
        Bytes of printed text after which the process is ended.
    reply : int
        Bytes that the arrays of one answer may have.
    wall : float
        Seconds after which the process is ended whatever it does. It is generous, so that a mark
        does not depend on what else the machine does: ``cpu`` is what counts.
    """

    cpu: float = 10.0
    memory: int = 1024 * MIB
    output: int = 1 * MIB
    reply: int = 64 * MIB

    @property
    def wall(self) -> float:
        return 3 * self.cpu + 2

    def enforce(self, counts_processes: bool) -> None:
        """Put the kernel's limits on this process; `counts_processes` where its user is its own."""
        seconds = math.ceil(self.cpu)
        limits = [
            (resource.RLIMIT_CPU, seconds),
            (resource.RLIMIT_AS, self.memory),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_NOFILE, 32),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_MEMLOCK, 0),
            (resource.RLIMIT_MSGQUEUE, 0),
        ]
        if counts_processes:
            limits.append((resource.RLIMIT_NPROC, 32))
        for which, most in limits:
            hard = resource.getrlimit(which)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(which, (most, most))
