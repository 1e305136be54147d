"""The results as text: cells of a table, lines for a terminal, a summary."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby

from .bars import GEOMETRIC_MEAN
from .report import HIGH, JUDGE, LOW, MEDIAN, MIN, OURS, Report, Result

CASE_WIDTH = 58


def tables(report: Report) -> list[tuple[str, list[Result]]]:
    """The results of each group and number of threads under their title."""
    keyed = groupby(report.results, key=lambda result: (result.group, result.threads))
    return [(title(group, threads), list(rows)) for (group, threads), rows in keyed]


def title(group: str, threads: int) -> str:
    """What stands above a table."""
    return f"{group}, {threads} thread{'s' if threads > 1 else ''}"


def header(peers: Sequence[str]) -> list[str]:
    """The names of the columns."""
    others = [name for peer in peers for name in (peer, "ratio")]
    return ["", OURS, *others, "middle half", "bar", "done a second", "of peak"]


def cells(result: Result, peers: Sequence[str], share: float | None) -> list[str]:
    """The columns of a result; `share` of the machine's peak."""
    row = [result.case, quantity(result.values[OURS][MEDIAN], result.unit)]
    for peer in peers:
        if peer in result.ratios:
            row.append(quantity(result.values[peer][MEDIAN], result.unit))
            row.append(f"{result.ratios[peer][MEDIAN]:.2f}")
        else:
            row += ["", ""]
    first = next((result.ratios[peer] for peer in peers if peer in result.ratios), None)
    spread = f"{first[LOW]:.2f} to {first[HIGH]:.2f}" if first and first[MIN] < first[HIGH] else ""
    rate = f"{result.rate:.3g} {result.rate_unit}" if result.rate else ""
    return [*row, spread, bar(result), rate, f"{share:.0%}" if share else ""]


def quantity(value: float, unit: str) -> str:
    """A number with its unit, to three digits or the whole number."""
    digits = max(0, 2 - math.floor(math.log10(value))) if value > 0 else 0
    return f"{value:.{min(digits, 3)}f} {unit}"


def bar(result: Result) -> str:
    """What is allowed, and whether that is missed."""
    return f"{allowed(result)} missed" if result.over_bar else allowed(result)


def allowed(result: Result) -> str:
    """The limit or the bar, if it has one that can be judged."""
    if result.limit is not None:
        return quantity(result.limit, result.unit)
    return f"{result.bar:.2f}" if result.bar is not None and result.ratio is not None else ""


def line(cells: Sequence[str]) -> str:
    """The cells as a line of a terminal."""
    case, *rest = cells
    peers = (len(rest) - 5) // 2
    widths = [11, *[11, 6] * peers, 12, 13, 13, 7]
    parts = [f"{text:>{width}}" for text, width in zip(rest, widths, strict=True)]
    return f"{case:{CASE_WIDTH}} {' '.join(parts)}".rstrip()


def summary(report: Report) -> list[str]:
    """A line for each number of threads, and one for each miss."""
    lines = []
    for threads in sorted({result.threads for result in report.results}):
        results = [result for result in report.results if result.threads == threads]
        timed = [r for r in results if r.group not in ("memory", "startup") and r.ratio]
        missed = [result for result in results if result.over_bar]
        over = [r for r in results if r.ratio and r.bar is not None and r.ratio > 1]
        text = f"{len(results)} results"
        if timed:
            mean = geometric_mean(result.ratio for result in timed if result.ratio)
            text += (
                f", geometric mean of the {len(timed)} times over {JUDGE}'s {mean:.2f} "
                f"(bar {GEOMETRIC_MEAN:.2f}), {len(over)} over 1.00"
            )
        lines.append(f"{title('total', threads)}: {text}, {len(missed)} over their own bar")
        lines += [f"  {miss(result)}" for result in missed]
    return lines + [f"not measured: {failure}" for failure in report.failures]


def miss(result: Result) -> str:
    """By how much a result misses its bar."""
    reached = f"{result.ratio:.2f}" if result.ratio is not None else ""
    if result.limit is not None:
        reached = quantity(result.values[OURS][MEDIAN], result.unit)
    return f"{result.case}: {reached}, bar {allowed(result)}"


def geometric_mean(values: Iterable[float]) -> float:
    """exp of the mean logarithm."""
    logarithms = [math.log(value) for value in values]
    return math.exp(sum(logarithms) / len(logarithms))


def place(report: Report) -> str:
    """Machine and date in one line."""
    known = {**report.machine}
    cores, system = known.pop("cores"), known.pop("system")
    text = f"{report.date}, {known.pop('processor')}, {cores} cores, {system}"
    return ", ".join([text, *(f"{name} {version}" for name, version in known.items())])


def peaks(report: Report, threads: int) -> str:
    """The roofline in one line."""
    measured = report.peaks[str(threads)]
    rates = " and ".join(f"{value:.0f} {unit}" for unit, value in measured.items())
    return f"The machine's peak with {threads} thread{'s' if threads > 1 else ''}: {rates}"
