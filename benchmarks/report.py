"""What was measured, where and when: written as JSON, from which table and figure are made."""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

# The peer that the bars are about.
JUDGE = "PyTorch"
OURS = "minigrad"

# The least, the lower quartile, the median, the upper quartile and the most of some numbers.
Spread = list[float]
MIN, LOW, MEDIAN, HIGH = range(4)


@dataclass
class Result:
    """One row: how minigrad and the peers did on a case.

    Attributes
    ----------
    group, case : str
    threads : int
    unit : {"ms", "MiB"}
    values : dict
        From library to the spread of its values, in that unit.
    ratios : dict
        From peer to the spread of minigrad's value over the peer's, taken in the same round.
    bar : float or None
        Which ratio to PyTorch is allowed.
    limit : float or None
        Which value is allowed.
    rate : float or None
        What was done a second, in `rate_unit`, at the median.
    rate_unit : {"GFLOP/s", "GB/s"}
    """

    group: str
    case: str
    threads: int
    unit: str
    values: dict[str, Spread]
    ratios: dict[str, Spread]
    bar: float | None = None
    limit: float | None = None
    rate: float | None = None
    rate_unit: str = "GFLOP/s"

    @classmethod
    def of(
        cls, group: str, case: str, threads: int, unit: str, samples: dict[str, list[float]],
        **more: Any,
    ) -> Result:  # fmt: skip
        """From the samples of each library, one a round."""
        ours = np.array(samples[OURS])
        ratios = {name: spread(ours / s) for name, s in samples.items() if name != OURS}
        values = {name: spread(s) for name, s in samples.items()}
        return cls(group, case, threads, unit, values, ratios, **more)

    @property
    def ratio(self) -> float | None:
        """The median ratio to PyTorch, if it was measured."""
        return self.ratios[JUDGE][MEDIAN] if JUDGE in self.ratios else None

    @property
    def over_bar(self) -> bool:
        """Whether it misses its bar."""
        if self.limit is not None:
            return self.values[OURS][MEDIAN] > self.limit
        return self.ratio is not None and self.bar is not None and self.ratio > self.bar


@dataclass
class Report:
    """All results of a run, the machine, and its measured peaks.

    Attributes
    ----------
    date : str
    machine : dict
    peaks : dict
        From the number of threads, as text, to GFLOP/s and GB/s.
    results : list of Result
    failures : list of str
        Cases that were not measured, and why.
    """

    date: str
    machine: dict[str, Any]
    peaks: dict[str, dict[str, float]] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, libraries: Sequence[Any]) -> Report:
        """An empty one, of here and today."""
        return cls(datetime.date.today().isoformat(), machine(libraries))

    @classmethod
    def read(cls, path: Path) -> Report:
        """From a file that `write` has written."""
        content = json.loads(path.read_text("utf-8"))
        results = [Result(**row) for row in content.pop("results")]
        return cls(**content, results=results)

    def write(self, path: Path) -> None:
        """As JSON, a line a result."""
        content = asdict(self)
        rows = content.pop("results")
        head = json.dumps(content, indent=1, ensure_ascii=False).removesuffix("\n}")
        lines = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
        path.write_text(f'{head},\n "results": [\n{lines}\n ]\n}}\n', "utf-8")

    def share_of_peak(self, result: Result) -> float | None:
        """The rate of a result as a share of the machine's measured peak."""
        peak = self.peaks.get(str(result.threads), {}).get(result.rate_unit)
        return result.rate / peak if result.rate and peak else None


def spread(values: Any) -> Spread:
    """See `Spread`; to four digits."""
    return [float(f"{value:.4g}") for value in np.quantile(values, [0, 0.25, 0.5, 0.75, 1])]


def machine(libraries: Sequence[Any]) -> dict[str, Any]:
    """What the times depend on."""
    versions: dict[str, str] = {}
    for library in libraries:
        versions |= library.versions()
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "Python": platform.python_version(),
        **versions,
    }


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
