"""The results as a figure: ratios to PyTorch and their bars, shares of the machine's peak."""

from __future__ import annotations

from typing import Any

from .report import JUDGE, Report
from .table import place

MET, MISSED = "tab:blue", "tab:red"


def draw(report: Report) -> Any:
    """A matplotlib Figure with a row for each result that was measured beside PyTorch."""
    from matplotlib.figure import Figure

    results = [result for result in report.results if JUDGE in result.ratios]
    figure = Figure(figsize=(11, 1.5 + 0.17 * len(results)), layout="constrained")
    ratios, shares = figure.subplots(1, 2, sharey=True, width_ratios=(3, 1))
    for y, result in enumerate(results):
        low, middle, high = result.ratios[JUDGE]
        colour = MISSED if result.over_bar else MET
        ratios.plot([low, high], [y, y], color=colour, linewidth=3, alpha=0.4)
        ratios.plot(middle, y, "o", color=colour, markersize=4)
        if result.bar is not None:
            ratios.plot(result.bar, y, "|", color="black", markersize=8)
        if share := report.share_of_peak(result):
            shares.barh(y, share, color="tab:green" if result.rate_unit == "GB/s" else "tab:gray")
    several = len({result.threads for result in results}) > 1
    names = [f"{r.case} ({r.threads})" if several else r.case for r in results]
    ratios.set_yticks(range(len(results)), names, fontsize=7)
    ratios.set_ylim(len(results) - 0.4, -0.6)
    ratios.set_xscale("log")
    ticks = [0.05, 0.1, 0.2, 0.5, 1, 2]
    ratios.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ratios.axvline(1, color="black", linewidth=0.8)
    ratios.grid(axis="x", alpha=0.3)
    ratios.set_xlabel(f"minigrad over {JUDGE}: median, half of the rounds, bar")
    shares.axvline(1, color="black", linewidth=0.8)
    shares.set_xlabel("of the machine's peak\n(gray flops, green memory)")
    figure.suptitle(place(report), fontsize=7)
    return figure
