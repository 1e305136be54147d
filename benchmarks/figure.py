"""The results as a figure: ratios to PyTorch and their bars, shares of the machine's peak."""

from __future__ import annotations

from typing import Any

from .report import HIGH, JUDGE, LOW, MEDIAN, Report
from .table import place

MET, MISSED = "tab:blue", "tab:red"
KINDS = {"GFLOP/s": "tab:gray", "GB/s": "tab:green"}


def draw(report: Report) -> Any:
    """A matplotlib Figure with a row for each case that was measured beside PyTorch."""
    from matplotlib.figure import Figure

    results = [result for result in report.results if JUDGE in result.ratios]
    rows = list(dict.fromkeys((result.group, result.case) for result in results))
    threads = sorted({result.threads for result in results})
    figure = Figure(figsize=(11, 1.6 + 0.19 * len(rows)), layout="constrained")
    ratios, shares = figure.subplots(1, 2, sharey=True, width_ratios=(3, 1))
    for result in results:
        place_in_row = (threads.index(result.threads) + 0.5) / len(threads) - 0.5
        y = rows.index((result.group, result.case)) + 0.7 * place_in_row
        _draw_ratio(ratios, result, y)
        if share := report.share_of_peak(result):
            shares.barh(y, share, 0.6 / len(threads), color=KINDS[result.rate_unit])
    ratios.set_yticks(range(len(rows)), [case for _, case in rows], fontsize=7)
    ratios.set_ylim(len(rows) - 0.4, -0.6)
    ratios.set_xscale("log")
    ticks = [0.05, 0.1, 0.2, 0.5, 1, 2]
    ratios.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ratios.grid(axis="x", alpha=0.3)
    several = f"; from above {', '.join(map(str, threads))} threads" if len(threads) > 1 else ""
    ratios.set_xlabel(f"minigrad over {JUDGE}: median, half of the rounds, bar{several}")
    shares.set_xlabel("of the machine's peak\n(gray flops, green memory)")
    for axes in (ratios, shares):
        axes.axvline(1, color="black", linewidth=0.8)
        for i in range(1, len(rows)):
            if rows[i][0] != rows[i - 1][0]:
                axes.axhline(i - 0.5, color="black", linewidth=0.4)
    figure.suptitle(place(report), fontsize=7)
    return figure


def _draw_ratio(axes: Any, result: Any, y: float) -> None:
    spread = result.ratios[JUDGE]
    colour = MISSED if result.over_bar else MET
    axes.plot([spread[LOW], spread[HIGH]], [y, y], color=colour, linewidth=3, alpha=0.4)
    axes.plot(spread[MEDIAN], y, "o", color=colour, markersize=3)
    if result.bar is not None:
        axes.plot(result.bar, y, "|", color="black", markersize=5)
